from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from billing.actions.auditing import audit_as_requested, audit_ledger
from billing.models import Client, LedgerAudit, Posting
from billing.queries.clock import database_now
from tests.billing.admin.pages import add_page, buttons_on, days_away, list_of, page_of, rows_of, text_of
from tests.builders import World, make_client, place
from tests.ledger import Books, keep_books, pay_part, sql, unguarded


@pytest.fixture
def books(world: World) -> Books:
    return keep_books(world)


@pytest.fixture
def dirty(books: Books) -> LedgerAudit:
    """An audit that found an invoice, a payment, a client and a posting at odds."""
    sql("UPDATE billing_invoice SET total = 6 WHERE id = %s", books.unpaid.pk)
    sql("UPDATE billing_payment SET amount = 7.5 WHERE invoice_id = %s", books.paid.pk)
    Client.objects.update(credit_balance=7)
    with unguarded():
        sql("DELETE FROM billing_ledgerentry WHERE posting_id = %s", books.cancelled.postings.latest("id").pk)
    return audit_ledger(now=database_now(), actor="vera@example.com")


def questions(browser: Browser, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


class TestPostings:
    def test_the_newest_comes_first_with_its_accounts(self, books: Books, boss: Browser) -> None:
        response = boss.get(list_of(Posting))
        rows = rows_of(response)
        assert rows == list(Posting.objects.order_by("-id"))
        words = text_of(response)
        assert "Gateway clearing → Receivable, Client credit" in words
        assert "Credit added" in words
        assert page_of(books.paid) in words

    def test_filters(self, books: Books, boss: Browser) -> None:
        stranger = make_client(email="other@example.com")
        foreign = place(stranger, boss_product(books), ip="198.51.100.1").invoice.postings.get()
        everything = set(Posting.objects.all())
        for query, expected in {
            f"?client={stranger.pk}": {foreign},
            "?client=other@": {foreign},
            f"?client={books.client.pk}": everything - {foreign},
            f"?invoice=PRO-{books.unpaid.pk}": set(books.unpaid.postings.all()),
            f"?invoice=pro-{books.unpaid.pk}": set(books.unpaid.postings.all()),
            f"?invoice={number_of(books)}": set(books.paid.postings.all()),
            "?account=CREDIT": set(Posting.objects.filter(entries__account="CREDIT")),
            "?account=CREDIT&account=CLEARING": set(
                Posting.objects.filter(entries__account__in=["CREDIT", "CLEARING"])
            ),
            "?account=FEES": set(),
            "?account=nonsense": everything,
            "?kind=credit.added": set(Posting.objects.filter(kind="credit.added")),
            f"?posted_at_from={days_away(0)}": everything,
            f"?posted_at_from={days_away(1)}": set(),
            f"?q={books.partly_paid.payments.get().reference}": set(books.partly_paid.postings.filter(payment__gt=0)),
            "?client=%00&invoice=%00": everything,
            "?client=99999999999999999999": set(),
            "?invoice=99999999999999999999": set(),
        }.items():
            found = rows_of(boss.get(list_of(Posting, query)))
            assert (query, set(found)) == (query, expected)
            assert len(found) == len(set(found))

    def test_a_page_shows_both_sides(self, books: Books, boss: Browser) -> None:
        posting = books.paid.payments.get().postings.get()
        words = text_of(boss.get(page_of(posting)))
        for part in ("€7.00", "€5.00", "€2.00", "Gateway clearing", page_of(books.paid), page_of(books.client)):
            assert part in words
        assert buttons_on(boss, posting) == []
        advance = Posting.objects.get(kind="credit.added")
        assert "€50.10" in text_of(boss.get(page_of(advance)))

    def test_the_page_of_an_invoice_leads_there(self, books: Books, boss: Browser) -> None:
        assert page_of(books.paid.postings.first()) in text_of(boss.get(page_of(books.paid)))

    def test_nobody_changes_one(self, books: Books, boss: Browser) -> None:
        posting = Posting.objects.latest("id")
        assert boss.get(add_page(Posting)).status_code == 403
        assert boss.post(f"/admin/billing/posting/{posting.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_a_list_takes_the_same_queries_however_long(self, world: World, books: Books, boss: Browser) -> None:
        few = questions(boss, list_of(Posting))
        for number in range(5):
            pay_part(place(make_client(), world.lite, ip=f"198.51.100.{number + 1}").invoice, "1")
        assert questions(boss, list_of(Posting)) == few <= 9


def boss_product(books: Books) -> Any:
    return books.unpaid.lines.get().service.product


def number_of(books: Books) -> str:
    books.paid.refresh_from_db()
    return str(books.paid.number)


class TestAudits:
    def test_each_difference_leads_to_its_document(self, books: Books, dirty: LedgerAudit, boss: Browser) -> None:
        words = text_of(boss.get(page_of(dirty)))
        empty = books.cancelled.postings.latest("id")
        for subject in (books.unpaid, books.paid, books.client, empty, books.cancelled):
            assert page_of(subject) in words
        for part in ("Not clean", "It has no entries.", "Receivable should be €6.00", "vera@example.com", "€63.40"):
            assert part in words

    def test_what_is_not_kept_is_counted(self, dirty: LedgerAudit, boss: Browser) -> None:
        LedgerAudit.objects.update(difference_count=dirty.difference_count + 3)
        assert "3 more were found and are not kept." in text_of(boss.get(page_of(dirty)))

    def test_a_missing_trigger_has_no_page(self, world: World, boss: Browser) -> None:
        with unguarded():
            audit = audit_ledger(now=database_now())
        assert "Database trigger billing_event_no_" in text_of(boss.get(page_of(audit)))

    def test_the_first_page_and_the_sidebar_say_so(self, dirty: LedgerAudit, boss: Browser) -> None:
        assert page_of(dirty) in text_of(boss.get("/admin/"))
        assert badge_of(boss) == str(dirty.difference_count)

    def test_a_clean_ledger_is_quiet(self, books: Books, boss: Browser) -> None:
        assert "The ledger is not clean" not in text_of(boss.get("/admin/"))
        audit = audit_ledger(now=database_now())
        assert page_of(audit) not in text_of(boss.get("/admin/"))
        assert badge_of(boss) is None
        assert "Every document equals its entries." in text_of(boss.get(page_of(audit)))

    def test_only_the_latest_counts(self, dirty: LedgerAudit, boss: Browser) -> None:
        LedgerAudit.objects.create(at=dirty.at, duration=dirty.duration, entry_count=1)
        assert badge_of(boss) is None

    def test_history(self, dirty: LedgerAudit, boss: Browser) -> None:
        clean = LedgerAudit.objects.create(at=dirty.at, day=dirty.at, duration=dirty.duration, entry_count=1)
        assert rows_of(boss.get(list_of(LedgerAudit))) == [clean, dirty]
        assert rows_of(boss.get(list_of(LedgerAudit, "?show=not_clean"))) == [dirty]
        words = text_of(boss.get(list_of(LedgerAudit)))
        assert "nightly run" in words
        assert "vera@example.com" in words

    def test_a_worker_can_be_asked_for_one(
        self,
        books: Books,
        sales: Browser,
        wakeups: list[tuple[str, Any]],
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        assert "changes nothing" in text_of(sales.get(add_page(LedgerAudit)))
        with django_capture_on_commit_callbacks(execute=True):
            response = sales.post(add_page(LedgerAudit))
        assert response["Location"] == list_of(LedgerAudit)
        assert not LedgerAudit.objects.exists()
        ((task, values),) = wakeups
        assert task == "billing.audit_ledger"
        assert "sales_operator@example.com asked for an audit" in text_of(sales.get(list_of(LedgerAudit)))
        audit_as_requested(**values, clock=database_now)
        assert "asked for an audit" not in text_of(sales.get(list_of(LedgerAudit)))
        audit = LedgerAudit.objects.get()
        assert (audit.is_clean, audit.actor) == (True, "sales_operator@example.com")
        assert "Audit the ledger now" in text_of(sales.get(page_of(audit)))

    def test_support_looks_and_does_not_ask(
        self, dirty: LedgerAudit, support: Browser, staff_as: Callable[[str], Browser]
    ) -> None:
        assert "Audit the ledger now" not in text_of(support.get(page_of(dirty)))
        assert support.post(add_page(LedgerAudit)).status_code == 403
        nobody = staff_as("")
        pages = (page_of(dirty), list_of(LedgerAudit), list_of(Posting), page_of(Posting.objects.latest("id")))
        assert {nobody.get(page).status_code for page in pages} == {403}

    def test_pages_take_the_same_queries_however_much_was_found(
        self, dirty: LedgerAudit, books: Books, boss: Browser
    ) -> None:
        pages = (list_of(LedgerAudit), page_of(dirty))
        few = [questions(boss, page) for page in pages]
        LedgerAudit.objects.update(differences=dirty.differences * 5, difference_count=99)
        for _number in range(5):
            LedgerAudit.objects.create(at=dirty.at, duration=dirty.duration, entry_count=1)
        assert [questions(boss, page) for page in pages] == few
        assert max(few) <= 10

    def test_the_event_is_told_in_words(self, dirty: LedgerAudit, boss: Browser) -> None:
        words = text_of(boss.get(reverse("admin:billing_event_changelist")))
        assert "Ledger not clean" in words
        assert f"audit: {dirty.pk} · differences: {dirty.difference_count}" in words

    def test_pages_in_russian(self, dirty: LedgerAudit, books: Books, boss: Browser) -> None:
        boss.cookies["django_language"] = "ru"
        with translation.override("ru"):
            for page in (page_of(dirty), list_of(LedgerAudit), list_of(Posting), page_of(Posting.objects.latest("id"))):
                text_of(boss.get(page))


def badge_of(browser: Browser) -> Any:
    items = [item for group in browser.get("/admin/").context["sidebar_navigation"] for item in group["items"]]
    return next(item for item in items if str(item["title"]) == "Ledger audits").get("badge")
