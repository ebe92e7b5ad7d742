"""Receipts of invoices made as in life: orders, promo codes, credit, corrections, several at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.credit_notes import issue_credit_note
from billing.actions.invoicing import add_funds, start_mass_payment
from billing.actions.ordering import place_order
from billing.actions.payments import add_credit, apply_credit, record_payment
from billing.actions.refunds import refund_payment
from billing.models import (
    Client,
    CreditNoteTo,
    FiscalSettings,
    Invoice,
    Payment,
    Promotion,
    Refund,
    RefundWay,
    TaxRule,
)
from billing.queries.clock import database_now
from billing.receipts import Receipt, ReceiptImpossible, receipt_for_payment, receipt_for_refund
from catalog.models import Currency, Price
from tests.builders import World, bill, make_client, make_hosting

NOW = database_now


@pytest.fixture
def boris(world: World) -> Client:
    TaxRule.objects.create(name="НДС", country="RU", rate=Decimal(22))
    return make_client(currency="RUB", country="RU", tax_id="7707083893", phone="8 (912) 345-67-89", company="Ромашка")


@pytest.fixture
def product(world: World) -> Any:
    product = make_hosting(world.group, price="9.99")
    Price.objects.create(
        product=product,
        currency=Currency.objects.get(code="RUB"),
        cycle="MONTHLY",
        price=Decimal("333.33"),
        setup_fee=Decimal("100.10"),
    )
    return product


def order(client: Client, product: Any, *, quantity: int = 3, promo_code: str = "") -> Invoice:
    placed = place_order(
        checkout=Checkout(
            client=client,
            items=[ItemRequest(product, "MONTHLY", quantity)],
            payment_method="bank_transfer",
            key=f"receipt-{Invoice.objects.count()}",
            promo_code=promo_code,
        ),
        actor="test",
        now=NOW(),
    )
    return placed.invoice


def pay(invoice: Invoice, amount: Decimal) -> Payment:
    reference = f"r{Payment.objects.count()}"
    return record_payment(
        invoice=invoice, gateway="bank_transfer", reference=reference, amount=amount, actor="test", now=NOW()
    )


def give_back(payment: Payment, amount: str) -> Refund:
    return refund_payment(
        payment=payment,
        amount=Decimal(amount),
        way=RefundWay.RECORDED,
        reason="x",
        request_key=f"k{Refund.objects.count()}",
        actor="test",
        now=NOW(),
    )


def items_of(receipt: Receipt) -> list[tuple[int, int, int, str]]:
    return [(item.quantity, item.price, item.vat_code, item.payment_mode) for item in receipt.items]


def test_an_order_with_a_promo_code_paid_in_part_with_credit(boris: Client, product: Any) -> None:
    Promotion.objects.create(code="SPRING", type="PERCENT", value=Decimal(15))
    invoice = order(boris, product, promo_code="SPRING")
    add_credit(client=boris, amount=Decimal("123.45"), reason="x", actor="test", now=NOW())
    apply_credit(invoice=invoice, actor="test", now=NOW())
    invoice.refresh_from_db()
    receipt = receipt_for_payment(invoice, invoice.balance)
    assert invoice.total < 3 * Decimal("433.43") * Decimal("1.22")
    assert receipt.amount == invoice.balance
    assert {(item.vat_code, item.payment_mode) for item in receipt.items} == {(12, "partial_prepayment")}


def test_paid_at_once_it_holds_the_lines_with_their_tax(boris: Client, product: Any) -> None:
    invoice = order(boris, product)
    receipt = receipt_for_payment(invoice, invoice.balance)
    assert items_of(receipt) == [(3, 40666, 12, "full_prepayment"), (3, 12212, 12, "full_prepayment")]
    assert receipt.to_yookassa()["customer"] == {
        "email": boris.email,
        "phone": "79123456789",
        "full_name": "Ромашка",
        "inn": "7707083893",
    }


def test_tax_within_prices_is_not_added_again(boris: Client, product: Any, settings: Any) -> None:
    settings.PRICES_INCLUDE_TAX = True
    invoice = order(boris, product, quantity=1)
    assert items_of(receipt_for_payment(invoice, invoice.balance)) == [
        (1, 33333, 12, "full_prepayment"),
        (1, 10010, 12, "full_prepayment"),
    ]


def test_what_a_credit_note_took_back_is_not_on_it(boris: Client) -> None:
    invoice = bill(boris, "100.00", "50.00")
    first, second = invoice.lines.order_by("pk")
    pay(invoice, Decimal("183.00"))
    issue_credit_note(
        invoice=invoice,
        to=CreditNoteTo.CREDIT,
        reason="x",
        actor="test",
        now=NOW(),
        amounts={first.pk: Decimal("122.00")},
    )
    Invoice.objects.filter(pk=invoice.pk).update(status="UNPAID", amount_paid=122, amount_refunded=122)
    invoice.refresh_from_db()
    receipt = receipt_for_payment(invoice, Decimal("61.00"))
    assert [(item.description, item.price) for item in receipt.items] == [(second.description, 6100)]


def test_more_than_is_owed_is_an_advance(boris: Client) -> None:
    invoice = bill(boris, "100.00")
    receipt = receipt_for_payment(invoice, Decimal("130.00"))
    assert items_of(receipt) == [(1, 12200, 12, "full_prepayment"), (1, 800, 1, "advance")]
    pay(invoice, Decimal("122.00"))
    invoice.refresh_from_db()
    assert items_of(receipt_for_payment(invoice, Decimal("5.00"))) == [(1, 500, 1, "advance")]


def test_funds_in_advance(boris: Client) -> None:
    Currency.objects.filter(code="RUB").update(rate=Decimal(100))
    boris.currency.refresh_from_db()
    invoice = add_funds(client=boris, amount=Decimal(500), payment_method="bank_transfer", actor="test", now=NOW())
    (item,) = receipt_for_payment(invoice, Decimal(500)).items
    assert (item.payment_subject, item.payment_mode, item.vat_code) == ("payment", "advance", 1)
    assert item.description == "Аванс"


def test_several_invoices_at_once_hold_the_lines_of_each(boris: Client) -> None:
    bills = [bill(boris, "100.00", "1.00"), bill(boris, "10.00")]
    together = start_mass_payment(client=boris, invoices=bills, payment_method="bank_transfer", actor="t", now=NOW())
    receipt = receipt_for_payment(together, together.balance)
    assert sorted(item.total for item in receipt.items) == [122, 1220, 12200]
    pay(bills[1], Decimal("12.20"))
    late = receipt_for_payment(together, together.balance)
    assert sorted(items_of(late)) == [
        (1, 122, 12, "full_prepayment"),
        (1, 1220, 1, "advance"),
        (1, 12200, 12, "full_prepayment"),
    ]


def test_reads_as_much_for_one_line_as_for_many(boris: Client) -> None:
    bills = [bill(boris, "100.00"), bill(boris, *["10.00"] * 30)]
    counts = []
    for one in bills:
        invoice = Invoice.objects.select_related("client").get(pk=one.pk)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            receipt_for_payment(invoice, invoice.balance)
        counts.append(len(captured))
    assert counts == [3, 3]


def test_refunds_take_the_items_of_the_payment(boris: Client) -> None:
    invoice = bill(boris, "100.00", "50.00")
    paid = receipt_for_payment(invoice, invoice.balance)
    payment = pay(invoice, invoice.balance)
    first = receipt_for_refund(give_back(payment, "91.51"), paid)
    second = receipt_for_refund(give_back(payment, "91.49"), paid)
    assert (first.amount, second.amount) == (Decimal("91.51"), Decimal("91.49"))
    assert [one.price + other.price for one, other in zip(first.items, second.items, strict=True)] == [12200, 6100]


def test_a_full_refund_is_the_receipt_of_the_payment_even_if_nobody_kept_it(boris: Client) -> None:
    invoice = bill(boris, "100.00", "50.00")
    paid = receipt_for_payment(invoice, invoice.balance)
    refund = give_back(pay(invoice, invoice.balance), "183.00")
    assert receipt_for_refund(refund) == receipt_for_refund(refund, paid) == paid


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "", "phone": "12"}, "neither"),
        ({"codes": {}}, "No VAT code"),
        ({"taxes": [["A", "10", "1"], ["B", "5", "1"]]}, "several taxes"),
        ({"amount": "1.005"}, "kopecks"),
    ],
)
def test_what_has_no_receipt_says_why(boris: Client, change: dict[str, Any], words: str) -> None:
    invoice = bill(boris, "100.00")
    if "codes" in change:
        FiscalSettings.objects.create(pk=1, vat_codes=change["codes"])
    if "taxes" in change:
        invoice.lines.update(taxes=change["taxes"])
    if "email" in change:
        invoice.client.email, invoice.client.phone = change["email"], change["phone"]
    with pytest.raises(ReceiptImpossible, match=words):
        receipt_for_payment(invoice, Decimal(change.get("amount", "1")))


def test_another_currency_has_none(world: World) -> None:
    with pytest.raises(ReceiptImpossible, match="rubles"):
        receipt_for_payment(bill(world.client, "10.00"), Decimal(10))
