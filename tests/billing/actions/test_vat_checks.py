"""VAT numbers asked of a stand-in of the register over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from billing.actions.clients import update_client
from billing.actions.vat_checks import ask_due_numbers, check_vat_number
from billing.models import Client, Seller, VatCheck
from billing.queries.clock import database_now
from billing.queries.taxes import place_of
from tests.builders import make_client
from tests.standins.receiver import Receiver
from tests.standins.vat_register import PATH, running_register

pytestmark = pytest.mark.django_db
NUMBER = "FR40303265045"


@pytest.fixture
def register(settings) -> Iterator[Receiver]:
    with running_register() as found:
        settings.VIES_URL, settings.SELLER_COUNTRY = found.url + PATH, "DE"
        yield found


@pytest.fixture
def client(register: Receiver) -> Client:
    return make_client(country="FR", tax_id=NUMBER)


def owes_tax_itself(client: Client) -> bool:
    place = place_of(client)
    assert place is not None
    return place.owes_tax_itself(seller_country="DE")


def check(client: Client) -> VatCheck | None:
    found = check_vat_number(client_id=client.pk, now=database_now())
    client.refresh_from_db()
    return found


def test_a_number_is_pending_until_the_register_answers(client: Client) -> None:
    assert client.vat_state == "PENDING"
    assert not owes_tax_itself(client)


def test_a_valid_number_reverses_the_charge_and_leaves_evidence(client: Client, register: Receiver) -> None:
    Seller.objects.create(pk=1, country="DE", tax_id="DE136695976")
    found = check(client)
    assert found is not None
    assert (found.state, found.request_id, found.name, found.number) == ("VALID", "WAPIAAAAX", "ACME SARL", NUMBER)
    assert owes_tax_itself(client)
    assert register.bodies == [
        {
            "countryCode": "FR",
            "vatNumber": "40303265045",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]


def test_an_unknown_number_pays_tax(client: Client, register: Receiver) -> None:
    register.answer = {"valid": False, "name": "---", "address": "---"}
    found = check(client)
    assert found is not None
    assert (client.vat_state, found.name) == ("INVALID", "")
    assert not owes_tax_itself(client)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}, 200),
        ({"userError": "MS_MAX_CONCURRENT_REQ", "valid": False}, 200),
        (b"<html>Bad gateway</html>", 502),
        ([], 200),
        ({}, 200),
        (b"x" * 300_000, 200),
    ],
)
def test_an_outage_leaves_it_pending(client: Client, register: Receiver, answer: Any, status: int) -> None:
    register.answer, register.status = answer, status
    found = check(client)
    assert found is not None
    assert (found.state, client.vat_state, bool(found.error)) == ("PENDING", "PENDING", True)


def test_an_outage_does_not_undo_what_was_known(client: Client, register: Receiver) -> None:
    check(client)
    register.server.shutdown()
    register.server.server_close()
    check(client)
    assert (client.vat_state, VatCheck.objects.count()) == ("VALID", 2)


def test_a_number_that_was_typed_meanwhile_waits_for_its_own_answer(client: Client, register: Receiver) -> None:
    check(client)
    update_client(client=client, values={"tax_id": "FR83404833048"}, now=database_now(), actor="anna")
    assert client.vat_state == "PENDING"
    assert not owes_tax_itself(client)


def test_what_is_pending_is_asked_again_and_what_is_valid_after_ninety_days(client: Client, register: Receiver) -> None:
    now = database_now()
    assert ask_due_numbers(now=now) == 1
    register.answer = {"actionSucceed": False, "errorWrappers": [{"error": "TIMEOUT"}]}
    check(client)
    assert ask_due_numbers(now=now + timedelta(minutes=5)) == 0
    assert ask_due_numbers(now=now + timedelta(minutes=35)) == 1
    register.answer = {"valid": True}
    check(client)
    assert ask_due_numbers(now=now + timedelta(days=89)) == 0
    assert ask_due_numbers(now=now + timedelta(days=91)) == 1


def test_without_a_register_the_format_decides(settings) -> None:
    settings.VIES_URL, settings.SELLER_COUNTRY = "", "DE"
    client = make_client(country="FR", tax_id=NUMBER)
    assert (client.vat_state, owes_tax_itself(client), check(client)) == ("", True, None)


def test_a_country_outside_the_union_is_not_asked_for(register: Receiver) -> None:
    client = make_client(country="RU", tax_id="7707083893")
    assert (client.vat_state, check(client)) == ("", None)
