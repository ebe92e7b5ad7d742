"""The list of what clients want to end, and operators' decisions on it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.actions.cancellations import request_cancellation, withdraw_cancellation
from billing.actions.renewal_runs import issue_renewals
from billing.models import CancellationRequest, CancellationType, Email, Invoice, Service
from billing.queries.clock import database_now
from tests.billing.admin.pages import buttons_on, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_client, make_hosting, place_paid_order, run_due_operations

LIST = list_of(CancellationRequest)
Ask = Callable[..., CancellationRequest]


@pytest.fixture
def ask(world: World) -> Ask:
    """A client with a service of their own who wants it to end with its period."""
    product = make_hosting(world.group)

    def asked(number: int, reason: str = "") -> CancellationRequest:
        client = make_client(email=f"stops{number}@example.com")
        service = place_paid_order(client, product)
        run_due_operations()
        type = CancellationType.END_OF_PERIOD
        return request_cancellation(service=service, type=type, reason=reason, actor="client", now=database_now())

    return asked


def status_of(wish: CancellationRequest) -> tuple[str, str]:
    wish.refresh_from_db()
    return wish.status, Service.objects.get(pk=wish.service_id).status


def test_the_list_shows_what_is_open_and_finds_the_rest(ask: Ask, support: Browser, world: World) -> None:
    stays, goes = ask(1, reason="Too slow"), ask(2)
    withdraw_cancellation(wish=goes, actor="client", now=database_now())
    assert rows_of(support.get(LIST)) == [stays]
    words = text_of(support.get(LIST))
    for part in (page_of(stays.service), page_of(stays.service.client), "Too slow"):
        assert part in words
    assert rows_of(support.get(LIST + "?show=withdrawn")) == [goes]
    assert rows_of(support.get(LIST + "?q=stops2@example.com")) == [goes]
    assert rows_of(support.get(LIST + "?q=slow")) == [stays]
    assert rows_of(support.get(LIST + "?type=IMMEDIATE")) == []
    assert rows_of(support.get(f"{LIST}?service__product__id__exact={stays.service.product_id}")) == [stays]
    assert rows_of(support.get(f"{LIST}?service__product__id__exact={world.lite.pk}")) == []


def test_one_is_carried_out_before_its_day(ask: Ask, support: Browser) -> None:
    wish = ask(1)
    service = Service.objects.get(pk=wish.service_id)
    CancellationRequest.objects.filter(pk=wish.pk).update(status="WITHDRAWN")
    assert issue_renewals(on=service.next_due_date, now=database_now()) == 1
    CancellationRequest.objects.filter(pk=wish.pk).update(status="OPEN")
    assert buttons_on(support, wish) == ["withdraw", "carry-out"]
    assert succeeded(press(support, wish, "carry-out"))
    assert status_of(wish) == ("DONE", "CANCELLED")
    assert not Invoice.objects.filter(status="UNPAID").exists()
    assert not succeeded(press(support, wish, "withdraw"))
    assert buttons_on(support, wish) == []


def test_one_is_taken_back_with_a_letter(ask: Ask, support: Browser) -> None:
    wish = ask(1)
    assert succeeded(press(support, wish, "withdraw"))
    assert status_of(wish) == ("WITHDRAWN", "ACTIVE")
    assert Email.objects.filter(letter="cancellation.withdrawn", client=wish.service.client).count() == 1


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("carry_out_selected", ("DONE", "CANCELLED")), ("withdraw_selected", ("WITHDRAWN", "ACTIVE"))],
)
def test_several_are_decided_at_once(ask: Ask, support: Browser, action: str, outcome: tuple[str, str]) -> None:
    wishes = [ask(1), ask(2)]
    values = {"action": action, "_selected_action": [wish.pk for wish in wishes]}
    question = text_of(support.post(LIST, values))
    assert all(page_of(wish.service) in question for wish in wishes)
    assert [status_of(wish) for wish in wishes] == [("OPEN", "ACTIVE")] * 2
    assert "2 requests are settled." in text_of(support.post(LIST, {**values, "confirmed": "yes"}, follow=True))
    assert [status_of(wish) for wish in wishes] == [outcome] * 2


def test_list_page_and_first_page_ask_no_more_for_more_rows(ask: Ask, support: Browser) -> None:
    wish = ask(1)
    pages = [LIST, page_of(wish), "/admin/"]
    assert page_of(wish) in text_of(support.get("/admin/"))
    few = [questions(support, address) for address in pages]
    for number in range(2, 4):
        ask(number)
    assert [questions(support, address) for address in pages] == few
    assert max(few) <= 19
    context = support.get("/admin/").context["cancellations"]
    assert (context.count, context.rows[0]) == (3, wish)


def questions(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)
