"""What things cost at the partner now, what is left of their prices, and which prices no longer fit their cost."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from catalog.markups import Margin, Markup, Rates, RateUnknown, margin_of
from catalog.models import Currency, PaymentType, Price, Product, TariffCost
from catalog.modules import period_bought
from catalog.money import round_money
from noc.models import PriceListEntry, Server, ServerGroup
from noc.price_lists import read_prices
from noc.schemas import CURRENCY_SIGNS

COST_PRECISION: Final = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """What one period costs at the partner; the currency is an ISO code, "" where the list names none."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PriceMargin:
    """A price with its present cost in the same currency."""

    price: Price
    cost: Decimal
    margin: Margin


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price whose cost is no longer what an operator took note of.

    `new_cost` None: the list does not show it any more. Where `proposed` is None, `why_not` says why in words.
    """

    row: TariffCost
    price: Price
    new_cost: Cost | None
    margin: Margin | None
    proposed: Decimal | None
    proposed_margin: Margin | None
    why_not: str

    @property
    def mark(self) -> str:
        """Names the change exactly as it was shown: another cost or another price is another change."""
        cost = f"{self.new_cost.amount} {self.new_cost.currency}" if self.new_cost else ""
        return f"{self.row.pk}:{cost}:{self.price.price}:{self.proposed}"


def known_currency(text: str) -> str:
    """The ISO code of what a price list calls its currency: RUR → RUB."""
    code = text.strip().upper()
    return CURRENCY_SIGNS.get(code, code)


def product_margins(products: Collection[Product] | None = None) -> dict[int, list[PriceMargin]]:
    """Product id → margins of those of its prices whose cost is known, the smallest first. Six queries at most.

    Without `products` all that are not retired are meant. Configurable options are left out: their cost is not listed.
    """
    products = list(Product.objects.filter(is_retired=False).exclude(module="")) if products is None else products
    costs, rates = listed_costs(products), Rates.of(Currency.objects.all())
    by_id = {product.pk: product for product in products}
    found: defaultdict[int, list[PriceMargin]] = defaultdict(list)
    for price in Price.objects.filter(product__in=list(by_id)).select_related("currency"):
        product = by_id[price.product_id]
        cost = _converted(cost_of(product, price.cycle, costs[product.pk]), price.currency, rates)
        if cost is not None:
            margin = margin_of(price.price, cost, precision=price.currency.precision)
            found[product.pk].append(PriceMargin(price, cost, margin))
    for margins in found.values():
        margins.sort(key=lambda each: (each.margin.percent is not None, each.margin.percent or 0))
    return dict(found)


def price_changes() -> list[PriceChange]:
    """All prices made from a cost that has changed since, products by name. Four queries."""
    rows = list(
        TariffCost.objects.filter(product__is_retired=False, server__isnull=False)
        .select_related("product__group", "currency", "server")
        .order_by("product__name", "product_id", "currency_id", "id")
    )
    listed = _entries_by_account(rows)
    prices = {
        (price.product_id, price.currency_id, price.cycle): price
        for price in Price.objects.filter(product__in={row.product_id for row in rows})
    }
    rates = Rates.of(Currency.objects.all())
    changes = []
    for row in rows:
        price = prices.get((row.product_id, row.currency_id, row.cycle))
        costs = listed.get((row.server_id, row.product.tariff_id), {})
        new_cost = cost_of(row.product, row.cycle, costs)
        # A price that was taken off sale needs no decision.
        if price is not None and new_cost != Cost(row.cost, row.cost_currency):
            changes.append(_change_of(row, price, new_cost, rates))
    return changes


def _change_of(row: TariffCost, price: Price, new_cost: Cost | None, rates: Rates) -> PriceChange:
    if new_cost is None:
        return PriceChange(row, price, None, None, None, None, _("The price list does not show it any more."))
    precision = row.currency.precision
    try:
        cost = rates.convert(new_cost.amount, new_cost.currency, row.currency_id)
    except RateUnknown as unknown:
        words = _("The exchange rate of %(currency)s is not known.") % {"currency": unknown.code or "—"}
        return PriceChange(row, price, new_cost, None, None, None, words)
    proposed = Markup(row.percent, row.fixed, row.rounding).price_of(cost, precision=precision)
    return PriceChange(
        row=row,
        price=price,
        new_cost=new_cost,
        margin=margin_of(price.price, cost, precision=precision),
        proposed=proposed,
        proposed_margin=margin_of(proposed, cost, precision=precision),
        why_not="",
    )


def _entries_by_account(rows: Iterable[TariffCost]) -> Mapping[tuple[int | None, str], Mapping[int, Cost]]:
    """(server id, Product ID) → period → cost."""
    rows = list(rows)
    entries = PriceListEntry.objects.filter(
        server__in={row.server_id for row in rows}, tariff_id__in={row.product.tariff_id for row in rows}
    )
    return {(entry.server_id, entry.tariff_id): costs_of(entry) for entry in entries}


def listed_costs(products: Iterable[Product]) -> Mapping[int, Mapping[int, Cost]]:
    """Product id → period → cost, at the first by name of the accounts that the product is bought from."""
    products = list(products)
    entries: defaultdict[str, list[PriceListEntry]] = defaultdict(list)
    wanted = PriceListEntry.objects.filter(tariff_id__in={product.tariff_id for product in products})
    for entry in wanted.select_related("server").order_by("server__name"):
        entries[entry.tariff_id].append(entry)
    defaults = set(Server.objects.filter(is_default=True).values_list("pk", flat=True))
    members: defaultdict[int, set[int]] = defaultdict(set)
    for group_id, server_id in ServerGroup.objects.filter(servers__isnull=False).values_list("pk", "servers"):
        members[group_id].add(server_id)
    found: dict[int, Mapping[int, Cost]] = {}
    for product in products:
        bought_at = members[product.server_group_id] if product.server_group_id else defaults
        at_all = not bought_at and not product.server_group_id
        found[product.pk] = _first_costs(
            entry for entry in entries[product.tariff_id] if at_all or entry.server_id in bought_at
        )
    return found


def _first_costs(entries: Iterable[PriceListEntry]) -> dict[int, Cost]:
    costs: dict[int, Cost] = {}
    for entry in entries:
        for period, cost in costs_of(entry).items():
            costs.setdefault(period, cost)
    return costs


def costs_of(entry: PriceListEntry) -> dict[int, Cost]:
    """Period code → cost, as a live list shows them."""
    currency = known_currency(entry.currency)
    # With the decimals that a cost is remembered with, or it would never be the same again.
    return {
        period: Cost(round_money(amount, precision=COST_PRECISION), currency)
        for period, amount in read_prices(entry.prices).items()
    }


def cost_of(product: Product, cycle: str, costs: Mapping[int, Cost]) -> Cost | None:
    """The cost of the period behind a price; None where the list does not show it."""
    if product.payment_type != PaymentType.RECURRING:
        return costs.get(product.partner_period) if product.partner_period is not None else None
    try:
        return costs.get(period_bought(product, cycle))
    except ValueError:
        return None


def _converted(cost: Cost | None, currency: Currency, rates: Rates) -> Decimal | None:
    if cost is None:
        return None
    try:
        return rates.convert(cost.amount, cost.currency, currency.pk)
    except RateUnknown:
        return None
