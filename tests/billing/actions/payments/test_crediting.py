from decimal import Decimal
from typing import Any

import pytest

from billing.actions.payments import (
    InvoiceNotPayable,
    NotEnoughCredit,
    PaymentInvalid,
    add_credit,
    apply_credit,
    record_payment,
    take_credit,
    take_credit_back,
)
from billing.models import Client, Event, Payment, TaxRule
from billing.queries.clock import database_now
from billing.queries.credit_statement import credit_page
from tests.billing.actions.books import balances, books_are_right, credit_of, fresh, give_credit
from tests.builders import bill, make_client

D = Decimal


@pytest.fixture
def client(db: None) -> Client:
    return make_client()


def use(invoice: Any, amount: str | None = None) -> Payment:
    wanted = None if amount is None else D(amount)
    return apply_credit(invoice=invoice, amount=wanted, actor="x", now=database_now())


def test_the_example_of_whmcs(client: Client) -> None:
    """100 and 22 of tax, 50 of credit, a payment of 30: 42 to pay, still unpaid."""
    TaxRule.objects.create(name="VAT", rate=D(22))
    invoice = bill(client, "100")
    give_credit(client, "50")
    use(invoice)
    assert fresh(invoice).balance == 72
    record_payment(invoice=invoice, gateway="manual", reference="r", amount=D(30), actor="x", now=database_now())
    assert (fresh(invoice).balance, fresh(invoice).status) == (42, "UNPAID")


def test_a_part_of_the_credit_for_a_part_of_the_invoice(client: Client) -> None:
    invoice = bill(client, "100")
    give_credit(client, "50")
    payment = use(invoice, "20")
    assert (payment.amount, payment.applied_amount, credit_of(client)) == (20, 20, 30)
    assert fresh(invoice).balance == 80
    assert books_are_right()


def test_as_much_as_there_is_and_no_more_than_is_needed(client: Client) -> None:
    small, large = bill(client, "30"), bill(client, "100")
    give_credit(client, "50")
    use(small)
    assert (fresh(small).status, credit_of(client)) == ("PAID", 20)
    use(large)
    assert (fresh(large).balance, credit_of(client)) == (80, 0)
    with pytest.raises(NotEnoughCredit):
        use(large)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "above zero"),
        ("-1", "above zero"),
        ("0.001", "decimals"),
        ("40.01", "to be paid"),
        ("30.01", "of credit"),
    ],
)
def test_an_amount_that_cannot_be_says_why(client: Client, amount: str, words: str) -> None:
    invoice = bill(client, "40")
    give_credit(client, "30")
    with pytest.raises(PaymentInvalid, match=words) as refusal:
        use(invoice, amount)
    assert list(refusal.value.errors) == ["amount"]
    assert credit_of(client) == 30


def test_credit_is_taken_off_again(client: Client) -> None:
    invoice = bill(client, "100")
    give_credit(client, "50")
    use(invoice, "20")
    use(invoice, "10")
    assert take_credit_back(invoice=invoice, actor="x", now=database_now()) == 30
    assert (fresh(invoice).balance, credit_of(client)) == (100, 50)
    assert balances() == {"RECEIVABLE": D(100), "REVENUE": D(-100), "CLEARING": D(50), "CREDIT": D(-50)}
    assert books_are_right()
    with pytest.raises(NotEnoughCredit):
        take_credit_back(invoice=invoice, actor="x", now=database_now())


def test_not_off_a_paid_invoice(client: Client) -> None:
    invoice = bill(client, "50")
    give_credit(client, "50")
    use(invoice)
    with pytest.raises(InvoiceNotPayable):
        take_credit_back(invoice=invoice, actor="x", now=database_now())


def test_a_correction_never_goes_below_zero(client: Client) -> None:
    give_credit(client, "50")
    assert take_credit(client=client, amount=D(20), reason="paid out", actor="x", now=database_now()) == 30
    with pytest.raises(NotEnoughCredit, match=r"€30\.00"):
        take_credit(client=client, amount=D("30.01"), reason="more", actor="x", now=database_now())
    assert credit_of(client) == 30
    assert Event.objects.get(name="credit.taken").data == {"amount": "20", "reason": "paid out"}
    assert books_are_right()


@pytest.mark.parametrize(("amount", "reason", "field"), [("-1", "x", "amount"), ("1", "", "reason")])
def test_a_correction_that_cannot_be_names_its_field(client: Client, amount: str, reason: str, field: str) -> None:
    give_credit(client, "50")
    with pytest.raises(PaymentInvalid) as refusal:
        take_credit(client=client, amount=D(amount), reason=reason, actor="x", now=database_now())
    assert list(refusal.value.errors) == [field]


def test_the_statement_runs_with_the_balance(client: Client, django_assert_max_num_queries: Any) -> None:
    give_credit(client, "50")
    add_credit(client=make_client(), amount=D(99), reason="hers", actor="x", now=database_now())
    invoice = bill(client, "20")
    use(invoice)
    take_credit(client=client, amount=D(5), reason="paid out", actor="x", now=database_now())
    with django_assert_max_num_queries(4):
        _page, movements = credit_page(client, number="1")
    assert [(row.amount, row.balance, row.reason) for row in movements] == [
        (-5, 25, "paid out"),
        (-20, 30, ""),
        (50, 50, "in advance"),
    ]
    assert movements[1].invoice == invoice


def test_pages_of_the_statement_go_on_where_the_last_one_ended(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.queries.credit_statement.PAGE_SIZE", 2)
    for amount in ("1", "2", "3"):
        give_credit(client, amount)
    _page, newest = credit_page(client, number="1")
    _page, oldest = credit_page(client, number="2")
    assert [row.balance for row in (*newest, *oldest)] == [6, 3, 1]
    assert credit_page(make_client(), number="1")[1] == ()


def test_an_overpaid_invoice_shows_in_it(client: Client) -> None:
    """Invoice 100, pay 130: paid, credit +30."""
    invoice = bill(client, "100")
    record_payment(invoice=invoice, gateway="manual", reference="r", amount=D(130), actor="x", now=database_now())
    assert (fresh(invoice).status, credit_of(client)) == ("PAID", 30)
    _page, movements = credit_page(client, number="1")
    assert [(row.amount, row.invoice) for row in movements] == [(30, invoice)]
