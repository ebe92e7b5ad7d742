"""Cancellation requests over the API: a service that is to end, now or with its period."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import CancellationRequest, Email, Service
from tests.billing.api.caller import Api
from tests.billing.api.shop import IP, Shop, work
from tests.builders import make_active_service

PATH = "cancellation-requests/"


@pytest.fixture
def service(admin: Api, shop: Shop) -> Service:
    """An active license of Anna's."""
    return make_active_service(shop.client, shop.product, ip=IP, licname="web")


def test_a_client_ends_a_service_with_its_period_and_keeps_it_after_all(anna: Api, service: Service) -> None:
    asked = anna.post(PATH, {"service": service.pk, "reason": " Too dear "}, expect=201)
    assert (asked["type"], asked["status"], asked["reason"]) == ("END_OF_PERIOD", "OPEN", "Too dear")
    assert (asked["service"], asked["client"]) == (service.pk, service.client_id)
    assert asked["ends_on"] == anna.get(f"services/{service.pk}/")["paid_until"]
    assert anna.get(PATH, status="OPEN")["results"] == [asked] == [anna.get(f"{PATH}{asked['id']}/")]

    kept = anna.post(f"{PATH}{asked['id']}/withdraw/")
    assert (kept["status"], kept["ends_on"]) == ("WITHDRAWN", None)
    assert kept["settled_at"]
    problem = anna.post(f"{PATH}{asked['id']}/withdraw/", expect=409)
    assert (problem["code"], problem["detail"]) == ("cancellation_refused", "This request is settled already.")
    assert anna.get(f"services/{service.pk}/")["status"] == "ACTIVE"


def test_the_same_asked_again_is_the_same_request(anna: Api, service: Service) -> None:
    first = anna.post(PATH, {"service": service.pk}, expect=201)
    assert anna.post(PATH, {"service": service.pk, "type": "END_OF_PERIOD"}) == first
    problem = anna.post(PATH, {"service": service.pk, "type": "IMMEDIATE"}, expect=409)
    assert (problem["code"], problem["detail"]) == ("cancellation_refused", "This was asked for already.")
    assert CancellationRequest.objects.count() == 1


def test_one_at_once_ends_the_service_at_the_partner_too(admin: Api, anna: Api, service: Service) -> None:
    asked = anna.post(PATH, {"service": service.pk, "type": "IMMEDIATE"}, expect=201)
    assert (asked["status"], asked["ends_on"]) == ("DONE", None)
    problem = anna.post(PATH, {"service": service.pk, "type": "IMMEDIATE"}, expect=409)
    assert problem["detail"] == "It is being ended already."
    work()
    assert admin.get(f"services/{service.pk}/")["status"] == "CANCELLED"
    assert anna.post(PATH, {"service": service.pk}, expect=409)["detail"] == "The service has ended."


def test_staff_does_not_wait_for_its_day_or_takes_it_back_with_a_letter(
    admin: Api, anna: Api, support: Api, service: Service
) -> None:
    first = anna.post(PATH, {"service": service.pk}, expect=201)
    assert "requested_by" not in first
    assert admin.get(f"{PATH}{first['id']}/")["requested_by"]
    support.post(f"{PATH}{first['id']}/withdraw/")
    assert Email.objects.filter(letter="cancellation.withdrawn", client=service.client).count() == 1

    again = anna.post(PATH, {"service": service.pk}, expect=201)
    done = admin.post(f"{PATH}{again['id']}/carry-out/")
    assert (done["status"], done["ends_on"]) == ("DONE", None)
    work()
    assert admin.get(f"services/{service.pk}/")["status"] == "CANCELLED"
    assert admin.post(f"{PATH}{again['id']}/carry-out/", expect=409)["code"] == "cancellation_refused"
    assert [row["status"] for row in admin.get(PATH, client=service.client_id)["results"]] == ["DONE", "WITHDRAWN"]
    assert admin.get(PATH, service=service.pk, status="OPEN", type="IMMEDIATE")["results"] == []


def test_who_may_do_what(anna: Api, stranger: Api, sales: Api, service: Service) -> None:
    nothing = stranger.post(PATH, {"service": service.pk}, expect=400)["errors"]["service"]
    missing = stranger.post(PATH, {"service": service.pk + 1}, expect=400)["errors"]["service"]
    assert [words.replace(str(service.pk + 1), str(service.pk)) for words in missing] == nothing
    asked = anna.post(PATH, {"service": service.pk}, expect=201)
    stranger.get(f"{PATH}{asked['id']}/", expect=404)
    stranger.post(f"{PATH}{asked['id']}/withdraw/", expect=404)
    assert stranger.get(PATH)["count"] == 0
    anna.post(f"{PATH}{asked['id']}/carry-out/", expect=403)
    assert sales.get(PATH)["count"] == 1
    assert CancellationRequest.objects.get().status == "OPEN"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"service": None}, "service"),
        ({"service": "first"}, "service"),
        ({"service": 1.5}, "service"),
        ({"type": "NEVER"}, "type"),
        ({"type": None}, "type"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "a\x00"}, "reason"),
    ],
)
def test_what_is_wrong_is_refused_by_field(anna: Api, service: Service, values: dict[str, Any], field: str) -> None:
    problem = anna.post(PATH, {"service": service.pk} | values, expect=400)
    assert list(problem["errors"]) == [field]
    assert not CancellationRequest.objects.exists()


def test_a_list_costs_the_same_with_one_row_and_with_three(anna: Api, shop: Shop, service: Service) -> None:
    anna.post(PATH, {"service": service.pk}, expect=201)
    anna.get(PATH)
    few = _count(anna)
    for number in (1, 2):
        other = make_active_service(shop.client, shop.product, ip=f"198.51.100.{number}")
        anna.post(PATH, {"service": other.pk}, expect=201)
    assert (_count(anna), anna.get(PATH)["count"]) == (few, 3)


def _count(api: Api) -> int:
    with CaptureQueriesContext(connection) as captured:
        api.get(PATH)
    return len(captured)
