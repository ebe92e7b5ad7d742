from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.payments import add_credit
from billing.actions.renewal_runs import issue_renewals
from billing.models import AutomationSettings, Client, DutyRun, Invoice, Service
from billing.queries.books import find_differences
from billing.queries.clock import database_now
from tests.builders import World, pay, place

Night = Callable[[str, date], DutyRun]


@pytest.fixture
def invoice(service: Service) -> Invoice:
    """Of a renewal, unpaid."""
    issue_renewals(on=service.next_due_date, now=database_now())
    return Invoice.objects.get(status="UNPAID")


def give(client: Client, amount: str) -> None:
    add_credit(client=client, amount=Decimal(amount), reason="test", actor="test", now=database_now())


class TestAppliedCredit:
    def test_pays_what_it_covers(self, invoice: Invoice, night: Night) -> None:
        give(invoice.client, "20")
        assert night("applied_credit", invoice.due_date).done_amounts == {"EUR": "5"}
        invoice.refresh_from_db()
        assert (invoice.status, Client.objects.get().credit_balance) == ("PAID", Decimal(15))

    def test_pays_a_part_where_it_is_not_enough(self, invoice: Invoice, night: Night) -> None:
        give(invoice.client, "2")
        night("applied_credit", invoice.due_date)
        invoice.refresh_from_db()
        assert (invoice.status, invoice.balance) == ("UNPAID", Decimal(3))
        assert [str(one) for one in find_differences()] == []

    def test_leaves_orders_alone_which_were_asked(self, world: World, night: Night) -> None:
        order = place(world.client, world.lite, ip="192.0.2.9")
        give(world.client, "20")
        assert night("applied_credit", order.invoice.due_date).done_count == 0

    def test_can_be_switched_off(self, invoice: Invoice, night: Night) -> None:
        AutomationSettings.objects.create(pk=1, applies_credit=False)
        give(invoice.client, "20")
        assert night("applied_credit", invoice.due_date).done_count == 0


class TestLateFees:
    @pytest.fixture(autouse=True)
    def _after_three_days(self, db: None) -> None:
        AutomationSettings.objects.create(pk=1, late_fee_days=3, late_fee_minimum=Decimal(1))

    def test_the_worked_example_with_its_minimum(self, invoice: Invoice, night: Night) -> None:
        """10 % of 5.00 is 0.50, the minimum 1.00."""
        day = invoice.due_date + timedelta(days=3)
        assert night("late_fees", day - timedelta(days=1)).done_count == 0
        assert night("late_fees", day).done_amounts == {"EUR": "1"}
        fee = Invoice.objects.latest("id")
        assert (fee.total, fee.lines.get().about, fee.lines.get().kind) == (Decimal(1), invoice, "LATE_FEE")
        assert [str(one) for one in find_differences()] == []

    def test_ten_percent_above_the_minimum(self, invoice: Invoice, night: Night) -> None:
        AutomationSettings.objects.update(late_fee_amount=Decimal(50))
        assert night("late_fees", invoice.due_date + timedelta(days=3)).done_amounts == {"EUR": "2.5"}

    def test_is_charged_once_and_never_for_a_fee(self, invoice: Invoice, night: Night) -> None:
        for days in (3, 4, 60):
            night("late_fees", invoice.due_date + timedelta(days=days))
        assert Invoice.objects.filter(lines__kind="LATE_FEE").count() == 1

    def test_an_exempt_client_is_spared(self, invoice: Invoice, night: Night) -> None:
        Client.objects.update(is_late_fee_exempt=True)
        assert night("late_fees", invoice.due_date + timedelta(days=9)).done_count == 0

    def test_what_is_paid_is_not_late(self, invoice: Invoice, night: Night) -> None:
        pay(invoice)
        assert night("late_fees", invoice.due_date + timedelta(days=9)).done_count == 0
