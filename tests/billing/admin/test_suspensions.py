"""Suspending, letting go on and leaving alone, by operators."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from billing.models import Service
from tests.billing.admin.pages import ask, buttons_on, days_away, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, make_hosting, place_paid_order, run_due_operations


@pytest.fixture
def hosting(world: World) -> Service:
    service = place_paid_order(world.client, make_hosting(world.group))
    run_due_operations()
    return service


def test_a_service_is_suspended_with_a_reason_and_goes_on(support: Browser, hosting: Service) -> None:
    assert {"suspend", "unsuspend"} & set(buttons_on(support, hosting)) == {"suspend"}
    assert not succeeded(press(support, hosting, "suspend", reason=" "))
    assert succeeded(press(support, hosting, "suspend", reason="Sends spam"))
    assert "Sends spam" in text_of(support.get(page_of(hosting)))
    assert rows_of(support.get(list_of(Service, "?show=suspended"))) == [hosting]
    assert {"suspend", "unsuspend"} & set(buttons_on(support, hosting)) == {"unsuspend"}
    assert not succeeded(press(support, hosting, "suspend", reason="Again"))
    assert succeeded(press(support, hosting, "unsuspend"))
    assert rows_of(support.get(list_of(Service, "?show=suspended"))) == []


def test_what_cannot_be_suspended_says_so(support: Browser, world: World) -> None:
    license = make_active_service(world.client, world.lite, ip="192.0.2.1")
    assert not {"suspend", "unsuspend"} & set(buttons_on(support, license))
    assert "no suspension" in ask(support, license, "suspend")


def test_a_service_is_left_alone_until_a_day(sales: Browser, support: Browser, hosting: Service) -> None:
    assert "keep" in buttons_on(sales, hosting)
    assert "keep" not in buttons_on(support, hosting)
    assert not succeeded(press(sales, hosting, "keep", keep_until=str(days_away(0))))
    day = days_away(9)
    assert succeeded(press(sales, hosting, "keep", keep_until=str(day)))
    assert f'value="{day}"' in ask(sales, hosting, "keep")
    assert "Left alone until" in text_of(sales.get(page_of(hosting)))
    assert succeeded(press(sales, hosting, "keep", keep_until=""))
    hosting.refresh_from_db()
    assert hosting.keep_until is None


def test_letting_go_on_may_name_a_day(sales: Browser, hosting: Service) -> None:
    Service.objects.filter(pk=hosting.pk).update(status="SUSPENDED", suspension_cause="OVERDUE")
    day = days_away(0) + timedelta(days=3)
    assert succeeded(press(sales, hosting, "unsuspend", keep_until=str(day)))
    hosting.refresh_from_db()
    assert (hosting.status, hosting.keep_until) == ("ACTIVE", day)
