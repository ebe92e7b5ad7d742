"""What of an account's price list can become products, and what those would cost and bring."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from catalog.markups import Margin, Markup, Rates, margin_of
from catalog.models import Currency, Cycle, Product, ProductGroup
from catalog.modules import MODULES, allowed_cycles
from catalog.money import round_money
from catalog.periods import CYCLE_MONTHS
from catalog.queries_costs import COST_PRECISION, Cost, known_currency
from noc.kinds import KINDS
from noc.models import Server, ServerGroup
from noc.price_lists import list_tariffs
from noc.schemas import Tariff

# What a price column holds.
LARGEST_PRICE: Final = Decimal(10) ** 14


@dataclass(frozen=True, slots=True)
class TariffOffer:
    """A tariff of the list: recurring cycles with their cost, products made of it, and why it cannot become one."""

    tariff: Tariff
    costs: Mapping[Cycle, Cost]
    products: tuple[Product, ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class SaleCurrency:
    """A currency to sell in, and what is put on the cost in it."""

    currency: Currency
    markup: Markup


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator asks for: these tariffs of this account as products of this group.

    `rates`: typed exchange rates, before those that are stored. `makes_twins`: also of tariffs that have a product in
    the group already.
    """

    server: Server
    tariff_ids: Collection[str]
    group: ProductGroup
    server_group: ServerGroup | None
    cycles: Collection[str]
    currencies: Sequence[SaleCurrency]
    rates: Mapping[str, Decimal]
    makes_twins: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class PlannedPrice:
    """A price in its currency, the cost it covers in the same one, and the margin."""

    sale: SaleCurrency
    price: Decimal
    cost: Decimal
    margin: Margin


@dataclass(frozen=True, slots=True)
class PlannedCycle:
    """A cycle of a product to be: its cost as the list shows it, and the prices made from it."""

    cycle: Cycle
    cost: Cost
    prices: tuple[PlannedPrice, ...]


@dataclass(frozen=True, slots=True)
class PlannedProduct:
    """A product to be. With a `why_not` it will not be made."""

    offer: TariffOffer
    cycles: tuple[PlannedCycle, ...]
    why_not: str


def tariff_offers(server: Server) -> list[TariffOffer]:
    """All that the account sells as far as is known, by kind and name, live rows first. Three queries."""
    tariffs = sorted(list_tariffs(server), key=lambda tariff: tariff.source != "live")
    found: defaultdict[str, list[Product]] = defaultdict(list)
    products = Product.objects.filter(module=server.module, tariff_id__in=[tariff.id for tariff in tariffs])
    for product in products.select_related("group").order_by("is_retired", "name"):
        found[product.tariff_id].append(product)
    known = set(Currency.objects.values_list("code", flat=True))
    return [_offer_of(server, tariff, tuple(found[tariff.id]), known) for tariff in tariffs]


def plan_products(wishes: Wishes) -> list[PlannedProduct]:
    """What would be made, in the order of the price list. Nothing is written. Raises RateUnknown. Four queries."""
    rates = Rates.of(Currency.objects.all(), wishes.rates)
    return [
        _plan_one(wishes, offer, rates)
        for offer in tariff_offers(wishes.server)
        if offer.tariff.id in wishes.tariff_ids
    ]


def digest_of(wishes: Wishes, plan: Sequence[PlannedProduct]) -> str:
    """A mark of what is asked for and what would come of it: another cost, price or group gives another mark."""
    target = (wishes.server.pk, wishes.group.pk, getattr(wishes.server_group, "pk", None), wishes.is_hidden)
    facts = [
        (product.offer.tariff.id, product.why_not, cycle.cycle.value, str(cycle.cost), str(price.price), price.sale)
        for product in plan
        for cycle in product.cycles
        for price in cycle.prices
    ]
    left_out = [(product.offer.tariff.id, product.why_not) for product in plan if product.why_not]
    return hashlib.sha256(repr((target, facts, left_out)).encode()).hexdigest()


def buys_at(server: Server, server_group: ServerGroup | None) -> bool:
    """Whether products of this server group (None: the default server) are bought at this account."""
    if server_group is not None:
        return server_group.servers.filter(pk=server.pk).exists()
    return server.is_default or not Server.objects.filter(is_default=True).exists()


def _offer_of(server: Server, tariff: Tariff, products: tuple[Product, ...], known: Collection[str]) -> TariffOffer:
    currency = known_currency(tariff.currency)
    costs = {
        cycle: Cost(round_money(tariff.prices[CYCLE_MONTHS[cycle]], precision=COST_PRECISION), currency)
        for cycle in allowed_cycles(tariff)
        if CYCLE_MONTHS[cycle] in tariff.prices
    }
    return TariffOffer(tariff, costs, products, _why_not(server, tariff, bool(costs), currency, known))


def _why_not(server: Server, tariff: Tariff, has_costs: bool, currency: str, known: Collection[str]) -> str:
    module = MODULES.get(server.module)
    if module is None or not module.can_sell(tariff.kind):
        return _("This portal cannot sell it.")
    if not KINDS[tariff.kind].is_on_sale(tariff.id):
        return _("The partner takes no new orders for it.")
    if tariff.source != "live":
        return _("The live price list does not show it: its cost is not known.")
    if not has_costs:
        return _("It is not sold by the month or year, or its cost is not shown.")
    if currency not in known:
        return _("Its cost is in %(currency)s, which is not among your currencies.") % {"currency": currency or "—"}
    return ""


def _plan_one(wishes: Wishes, offer: TariffOffer, rates: Rates) -> PlannedProduct:
    if offer.why_not:
        return PlannedProduct(offer, (), offer.why_not)
    cycles = tuple(
        PlannedCycle(cycle, cost, tuple(_price(sale, cost, rates) for sale in wishes.currencies))
        for cycle, cost in offer.costs.items()
        if cycle in wishes.cycles
    )
    why_not = ""
    if not cycles:
        why_not = _("It is not sold for the chosen periods.")
    elif any(price.price >= LARGEST_PRICE for cycle in cycles for price in cycle.prices):
        why_not = _("Its price would be too large.")
    elif not wishes.makes_twins and any(product.group_id == wishes.group.pk for product in offer.products):
        why_not = _("The group has a product of it already.")
    return PlannedProduct(offer, cycles, why_not)


def _price(sale: SaleCurrency, cost: Cost, rates: Rates) -> PlannedPrice:
    precision = sale.currency.precision
    amount = rates.convert(cost.amount, cost.currency, sale.currency.pk)
    price = sale.markup.price_of(amount, precision=precision)
    return PlannedPrice(sale, price, amount, margin_of(price, amount, precision=precision))
