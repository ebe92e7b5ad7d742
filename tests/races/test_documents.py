"""Many want one document at once, and many workers hear of it: one row, one file."""

from threading import Lock

import pytest

from billing.actions import documents
from billing.actions.documents import make_document, request_document
from billing.actions.seller import save_bank_account, save_seller
from billing.models import BankAccount, Seller, StoredDocument
from billing.queries.clock import database_now
from catalog.models import Currency
from tests.billing.documents.samples import IBAN, Charge, make_invoice
from tests.builders import make_client
from tests.races.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _currency(transactional_db: None) -> None:
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})


def test_many_who_ask_at_once_get_one_row() -> None:
    invoice = make_invoice(make_client(), [Charge("License", "10.00")])
    found = at_once(lambda _number: request_document(subject=invoice, now=database_now()).pk)
    assert len(found) == 12
    assert len(set(found)) == StoredDocument.objects.count() == 1


def test_many_wake_ups_at_once_make_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, made = Lock(), []

    def make(source: str) -> bytes:
        with lock:
            made.append(source)
        return b"%PDF"

    monkeypatch.setattr(documents, "make_pdf", make)
    document = request_document(subject=make_invoice(make_client(), [Charge("License", "10.00")]), now=database_now())
    at_once(lambda _number: make_document(document_id=document.pk, now=database_now()))
    document.refresh_from_db()
    assert document.state == "READY"
    assert len(made) == 1


def test_seller_and_account_saved_at_once_are_one_each() -> None:
    currency = Currency.objects.get(code="EUR")
    values = {"holder": "Example GmbH", "number": IBAN}
    at_once(lambda _number: save_bank_account(currency=currency, values=values, actor="boss", now=database_now()))
    at_once(lambda number: save_seller(values={"name": f"Seller {number}"}, actor="boss", now=database_now()))
    assert BankAccount.objects.count() == Seller.objects.count() == 1
