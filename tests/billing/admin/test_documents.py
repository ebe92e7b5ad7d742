"""Documents in the back office."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.actions import documents
from billing.actions.documents import make_document
from billing.documents.rendering import PdfUnavailable
from billing.models import CreditNote, Invoice, StoredDocument
from billing.queries.clock import database_now
from tests.billing.admin.pages import page_of, text_of
from tests.billing.documents.samples import Charge, make_credit_note, make_invoice, pay_up
from tests.builders import make_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice() -> Invoice:
    return make_invoice(make_client(), [Charge("License", "10.00")])


@pytest.fixture
def note(invoice: Invoice) -> CreditNote:
    pay_up(invoice, number="INV-2026-00015")
    return make_credit_note(invoice, amount="5.00", number="CN-2026-00001")


def address_of(subject: Invoice | CreditNote, part: str) -> str:
    return reverse(f"admin:billing_{subject._meta.model_name}_{part}", args=[subject.pk])


def work() -> None:
    """What a worker would do."""
    for document_id in StoredDocument.objects.due(now=database_now()).values_list("pk", flat=True):
        make_document(document_id=document_id, now=database_now())


def test_an_invoice_lists_its_documents(invoice: Invoice, note: CreditNote, support: Browser) -> None:
    page = text_of(support.get(page_of(invoice)))
    for subject in (invoice, note):
        assert address_of(subject, "print") in page
        assert address_of(subject, "pdf") in page
    assert "CN-2026-00001" in page


def test_every_role_reads_them(
    invoice: Invoice, note: CreditNote, support: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "make_pdf", lambda source: b"%PDF-1.7")
    for subject in (invoice, note):
        assert str(subject) in text_of(support.get(address_of(subject, "print")))
        assert "is being made" in text_of(support.get(address_of(subject, "pdf")))
        work()
        response = support.get(address_of(subject, "pdf"))
        assert response.content == b"%PDF-1.7"
        assert str(subject) in response.headers["Content-Disposition"]


def test_a_draft_can_be_looked_at_before_it_is_issued(invoice: Invoice, support: Browser) -> None:
    Invoice.objects.update(status="DRAFT")
    assert "Draft" in text_of(support.get(address_of(invoice, "print")))


def test_staff_are_told_what_the_machine_lacks(
    invoice: Invoice, support: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(source: str) -> bytes:
        raise PdfUnavailable("cannot load library")

    monkeypatch.setattr(documents, "make_pdf", cannot)
    address = address_of(invoice, "pdf")
    support.get(address)
    work()
    assert "libpango-1.0-0" in text_of(support.get(address))
    fragment = text_of(support.get(f"{address}?mark=moving", headers={"HX-Request": "true"}))
    assert "libpango-1.0-0" in fragment
    assert "<html" not in fragment


def test_the_page_asks_again_until_it_is_there(
    invoice: Invoice, support: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "make_pdf", lambda source: b"%PDF-1.7")
    address = address_of(invoice, "pdf")
    assert f'hx-get="{address}?mark=moving"' in text_of(support.get(address))
    poll = {"HX-Request": "true"}
    assert support.get(f"{address}?mark=moving", headers=poll).status_code == 204
    work()
    assert "data-open" in text_of(support.get(f"{address}?mark=moving", headers=poll))


def test_nobody_else_reads_them(invoice: Invoice, note: CreditNote, staff_as: Callable[[str], Browser]) -> None:
    without_role, visitor, client = staff_as(""), Browser(), Browser()
    client.force_login(invoice.client.users.get(), backend="django.contrib.auth.backends.ModelBackend")
    for subject in (invoice, note):
        for part in ("print", "pdf"):
            assert without_role.get(address_of(subject, part)).status_code == 403
            assert visitor.get(address_of(subject, part)).status_code == 302
            assert client.get(address_of(subject, part)).status_code == 302
    assert not StoredDocument.objects.exists()


def test_what_is_not_there_is_not_found(support: Browser) -> None:
    assert support.get(address_of(Invoice(pk=99), "pdf")).status_code == 404
    assert support.get(address_of(CreditNote(pk=99), "print")).status_code == 404
