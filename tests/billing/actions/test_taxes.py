"""Tax on its whole way: order, invoice, books, renewal, pages, API."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.clients import ClientInvalid, set_tax_exemption, update_client
from billing.actions.credit_notes import issue_credit_note
from billing.actions.renewal_runs import issue_renewals
from billing.models import CreditNoteTo, Invoice, LedgerEntry, Service, TaxRule
from billing.queries.books import find_differences
from billing.queries.clock import database_now
from tests.builders import World, bill, make_active_service, make_client, make_hosting, pay, place


@pytest.fixture(autouse=True)
def _vat(world: World) -> None:
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(19))


@pytest.fixture
def product(world: World) -> Any:
    return make_hosting(world.group, price="9.99", setup_fee="3.33")


def amounts(invoice: Invoice) -> list[tuple[str, str, str]]:
    return [(line.kind, f"{line.amount:.2f}", f"{line.tax:.2f}") for line in invoice.lines.order_by("id")]


def test_each_line_is_taxed_and_rounded_by_itself(world: World, product: Any) -> None:
    order = place(world.client, product, quantity=2)
    invoice = order.invoice
    assert amounts(invoice) == [("SERVICE", "9.99", "1.90"), ("SETUP", "3.33", "0.63")] * 2
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal("26.64"), Decimal("5.06"), Decimal("31.70"))
    assert (order.tax, order.total) == (invoice.tax, invoice.total)
    assert [(tax.words, tax.amount) for tax in invoice.taxes] == [("VAT 19\N{NO-BREAK SPACE}%", Decimal("5.06"))]


def test_the_books_hold_the_tax_apart(world: World) -> None:
    place(world.client, world.lite, ip="192.0.2.1")
    entries = dict(LedgerEntry.objects.values_list("account", "amount"))
    assert entries == {"RECEIVABLE": Decimal("5.95"), "REVENUE": Decimal(-5), "TAX": Decimal("-0.95")}
    assert not list(find_differences())


def test_included_tax_leaves_the_price_alone(world: World, settings: Any) -> None:
    settings.PRICES_INCLUDE_TAX = True
    invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal("4.20"), Decimal("0.80"), Decimal("5.00"))


def test_an_exempt_client_does_not_pay_the_tax_in_a_price(world: World, settings: Any) -> None:
    settings.PRICES_INCLUDE_TAX = True
    set_tax_exemption(client=world.client, is_exempt=True, now=database_now(), actor="test")
    invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
    assert (invoice.total, invoice.tax, invoice.lines.get().tax_ground) == (Decimal("4.20"), 0, "EXEMPT_CLIENT")
    settings.DEDUCT_TAX_NOT_OWED = False
    assert place(world.client, world.lite, ip="192.0.2.2").invoice.total == Decimal("5.00")


def test_renewals_take_the_rate_of_the_first_day_they_pay_for(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    assert service.next_due_date is not None
    before, after = service.next_due_date - timedelta(days=1), service.next_due_date
    TaxRule.objects.update(valid_until=before)
    TaxRule.objects.create(name="VAT", country="DE", rate=Decimal(22), valid_from=after)
    issue_renewals(on=before, now=database_now())
    invoice = Invoice.objects.get(status="UNPAID")
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal(5), Decimal("1.10"), Decimal("6.10"))
    assert not list(find_differences())


class TestRussianRateOf2026:
    """20 % until the end of 2025, 22 % from 2026-01-01 on: what starts decides, and what is issued stays."""

    @pytest.fixture(autouse=True)
    def rates(self) -> None:
        TaxRule.objects.all().delete()
        TaxRule.objects.create(name="НДС", rate=Decimal(20), valid_until=date(2025, 12, 31))
        TaxRule.objects.create(name="НДС", rate=Decimal(22), valid_from=date(2026, 1, 1))

    @pytest.mark.parametrize(
        ("start", "percent", "tax"),
        [(date(2025, 12, 31), "20", Decimal("1.00")), (date(2026, 1, 1), "22", Decimal("1.10"))],
    )
    def test_the_first_day_of_the_period_decides_about_a_renewal(
        self, world: World, start: date, percent: str, tax: Decimal
    ) -> None:
        """Both are issued on the same day, two weeks before either starts."""
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        ends = {"next_due_date": start, "paid_until": start, "expires_on": start}
        Service.objects.filter(pk=service.pk).update(**ends)
        issue_renewals(on=date(2025, 12, 18), now=datetime(2025, 12, 18, 2, tzinfo=UTC))
        line = Invoice.objects.get(status="UNPAID").lines.get()
        assert (line.taxes[0][1], line.tax) == (percent, tax)

    def test_an_invoice_keeps_its_rate_when_it_is_paid_and_taken_back_later(self, world: World) -> None:
        december, january = (datetime(year, month, 15, tzinfo=UTC) for year, month in ((2025, 12), (2026, 1)))
        invoice = bill(world.client, "100", now=december)
        pay(invoice, now=january)
        note = issue_credit_note(
            invoice=invoice, to=CreditNoteTo.CREDIT, reason="wrong", actor="x", now=january + timedelta(days=30)
        )
        assert (invoice.total, note.tax) == (120, 20)
        assert [tax.words for tax in note.taxes] == ["НДС 20\N{NO-BREAK SPACE}%"]
        assert bill(world.client, "100", now=january).total == 122
        assert not list(find_differences())

    def test_an_order_takes_the_rate_of_its_day(self, world: World) -> None:
        last, first = datetime(2025, 12, 31, 20, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)
        totals = [
            place(world.client, world.lite, now=moment, ip=f"192.0.2.{unit}").invoice.total
            for unit, moment in enumerate((last, first), start=1)
        ]
        assert totals == [Decimal("6.00"), Decimal("6.10")]


def test_renewals_keep_whether_the_price_includes_tax(world: World, settings: Any) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    settings.PRICES_INCLUDE_TAX = True
    assert service.next_due_date is not None
    issue_renewals(on=service.next_due_date, now=database_now())
    assert Invoice.objects.get(status="UNPAID").total == Decimal("5.95")


def test_renewals_of_many_places_cost_no_more_queries(world: World) -> None:
    def issue(countries: list[str]) -> int:
        for number, country in enumerate(countries):
            client = make_client(country=country)
            make_active_service(client, world.lite, ip=f"192.0.2.{number + 1}")
        Service.objects.update(next_due_date=date(2031, 1, 1))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            issue_renewals(on=date(2031, 1, 1), now=database_now())
        Service.objects.update(status="CANCELLED")
        return len(queries)

    assert issue(["DE"]) == issue(["DE", "FR", "US", "DE"])


def test_a_wrong_tax_number_is_refused_on_its_field(world: World) -> None:
    with pytest.raises(ClientInvalid) as refused:
        update_client(client=world.client, values={"tax_id": "DE1"}, now=database_now(), actor="test")
    assert list(refused.value.errors) == ["tax_id"]
    update_client(client=world.client, values={"tax_id": "136 695 976"}, now=database_now(), actor="test")
    world.client.refresh_from_db()
    assert world.client.tax_id == "DE136695976"
