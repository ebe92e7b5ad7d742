"""PDF files: asked for by many, made once, kept by what they say."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing import tasks
from billing.actions import documents
from billing.actions.documents import (
    ATTEMPTS,
    KEPT,
    LEASE,
    REST,
    make_document,
    prune_documents,
    request_document,
)
from billing.actions.sweep import wake_everything_due
from billing.documents.rendering import PdfUnavailable
from billing.models import Client, Invoice, StoredDocument
from billing.queries.clock import database_now
from config.celery import app
from tests.billing.documents.samples import Charge, make_credit_note, make_invoice, pay_up
from tests.builders import make_client

pytestmark = pytest.mark.django_db

type Capture = Callable[..., Any]


@pytest.fixture
def anna() -> Client:
    return make_client()


@pytest.fixture
def invoice(anna: Client) -> Invoice:
    return make_invoice(anna, [Charge("License", "10.00")])


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: Capture) -> Capture:
    return django_capture_on_commit_callbacks


@pytest.fixture
def now() -> datetime:
    return database_now()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for WeasyPrint, whose own tests are elsewhere; the sources that files were made of."""
    sources: list[str] = []

    def make(source: str) -> bytes:
        sources.append(source)
        return b"%PDF " + str(len(sources)).encode()

    monkeypatch.setattr(documents, "make_pdf", make)
    return sources


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The wake-ups that workers would get."""
    wake_ups: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "billing.wakeups.current_app.send_task",
        lambda name, kwargs, **_options: wake_ups.append((name, kwargs)),
    )
    return wake_ups


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str) -> bytes:
        raise error

    monkeypatch.setattr(documents, "make_pdf", fail)


def state_of(document: StoredDocument) -> str:
    document.refresh_from_db()
    return document.state


class TestAsking:
    def test_the_first_to_ask_wakes_a_worker(
        self, invoice: Invoice, now: datetime, sent: list[Any], on_commit: Capture
    ) -> None:
        with on_commit(execute=True):
            document = request_document(subject=invoice, now=now)
        assert (document.state, document.name) == ("WAITING", f"proforma-PRO-{invoice.pk}.pdf")
        assert sent == [("billing.make_document", {"document_id": document.pk})]

    def test_asking_again_makes_nothing_again(
        self,
        invoice: Invoice,
        now: datetime,
        made: list[str],
        sent: list[Any],
        on_commit: Capture,
    ) -> None:
        with on_commit(execute=True):
            first = request_document(subject=invoice, now=now)
            make_document(document_id=first.pk, now=now)
            again = request_document(subject=invoice, now=now)
        assert (again.pk, again.state, bytes(again.content or b"")) == (first.pk, "READY", b"%PDF 1")
        assert len(made) == len(sent) == 1

    def test_what_has_changed_is_another_document(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        proforma = request_document(subject=invoice, now=now)
        pay_up(invoice, number="2026/15 №3")
        paid = request_document(subject=invoice, now=now)
        assert paid.pk != proforma.pk
        assert paid.name == "invoice-2026-15-3.pdf"

    def test_a_credit_note_has_a_document_of_its_own(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        pay_up(invoice)
        note = make_credit_note(invoice, amount="5.00")
        document = request_document(subject=note, now=now)
        make_document(document_id=document.pk, now=now)
        assert state_of(document) == "READY"
        assert (document.credit_note, document.invoice) == (note, None)
        assert document.name == f"credit-note-{note.number}.pdf"

    def test_asking_for_what_is_ready_writes_once_a_day(
        self, invoice: Invoice, now: datetime, made: list[str], django_assert_num_queries: Any
    ) -> None:
        document = request_document(subject=invoice, now=now)
        make_document(document_id=document.pk, now=now)
        with django_assert_num_queries(5):  # the invoice with its parties, its lines and payments; the document
            request_document(subject=invoice, now=now)
        tomorrow = now + timedelta(days=1)
        request_document(subject=invoice, now=tomorrow)
        document.refresh_from_db()
        assert document.wanted_on == tomorrow.date()

    def test_a_dead_broker_fails_nobody(
        self,
        invoice: Invoice,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        on_commit: Capture,
    ) -> None:
        def refuse(*_arguments: Any, **_options: Any) -> None:
            raise OSError("no broker")

        monkeypatch.setattr("billing.wakeups.current_app.send_task", refuse)
        with on_commit(execute=True):
            document = request_document(subject=invoice, now=now)
        assert state_of(document) == "WAITING"


class TestMaking:
    def test_a_second_delivery_does_nothing(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        document = request_document(subject=invoice, now=now)
        for _delivery in range(2):
            make_document(document_id=document.pk, now=now)
        assert len(made) == 1
        assert state_of(document) == "READY"
        assert document.source == ""

    def test_a_leased_document_is_left_to_its_worker(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        document = request_document(subject=invoice, now=now)
        StoredDocument.objects.update(state="MAKING", run_after=now + LEASE)
        make_document(document_id=document.pk, now=now)
        assert made == []
        make_document(document_id=document.pk, now=now + LEASE)  # it never reported
        assert state_of(document) == "READY"

    def test_a_worker_that_comes_late_changes_nothing(
        self, invoice: Invoice, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = request_document(subject=invoice, now=now)

        def be_slow(source: str) -> bytes:
            monkeypatch.setattr(documents, "make_pdf", lambda _source: b"%PDF of the other")
            make_document(document_id=document.pk, now=now + LEASE)
            return b"%PDF too late"

        monkeypatch.setattr(documents, "make_pdf", be_slow)
        make_document(document_id=document.pk, now=now)
        assert state_of(document) == "READY"
        assert bytes(document.content or b"") == b"%PDF of the other"

    def test_the_file_is_made_of_what_was_asked_for(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        document = request_document(subject=invoice, now=now)
        pay_up(invoice, number="INV-9")
        make_document(document_id=document.pk, now=now)
        assert f"Proforma invoice PRO-{invoice.pk}" in made[0]
        assert "INV-9" not in made[0]

    def test_a_defect_is_tried_a_few_times_and_then_seen(
        self, invoice: Invoice, now: datetime, monkeypatch: pytest.MonkeyPatch, made: list[str]
    ) -> None:
        document = request_document(subject=invoice, now=now)
        fail_with(ValueError("no such glyph"), monkeypatch)
        for attempt in range(ATTEMPTS):
            assert state_of(document) == "WAITING"
            now += timedelta(minutes=1)
            make_document(document_id=document.pk, now=now)
            assert document.attempt == attempt
        assert state_of(document) == "FAILED"
        assert (document.error, document.attempt) == ("ValueError", ATTEMPTS)
        assert request_document(subject=invoice, now=now).state == "FAILED"
        # Asked for after a rest, it is tried again from the beginning.
        assert request_document(subject=invoice, now=now + REST).state == "WAITING"
        monkeypatch.setattr(documents, "make_pdf", lambda source: made.append(source) or b"%PDF")
        make_document(document_id=document.pk, now=now + REST)
        assert state_of(document) == "READY"
        assert f"PRO-{invoice.pk}" in made[0]

    def test_a_machine_that_cannot_is_asked_once(
        self, invoice: Invoice, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = request_document(subject=invoice, now=now)
        fail_with(PdfUnavailable("libpango"), monkeypatch)
        make_document(document_id=document.pk, now=now)
        assert state_of(document) == "FAILED"
        assert document.error == "PdfUnavailable"

    # Celery deprecates naming the queue at the task; ours name it there and in the routes.
    @pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")
    def test_the_task_makes_it_and_knows_its_queue(self, invoice: Invoice, now: datetime, made: list[str]) -> None:
        document = request_document(subject=invoice, now=now)
        tasks.make_document(document_id=document.pk, added_later="by a newer sender")
        assert state_of(document) == "READY"
        assert app.conf.task_routes["billing.make_document"] == {"queue": "documents"}
        assert "documents" in {queue.name for queue in app.conf.task_queues}

    @pytest.mark.pdf
    def test_a_real_file_comes_of_it(self, invoice: Invoice, now: datetime) -> None:
        document = request_document(subject=invoice, now=now)
        make_document(document_id=document.pk, now=now)
        document.refresh_from_db()
        assert bytes(document.content or b"").startswith(b"%PDF-")


class TestSweeping:
    def test_a_lost_wake_up_is_made_up_for(
        self, invoice: Invoice, now: datetime, sent: list[Any], on_commit: Capture
    ) -> None:
        document = request_document(subject=invoice, now=now)
        with on_commit(execute=True):
            wake_everything_due(now=now)
        assert ("billing.make_document", {"document_id": document.pk}) in sent

    def test_what_is_made_or_leased_wakes_nobody(
        self,
        invoice: Invoice,
        now: datetime,
        made: list[str],
        sent: list[Any],
        on_commit: Capture,
    ) -> None:
        document = request_document(subject=invoice, now=now)
        make_document(document_id=document.pk, now=now)
        with on_commit(execute=True):
            wake_everything_due(now=now + timedelta(days=1))
        assert sent == []

    def test_what_nobody_has_wanted_for_long_goes(self, invoice: Invoice, anna: Client, now: datetime) -> None:
        old = request_document(subject=invoice, now=now - KEPT - timedelta(days=1))
        kept = request_document(subject=make_invoice(anna, [Charge("Other", "1.00")]), now=now - KEPT)
        assert prune_documents(now=now) == 1
        assert list(StoredDocument.objects.all()) == [kept]
        assert request_document(subject=invoice, now=now).pk != old.pk

    def test_the_nightly_run_prunes(self, invoice: Invoice, now: datetime) -> None:
        request_document(subject=invoice, now=now - KEPT - timedelta(days=2))
        prune_documents(now=now)
        assert not StoredDocument.objects.exists()


@pytest.mark.parametrize("values", [{"state": "READY"}, {"invoice": None}])
def test_the_database_refuses_a_document_that_is_none(invoice: Invoice, now: datetime, values: dict[str, Any]) -> None:
    document = request_document(subject=invoice, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        StoredDocument.objects.filter(pk=document.pk).update(**values)
