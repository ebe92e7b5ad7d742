"""What is missing to sell a product: one list of points for its page, the list of products and its filter."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from catalog.fields import split_options
from catalog.models import Currency, CustomField, Cycle, FieldType, PaymentType, Price, Product, ProductOption
from catalog.modules import MODULES, allowed_cycles, allowed_once_periods
from catalog.readiness import Aspect, Point, Readiness, State
from noc.kinds import KINDS
from noc.models import AccountHealth, Server, ServerGroup
from noc.price_lists import find_tariffs
from noc.schemas import Tariff


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the points are read from, for all the products at once."""

    currencies: list[str]
    prices: Mapping[int, list[Price]]
    fields: Mapping[int, list[CustomField]]
    options: Mapping[int, list[ProductOption]]
    tariffs: Mapping[tuple[str, int | None], Tariff | None]
    accounts: Mapping[int | str, list[Server]]
    offered_with: Mapping[int, list[str]]


def check_readiness(products: Collection[Product]) -> dict[int, Readiness]:
    """Product id → its points. Twelve queries at most, however many there are; `group` is read of each product."""
    facts = _read_facts(products)
    return {
        product.pk: Readiness(tuple(point for check in _CHECKS for point in check(product, facts)))
        for product in products
    }


def _read_facts(products: Collection[Product]) -> _Facts:
    ids = [product.pk for product in products]
    prices: defaultdict[int, list[Price]] = defaultdict(list)
    for price in Price.objects.filter(product__in=ids).order_by("currency_id", "id"):
        prices[price.product_id].append(price)
    fields: defaultdict[int, list[CustomField]] = defaultdict(list)
    for field in CustomField.objects.filter(product__in=ids):
        fields[field.product_id].append(field)
    options: defaultdict[int, list[ProductOption]] = defaultdict(list)
    for option in ProductOption.objects.filter(product__in=ids).prefetch_related("prices"):
        options[option.product_id].append(option)
    offered_with: defaultdict[int, list[str]] = defaultdict(list)
    addons = [product.pk for product in products if product.is_addon]
    for addon_id, name in Product.objects.filter(addons__in=addons).values_list("addons", "name") if addons else ():
        offered_with[addon_id].append(name)
    return _Facts(
        currencies=list(Currency.objects.order_by("-is_default", "code").values_list("code", flat=True)),
        prices=prices,
        fields=fields,
        options=options,
        tariffs=find_tariffs((product.tariff_id, product.server_group_id) for product in products if product.module),
        accounts=_read_accounts() if any(product.module for product in products) else {},
        offered_with=offered_with,
    )


def _read_accounts() -> dict[int | str, list[Server]]:
    """Id of a server group → its accounts; code of a module → its default account."""
    servers = Server.objects.in_bulk()
    accounts: defaultdict[int | str, list[Server]] = defaultdict(list)
    for server in servers.values():
        if server.is_default:
            accounts[server.module].append(server)
    for group_id, server_id in ServerGroup.objects.filter(servers__isnull=False).values_list("pk", "servers"):
        accounts[group_id].append(servers[server_id])
    return accounts


def _check_shelf(product: Product, facts: _Facts) -> Iterator[Point]:
    if product.is_retired:
        yield Point(Aspect.SHELF, State.MISSING, _("It is retired: nobody can order it."), "is_retired")
        return
    if product.is_addon:
        names = ", ".join(sorted(facts.offered_with.get(product.pk, ())))
        if not names:
            words = _("No product offers this addon: choose it on the page of one.")
            yield Point(Aspect.SHELF, State.MISSING, words, "is_addon")
        else:
            yield Point(Aspect.SHELF, State.DONE, _("Offered with: %(names)s.") % {"names": names}, "is_addon")
        return
    if product.group.is_hidden:
        words = _("Its group “%(group)s” is hidden: clients find it by a direct link only.")
        yield Point(Aspect.SHELF, State.NOTE, words % {"group": product.group.name}, subject=product.group)
    if product.is_hidden:
        words = _("It is hidden: clients find it by its direct link only.")
        yield Point(Aspect.SHELF, State.NOTE, words, "is_hidden")
    elif not product.group.is_hidden:
        words = _("Listed in the store, in the group “%(group)s”.") % {"group": product.group.name}
        yield Point(Aspect.SHELF, State.DONE, words, "is_hidden")


def _check_price(product: Product, facts: _Facts) -> Iterator[Point]:
    if product.payment_type == PaymentType.FREE:
        yield Point(Aspect.PRICE, State.DONE, _("It is free: no price is needed."), "payment_type")
        return
    offered: dict[str, list[str]] = {}
    for price in sorted(facts.prices.get(product.pk, ()), key=lambda each: Cycle.values.index(each.cycle)):
        offered.setdefault(price.currency_id, []).append(str(price.get_cycle_display()))
    if not offered:
        yield Point(Aspect.PRICE, State.MISSING, _("It has no price."), "prices")
        return
    words = "; ".join(f"{code}: {', '.join(offered[code])}" for code in facts.currencies if code in offered)
    yield Point(Aspect.PRICE, State.DONE, _("It has prices. %(prices)s.") % {"prices": words}, "prices")
    if lacking := [code for code in facts.currencies if code not in offered]:
        words = _("No price in %(currencies)s: clients who pay in it do not see the product.")
        yield Point(Aspect.PRICE, State.NOTE, words % {"currencies": ", ".join(lacking)}, "prices")


def _check_tariff(product: Product, facts: _Facts) -> Iterator[Point]:
    module = MODULES.get(product.module)
    if module is None:
        words = _("No module stands behind it: what clients order is set up by hand.")
        yield Point(Aspect.TARIFF, State.DONE, words, "module")
        return
    tariff = _tariff_of(product, facts)
    names = {"id": product.tariff_id, "name": tariff.name if tariff else ""}
    if tariff is None and product.is_tariff_unchecked and product.kind:
        message = _("No price list shows the Product ID %(id)s: the partner may refuse it.")
        yield Point(Aspect.TARIFF, State.NOTE, message % names, "tariff_id")
    elif tariff is None:
        message = _("No price list shows the Product ID %(id)s.")
        yield Point(Aspect.TARIFF, State.MISSING, message % names, "tariff_id")
    elif not module.can_sell(product.kind) or not KINDS[product.kind].is_on_sale(product.tariff_id):
        message = _("The partner takes no new orders for %(id)s (%(name)s).")
        yield Point(Aspect.TARIFF, State.MISSING, message % names, "tariff_id")
    else:
        message = _("The Product ID %(id)s is known: %(name)s.")
        yield Point(Aspect.TARIFF, State.DONE, message % names, "tariff_id")


def _check_periods(product: Product, facts: _Facts) -> Iterator[Point]:
    """What is priced is what the tariff sells."""
    tariff = _tariff_of(product, facts)
    if tariff is None:
        return
    state = State.NOTE if product.is_tariff_unchecked else State.MISSING
    if product.payment_type != PaymentType.RECURRING:
        if product.partner_period not in tariff.periods:
            possible = ", ".join(map(str, allowed_once_periods(tariff))) or "-"
            words = _("%(tariff)s is not sold for this period. Possible: %(periods)s.")
            words %= {"tariff": tariff.name, "periods": possible}
            yield Point(Aspect.PERIODS, state, words, "partner_period")
        return
    priced = {price.cycle for price in facts.prices.get(product.pk, ())}
    if not_sold := [cycle for cycle in Cycle if cycle in priced and cycle not in allowed_cycles(tariff)]:
        words = _("%(tariff)s is not sold for these periods, the partner may refuse them: %(cycles)s.")
        words %= {"tariff": tariff.name, "cycles": ", ".join(str(cycle.label) for cycle in not_sold)}
        yield Point(Aspect.PERIODS, state, words, "prices")


def _check_fields(product: Product, facts: _Facts) -> Iterator[Point]:
    """What the module has to know is asked, and can be answered."""
    fields = {field.key: field for field in facts.fields.get(product.pk, ())}
    faults = []
    for field in fields.values():
        is_asked = field.is_required and field.is_on_order_form
        if field.type == FieldType.DROPDOWN and is_asked and not split_options(field):
            faults.append(_("“%(field)s” is required, but has no options to choose from.") % {"field": field.label})
    module, tariff = MODULES.get(product.module), _tariff_of(product, facts)
    specs = module.fields_of(product.kind, product.tariff_id, tariff.name if tariff else "") if module else ()
    if missing := ", ".join(spec.key for spec in specs if spec.key not in fields):
        faults.append(_("Fields that the module reads are missing, saving creates them: %(keys)s.") % {"keys": missing})
    for spec in specs:
        stored = fields.get(spec.key)
        if stored is None:
            continue
        if spec.is_required and spec.on_order_form and (stored.is_admin_only or not stored.is_on_order_form):
            words = _("Clients are not asked for “%(field)s”, which the module needs: show it on the order form.")
            faults.append(words % {"field": stored.label})
    for fault in faults:
        yield Point(Aspect.FIELDS, State.MISSING, fault, "custom_fields")
    if specs and not faults:
        yield Point(Aspect.FIELDS, State.DONE, _("It has every field that the module needs."), "custom_fields")


def _check_quantity(product: Product, facts: _Facts) -> Iterator[Point]:
    if product.module and product.is_scaling:
        words = _("One service buys one unit at the partner, whatever quantity the client pays for.")
        yield Point(Aspect.QUANTITY, State.NOTE, words, "quantity_mode")


def _check_options(product: Product, facts: _Facts) -> Iterator[Point]:
    for option in facts.options.get(product.pk, ()):
        if not option.is_hidden and not option.prices.all():
            words = _("“%(option)s” has no price yet: clients are not offered it.") % {"option": option.label}
            yield Point(Aspect.OPTIONS, State.NOTE, words, "options")


def _check_account(product: Product, facts: _Facts) -> Iterator[Point]:
    if product.module not in MODULES:
        return
    accounts = facts.accounts.get(product.server_group_id or product.module, [])
    if not accounts:
        if product.server_group_id:
            words = _("Its server group has no servers: orders wait.")
            yield Point(Aspect.ACCOUNT, State.MISSING, words, "server_group", subject=product.server_group)
        else:
            words = _("There is no default server: orders wait. Connect a partner account.")
            yield Point(Aspect.ACCOUNT, State.MISSING, words, "server_group")
        return
    able = [server for server in accounts if not _find_account_fault(server)]
    if able:
        words = _("Bought at: %(servers)s.") % {"servers": ", ".join(sorted(server.name for server in able))}
        yield Point(Aspect.ACCOUNT, State.DONE, words, "server_group")
        return
    for server in accounts:
        yield Point(Aspect.ACCOUNT, State.MISSING, _find_account_fault(server), "server_group", subject=server)


def _find_account_fault(server: Server) -> str:
    words = {"server": server.name}
    if not server.is_enabled:
        return _("The server %(server)s is disabled: orders wait for an operator.") % words
    if not server.username or not server.password:
        return _("The server %(server)s has no username or no password.") % words
    if server.health == AccountHealth.REFUSED:
        return _("The partner refuses the login of %(server)s: orders wait.") % words
    if server.health == AccountHealth.NO_MONEY:
        return _("The account %(server)s is out of money: orders wait.") % words
    return ""


def _check_stock(product: Product, facts: _Facts) -> Iterator[Point]:
    if product.is_sold_out:
        yield Point(Aspect.STOCK, State.MISSING, _("It is sold out: nothing is in stock."), "stock_quantity")
    elif product.has_stock_control:
        words = _("In stock: %(count)s.") % {"count": product.stock_quantity}
        yield Point(Aspect.STOCK, State.DONE, words, "stock_quantity")


def _tariff_of(product: Product, facts: _Facts) -> Tariff | None:
    return facts.tariffs.get((product.tariff_id, product.server_group_id)) if product.module else None


_CHECKS: Final[tuple[Callable[[Product, _Facts], Iterator[Point]], ...]] = (
    _check_shelf,
    _check_price,
    _check_tariff,
    _check_periods,
    _check_fields,
    _check_quantity,
    _check_options,
    _check_account,
    _check_stock,
)
