import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import translation

from billing.actions import auditing
from billing.actions.auditing import audit_as_requested, audit_ledger, audit_ledger_nightly, request_audit
from billing.actions.notifications import send_email
from billing.actions.sweep import wake_everything_due
from billing.models import AuditRequest, Client, Email, Event, LedgerAudit, LedgerEntry
from billing.queries.clock import business_date, database_now
from tests.builders import World, make_client
from tests.ledger import Books, keep_books, sql, unguarded


@pytest.fixture
def books(world: World) -> Books:
    return keep_books(world)


@pytest.fixture(autouse=True)
def _somebody_reads(settings: Any) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]


def move_balance(amount: str = "7") -> None:
    Client.objects.update(credit_balance=amount)


def letters() -> int:
    return Email.objects.filter(letter="operator.ledger.not_clean").count()


@pytest.mark.usefixtures("books")
def test_a_clean_ledger_is_a_row_and_no_letter() -> None:
    now = database_now()
    audit = audit_ledger(now=now, actor="vera@example.com")
    assert (audit.is_clean, audit.differences, audit.difference_count) == (True, [], 0)
    assert (audit.at, audit.actor, audit.day) == (now, "vera@example.com", None)
    assert audit.entry_count == LedgerEntry.objects.count()
    assert audit.duration > timedelta(0)
    assert ["EUR", "RECEIVABLE", "8.7000"] in audit.totals
    assert letters() == 0


def test_an_empty_ledger_is_clean(db: None) -> None:
    audit = audit_ledger(now=database_now())
    assert (audit.is_clean, audit.entry_count, audit.totals) == (True, 0, [])


@pytest.mark.usefixtures("books")
def test_differences_are_kept_and_operators_told() -> None:
    move_balance()
    audit = audit_ledger(now=database_now())
    audit.refresh_from_db()
    assert [(one["document"], one["expected"], one["found"]) for one in audit.differences] == [
        ("client", "-7.0000", "-42.1000")
    ]
    assert Event.objects.get(name="ledger.not_clean").data == {"audit": audit.pk, "differences": 1}
    email = Email.objects.get(letter="operator.ledger.not_clean")
    send_email(email_id=email.pk, now=database_now())
    (message,) = mail.outbox
    assert message.subject == "The ledger is not clean, differences: 1"
    assert "- Client Anna Berg" in message.body
    assert "should be -€7.00, the entries come to -€42.10." in message.body
    assert f"/admin/billing/ledgeraudit/{audit.pk}/change/" in message.body


@pytest.mark.usefixtures("books")
def test_the_same_news_is_told_once_by_day_but_every_night() -> None:
    move_balance()
    now = database_now()
    for _press in range(3):
        audit_ledger(now=now)
    assert letters() == 1
    move_balance("8")
    audit_ledger(now=now)
    assert letters() == 2
    for nights in (1, 2):
        audit_ledger_nightly(now=now + timedelta(days=nights))
    assert letters() == 4


def test_only_the_first_differences_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "KEPT", 3)
    for _number in range(4):
        make_client()
    move_balance()
    audit = audit_ledger(now=database_now())
    assert (len(audit.differences), audit.difference_count) == (3, 5)


def test_the_nightly_audit_is_made_once_a_business_day(world: World) -> None:
    now = database_now()
    first = audit_ledger_nightly(now=now)
    move_balance()
    assert audit_ledger_nightly(now=now) == first
    assert first.day == business_date(now)
    later = audit_ledger_nightly(now=now + timedelta(days=1))
    assert (later.is_clean, later.day) == (False, business_date(now) + timedelta(days=1))
    assert LedgerAudit.objects.count() == 2


def test_the_slower_of_two_workers_takes_the_result_of_the_faster(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that nobody had audited yet; the other one was done first."""
    move_balance()
    now = database_now()
    find = auditing.find_differences

    def find_slowly() -> Iterator[Any]:
        if threading.current_thread().name != "faster":
            monkeypatch.setattr(auditing, "find_differences", find)
            faster.append(audit_ledger_nightly(now=now))
        yield from find()

    faster: list[LedgerAudit] = []
    monkeypatch.setattr(auditing, "find_differences", find_slowly)
    assert audit_ledger_nightly(now=now) == faster[0]
    assert (LedgerAudit.objects.count(), letters()) == (1, 1)


class TestRequests:
    def test_it_is_answered_once_however_often_the_message_comes(self, world: World) -> None:
        now = database_now()
        request = request_audit(actor="vera@example.com", now=now)
        for _delivery in range(3):
            audit_as_requested(request_id=request.pk, clock=lambda: now)
        request.refresh_from_db()
        assert request.audit == LedgerAudit.objects.get()
        assert request.audit.actor == "vera@example.com"

    def test_who_asks_meanwhile_joins(self, world: World) -> None:
        now = database_now()
        first = request_audit(actor="vera@example.com", now=now)
        assert request_audit(actor="oleg@example.com", now=now) == first
        audit_as_requested(request_id=first.pk, clock=lambda: now)
        assert request_audit(actor="oleg@example.com", now=now) != first

    def test_another_worker_takes_over_from_one_that_died(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        now = database_now()
        request = request_audit(actor="vera@example.com", now=now)
        with monkeypatch.context() as patch:
            patch.setattr(auditing, "find_differences", interrupted)
            with pytest.raises(KeyboardInterrupt):
                audit_as_requested(request_id=request.pk, clock=lambda: now)
        audit_as_requested(request_id=request.pk, clock=lambda: now + timedelta(minutes=14))
        assert not LedgerAudit.objects.exists()
        audit_as_requested(request_id=request.pk, clock=lambda: now + timedelta(minutes=15))
        assert AuditRequest.objects.get().audit == LedgerAudit.objects.get()

    def test_the_sweep_announces_what_nobody_heard_of(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        now = database_now()
        request = request_audit(actor="vera@example.com", now=now)
        announced: list[int] = []
        monkeypatch.setattr(auditing, "wake_audit", announced.append)
        wake_everything_due(now=now)
        audit_as_requested(request_id=request.pk, clock=lambda: now)
        wake_everything_due(now=now + timedelta(days=1))
        assert announced == [request.pk]


def interrupted() -> Iterator[Any]:
    raise KeyboardInterrupt


def test_a_ledger_that_anybody_can_change_is_not_clean(world: World) -> None:
    with unguarded():
        audit = audit_ledger(now=database_now())
    assert audit.difference_count > 0
    assert {one["fault"] for one in audit.differences} == {"unprotected"}


def test_an_audit_changes_nothing(books: Books) -> None:
    before = sql_rows()
    move_balance()
    audit_ledger(now=database_now())
    assert sql_rows() == before
    books.client.refresh_from_db()
    assert books.client.credit_balance == 7


def sql_rows() -> list[tuple[Any, ...]]:
    return list(LedgerEntry.objects.order_by("id").values_list())


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_letter_can_be_written_in_every_language(books: Books, language: str, settings: Any) -> None:
    settings.LANGUAGE_CODE = language
    sql("UPDATE billing_invoice SET total = 6, status = 'COLLECTIONS' WHERE id = %s", books.unpaid.pk)
    with translation.override(language):
        audit_ledger(now=database_now())
        send_email(email_id=Email.objects.get(letter="operator.ledger.not_clean").pk, now=database_now())
    assert f"PRO-{books.unpaid.pk}" in mail.outbox[0].body


def test_a_business_day_begins_at_its_own_midnight(db: None, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Moscow"
    now = database_now().replace(hour=22, minute=30)
    with translation.override("en"):
        audit = audit_ledger_nightly(now=now)
    assert isinstance(audit.day, date)
    assert audit.day == business_date(now)
