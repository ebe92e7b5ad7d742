"""Clients read their invoices and credit notes on paper."""

from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions import documents
from billing.actions.documents import REST, make_document
from billing.documents.rendering import PdfUnavailable
from billing.models import Client, CreditNote, Invoice, StoredDocument
from billing.queries.clock import database_now
from billing.queries.documents import SLOW
from tests.billing.documents.samples import Charge, make_credit_note, make_invoice, make_russian_seller, pay_up
from tests.billing.views.pages import PASSWORD, count_queries, log_in, read
from tests.builders import make_client

pytestmark = pytest.mark.django_db
POLL = {"HX-Request": "true"}


@pytest.fixture
def anna() -> Client:
    return make_client(email="anna.client@example.com", password=PASSWORD)


@pytest.fixture
def anna_browser(anna: Client) -> Browser:
    return log_in(anna)


@pytest.fixture
def invoice(anna: Client) -> Invoice:
    return make_invoice(anna, [Charge("License", "10.00")])


@pytest.fixture
def note(invoice: Invoice) -> CreditNote:
    pay_up(invoice, number="INV-2026-00015")
    return make_credit_note(invoice, amount="5.00", number="CN-2026-00001")


@pytest.fixture(autouse=True)
def _no_weasyprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "make_pdf", lambda source: b"%PDF-1.7 made")


def work() -> None:
    """What a worker would do."""
    for document_id in StoredDocument.objects.due(now=database_now()).values_list("pk", flat=True):
        make_document(document_id=document_id, now=database_now())


def get_pdf(browser: Browser, address: str, **headers: str) -> Any:
    return browser.get(address, headers=headers)


class TestPrintView:
    def test_shows_the_document_and_leads_back_and_to_the_pdf(self, invoice: Invoice, anna_browser: Browser) -> None:
        page = read(anna_browser, f"/invoices/{invoice.pk}/print/")
        assert f"Proforma invoice PRO-{invoice.pk}" in page
        assert f'href="/invoices/{invoice.pk}/"' in page
        assert f'href="/invoices/{invoice.pk}/pdf/"' in page

    def test_keeps_the_language_of_the_document(self, anna: Client, anna_browser: Browser) -> None:
        invoice = make_invoice(anna, [Charge("License", "10.00")], language="ru")
        page = read(anna_browser, f"/invoices/{invoice.pk}/print/")
        assert "Счёт на оплату" in page
        assert '<html lang="en">' in page  # the bar around it speaks the reader's

    def test_is_kept_by_nobody_on_the_way(self, invoice: Invoice, anna_browser: Browser) -> None:
        response = anna_browser.get(f"/invoices/{invoice.pk}/print/")
        assert "no-store" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]

    def test_styles_nothing_inline(self, invoice: Invoice, anna_browser: Browser) -> None:
        """The content security policy would drop it."""
        make_russian_seller()
        page = read(anna_browser, f"/invoices/{invoice.pk}/print/")
        assert "style=" not in page
        assert "<style" not in page

    def test_more_lines_take_no_more_queries(self, anna: Client, anna_browser: Browser) -> None:
        few = make_invoice(anna, [Charge("License", "1.00")])
        many = make_invoice(anna, [Charge("License", "1.00")] * 40)
        assert count_queries(anna_browser, f"/invoices/{few.pk}/print/") == count_queries(
            anna_browser, f"/invoices/{many.pk}/print/"
        )


class TestPdf:
    def test_is_a_file_under_its_number(self, note: CreditNote, invoice: Invoice, anna_browser: Browser) -> None:
        get_pdf(anna_browser, f"/invoices/{invoice.pk}/pdf/")
        work()
        response = get_pdf(anna_browser, f"/invoices/{invoice.pk}/pdf/")
        assert response.content == b"%PDF-1.7 made"
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"] == 'attachment; filename="invoice-INV-2026-00015.pdf"'
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "private, no-cache"

    def test_a_number_in_cyrillic_names_the_file_too(self, invoice: Invoice, anna_browser: Browser) -> None:
        pay_up(invoice, number="СЧ-15")
        get_pdf(anna_browser, f"/invoices/{invoice.pk}/pdf/")
        work()
        header = get_pdf(anna_browser, f"/invoices/{invoice.pk}/pdf/").headers["Content-Disposition"]
        assert header == "attachment; filename*=utf-8''invoice-%D0%A1%D0%A7-15.pdf"

    def test_a_browser_that_has_it_gets_it_no_second_time(self, invoice: Invoice, anna_browser: Browser) -> None:
        address = f"/invoices/{invoice.pk}/pdf/"
        get_pdf(anna_browser, address)
        work()
        tag = get_pdf(anna_browser, address).headers["ETag"]
        assert get_pdf(anna_browser, address, **{"If-None-Match": tag}).status_code == 304
        pay_up(invoice)
        get_pdf(anna_browser, address)
        work()
        assert get_pdf(anna_browser, address, **{"If-None-Match": tag}).status_code == 200

    def test_while_it_is_made_the_page_says_so_and_asks_again(self, invoice: Invoice, anna_browser: Browser) -> None:
        address = f"/invoices/{invoice.pk}/pdf/"
        page = read(anna_browser, address)
        assert "The PDF is being made" in page
        assert f'hx-get="{address}?mark=moving"' in page
        assert get_pdf(anna_browser, f"{address}?mark=moving", **POLL).status_code == 204
        work()
        fragment = get_pdf(anna_browser, f"{address}?mark=moving", **POLL).content.decode()
        assert f'href="{address}" data-open' in fragment
        assert "hx-get" not in fragment
        assert "<html" not in fragment

    def test_it_waits_a_moment_for_the_worker(
        self, invoice: Invoice, anna_browser: Browser, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DOCUMENT_PATIENCE = 5
        monkeypatch.setattr("billing.files.time.sleep", lambda seconds: work())
        assert get_pdf(anna_browser, f"/invoices/{invoice.pk}/pdf/").headers["Content-Type"] == "application/pdf"

    def test_it_says_when_it_takes_long(self, invoice: Invoice, anna_browser: Browser) -> None:
        address = f"/invoices/{invoice.pk}/pdf/"
        get_pdf(anna_browser, address)
        StoredDocument.objects.update(asked_at=database_now() - SLOW * 2)
        fragment = get_pdf(anna_browser, f"{address}?mark=moving", **POLL).content.decode()
        assert "takes longer than usual" in fragment
        assert "every 5s" in fragment

    def test_where_pdf_files_cannot_be_made_the_print_view_remains(
        self, invoice: Invoice, anna_browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cannot(source: str) -> bytes:
            raise PdfUnavailable("libpango-1.0-0")

        monkeypatch.setattr(documents, "make_pdf", cannot)
        address = f"/invoices/{invoice.pk}/pdf/"
        get_pdf(anna_browser, address)
        work()
        page = read(anna_browser, address)
        assert "PDF files are not available at the moment" in page
        assert "libpango" not in page
        assert "hx-get" not in page
        assert "Proforma" in read(anna_browser, f"/invoices/{invoice.pk}/print/")
        StoredDocument.objects.update(run_after=database_now() - REST)
        assert "The PDF is being made" in read(anna_browser, address)


class TestCreditNotes:
    def test_the_invoice_lists_them(self, note: CreditNote, invoice: Invoice, anna_browser: Browser) -> None:
        page = read(anna_browser, f"/invoices/{invoice.pk}/")
        assert "CN-2026-00001" in page
        assert f'href="/credit-notes/{note.pk}/pdf/"' in page

    def test_they_are_read_like_invoices(self, note: CreditNote, anna_browser: Browser) -> None:
        assert "Credit note CN-2026-00001" in read(anna_browser, f"/credit-notes/{note.pk}/print/")
        get_pdf(anna_browser, f"/credit-notes/{note.pk}/pdf/")
        work()
        response = get_pdf(anna_browser, f"/credit-notes/{note.pk}/pdf/")
        assert response.headers["Content-Disposition"] == 'attachment; filename="credit-note-CN-2026-00001.pdf"'


class TestOthers:
    @pytest.mark.parametrize("part", ["print", "pdf"])
    def test_find_nothing(self, note: CreditNote, invoice: Invoice, part: str) -> None:
        stranger = log_in(make_client())
        assert stranger.get(f"/invoices/{invoice.pk}/{part}/").status_code == 404
        assert stranger.get(f"/credit-notes/{note.pk}/{part}/").status_code == 404
        assert Browser().get(f"/invoices/{invoice.pk}/{part}/").status_code == 302
        assert Browser().get(f"/credit-notes/{note.pk}/{part}/").status_code == 302
        assert not StoredDocument.objects.exists()

    @pytest.mark.parametrize("part", ["print", "pdf"])
    def test_a_draft_is_not_there_yet(self, invoice: Invoice, anna_browser: Browser, part: str) -> None:
        Invoice.objects.update(status="DRAFT")
        assert anna_browser.get(f"/invoices/{invoice.pk}/{part}/").status_code == 404

    def test_a_poll_after_the_session_has_ended_leads_to_the_login(self, invoice: Invoice) -> None:
        response = Browser().get(f"/invoices/{invoice.pk}/pdf/", headers=POLL)
        assert "HX-Redirect" in response.headers


class TestInvoicePage:
    def test_tells_the_account_with_its_code(self, anna_browser: Browser, anna: Client) -> None:
        make_russian_seller()
        Client.objects.filter(pk=anna.pk).update(currency="RUB")
        anna.refresh_from_db()
        page = read(anna_browser, f"/invoices/{make_invoice(anna, [Charge('License', '10.00')]).pk}/")
        assert "40702810938000012345" in page
        assert '<svg viewBox="' in page
        assert "Account holder" in page  # in the reader's language
        assert "Print view" in page
