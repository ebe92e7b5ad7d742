"""Pages of a client's invoices: each invoice on one page, newest first, by filter."""

from collections.abc import Sequence

import pytest

from billing.models import Client, Invoice
from billing.queries.clock import business_date, database_now
from billing.queries.pages_client import PAGE_SIZE, invoice_chips, invoice_page
from tests.builders import make_client

pytestmark = pytest.mark.django_db
COUNT = 2 * PAGE_SIZE + 7


def issue(client: Client, count: int, *, status: str) -> list[int]:
    """Their ids, newest first."""
    day = business_date(database_now())
    terms = {"currency": client.currency, "kind": "ADD_FUNDS", "issue_date": day, "due_date": day}
    made = Invoice.objects.bulk_create(
        Invoice(client=client, status=status, subtotal=5, total=5, **terms) for _number in range(count)
    )
    return sorted((invoice.pk for invoice in made), reverse=True)


def read(client: Client, chosen: str, *numbers: str) -> list[list[int]]:
    count = next(chip.count for chip in invoice_chips(client, chosen) if chip.is_chosen)
    return [[invoice.pk for invoice in invoice_page(client, chosen=chosen, number=one, count=count)] for one in numbers]


def parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[first : first + PAGE_SIZE] for first in range(0, len(ids), PAGE_SIZE)]


def test_each_stands_on_one_page_and_others_see_none() -> None:
    client, other = make_client(), make_client()
    ids = issue(client, COUNT, status="UNPAID")
    issue(other, 3, status="UNPAID")
    issue(client, 2, status="DRAFT")
    assert read(client, "all", "1", "2", "3") == parts(ids)


def test_a_filter_has_pages_of_its_own() -> None:
    client = make_client()
    cancelled = issue(client, PAGE_SIZE + 1, status="CANCELLED")
    issue(client, COUNT, status="UNPAID")
    assert read(client, "undone", "1", "2") == parts(cancelled)


def test_what_is_beyond_is_the_last_and_nonsense_the_first() -> None:
    client = make_client()
    first, *_between, last = parts(issue(client, COUNT, status="UNPAID"))
    assert read(client, "all", "99", "abc", "0") == [last, first, last]
