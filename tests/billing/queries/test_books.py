"""Each fault is planted into books that are right, and has to be the only thing that is found."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Account, LedgerEntry, Payment, Posting
from billing.queries.books import find_differences, ledger_totals
from billing.queries.differences import Difference
from tests.builders import World, make_client, place
from tests.ledger import Books, keep_books, pay_part, sql, unguarded

Found = tuple[str, int, str, str, str]


@pytest.fixture
def books(world: World) -> Books:
    return keep_books(world)


def found() -> list[Found]:
    """(document, its number, account, or fault if another than its amount, expected, found)."""
    return [
        (
            one.document,
            one.number,
            one.account if one.fault == "amount" else one.fault,
            plain(one.expected),
            plain(one.found),
        )
        for one in find_differences()
    ]


def plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"


def entry_of(posting: Posting, account: Account) -> LedgerEntry:
    return posting.entries.get(account=account)


def test_books_with_every_kind_of_posting_are_clean(books: Books) -> None:
    assert found() == []
    assert {(one.currency, one.account): one.sum for one in ledger_totals()} == {
        ("EUR", Account.RECEIVABLE): Decimal("8.7"),
        ("EUR", Account.REVENUE): Decimal(-30),
        ("EUR", Account.CREDIT): Decimal("-42.1"),
        ("EUR", Account.CLEARING): Decimal("63.4"),
    }
    assert sum(one.count for one in ledger_totals()) == LedgerEntry.objects.count()


def test_taxes_and_fractions_are_compared_exactly(world: World) -> None:
    """0.1 + 0.2 is not 0.3 in floats, which is how SQLite adds."""
    invoice = place(world.client, world.lite, ip="192.0.2.1").invoice
    for amount in ("0.10", "0.20", "0.70", "1.10"):
        pay_part(invoice, amount)
    assert found() == []
    sql("UPDATE billing_invoice SET amount_paid = amount_paid + 0.0001 WHERE id = %s", invoice.pk)
    assert found() == [
        ("invoice", invoice.pk, "RECEIVABLE", "2.8999", "2.9"),
        ("invoice", invoice.pk, "payments", "-2.1001", "-2.1"),
    ]


class TestEntries:
    def test_one_is_missing(self, books: Books) -> None:
        posting = books.paid.postings.get(kind="invoice.issued")
        with unguarded():
            sql("DELETE FROM billing_ledgerentry WHERE id = %s", entry_of(posting, Account.REVENUE).pk)
        assert found() == [
            ("posting", posting.pk, "unbalanced", "0", "5"),
            ("invoice", books.paid.pk, "REVENUE", "-5", "0"),
        ]

    def test_one_is_there_twice(self, books: Books) -> None:
        posting = books.unpaid.postings.get()
        with unguarded():
            copy_entries(entry_of(posting, Account.RECEIVABLE).pk)
        assert found() == [
            ("posting", posting.pk, "unbalanced", "0", "5"),
            ("invoice", books.unpaid.pk, "RECEIVABLE", "5", "10"),
        ]

    def test_one_has_a_wrong_amount(self, books: Books) -> None:
        payment = books.partly_paid.payments.get()
        posting = payment.postings.get()
        with unguarded():
            sql("UPDATE billing_ledgerentry SET amount = 1.31 WHERE id = %s", entry_of(posting, Account.CLEARING).pk)
        assert found() == [
            ("posting", posting.pk, "unbalanced", "0", "0.01"),
            ("payment", payment.pk, "CLEARING", "1.3", "1.31"),
        ]

    def test_one_is_on_a_wrong_account(self, books: Books) -> None:
        payment = books.paid.payments.get()
        credit = entry_of(payment.postings.get(), Account.CREDIT)
        with unguarded():
            sql("UPDATE billing_ledgerentry SET account = 'WRITE_OFF' WHERE id = %s", credit.pk)
        assert found() == [("client", books.client.pk, "CREDIT", "-42.1", "-40.1")]

    def test_one_is_in_another_currency(self, books: Books) -> None:
        posting = books.unpaid.postings.get()
        with unguarded():
            sql("UPDATE billing_ledgerentry SET currency_id = 'RUB' WHERE posting_id = %s", posting.pk)
        assert found() == [
            ("invoice", books.unpaid.pk, "RECEIVABLE", "5", "0"),
            ("invoice", books.unpaid.pk, "REVENUE", "-5", "0"),
        ]

    def test_one_belongs_to_another_client(self, books: Books) -> None:
        stranger = make_client()
        posting = books.unpaid.postings.get()
        with unguarded():
            sql("UPDATE billing_ledgerentry SET client_id = %s WHERE posting_id = %s", stranger.pk, posting.pk)
        assert found() == [("posting", posting.pk, "other_client", "", "")]


def copy_entries(*numbers: int, posting: int | None = None) -> None:
    """The same entries again, of the same posting or of another."""
    for number in numbers:
        sql(
            "INSERT INTO billing_ledgerentry (posting_id, account, client_id, currency_id, amount) "
            "SELECT COALESCE(%s, posting_id), account, client_id, currency_id, amount "
            "FROM billing_ledgerentry WHERE id = %s",
            posting,
            number,
        )


class TestPostings:
    def test_one_was_made_twice(self, books: Books) -> None:
        copy_posting(books.paid.payments.get().postings.get())
        assert found() == [
            ("invoice", books.paid.pk, "RECEIVABLE", "0", "-5"),
            ("invoice", books.paid.pk, "payments", "-5", "-10"),
            ("payment", books.paid.payments.get().pk, "CLEARING", "7", "14"),
            ("payment", books.paid.payments.get().pk, "RECEIVABLE", "-5", "-10"),
            ("client", books.client.pk, "CREDIT", "-42.1", "-44.1"),
        ]

    def test_one_of_an_advance_was_made_twice(self, books: Books) -> None:
        copy_posting(Posting.objects.get(kind="credit.added"))
        assert found() == [("client", books.client.pk, "CREDIT", "-42.1", "-92.2")]

    def test_one_has_no_entries(self, books: Books) -> None:
        posting = books.cancelled.postings.get(kind="invoice.cancelled")
        with unguarded():
            sql("DELETE FROM billing_ledgerentry WHERE posting_id = %s", posting.pk)
        assert found() == [
            ("posting", posting.pk, "empty", "", ""),
            ("invoice", books.cancelled.pk, "RECEIVABLE", "0", "5"),
            ("invoice", books.cancelled.pk, "REVENUE", "0", "-5"),
        ]


def copy_posting(posting: Posting) -> None:
    again = Posting.objects.create(
        kind=posting.kind,
        client=posting.client,
        invoice=posting.invoice,
        payment=posting.payment,
        posted_at=posting.posted_at,
    )
    copy_entries(*posting.entries.values_list("pk", flat=True), posting=again.pk)


def remove_postings(**which: Any) -> None:
    numbers = Posting.objects.filter(**which).values_list("pk", flat=True)
    with unguarded():
        for number in list(numbers):
            sql("DELETE FROM billing_ledgerentry WHERE posting_id = %s", number)
            sql("DELETE FROM billing_posting WHERE id = %s", number)


class TestDocuments:
    def test_an_invoice_was_never_posted(self, books: Books) -> None:
        remove_postings(invoice=books.unpaid)
        assert found() == [
            ("invoice", books.unpaid.pk, "RECEIVABLE", "5", "0"),
            ("invoice", books.unpaid.pk, "REVENUE", "-5", "0"),
        ]

    def test_a_payment_was_never_posted(self, books: Books) -> None:
        payment = books.partly_paid.payments.get()
        remove_postings(payment=payment)
        assert found() == [
            ("invoice", books.partly_paid.pk, "RECEIVABLE", "3.7", "5"),
            ("invoice", books.partly_paid.pk, "payments", "-1.3", "0"),
            ("payment", payment.pk, "CLEARING", "1.3", "0"),
            ("payment", payment.pk, "RECEIVABLE", "-1.3", "0"),
        ]

    def test_credit_was_used_without_a_posting(self, books: Books) -> None:
        payment = books.paid_with_credit.payments.get()
        remove_postings(payment=payment)
        assert found() == [
            ("invoice", books.paid_with_credit.pk, "RECEIVABLE", "0", "15"),
            ("invoice", books.paid_with_credit.pk, "payments", "-15", "0"),
            ("payment", payment.pk, "CREDIT", "15", "0"),
            ("payment", payment.pk, "RECEIVABLE", "-15", "0"),
            ("client", books.client.pk, "CREDIT", "-42.1", "-57.1"),
        ]

    def test_a_balance_was_moved(self, books: Books) -> None:
        sql("UPDATE billing_client SET credit_balance = 7 WHERE id = %s", books.client.pk)
        assert found() == [("client", books.client.pk, "CREDIT", "-7", "-42.1")]

    @pytest.mark.parametrize(
        ("change", "wrong"),
        [
            ("subtotal = subtotal + 1", [("REVENUE", "-6", "-5")]),
            ("tax = tax + 1", [("TAX", "-1", "0")]),
            ("total = total + 1", [("RECEIVABLE", "6", "5")]),
            ("amount_paid = 1", [("RECEIVABLE", "4", "5"), ("payments", "-1", "0")]),
            ("status = 'CANCELLED'", [("RECEIVABLE", "0", "5"), ("REVENUE", "0", "-5")]),
            ("status = 'DRAFT'", [("RECEIVABLE", "0", "5"), ("REVENUE", "0", "-5")]),
            ("status = 'PAID', number = 'x'", [("RECEIVABLE", "0", "5")]),
            (
                "status = 'PAID', number = 'x', amount_paid = total",
                [("RECEIVABLE", "0", "5"), ("payments", "-5", "0")],
            ),
        ],
    )
    def test_an_unpaid_invoice_was_changed(self, books: Books, change: str, wrong: list[tuple[str, str, str]]) -> None:
        sql(f"UPDATE billing_invoice SET {change} WHERE id = %s", books.unpaid.pk)
        assert found() == [("invoice", books.unpaid.pk, *one) for one in wrong]

    def test_what_was_paid_was_changed(self, books: Books) -> None:
        sql("UPDATE billing_invoice SET amount_paid = 4 WHERE id = %s", books.paid.pk)
        assert found() == [("invoice", books.paid.pk, "payments", "-4", "-5")]

    def test_a_cancelled_invoice_came_back(self, books: Books) -> None:
        invoice = books.cancelled
        sql("UPDATE billing_invoice SET status = 'UNPAID' WHERE id = %s", invoice.pk)
        assert found() == [
            ("invoice", invoice.pk, "RECEIVABLE", "5", "0"),
            ("invoice", invoice.pk, "REVENUE", "-5", "0"),
        ]

    def test_a_credit_note_was_removed(self, books: Books) -> None:
        note = books.refunded.credit_notes.get()
        sql("DELETE FROM billing_creditnoteline WHERE credit_note_id = %s", note.pk)
        sql("DELETE FROM billing_creditnote WHERE id = %s", note.pk)
        assert found() == [("invoice", books.refunded.pk, "REVENUE", "-5", "0")]

    def test_a_payment_was_changed(self, books: Books) -> None:
        payment = books.paid.payments.get()
        Payment.objects.filter(pk=payment.pk).update(amount=8)
        assert found() == [("payment", payment.pk, "CLEARING", "8", "7")]


def test_a_missing_trigger_is_a_difference(world: World) -> None:
    with unguarded():
        assert {one.fault for one in find_differences()} == {"unprotected"}
    assert found() == []


def test_the_queries_stay_the_same_however_much_there_is(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            list(find_differences())
            ledger_totals()
        return len(asked)

    empty = queries()
    keep_books(world)
    for number in range(20):
        pay_part(place(make_client(), world.lite, ip=f"198.51.100.{number + 1}").invoice, "2.50")
    assert queries() == empty == 8


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (
            lambda books: sql("UPDATE billing_client SET credit_balance = 7"),
            "Client Anna Berg #{client}: Client credit should be -€7.00, the entries come to -€42.10.",
        ),
        (
            lambda books: sql("UPDATE billing_invoice SET total = 6 WHERE id = %s", books.unpaid.pk),
            "Invoice PRO-{unpaid}: Receivable should be €6.00, the entries come to €5.00.",
        ),
        (
            lambda books: sql("UPDATE billing_payment SET amount = 6.5 WHERE invoice_id = %s", books.partly_paid.pk),
            "Payment bank_transfer part-{partly_paid}-1.30: Gateway clearing should be €6.50, "
            "the entries come to €1.30.",
        ),
    ],
)
def test_differences_are_told_in_words(books: Books, plant: Callable[[Books], object], words: str) -> None:
    plant(books)
    (difference,) = find_differences()
    numbers = {"client": books.client.pk, "unpaid": books.unpaid.pk, "partly_paid": books.partly_paid.pk}
    assert str(difference) == words.format(**numbers)
    assert Difference.from_row(difference.as_row()) == difference
