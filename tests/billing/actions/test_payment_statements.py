"""What a payment asks of the database: how much, and how long everybody else waits for the counter of numbers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Invoice
from tests.builders import World, make_client, pay, place

MOST = 21


@pytest.fixture
def invoice(world: World) -> Invoice:
    # The first one of all makes the rows of the settings and of the counter.
    pay(place(make_client(), world.lite, ip="192.0.2.9").invoice)
    return place(world.client, world.lite, ip="192.0.2.10").invoice


def statements_of(invoice: Invoice) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        pay(invoice)
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [query["sql"] for query in captured if not query["sql"].startswith(marks)]


def test_the_number_is_taken_when_only_the_invoice_is_left_to_write(invoice: Invoice) -> None:
    statements = statements_of(invoice)
    (taken,) = [place for place, sql in enumerate(statements) if "billing_invoicecounter" in sql]
    assert [sql.split(" SET")[0] for sql in statements[taken + 1 :]] == ['UPDATE "billing_invoice"']


def test_it_asks_no_more_than_it_did(invoice: Invoice) -> None:
    assert len(statements_of(invoice)) <= MOST
