"""The PDF of an invoice over the API."""

from typing import Any

import pytest

from billing.actions import documents
from billing.actions.documents import make_document
from billing.models import Invoice, StoredDocument
from billing.queries.clock import database_now
from tests.billing.api.caller import BASE, Api
from tests.billing.api.shop import Shop, pay, place


@pytest.fixture
def path(admin: Api, shop: Shop) -> str:
    return f"invoices/{place(admin, shop)['invoice']}/pdf/"


@pytest.fixture(autouse=True)
def _no_weasyprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "make_pdf", lambda source: b"%PDF-1.7 made")


def fetch(api: Api, path: str, **headers: str) -> Any:
    return api.browser.get(BASE + path, headers={**api.headers, **headers})


def work() -> None:
    """What a worker would do."""
    document = StoredDocument.objects.get()
    make_document(document_id=document.pk, now=database_now())


def test_asked_first_it_is_accepted_and_then_there(anna: Api, path: str) -> None:
    first = fetch(anna, path)
    assert (first.status_code, first.headers["Retry-After"]) == (202, "1")
    assert first.json() == {"name": StoredDocument.objects.get().name, "state": "WAITING"}
    work()
    second = fetch(anna, path)
    assert (second.status_code, second.content) == (200, b"%PDF-1.7 made")
    assert second.headers["Content-Type"] == "application/pdf"
    assert second.headers["Content-Disposition"].startswith('attachment; filename="proforma-PRO-')
    assert fetch(anna, path, **{"If-None-Match": second.headers["ETag"]}).status_code == 304


def test_the_invoice_names_the_address(anna: Api, path: str) -> None:
    assert anna.get(path.removesuffix("pdf/"))["pdf"] == f"http://testserver{BASE}{path}"


def test_a_caller_may_ask_for_pdf_only(anna: Api, path: str) -> None:
    """Errors come in JSON all the same."""
    assert fetch(anna, path, Accept="application/pdf").status_code == 202
    work()
    assert fetch(anna, path, Accept="application/pdf").content == b"%PDF-1.7 made"
    missing = fetch(anna, "invoices/999999/pdf/", Accept="application/pdf")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")
    assert missing.json()["code"] == "not_found"


def test_what_cannot_be_made_is_a_problem(anna: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(anna, path)
    StoredDocument.objects.update(state="FAILED", run_after=database_now() + documents.REST)
    assert anna.get(path, expect=503)["code"] == "document_not_made"


def test_another_client_finds_nothing(stranger: Api, path: str) -> None:
    stranger.get(path, expect=404)
    assert not StoredDocument.objects.exists()


def test_a_draft_is_for_operators_only(admin: Api, anna: Api, path: str) -> None:
    Invoice.objects.update(status="DRAFT")
    anna.get(path, expect=404)
    assert fetch(admin, path).status_code == 202


class TestCreditNotes:
    @pytest.fixture
    def note(self, admin: Api, shop: Shop) -> dict[str, Any]:
        order = place(admin, shop)
        pay(admin, order)
        body = {"to": "CREDIT", "reason": "Goodwill"}
        return dict(admin.post(f"invoices/{order['invoice']}/credit-notes/", body, expect=201))

    def test_one_names_its_address_and_is_there_once_made(self, anna: Api, note: dict[str, Any]) -> None:
        path = f"credit-notes/{note['id']}/pdf/"
        assert note["pdf"] == anna.get(f"credit-notes/{note['id']}/")["pdf"] == f"http://testserver{BASE}{path}"
        assert fetch(anna, path).status_code == 202
        work()
        made = fetch(anna, path, Accept="application/pdf")
        assert (made.status_code, made.content) == (200, b"%PDF-1.7 made")
        assert made.headers["Content-Disposition"].startswith('attachment; filename="credit-note-CN-')

    def test_lists_those_of_an_invoice(self, admin: Api, note: dict[str, Any]) -> None:
        found = admin.get(f"credit-notes/?invoice={note['invoice']}")["results"]
        assert [row["number"] for row in found] == [note["number"]]
        assert admin.get("credit-notes/?invoice=999999")["count"] == 0

    def test_another_client_finds_nothing(self, stranger: Api, note: dict[str, Any]) -> None:
        stranger.get(f"credit-notes/{note['id']}/pdf/", expect=404)
        assert stranger.get("credit-notes/")["count"] == 0
        assert not StoredDocument.objects.exists()
