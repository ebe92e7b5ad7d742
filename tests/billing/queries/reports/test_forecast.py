"""The forecast is what the renewals of these months are then booked with."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.cancellations import request_cancellation
from billing.models import CancellationType, Promotion, Service
from billing.queries.reports import Section
from catalog.models import Currency, Price, Product
from tests.billing.queries.reports.mixed_books import ledger, named, read, totals
from tests.billing.queries.reports.test_recurring import JANUARY, renew_until, subscribe
from tests.builders import World, make_client, make_hosting


@pytest.fixture
def hosting(world: World) -> Product:
    product = make_hosting(world.group, price="12.00")
    Price.objects.create(product=product, currency=Currency.objects.get(code="EUR"), cycle="QUARTERLY", price=30)
    return product


def forecast(section: Section) -> dict[str, tuple[int, Decimal]]:
    """Month → renewals and amount, of months that have any."""
    rows = [named("forecast", row) for row in section.rows]
    return {str(row["month"]): (row["renewals"], row["amount"]) for row in rows if row["renewals"]}


def test_each_month_is_booked_as_it_was_foreseen(world: World, hosting: Product) -> None:
    """Limits, terms, promo codes and wishes to stop; months from February to December."""
    Promotion.objects.create(code="SPRING", type="PERCENT", value=Decimal(25), is_recurring=True, renewals=2)
    Promotion.objects.create(code="ALWAYS", type="FIXED", value=3, currency_id="EUR", is_recurring=True)
    subscribe(make_client(), hosting, code="SPRING")
    subscribe(make_client(), hosting, cycle="QUARTERLY", code="ALWAYS")
    limited, ending, stopped = (subscribe(make_client(), hosting) for _client in range(3))
    Service.objects.filter(pk=limited.pk).update(recurring_limit=3)
    Service.objects.filter(pk=ending.pk).update(term_ends_on=date(2026, 5, 12))
    request_cancellation(service=stopped, type=CancellationType.END_OF_PERIOD, reason="", actor="test", now=JANUARY)
    foreseen = read("forecast", now=JANUARY)["EUR"]
    found = forecast(foreseen)
    assert found["2026-02"] == (3, Decimal(9 + 12 + 12))
    assert found["2026-04"] == (4, Decimal(12 + 27 + 12 + 12))
    assert found["2026-05"] == (1, Decimal(12))
    before = ledger("REVENUE", currency="EUR", sign=-1)
    renew_until(date(2026, 12, 1))
    booked = {}
    for month in range(2, 13):
        of_month = {"posting__posted_at__month": month, "posting__invoice__order": None}
        booked[f"2026-{month:02}"] = ledger("REVENUE", currency="EUR", sign=-1, **of_month)
    assert {month: amount for month, (_count, amount) in found.items()} == {
        month: amount for month, amount in booked.items() if amount
    }
    assert totals("forecast", foreseen)["amount"] == ledger("REVENUE", currency="EUR", sign=-1) - before


def test_what_is_invoiced_and_not_paid_is_still_to_come(world: World, hosting: Product) -> None:
    from billing.actions.renewal_runs import issue_renewals

    service = subscribe(world.client, hosting)
    Service.objects.filter(pk=service.pk).update(recurring_limit=2)
    before = forecast(read("forecast", now=JANUARY)["EUR"])
    assert before == {"2026-02": (1, Decimal(12)), "2026-03": (1, Decimal(12))}
    assert issue_renewals(on=date(2026, 2, 12), now=JANUARY) == 1
    assert forecast(read("forecast", now=JANUARY)["EUR"]) == before


def test_what_is_overdue_counts_in_this_month(world: World, hosting: Product) -> None:
    subscribe(world.client, hosting, cycle="QUARTERLY")
    found = forecast(read("forecast", now=datetime(2026, 6, 1, 9, tzinfo=UTC))["EUR"])
    assert list(found) == ["2026-06", "2026-07", "2026-10", "2027-01", "2027-04"]
