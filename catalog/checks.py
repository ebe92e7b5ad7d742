"""What is wrong with a product before it is saved: one list of rules for the back office and the REST API."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.checks_terms import check_cross_sells, check_payout, check_terms
from catalog.models import AtEnd, Currency, Cycle, PaymentType, Price, Product
from catalog.modules import (
    KIND_LABELS,
    MODULES,
    ONCE_PERIODS,
    TRIAL,
    allowed_cycles,
    allowed_once_periods,
    find_product_tariff,
)
from catalog.money import round_money
from noc.kinds import KINDS, NODE_ADDONS
from noc.models import Server
from noc.schemas import Tariff

Faults = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PriceValues:
    """A price to be saved: `cycle` is a Cycle value, amounts are in `currency`."""

    currency: Currency
    cycle: str
    price: Decimal
    setup_fee: Decimal = Decimal(0)


def stored_prices(product: Product) -> list[PriceValues]:
    """The prices that a product has now, in the shape that the checks read."""
    rows = Price.objects.filter(product=product).select_related("currency")
    return [PriceValues(row.currency, row.cycle, row.price, row.setup_fee) for row in rows]


def check_product(
    *,
    product: Product,
    prices: Sequence[PriceValues] | None,
    addons: Collection[Product] | None = None,
    cross_sells: Collection[Product] | None = None,
) -> dict[str, list[str]]:
    """Field → messages for a product as it would be saved, completed by `complete_product`; {} when all is well.

    Nothing is written. Field names are the model's, and "prices". With `prices` None they are left unchecked; with
    `addons` None those that the product has are meant, `cross_sells` None are not looked at.
    """
    stored = Product.objects.filter(pk=product.pk).first() if product.pk else None
    tariff = find_product_tariff(product)
    faults = [*_check_values(product), *_check_kind_change(product, stored), *_check_servers(product, stored)]
    faults += [*_check_end(product), *_check_addons(product, stored, addons)]
    faults += [*check_terms(product), *check_payout(product), *check_cross_sells(product, cross_sells or ())]
    if prices is not None:
        faults += _check_prices(product, prices)
    # A product that nobody can order may keep what the partner has stopped selling.
    if product.module and not product.is_retired:
        faults += list(_check_tariff(product, tariff)) or _check_periods(product, tariff, prices or ())
    errors: dict[str, list[str]] = {}
    for field, message in faults:
        errors.setdefault(field, []).append(message)
    return errors


def find_warnings(product: Product) -> list[str]:
    """What an operator should know of a saved product although it may stay so."""
    return [*_find_tariff_warnings(product), *_find_option_warnings(product), *_find_quantity_warnings(product)]


def _find_quantity_warnings(product: Product) -> Iterator[str]:
    if product.module and product.is_scaling:
        yield _("One service buys one unit at the partner, whatever quantity the client pays for.")


def _find_option_warnings(product: Product) -> Iterator[str]:
    kind = KINDS.get(product.kind)
    counted = kind.node_addon(product.tariff_id) if kind else ""
    for option in product.options.prefetch_related("prices"):
        words = {"option": option.label, "id": option.addon_id, "product": product.tariff_id}
        if option.addon_id in NODE_ADDONS.values() and option.addon_id != counted:
            yield _("“%(option)s” is sent as the addon %(id)s, which does not belong to %(product)s.") % words
        if not option.is_hidden and not option.prices.all():
            yield _("“%(option)s” has no price yet: clients are not offered it.") % words


def _find_tariff_warnings(product: Product) -> list[str]:
    tariff = find_product_tariff(product)
    if not product.module or not product.is_tariff_unchecked:
        return []
    if tariff is None:
        return [_("No price list shows the Product ID %(id)s: the partner may refuse it.") % {"id": product.tariff_id}]
    cycles = {price.cycle for price in product.prices.all()} - {*allowed_cycles(tariff), Cycle.ONE_TIME}
    if not cycles:
        return []
    words = {"tariff": tariff.name, "cycles": _list_cycles(sorted(cycles, key=Cycle.values.index))}
    return [_("%(tariff)s is not sold for these periods, the partner may refuse them: %(cycles)s.") % words]


def _check_values(product: Product) -> Faults:
    try:
        product.clean_fields(exclude={"group", "server_group"})
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield from ((field, message) for message in messages)
    if product.group_id is None:
        yield "group", _("Choose a group.")
    elif Product.objects.filter(group=product.group_id, slug=product.slug).exclude(pk=product.pk).exists():
        yield "slug", _("Another product of this group has this URL.")
    if product.module and product.module not in MODULES:
        yield "module", _("There is no module “%(module)s”.") % {"module": product.module}


def _check_kind_change(product: Product, stored: Product | None) -> Faults:
    if stored is not None and stored.kind != product.kind and stored.services.exists():
        yield (
            "tariff_id" if product.module else "module",
            _("Clients have services of this product: it cannot become something of another kind."),
        )


def _check_servers(product: Product, stored: Product | None) -> Faults:
    """A disabled server is not chosen for new products; those bound to it already stay (guide B)."""
    is_choice_old = stored is not None and (stored.module, stored.server_group_id) == (
        product.module,
        product.server_group_id,
    )
    if not product.module or is_choice_old:
        return
    if product.server_group is None:
        if Server.objects.filter(module=product.module, is_default=True, is_enabled=False).exists():
            yield "server_group", _("The default server is disabled. Choose a server group or enable the server.")
        return
    states = set(product.server_group.servers.values_list("is_enabled", flat=True))
    if states == {False}:
        yield "server_group", _("All servers of this group are disabled. Choose another group or enable a server.")


def _check_end(product: Product) -> Faults:
    kind = KINDS.get(product.kind)
    if product.at_end == AtEnd.POOL and not (kind and kind.can_be_pooled):
        yield "at_end", _("Only ispmanager licenses can be kept as free.lic.")


def _check_addons(product: Product, stored: Product | None, addons: Collection[Product] | None) -> Faults:
    """An addon has none of its own, and an ispmanager module goes on ispmanager licenses only."""
    chosen = addons if addons is not None else (stored.addons.all() if stored is not None else ())
    if product.is_addon and chosen:
        yield "addons", _("An addon has no addons of its own.")
    for addon in chosen:
        words = {"addon": addon.name}
        if addon.pk == product.pk:
            yield "addons", _("A product is no addon of itself.")
        elif not addon.is_addon:
            yield "addons", _("“%(addon)s” is not an addon: mark it as one first.") % words
        elif addon.kind == "addition" and product.kind != "license":
            yield "addons", _("“%(addon)s” is a module of ispmanager licenses: this product is none.") % words
    if stored is not None and stored.is_addon and not product.is_addon:
        names = ", ".join(stored.addon_of.values_list("name", flat=True))
        if names:
            yield "is_addon", _("It is sold as an addon of: %(names)s. Take it out there first.") % {"names": names}


def _check_prices(product: Product, prices: Sequence[PriceValues]) -> Faults:
    if product.payment_type == PaymentType.FREE:
        if prices:
            yield "prices", _("A free product has no prices.")
        return
    if not prices:
        yield "prices", _("Give at least one price.")
    seen: set[tuple[str, str]] = set()
    for price in prices:
        yield from (("prices", message) for message in find_price_faults(product, price))
        key = (price.currency.pk, price.cycle)
        if key in seen:
            yield "prices", _("%(cycle)s, %(currency)s: there are two prices.") % price_words(price)
        seen.add(key)


def find_price_faults(product: Product, price: PriceValues) -> Iterator[str]:
    """What is wrong with one price of the product or of one of its options."""
    if price.cycle not in Cycle.values:
        yield _("There is no cycle “%(cycle)s”.") % {"cycle": price.cycle}
        return
    words = price_words(price)
    is_once = price.cycle == Cycle.ONE_TIME
    if product.payment_type == PaymentType.RECURRING and is_once:
        yield _("A recurring product has no one-time price.")
    if product.payment_type == PaymentType.ONE_TIME and not is_once:
        yield _("%(cycle)s: a one-time product has a one-time price only.") % words
    amounts = (price.price, price.setup_fee)
    if any(amount < 0 for amount in amounts):
        yield _("%(cycle)s, %(currency)s: a price is never below zero.") % words
    if any(amount != round_money(amount, precision=price.currency.precision) for amount in amounts):
        yield _("%(cycle)s, %(currency)s: at most %(precision)s decimals.") % words


def price_words(price: PriceValues) -> dict[str, str]:
    """The cycle, the currency and its decimals, as messages name them."""
    cycle = Cycle(price.cycle).label if price.cycle in Cycle.values else price.cycle
    return {"cycle": str(cycle), "currency": price.currency.code, "precision": str(price.currency.precision)}


def _check_tariff(product: Product, tariff: Tariff | None) -> Faults:
    module = MODULES.get(product.module)
    words = {"id": product.tariff_id, "name": tariff.name if tariff else "", "kind": ""}
    if module is None:
        return
    if not product.tariff_id:
        yield "tariff_id", _("Enter the Product ID: the number of the tariff in the partner's price list.")
    elif tariff is None and not product.is_tariff_unchecked:
        yield (
            "tariff_id",
            _("No price list shows the Product ID %(id)s. Correct it, or allow selling what the list does not show.")
            % words,
        )
    elif not product.kind:
        yield "kind", _("No price list shows the Product ID %(id)s: choose its kind.") % words
    elif not module.can_sell(product.kind):
        words["kind"] = str(KIND_LABELS.get(product.kind, product.kind))
        yield "tariff_id", _("The Product ID %(id)s (%(name)s) belongs to: %(kind)s. They are not sold yet.") % words
    elif not KINDS[product.kind].is_on_sale(product.tariff_id):
        yield (
            "tariff_id",
            _("The partner takes no new orders for %(id)s (%(name)s): such a product can only be kept as retired.")
            % words,
        )


def _check_periods(product: Product, tariff: Tariff | None, prices: Sequence[PriceValues]) -> Faults:
    is_recurring = product.payment_type == PaymentType.RECURRING
    if not is_recurring and product.partner_period is not None and product.partner_period not in ONCE_PERIODS:
        yield "partner_period", _("Choose 1, 3, 6 or 12 months, or -100 for a trial.")
    elif tariff is None or product.is_tariff_unchecked:
        return
    elif is_recurring:
        yield from _check_cycles(tariff, prices)
    elif product.partner_period not in tariff.periods:
        words = {"tariff": tariff.name, "periods": ", ".join(map(str, allowed_once_periods(tariff))) or "-"}
        yield "partner_period", _("%(tariff)s is not sold for this period. Possible: %(periods)s.") % words


def _check_cycles(tariff: Tariff, prices: Sequence[PriceValues]) -> Faults:
    possible = allowed_cycles(tariff)
    if not possible and TRIAL in tariff.periods:
        yield "payment_type", _("%(tariff)s is a trial: sell it free or for one payment.") % {"tariff": tariff.name}
        return
    for cycle in dict.fromkeys(price.cycle for price in prices):
        if cycle in Cycle.values and cycle != Cycle.ONE_TIME and cycle not in possible:
            words = {"cycle": Cycle(cycle).label, "tariff": tariff.name, "possible": _list_cycles(possible)}
            yield "prices", _("%(cycle)s: %(tariff)s is not sold for this period. Possible: %(possible)s.") % words


def _list_cycles(cycles: Sequence[str]) -> str:
    return ", ".join(str(Cycle(cycle).label) for cycle in cycles) or "-"
