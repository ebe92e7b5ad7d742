"""Paying by card in a real browser: to the gateway's page and back, the truth on every page, saved cards."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from billing.actions.gateways.tending import tend_attempt
from billing.models import Invoice, PaymentAttempt, StoredMethod
from billing.queries.clock import database_now
from tests.billing.gateways.shop import STRIPE_KEYS, set_up, stripe, stripe_server
from tests.browser.conftest import LogIn, find_barriers, is_wider_than_screen
from tests.builders import World, bill
from tests.standins.stripe import StripeStandIn

__all__ = ["stripe", "stripe_server"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def debt(
    portal: Page, live_server: LiveServer, shop: World, log_in: LogIn, stripe: StripeStandIn, settings: object
) -> Invoice:
    settings.PORTAL_URL = live_server.url  # type: ignore[attr-defined]
    set_up("stripe", STRIPE_KEYS)
    log_in(shop.client)
    invoice = bill(shop.client, "100")
    portal.goto(f"{live_server.url}/invoices/{invoice.pk}/")
    return invoice


def work() -> None:
    """What a worker would do."""
    for attempt_id in PaymentAttempt.objects.due(now=database_now()).values_list("pk", flat=True):
        tend_attempt(attempt_id=attempt_id, clock=database_now)


def test_a_client_pays_on_the_page_and_comes_back(portal: Page, debt: Invoice) -> None:
    assert find_barriers(portal) == []
    portal.get_by_label("Save the card").check()
    portal.get_by_role("button", name="Pay €100.00").click()
    expect(portal.get_by_role("heading", name="100.00 EUR")).to_be_visible()  # the gateway's page
    portal.get_by_role("textbox", name="Card").fill("1881")
    portal.get_by_role("button", name="Pay").click()
    expect(portal.get_by_role("heading", name="We do not have the payment yet")).to_be_visible()
    assert find_barriers(portal) == []
    work()
    expect(portal.get_by_role("heading", name="Paid. Thank you.")).to_be_visible()
    assert find_barriers(portal) == []
    portal.get_by_role("link", name="Invoices").first.click()
    portal.get_by_role("link", name="Payments and cards").click()
    expect(portal.get_by_text("visa •••• 1881").first).to_be_visible()
    assert find_barriers(portal) == []
    portal.get_by_role("button", name="Stop automatic payment").click()
    expect(portal.get_by_text("Nothing is paid by itself any more.")).to_be_visible()
    portal.get_by_role("button", name="Remove").click()
    expect(portal.get_by_text("The card is removed.")).to_be_visible()
    assert StoredMethod.objects.filter(removed_at=None).count() == 0


def test_a_gateway_that_does_not_answer_is_told_and_the_invoice_stays(
    portal: Page, debt: Invoice, stripe: StripeStandIn
) -> None:
    stripe.account.faults = ["500"]
    portal.get_by_role("button", name="Pay €100.00").click()
    expect(portal.get_by_text("Nothing was charged; try again")).to_be_visible()
    portal.get_by_role("button", name="Pay €100.00").click()
    portal.get_by_role("button", name="Cancel").click()
    expect(portal.get_by_role("heading", name="We do not have the payment yet")).to_be_visible()
    expect(portal.get_by_role("link", name="Back to the payment page")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_pages_fit_the_screen(portal: Page, live_server: LiveServer, debt: Invoice, width: int) -> None:
    portal.set_viewport_size({"width": width, "height": 800})
    assert not is_wider_than_screen(portal)
    for path in ("/payments/", f"/invoices/{debt.pk}/"):
        portal.goto(live_server.url + path)
        assert not is_wider_than_screen(portal)
