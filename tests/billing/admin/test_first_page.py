import pytest
from django.test import Client as Browser

from billing.models import AutomationRun, DutyRun, Email, Event, Invoice, Withdrawal
from billing.queries.clock import database_now
from noc.models import AccountHealth, Server
from tests.affiliates import make_affiliate, switch_on
from tests.billing.admin.pages import days_away, page_of, text_of
from tests.builders import World, make_active_service, place, place_paid_order


def test_a_quiet_day_says_so(world: World, boss: Browser) -> None:
    words = text_of(boss.get("/admin/"))
    for part in ("Nothing waits for a decision.", "No order is pending.", "Nobody is late."):
        assert part in words


def test_everything_that_waits_is_linked(world: World, boss: Browser) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")
    service.operations.update(status="HELD", hold_reason="NO_MONEY")
    late = place(world.client, world.lite, ip="192.0.2.11").invoice
    Invoice.objects.filter(pk=late.pk).update(due_date=days_away(-1))
    Server.objects.update(health=AccountHealth.NO_MONEY, health_message="Top up the account", balance="-3")
    event = Event.objects.latest("id")
    Email.objects.filter(event=event).delete()
    Email.objects.create(
        event=event, letter="x", recipient="a@example.com", language="en", status="FAILED", run_after=event.at
    )
    words = text_of(boss.get("/admin/"))
    for subject in (service.operations.get(), service.order_line.order, late, world.server):
        assert page_of(subject) in words
    assert "Top up the account" in words
    assert "1 letter could not be sent" in words


def test_duties_of_a_night_that_wait_say_why(boss: Browser, support: Browser) -> None:
    run = AutomationRun.objects.create(day=days_away(0))
    kept = {"brake": "40 objects", "error": "OperationalError"}
    stopped, failed, _done = (
        DutyRun.objects.create(run=run, duty=duty, status=status, **kept)
        for duty, status in (("terminations", "BRAKED"), ("notices", "FAILED"), ("digest", "DONE"))
    )
    for browser in (boss, support):
        response = browser.get("/admin/")
        words = text_of(response)
        assert [label for _duty, label in response.context["duties"]["rows"]] == [
            "Unpaid services",
            "Reminders and overdue notices",
        ]
        assert words.count("40 objects") == words.count("OperationalError") == 1
        assert page_of(stopped) in words
        assert page_of(failed) in words


def test_money_that_waits_for_a_look_is_counted(world: World, boss: Browser) -> None:
    switch_on()
    affiliate = make_affiliate(world.client)
    for number, status in enumerate(("REQUESTED", "REQUESTED", "PAID")):
        Withdrawal.objects.create(
            affiliate=affiliate,
            way="PAYMENT",
            status=status,
            amount=number + 1,
            currency=world.client.currency,
            requested_at=database_now(),
            settled_at=None if status == "REQUESTED" else database_now(),
        )
    response = boss.get("/admin/")
    ((words, count, address),) = response.context["money_rows"]
    assert (str(words), count) == ("Withdrawals to decide", 2)
    assert "Money to look at" in text_of(response)
    assert boss.get(address).status_code == 200


def test_support_is_not_shown_the_accounts(world: World, support: Browser) -> None:
    Server.objects.update(health=AccountHealth.REFUSED, health_message="wrong password")
    assert "wrong password" not in text_of(support.get("/admin/"))


def test_the_menu_counts_operations_for_a_person(world: World, boss: Browser) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")
    service.operations.update(status="FAILED")
    items = [item for group in boss.get("/admin/").context["sidebar_navigation"] for item in group["items"]]
    assert [item["badge"] for item in items if "badge" in item] == ["1"]


def find(browser: Browser, text: str) -> list[str]:
    """Addresses of what the search box finds, models left out."""
    response = browser.get("/admin/search/", {"s": text})
    return [result.link for result in response.context["results"] if "/change/" in result.link]


def test_one_search_finds_everything(world: World, boss: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    order = service.order_line.order
    assert find(boss, world.client.email.upper()) == [page_of(world.client), page_of(service)]
    assert page_of(order) in find(boss, order.number)
    assert find(boss, "192.0.2.10") == [page_of(service)]
    assert page_of(service) in find(boss, service.remote_id)
    assert find(boss, str(order.invoice.number or "")) == [page_of(order.invoice)]
    assert page_of(order.invoice) in find(boss, f"PRO-{order.invoice.pk}")
    assert page_of(order.invoice) in find(boss, order.invoice.payments.get().reference)


@pytest.mark.parametrize("text", ["nothing like this", "9" * 40, "%", "'", "\u2028", "a\x00b"])
def test_a_search_for_nothing_finds_nothing(world: World, boss: Browser, text: str) -> None:
    assert find(boss, text) == []
