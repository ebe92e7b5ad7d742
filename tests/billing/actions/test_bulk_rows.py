from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.actions.bulk_rows import insert_many, insert_values
from billing.models import Client, Event, Invoice, LedgerEntry, Posting
from catalog.models import Currency
from tests.builders import make_client

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 3, 0, 0, 123456, tzinfo=UTC)
TRICKY = 'tab\t newline\n backslash\\ quote" \\N Привет'


@pytest.fixture
def client() -> Client:
    return make_client()


def invoice(client: Client, **values: object) -> Invoice:
    amounts = {"subtotal": Decimal("5.0001"), "tax": Decimal(0), "total": Decimal("5.0001")}
    days = {"issue_date": NOW.date(), "due_date": NOW.date()}
    return Invoice(client=client, currency_id="EUR", **{**amounts, **days, **values})


def test_rows_come_back_as_they_were_given(client: Client) -> None:
    given = insert_many([invoice(client, notes=TRICKY, buyer={"name": TRICKY, "n": [1, None]}), invoice(client)])
    assert all(one.pk for one in given)
    first, second = Invoice.objects.order_by("id")
    assert (first.notes, first.buyer) == (TRICKY, {"name": TRICKY, "n": [1, None]})
    assert (first.subtotal, first.paid_at, second.number, second.status) == (Decimal("5.0001"), None, None, "UNPAID")


def test_ids_can_be_referred_to_at_once(client: Client) -> None:
    postings = insert_many([Posting(kind="x", client=client, posted_at=NOW) for _number in range(3)])
    sides = [(one, account, amount) for one in postings for account, amount in (("TAX", -1), ("RECEIVABLE", 1))]
    insert_many(
        [
            LedgerEntry(posting=posting, account=account, client=client, currency_id="EUR", amount=amount)
            for posting, account, amount in sides
        ]
    )
    written = LedgerEntry.objects.order_by("id")
    assert [entry.posting_id for entry in written] == [posting.pk for posting, _account, _amount in sides]
    assert Posting.objects.first().posted_at == NOW


def test_rows_written_before_and_after_share_the_numbers(client: Client) -> None:
    Event.objects.create(name="before", at=NOW)
    insert_many([Event(name="between", at=NOW, data={"a": 1})])
    Event.objects.create(name="after", at=NOW)
    assert list(
        Event.objects.filter(name__in=["before", "between", "after"]).order_by("id").values_list("name", flat=True)
    ) == [
        "before",
        "between",
        "after",
    ]


def test_a_constraint_that_does_not_hold_writes_nothing(client: Client) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([invoice(client), invoice(client, amount_paid=Decimal(9))])
    assert not Invoice.objects.exists()


def test_nothing_is_nothing() -> None:
    assert insert_many([]) == []


def test_a_row_is_there_afterwards_as_if_read(client: Client) -> None:
    (one,) = insert_many([invoice(client)])
    one.notes = "later"
    one.save(update_fields=["notes"])
    assert Invoice.objects.get().notes == "later"
    assert Currency.objects.get(pk=one.currency_id).code == "EUR"


def test_values_need_no_objects(client: Client) -> None:
    rows = [{"name": name, "client_id": client.pk, "at": NOW} for name in ("a", "b")]
    events = insert_values(Event, rows)
    insert_values(Event, [{"name": "x", "at": NOW, "data": {"n": TRICKY}}, {"name": "y", "at": NOW, "data": {}}])
    written = Event.objects.filter(name__in="ab").order_by("id").values_list("pk", "name")
    assert list(written) == list(zip(events, "ab", strict=True))
    event = Event.objects.get(name="x")
    assert (event.data, event.actor, event.client) == ({"n": TRICKY}, "", None)
    assert insert_values(Event, []) == []
