from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.events import record_event
from billing.actions.payments import add_credit
from billing.models import Invoice, Payment
from billing.queries.clock import database_now
from tests.billing.admin.pages import ask, buttons_on, days_away, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, pay, place
from tests.kept_scenes import kept_scene


@pytest.fixture
@kept_scene
def invoice(world: World) -> Invoice:
    return place(world.client, world.lite, ip="192.0.2.10").invoice


def payment(**changes: str) -> dict[str, str]:
    return {"gateway": "bank_transfer", "amount": "5.00", "reference": "SEPA-1", **changes}


def test_the_dialog_is_filled_with_what_is_owed(invoice: Invoice, sales: Browser) -> None:
    words = ask(sales, invoice, "payment")
    assert 'value="5.00"' in words
    assert "owes €5.00" in words


def test_a_payment_pays_the_invoice(invoice: Invoice, sales: Browser) -> None:
    assert succeeded(press(sales, invoice, "payment", **payment()))
    invoice.refresh_from_db()
    assert invoice.status == "PAID"
    assert invoice.payments.get().recorded_by == "sales_operator@example.com"


def test_the_same_payment_twice_is_one(invoice: Invoice, sales: Browser) -> None:
    for _time in range(2):
        assert succeeded(press(sales, invoice, "payment", **payment()))
    assert Payment.objects.count() == 1


def test_another_payment_with_a_known_reference_is_refused(world: World, invoice: Invoice, sales: Browser) -> None:
    press(sales, invoice, "payment", **payment())
    other = place(world.client, world.lite, ip="192.0.2.11").invoice
    assert "used for another payment" in text_of(press(sales, other, "payment", **payment()))


@pytest.mark.parametrize(
    ("field", "value"), [("amount", "0"), ("amount", "1.005"), ("amount", "NaN"), ("reference", " "), ("gateway", "x")]
)
def test_a_wrong_value_comes_back_beside_its_field(invoice: Invoice, sales: Browser, field: str, value: str) -> None:
    response = press(sales, invoice, "payment", **payment(**{field: value}))
    assert field in response.context["form"].errors
    assert not Payment.objects.exists()


def test_credit_pays_a_part_or_all(world: World, invoice: Invoice, sales: Browser) -> None:
    assert "credit" not in buttons_on(sales, invoice)
    add_credit(client=world.client, amount=Decimal(20), reason="", actor="test", now=database_now())
    assert 'value="5.00"' in ask(sales, invoice, "credit")
    assert "to be paid" in text_of(press(sales, invoice, "credit", amount="6"))
    assert succeeded(press(sales, invoice, "credit", amount="2"))
    assert "credit-back" in buttons_on(sales, invoice)
    assert succeeded(press(sales, invoice, "credit-back"))
    assert succeeded(press(sales, invoice, "credit", amount="5"))
    invoice.refresh_from_db()
    assert invoice.status == "PAID"


def test_a_paid_invoice_takes_only_stray_money(invoice: Invoice, sales: Browser) -> None:
    pay(invoice)
    assert buttons_on(sales, invoice) == ["refund", "credit-note", "reissue", "stray-payment", "chargeback"]
    assert "becomes credit" in ask(sales, invoice, "stray-payment")
    assert succeeded(press(sales, invoice, "stray-payment", **payment()))
    assert invoice.payments.count() == 2


def test_the_page_shows_lines_payments_and_the_books(invoice: Invoice, sales: Browser) -> None:
    press(sales, invoice, "payment", **payment())
    words = text_of(sales.get(page_of(invoice)))
    assert "SEPA-1" in words
    assert "Receivable" in words
    assert "Gateway clearing" in words


@pytest.mark.parametrize(
    ("kept", "language", "words"),
    [
        ("5.0000", "en", "amount: 5.00"),
        ("-1234.5000", "ru", "сумма: -1234,50"),
        ("0.0125", "en", "amount: 0.0125"),
        ("5.1", "en", "amount: 5.1"),
    ],
)
def test_what_happened_tells_amounts_as_money_is_written(
    invoice: Invoice, sales: Browser, kept: str, language: str, words: str
) -> None:
    record_event("payment.received", now=database_now(), invoice=invoice, data={"amount": kept})
    sales.cookies["django_language"] = language
    page = text_of(sales.get(page_of(invoice)))
    assert words in page
    assert f"{words}0" not in page


@pytest.mark.parametrize("reference", ["2026.0001", "7.0000", f"{'9' * 40}.0000"])
def test_a_reference_that_looks_like_money_stays_as_the_bank_wrote_it(
    invoice: Invoice, sales: Browser, reference: str
) -> None:
    data = {"amount": reference, "reference": reference} if len(reference) > 20 else {"reference": reference}
    record_event("payment.received", now=database_now(), invoice=invoice, data=data)
    assert f"reference: {reference}" in text_of(sales.get(page_of(invoice)))


def test_the_list_knows_what_is_overdue(world: World, invoice: Invoice, sales: Browser) -> None:
    late = place(world.client, world.lite, ip="192.0.2.11").invoice
    Invoice.objects.filter(pk=late.pk).update(due_date=days_away(-2))
    Invoice.objects.filter(pk=invoice.pk).update(due_date=days_away(2))
    response = sales.get(list_of(Invoice, "?show=overdue"))
    assert rows_of(response) == [late]
    assert "Overdue" in text_of(response)
    assert set(rows_of(sales.get(list_of(Invoice, "?show=unpaid")))) == {late, invoice}


def test_a_proforma_is_found_by_its_printed_number(invoice: Invoice, sales: Browser) -> None:
    assert rows_of(sales.get(list_of(Invoice, f"?q=PRO-{invoice.pk}"))) == [invoice]
