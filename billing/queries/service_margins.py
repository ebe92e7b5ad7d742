"""What is left of what a client pays for a service, at the partner's present cost."""

from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Replace, Upper

from billing.models import Service, ServiceOption
from catalog.markups import Margin, Rates, RateUnknown, margin_of
from catalog.models import Currency, Cycle
from catalog.periods import CYCLE_MONTHS
from catalog.queries_costs import known_currency
from noc.models import PriceListEntry
from noc.price_lists import read_prices


def service_margin(service: Service) -> Margin | None:
    """The margin of one period of the license itself; None where its cost or a rate is not known. One query.

    Options are left out on both sides: the price list does not show their cost.
    """
    facts = _facts().filter(pk=service.pk).first()
    period = service.partner_period if service.cycle == Cycle.ONE_TIME else CYCLE_MONTHS.get(Cycle(service.cycle))
    cost = read_prices(facts["listed"]).get(period) if facts and period is not None else None
    if facts is None or cost is None:
        return None
    source, target = known_currency(facts["list_currency"]), service.currency_id
    known = {source: facts["list_rate"], target: facts["rate"]}
    try:
        converted = Rates({code: rate for code, rate in known.items() if rate}).convert(cost, source, target)
    except RateUnknown:
        return None
    amount = service.first_amount if service.cycle == Cycle.ONE_TIME else service.recurring_amount
    paid = amount - (facts["options_amount"] or Decimal(0))
    return margin_of(paid, converted, precision=facts["currency__precision"])


def _facts() -> Any:
    entries = PriceListEntry.objects.filter(server=OuterRef("server"), tariff_id=OuterRef("tariff_id"))
    options = ServiceOption.objects.filter(service=OuterRef("pk")).order_by().values("service")
    total = options.annotate(total=Sum(F("quantity") * F("unit_amount"), output_field=DecimalField()))
    return Service.objects.annotate(
        listed=Subquery(entries.values("prices")[:1]),
        list_currency=Subquery(entries.values("currency")[:1]),
        list_code=Replace(Upper("list_currency"), Value("RUR"), Value("RUB")),
        list_rate=_rate_of("list_code"),
        rate=_rate_of("currency"),
        options_amount=Subquery(total.values("total")[:1]),
    ).values("listed", "list_currency", "list_rate", "rate", "options_amount", "currency__precision")


def _rate_of(code: str) -> Subquery:
    """The exchange rate; the default currency is the measure of the others, whatever is stored."""
    measured = Case(When(is_default=True, then=Value(Decimal(1))), default=F("rate"), output_field=DecimalField())
    found = Currency.objects.filter(code=OuterRef(code)).annotate(measured=measured)
    return Subquery(found.values("measured")[:1])
