"""The first order of a business of another country of the EU: its number is asked about before it is priced."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from billing.models import Client, Invoice, TaxRule, VatCheck, VatState
from catalog.taxes import TaxGround
from tests.billing.views.pages import choose
from tests.billing.views.test_checkout import PERSON, order
from tests.builders import World
from tests.standins.receiver import Receiver
from tests.standins.vat_register import PATH, running_register

BUSINESS = {**PERSON, "company": "ACME SARL", "country": "FR", "city": "Paris", "tax_id": "FR40303265045"}


@pytest.fixture
def register(world: World, settings) -> Iterator[Receiver]:
    TaxRule.objects.create(name="VAT", rate=20)
    with running_register() as found:
        settings.VIES_URL, settings.SELLER_COUNTRY = found.url + PATH, "DE"
        yield found


def place(visitor: Browser, **changes: Any) -> Invoice:
    choose(visitor, ip="192.0.2.10")
    response = order(visitor, **{**BUSINESS, **changes})
    assert response.status_code == 302, response.content.decode()
    return Invoice.objects.prefetch_related("lines").get()


def test_a_number_that_the_register_knows_makes_it_reverse_charge(register: Receiver, visitor: Browser) -> None:
    invoice = place(visitor)
    assert invoice.tax == 0
    assert {line.tax_ground for line in invoice.lines.all()} == {TaxGround.REVERSE_CHARGE}
    check = VatCheck.objects.get()
    assert (check.client, check.number, check.state) == (invoice.client, "FR40303265045", VatState.VALID)
    assert check.request_id == "WAPIAAAAX"
    assert invoice.client.vat_state == VatState.VALID


def test_one_that_it_denies_is_taxed(register: Receiver, visitor: Browser) -> None:
    register.answer = {"valid": False}
    invoice = place(visitor)
    assert invoice.tax > 0
    assert invoice.client.vat_state == VatState.INVALID


def test_the_order_does_not_wait_for_a_register_that_is_out(register: Receiver, visitor: Browser) -> None:
    register.status, register.answer = 500, b"out"
    invoice = place(visitor)
    assert invoice.tax > 0
    assert invoice.client.vat_state == VatState.PENDING
    assert VatCheck.objects.get().error


@pytest.mark.parametrize(
    "changes",
    [{"tax_id": ""}, {"country": "DE", "tax_id": "DE136695976"}, {"country": "US", "tax_id": "12-3456789"}],
    ids=["no number", "of our own country", "not of the EU"],
)
def test_it_is_not_asked_where_tax_does_not_depend_on_it(
    register: Receiver, visitor: Browser, changes: dict[str, str]
) -> None:
    place(visitor, **changes)
    assert register.bodies == []


def test_a_refused_order_keeps_no_answer(register: Receiver, visitor: Browser) -> None:
    choose(visitor, ip="192.0.2.10")
    response = order(visitor, **BUSINESS, payment_method="credit")
    assert response.status_code == 422
    assert not Client.objects.filter(email__iexact=BUSINESS["email"]).exists()
    assert not VatCheck.objects.exists()
