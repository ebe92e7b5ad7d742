from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.actions.payments import (
    InvoiceNotPayable,
    NotEnoughCredit,
    PaymentConflict,
    PaymentInvalid,
    add_credit,
    apply_credit,
    pay_with_credit,
    record_payment,
)
from billing.models import Client, Email, Event, Invoice, LedgerEntry, LedgerImmutable, Operation, Payment, Service
from billing.queries.clock import database_now
from tests.billing.actions.books import credit_of, give_credit
from tests.builders import World, bill, place
from tests.examples import examples
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def invoice(world: World) -> Invoice:
    return place(world.client, world.lite, ip="192.0.2.1").invoice


def receive(invoice: Invoice, amount: str, reference: str = "r1") -> Payment:
    return record_payment(
        invoice=invoice,
        gateway="manual",
        reference=reference,
        amount=Decimal(amount),
        actor="operator",
        now=database_now(),
    )


def balances() -> dict[str, Decimal]:
    rows = LedgerEntry.objects.values_list("account").annotate(total=Sum("amount"))
    return {account: total for account, total in rows if total}


def test_the_whole_sum_pays_numbers_and_moves_the_dates(invoice: Invoice) -> None:
    receive(invoice, "5.00")
    invoice.refresh_from_db()
    service = Service.objects.get()
    line = invoice.lines.get()
    assert invoice.status == "PAID"
    assert invoice.number.endswith("-00001")
    assert service.paid_until == service.next_due_date == line.period_end
    assert Operation.objects.get().kind == "CREATE"
    assert Email.objects.filter(letter="invoice.paid").count() == 1


def test_parts_pay_once_they_add_up(invoice: Invoice) -> None:
    receive(invoice, "2.00", "r1")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("UNPAID", Decimal("3.00"))
    assert Operation.objects.count() == 0
    receive(invoice, "3.00", "r2")
    invoice.refresh_from_db()
    assert invoice.status == "PAID"
    assert balances() == {"CLEARING": Decimal(5), "REVENUE": Decimal(-5)}


def test_what_is_too_much_becomes_credit(invoice: Invoice) -> None:
    receive(invoice, "7.50")
    assert Client.objects.get(pk=invoice.client_id).credit_balance == Decimal("2.50")
    assert balances() == {"CLEARING": Decimal("7.5"), "REVENUE": Decimal(-5), "CREDIT": Decimal("-2.5")}


def test_the_same_news_again_is_the_same_payment(invoice: Invoice) -> None:
    assert receive(invoice, "5.00") == receive(invoice, "5.00")
    assert Event.objects.filter(name="invoice.paid").count() == 1


def test_a_reference_stands_for_one_payment(invoice: Invoice) -> None:
    receive(invoice, "2.00")
    with pytest.raises(PaymentConflict):
        receive(invoice, "3.00")


def test_more_for_a_paid_invoice_becomes_credit_and_operators_are_told(invoice: Invoice, settings: Any) -> None:
    settings.OPERATOR_EMAILS = ["boss@example.com"]
    receive(invoice, "5.00")
    second = receive(invoice, "5.00", "r2")
    assert (second.applied_amount, Client.objects.get(pk=invoice.client_id).credit_balance) == (0, 5)
    assert Event.objects.filter(name="invoice.paid").count() == 1
    assert Email.objects.filter(letter="operator.payment.not_applied").count() == 1
    assert balances() == {"CLEARING": Decimal(10), "REVENUE": Decimal(-5), "CREDIT": Decimal(-5)}


def test_the_fee_of_the_gateway_is_an_expense(invoice: Invoice) -> None:
    payment = record_payment(
        invoice=invoice,
        gateway="manual",
        reference="r",
        amount=Decimal(5),
        fee=Decimal("0.35"),
        actor="x",
        now=database_now(),
    )
    assert (payment.fee, payment.applied_amount) == (Decimal("0.35"), 5)
    assert balances() == {"CLEARING": Decimal("4.65"), "FEES": Decimal("0.35"), "REVENUE": Decimal(-5)}


@pytest.mark.parametrize("fee", ["-0.01", "5.01", "0.001", "NaN"])
def test_a_fee_that_cannot_be_names_its_field(invoice: Invoice, fee: str) -> None:
    with pytest.raises(PaymentInvalid) as refusal:
        record_payment(
            invoice=invoice,
            gateway="manual",
            reference="r",
            amount=Decimal(5),
            fee=Decimal(fee),
            actor="x",
            now=database_now(),
        )
    assert list(refusal.value.errors) == ["fee"]


def test_money_in_another_currency_is_refused_in_words(invoice: Invoice) -> None:
    with pytest.raises(PaymentInvalid, match="is in EUR") as refusal:
        record_payment(
            invoice=invoice,
            gateway="manual",
            reference="r",
            amount=Decimal(5),
            currency="RUB",
            actor="x",
            now=database_now(),
        )
    assert list(refusal.value.errors) == ["currency"]
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    ("gateway", "reference", "amount", "field"),
    [
        ("manual", "r", "0", "amount"),
        ("manual", "r", "-1", "amount"),
        ("manual", "r", "1.001", "amount"),
        ("manual", "r", "NaN", "amount"),
        ("manual", " ", "1", "reference"),
        ("manual", "r" * 201, "1", "reference"),
        ("paypal", "r", "1", "gateway"),
    ],
)
def test_malformed_payments_name_the_field(
    invoice: Invoice, gateway: str, reference: str, amount: str, field: str
) -> None:
    with pytest.raises(PaymentInvalid) as refusal:
        record_payment(
            invoice=invoice,
            gateway=gateway,
            reference=reference,
            amount=Decimal(amount),
            actor="x",
            now=database_now(),
        )
    assert list(refusal.value.errors) == [field]
    assert Payment.objects.count() == 0


def test_credit_pays_only_what_it_covers(invoice: Invoice) -> None:
    with pytest.raises(NotEnoughCredit):
        pay_with_credit(invoice=invoice, actor="x", now=database_now())
    add_credit(client=invoice.client, amount=Decimal("6.00"), reason="advance", actor="x", now=database_now())
    pay_with_credit(invoice=invoice, actor="x", now=database_now())
    assert Client.objects.get(pk=invoice.client_id).credit_balance == Decimal("1.00")
    assert balances() == {"CLEARING": Decimal(6), "REVENUE": Decimal(-5), "CREDIT": Decimal(-1)}


def test_the_ledger_cannot_be_changed(invoice: Invoice) -> None:
    entry = LedgerEntry.objects.first()
    assert entry is not None
    entry.amount = Decimal(1)
    with pytest.raises(LedgerImmutable):
        entry.save()
    with pytest.raises(LedgerImmutable):
        entry.delete()
    with pytest.raises(LedgerImmutable):
        LedgerEntry.objects.all().update(amount=0)
    with pytest.raises(LedgerImmutable):
        LedgerEntry.objects.all().delete()


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.decimals("0.01", "9.99", places=2), min_size=1, max_size=8))
def test_whatever_arrives_the_books_balance(world: World, parts: list[Decimal]) -> None:
    invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
    before = Client.objects.get(pk=world.client.pk).credit_balance
    received = Decimal(0)
    for number, amount in enumerate(parts):
        receive(invoice, str(amount), f"{invoice.pk}-{number}")
        received += amount
    invoice.refresh_from_db()
    client = Client.objects.get(pk=world.client.pk)
    assert invoice.amount_paid == min(received, invoice.total)
    assert client.credit_balance - before == max(received - invoice.total, Decimal(0))
    assert (invoice.status == "PAID") == (received >= invoice.total)
    assert sum(entry.amount for entry in LedgerEntry.objects.filter(posting__invoice=invoice)) == 0


def test_no_credit_goes_into_an_invoice_of_which_nothing_is_left(world: World) -> None:
    give_credit(world.client, "10")
    invoice = bill(world.client, "5")
    Invoice.objects.filter(pk=invoice.pk).update(amount_paid=invoice.total)
    for act in (apply_credit, pay_with_credit):
        with pytest.raises(InvoiceNotPayable, match="Nothing to pay"):
            act(invoice=invoice, actor="x", now=database_now())
    assert credit_of(world.client) == 10
