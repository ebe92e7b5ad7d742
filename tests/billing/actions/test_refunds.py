from decimal import Decimal
from typing import Any

import pytest

from billing.actions.credit_notes import issue_credit_note
from billing.actions.payments import pay_with_credit, record_payment, take_credit
from billing.actions.refunds import (
    RefundConflict,
    RefundInvalid,
    RefundNotPending,
    confirm_refund,
    fail_refund,
    refund_payment,
)
from billing.models import Client, CreditNoteTo, Email, Invoice, Payment, Refund, RefundWay, TaxRule
from billing.queries.clock import database_now
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.builders import bill, make_client, pay

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


@pytest.fixture
def gateway_refunds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.gateways.REFUNDING", frozenset({"bank_transfer", "manual"}))


def give_back(payment: Payment, amount: str, way: RefundWay = RefundWay.RECORDED, **values: Any) -> Refund:
    values = {"reason": "asked for", "request_key": f"key {Refund.objects.count()}", "actor": "x", **values}
    return refund_payment(payment=payment, amount=D(amount), way=way, now=database_now(), **values)


def receive(invoice: Invoice, amount: str, reference: str = "r") -> Payment:
    return record_payment(
        invoice=invoice, gateway="manual", reference=reference, amount=D(amount), actor="x", now=database_now()
    )


def test_the_example_of_whmcs(client: Client) -> None:
    """Paid 100, refund 30 to credit: still paid; another 70: refunded."""
    invoice = bill(client, "100")
    payment = pay(invoice)
    give_back(payment, "30", RefundWay.CREDIT)
    assert (fresh(invoice).status, credit_of(client)) == ("PAID", 30)
    give_back(payment, "70", RefundWay.CREDIT)
    assert (fresh(invoice).status, credit_of(client)) == ("REFUNDED", 100)
    assert books_are_right()


def test_money_that_was_given_back_leaves_the_books(client: Client) -> None:
    invoice = bill(client, "100")
    refund = give_back(pay(invoice), "100")
    assert (refund.status, refund.credit_note and refund.credit_note.to_refund) == ("DONE", 100)
    assert balances() == {}
    assert (fresh(invoice).status, fresh(invoice).amount_refunded) == ("REFUNDED", 100)
    assert Email.objects.filter(letter="refund.done").count() == 1


def test_the_note_of_a_part_is_spread_over_the_lines(client: Client) -> None:
    TaxRule.objects.create(name="VAT", rate=D(19))
    invoice = bill(client, "100", "50")
    note = give_back(pay(invoice), "60").credit_note
    assert note is not None
    assert [(line.amount, line.tax) for line in note.lines.order_by("pk")] == [
        (D("33.61"), D("6.39")),
        (D("16.81"), D("3.19")),
    ]
    assert (note.subtotal, note.tax, note.total) == (D("50.42"), D("9.58"), 60)


def test_never_more_than_the_payment(client: Client) -> None:
    payment = pay(bill(client, "100"))
    give_back(payment, "60")
    with pytest.raises(RefundInvalid, match=r"At most €40\.00") as refusal:
        give_back(payment, "40.01")
    assert list(refusal.value.errors) == ["amount"]
    assert Refund.objects.count() == 1


def test_never_more_than_is_left_of_the_invoice(client: Client) -> None:
    invoice = bill(client, "100")
    payment = pay(invoice)
    line = invoice.lines.get()
    issue_credit_note(
        invoice=invoice,
        to=CreditNoteTo.CREDIT,
        reason="half",
        amounts={line.pk: D(50)},
        actor="x",
        now=database_now(),
    )
    with pytest.raises(RefundInvalid, match=r"At most €50\.00"):
        give_back(payment, "51")
    give_back(payment, "50")
    assert fresh(invoice).status == "REFUNDED"
    assert books_are_right()


def test_the_same_request_again_is_the_same_refund(client: Client) -> None:
    payment = pay(bill(client, "100"))
    first = give_back(payment, "30", request_key="form 1")
    assert give_back(payment, "30", request_key="form 1") == first
    assert Refund.objects.count() == 1
    with pytest.raises(RefundConflict):
        give_back(payment, "31", request_key="form 1")


def test_what_was_paid_too_much_needs_no_note(client: Client) -> None:
    invoice = bill(client, "100")
    payment = receive(invoice, "130")
    refund = give_back(payment, "30")
    assert (refund.credit_note, refund.from_credit, credit_of(client)) == (None, 30, 0)
    assert fresh(invoice).status == "PAID"
    assert books_are_right()


def test_what_was_paid_too_much_and_spent_since_is_gone(client: Client) -> None:
    invoice = bill(client, "100")
    payment = receive(invoice, "130")
    take_credit(client=client, amount=D(20), reason="spent", actor="x", now=database_now())
    with pytest.raises(RefundInvalid, match=r"At most €110\.00"):
        give_back(payment, "130")
    refund = give_back(payment, "110")
    assert refund.credit_note is not None
    assert (refund.from_credit, refund.credit_note.total, credit_of(client)) == (10, 100, 0)
    assert books_are_right()


def test_a_payment_of_a_part_is_owed_again(client: Client) -> None:
    invoice = bill(client, "100")
    payment = receive(invoice, "60")
    give_back(payment, "25")
    assert (fresh(invoice).status, fresh(invoice).balance) == ("UNPAID", 65)
    payment.refresh_from_db()
    assert payment.applied_amount == 35
    assert balances() == {"CLEARING": D(35), "RECEIVABLE": D(65), "REVENUE": D(-100)}
    assert books_are_right()


def test_a_stray_payment_comes_off_the_credit(client: Client) -> None:
    invoice = bill(client, "100")
    receive(invoice, "100", "first")
    stray = receive(invoice, "100", "twice by mistake")
    give_back(stray, "100")
    assert (fresh(invoice).status, credit_of(client)) == ("PAID", 0)
    assert books_are_right()


def test_what_was_paid_with_credit_goes_back_to_credit_only(client: Client) -> None:
    invoice = bill(client, "40")
    give_credit(client, "40")
    payment = pay_with_credit(invoice=invoice, actor="x", now=database_now())
    with pytest.raises(RefundInvalid) as refusal:
        give_back(payment, "40")
    assert list(refusal.value.errors) == ["way"]
    give_back(payment, "40", RefundWay.CREDIT)
    assert (fresh(invoice).status, credit_of(client)) == ("REFUNDED", 40)
    assert books_are_right()


def test_a_note_that_promised_money_is_kept_by_a_refund(client: Client) -> None:
    invoice = bill(client, "100")
    payment = pay(invoice)
    note = issue_credit_note(invoice=invoice, to=CreditNoteTo.REFUND, reason="wrong", actor="x", now=database_now())
    with pytest.raises(RefundInvalid):
        give_back(payment, "1")
    give_back(payment, "70", credit_note=note)
    with pytest.raises(RefundInvalid, match=r"At most €30\.00"):
        give_back(payment, "31", credit_note=note)
    give_back(payment, "30", RefundWay.CREDIT, credit_note=note)
    assert (credit_of(client), note.refunds.count()) == (30, 2)
    assert balances() == {"CLEARING": D(30), "CREDIT": D(-30)}
    assert books_are_right()


def test_a_note_of_another_invoice_promises_nothing_here(client: Client) -> None:
    other = bill(client, "10")
    pay(other)
    note = issue_credit_note(invoice=other, to=CreditNoteTo.REFUND, reason="x", actor="x", now=database_now())
    with pytest.raises(RefundInvalid) as refusal:
        give_back(pay(bill(client, "100")), "10", credit_note=note)
    assert list(refusal.value.errors) == ["credit_note"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": "-1"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "100.01"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1", "way": RefundWay.GATEWAY}, "way"),
        ({"amount": "1", "reason": ""}, "reason"),
        ({"amount": "1", "request_key": ""}, "request_key"),
    ],
)
def test_a_refund_that_cannot_be_names_its_field(client: Client, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RefundInvalid) as refusal:
        give_back(pay(bill(client, "100")), **values)
    assert list(refusal.value.errors) == [field]
    assert not Refund.objects.exists()


@pytest.mark.usefixtures("gateway_refunds")
class TestGateway:
    def test_waits_for_the_answer(self, client: Client) -> None:
        invoice = bill(client, "100")
        refund = give_back(pay(invoice), "100", RefundWay.GATEWAY)
        assert refund.status == "PENDING"
        assert balances() == {"CLEARING": D(100), "REFUNDS": D(-100)}
        assert books_are_right()
        for _time in range(2):
            confirm_refund(refund=refund, reference="re_1", actor="gateway", now=database_now())
        refund.refresh_from_db()
        assert (refund.status, refund.reference) == ("DONE", "re_1")
        assert balances() == {}
        assert books_are_right()

    def test_pending_money_is_not_given_back_twice(self, client: Client) -> None:
        payment = pay(bill(client, "100"))
        give_back(payment, "100", RefundWay.GATEWAY)
        with pytest.raises(RefundInvalid):
            give_back(payment, "1")

    def test_a_failure_leaves_the_promise(self, client: Client, settings: Any) -> None:
        settings.OPERATOR_EMAILS = ["boss@example.com"]
        invoice = bill(client, "100")
        payment = receive(invoice, "130")
        refund = give_back(payment, "130", RefundWay.GATEWAY)
        for _time in range(2):
            fail_refund(refund=refund, error="card closed", actor="gateway", now=database_now())
        assert credit_of(client) == 30
        assert balances() == {"CLEARING": D(130), "REFUNDS": D(-100), "CREDIT": D(-30)}
        assert Email.objects.filter(letter="operator.refund.failed").count() == 1
        assert books_are_right()
        give_back(payment, "100", credit_note=refund.credit_note)
        give_back(payment, "30")
        assert balances() == {}

    def test_an_answer_stays(self, client: Client) -> None:
        done, failed = (give_back(pay(bill(client, "10")), "10", RefundWay.GATEWAY) for _number in range(2))
        confirm_refund(refund=done, actor="x", now=database_now())
        fail_refund(refund=failed, error="no", actor="x", now=database_now())
        with pytest.raises(RefundNotPending):
            fail_refund(refund=done, error="no", actor="x", now=database_now())
        with pytest.raises(RefundNotPending):
            confirm_refund(refund=failed, actor="x", now=database_now())
