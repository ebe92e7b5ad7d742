"""Letters about invoices and credit notes carry the PDF."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail

from billing.actions import attachments, documents
from billing.actions.credit_notes import issue_credit_note
from billing.actions.documents import make_document, make_due_documents
from billing.actions.notifications import send_email
from billing.documents.rendering import PdfUnavailable
from billing.models import BillingSettings, Client, CreditNoteTo, Email, Invoice, StoredDocument
from tests.builders import bill, make_client, pay
from tests.mail_server import Postbox

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def invoice(db: None) -> Invoice:
    return bill(make_client(), "100.00", now=NOW)


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "make_pdf", lambda source: b"%PDF-1.7 made")


def letter(name: str = "invoice.issued") -> Email:
    return Email.objects.get(letter=name)


def send(email: Email, *, now: datetime = NOW) -> Email:
    """One try of a worker; the letter as it is then."""
    send_email(email_id=email.pk, now=now)
    return Email.objects.get(pk=email.pk)


def make(*, now: datetime = NOW) -> StoredDocument:
    """What the worker of documents does."""
    document = StoredDocument.objects.latest("pk")
    make_document(document_id=document.pk, now=now)
    return StoredDocument.objects.get(pk=document.pk)


def files() -> list[list[str]]:
    return [[str(file[0]) for file in message.attachments] for message in mail.outbox]


@pytest.mark.usefixtures("quick_pdf")
class TestWaiting:
    def test_a_letter_waits_until_its_document_is_made(
        self, invoice: Invoice, django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        waiting = send(letter())
        assert (waiting.status, waiting.attempt, mail.outbox) == ("READY", 0, [])
        assert waiting.run_after > NOW
        with django_capture_on_commit_callbacks() as wakeups:
            made = make(now=NOW + timedelta(seconds=2))
        assert [(call.args[0], call.keywords["email_id"]) for call in wakeups] == [("billing.send_email", waiting.pk)]
        sent = send(waiting, now=NOW + timedelta(seconds=2))
        assert (sent.status, sent.attempt, sent.attachment, sent.document) == ("SENT", 1, made.name, made)
        (message,) = mail.outbox
        assert message.attachments == [(made.name, b"%PDF-1.7 made", "application/pdf")]
        assert "attached" in message.body

    def test_a_document_that_is_there_is_sent_at_once(self, invoice: Invoice) -> None:
        send(letter())
        make()
        send(letter())
        event = letter().event
        reminder = Email.objects.create(
            event=event,
            client=invoice.client,
            letter="invoice.reminder",
            recipient="a@b.c",
            language="en",
            run_after=NOW,
        )
        assert send(reminder).status == "SENT"
        assert len(files()) == 2
        assert StoredDocument.objects.count() == 1

    def test_after_a_patience_it_goes_without(self, invoice: Invoice) -> None:
        send(letter())
        late = NOW + attachments.PATIENCE
        assert send(letter(), now=late - timedelta(seconds=1)).status == "READY"
        sent = send(letter(), now=late)
        assert (sent.status, sent.attachment, files()) == ("SENT", "", [[]])
        assert "attached" not in mail.outbox[0].body

    def test_one_that_cannot_be_made_holds_nothing_up(self, invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(source: str) -> bytes:
            raise PdfUnavailable("pango")

        monkeypatch.setattr(documents, "make_pdf", refuse)
        send(letter())
        make()
        assert letter().run_after == NOW
        assert (send(letter()).status, files()) == ("SENT", [[]])

    def test_one_that_cannot_be_drawn_holds_nothing_up(self, invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(paper: Any) -> str:
            raise ValueError("defect")

        monkeypatch.setattr(documents, "render_source", fail)
        assert (send(letter()).status, files()) == ("SENT", [[]])

    def test_a_setting_turns_it_off(self, invoice: Invoice) -> None:
        BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
        assert (send(letter()).status, files()) == ("SENT", [[]])
        assert not StoredDocument.objects.exists()

    def test_a_letter_sent_late_carries_the_document_as_it_is_then(self, invoice: Invoice) -> None:
        pay(invoice, now=NOW)
        send(letter("invoice.paid"))
        make()
        invoice.refresh_from_db()
        issue_credit_note(invoice=invoice, to=CreditNoteTo.CREDIT, reason="Slow", amounts=None, actor="test", now=NOW)
        assert send(letter("invoice.paid")).status == "READY"
        refunded = make()
        assert send(letter("invoice.paid")).document == refunded
        assert StoredDocument.objects.count() == 2

    def test_one_worker_makes_all_that_wait_and_no_second_thread(self, invoice: Invoice) -> None:
        bill(invoice.client, "50.00", now=NOW)
        for email in Email.objects.all():
            send(email)
        first, second = StoredDocument.objects.order_by("pk")
        with documents._at_work:
            make_due_documents(document_id=second.pk, clock=lambda: NOW)
        assert set(StoredDocument.objects.values_list("state", flat=True)) == {"WAITING"}
        make_due_documents(document_id=second.pk, clock=lambda: NOW)
        assert set(StoredDocument.objects.values_list("state", flat=True)) == {"READY"}
        assert first.pk != second.pk

    def test_one_that_asks_for_money_which_came_meanwhile_is_not_sent(self, invoice: Invoice) -> None:
        send(letter())
        pay(invoice, now=NOW)
        assert (send(letter(), now=NOW + attachments.LOOK_AGAIN).status, mail.outbox) == ("DROPPED", [])
        send_email(email_id=letter().pk, now=NOW + attachments.PATIENCE)
        assert mail.outbox == []


@pytest.mark.pdf
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
class TestOverSmtp:
    def test_each_letter_carries_what_it_speaks_of(self, db: None, postbox: Postbox) -> None:
        client = make_client(first_name="Анна", last_name="Смирнова", country="RU")
        Client.objects.filter(pk=client.pk).update(language="ru")
        client.refresh_from_db()
        invoice = bill(client, "100.00", now=NOW)
        deliver("invoice.issued")
        pay(invoice, now=NOW)
        deliver("invoice.paid")
        invoice.refresh_from_db()
        note = issue_credit_note(
            invoice=invoice, to=CreditNoteTo.CREDIT, reason="Скидка", amounts=None, actor="test", now=NOW
        )
        deliver("credit_note.issued")
        issued, paid, credited = [read_pdf(message) for message in postbox.letters]
        assert f"Счёт на оплату № {invoice.proforma_number}" in issued
        assert f"Счёт № {invoice.number}" in paid
        assert "Оплачен" in paid
        assert f"Кредит-нота № {note.number}" in credited
        assert "Анна Смирнова" in credited
        assert note.total == Decimal(100)


def deliver(name: str) -> None:
    send(letter(name))
    make()
    assert send(letter(name)).status == "SENT"


def read_pdf(message: EmailMessage) -> str:
    """The words of the one file that the letter carries."""
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "application/pdf"
    assert (part.get_filename() or "").endswith(".pdf")
    made = subprocess.run(["pdftotext", "-layout", "-", "-"], input=part.get_content(), capture_output=True, check=True)
    return made.stdout.decode()
