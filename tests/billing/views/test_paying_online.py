"""The pages of paying by a gateway: whose they are, what they say, what they cost."""

from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.gateways.settling import settle_attempt
from billing.gateways.base import Answer, Standing
from billing.models import AttemptStatus, Client, Invoice, Order, PaymentAttempt, StoredMethod
from billing.queries.clock import database_now
from billing.queries.gateways import GatewayTerms
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, make_debtor, set_up, stripe, stripe_server
from tests.billing.views.pages import checkout_key, choose, count_queries, read
from tests.builders import bill
from tests.standins.stripe import StripeStandIn

__all__ = ["stripe", "stripe_server"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def debt(stripe: StripeStandIn, client: Browser) -> tuple[Client, Invoice]:
    set_up("stripe", STRIPE_KEYS)
    payer, invoice = make_debtor("100", password="a phrase for the client")
    client.force_login(payer.users.get())
    return payer, invoice


def test_the_invoice_offers_the_gateway_with_its_fee(client: Browser, debt: tuple[Client, Invoice]) -> None:
    set_up("stripe", {}, terms={"EUR": GatewayTerms(fee_percent=Decimal(2))})
    page = client.get(f"/invoices/{debt[1].pk}/").content.decode()
    assert "€102.00" in page
    assert "of it" in page
    assert "€2.00" in page


def test_the_button_leads_to_the_gateway(client: Browser, debt: tuple[Client, Invoice]) -> None:
    answer = client.post(f"/invoices/{debt[1].pk}/pay/online/", {"gateway": "stripe"})
    attempt = PaymentAttempt.objects.get()
    assert answer["Location"] == f"/payments/{attempt.key}/go/"
    page = client.get(answer["Location"])
    assert attempt.redirect_url in page.content.decode()
    assert "Refresh" not in page  # a meta element, so that the content policy of forms is kept


@pytest.mark.parametrize("gateway", ["", "yookassa", "bank_transfer", "nonsense"])
def test_a_gateway_that_is_not_offered_is_said_so(client: Browser, debt: tuple[Client, Invoice], gateway: str) -> None:
    answer = client.post(f"/invoices/{debt[1].pk}/pay/online/", {"gateway": gateway}, follow=True)
    assert "not offered" in answer.content.decode()
    assert not PaymentAttempt.objects.exists()


def test_nobody_sees_or_starts_the_payments_of_others(client: Browser, debt: tuple[Client, Invoice]) -> None:
    attempt = go_to_page(debt[1])
    stranger, _invoice = make_debtor(password="a phrase for the client")
    client.force_login(stranger.users.get())
    assert client.post(f"/invoices/{debt[1].pk}/pay/online/", {"gateway": "stripe"}).status_code == 404
    for path in ("", "go/", "state/"):
        assert client.get(f"/payments/{attempt.key}/{path}").status_code == 404
    client.logout()
    assert client.get(f"/payments/{attempt.key}/").status_code == 302


STATES = [
    (Standing.PENDING, "We do not have the payment yet"),
    (Standing.PROCESSING, "The payment is on its way"),
    (Standing.SUCCEEDED, "Paid. Thank you."),
    (Standing.FAILED, "There is not enough money on the card."),
]


@pytest.mark.parametrize(("standing", "words"), STATES)
def test_the_page_tells_the_truth(
    client: Browser, debt: tuple[Client, Invoice], standing: Standing, words: str
) -> None:
    attempt = go_to_page(debt[1])
    answer = Answer(standing, attempt.external_id, "pi_1", attempt.amount, "EUR", reason="insufficient_funds")
    settle_attempt(attempt=attempt, answer=answer, now=database_now())
    page = client.get(f"/payments/{attempt.key}/").content.decode()
    assert words in page
    assert ("Thank you" in page) == (standing == Standing.SUCCEEDED)


def test_coming_back_asks_the_gateway_at_once(client: Browser, debt: tuple[Client, Invoice]) -> None:
    attempt = go_to_page(debt[1])
    client.get(f"/payments/{attempt.key}/")
    attempt.refresh_from_db()
    assert attempt.run_after is not None
    assert attempt.run_after <= database_now()


def test_the_page_is_silent_while_nothing_is_new(client: Browser, debt: tuple[Client, Invoice]) -> None:
    attempt = go_to_page(debt[1])
    first = client.get(f"/payments/{attempt.key}/state/")
    mark = first.content.decode().split("mark=")[1].split('"')[0]
    assert client.get(f"/payments/{attempt.key}/state/?mark={mark}").status_code == 204


def test_cards_are_managed_by_their_owner_only(client: Browser, debt: tuple[Client, Invoice]) -> None:
    mine, theirs = (
        StoredMethod.objects.create(
            client=owner, gateway="stripe", external_id=f"pm_{owner.pk}", last4="4242", created_at=database_now()
        )
        for owner in (debt[0], make_debtor()[0])
    )
    assert client.post(f"/payments/cards/{theirs.pk}/", {"do": "remove"}).status_code == 404
    client.post(f"/payments/cards/{mine.pk}/", {"do": "choose"})
    mine.refresh_from_db()
    assert mine.is_default
    client.post("/payments/automatic/", {"is_on": "no"})
    assert not Client.objects.get(pk=debt[0].pk).pays_automatically


def test_the_history_asks_as_often_for_many_as_for_one(client: Browser, debt: tuple[Client, Invoice]) -> None:
    for _each in range(2):
        PaymentAttempt.objects.filter(pk=go_to_page(bill(debt[0], "5")).pk).update(status=AttemptStatus.FAILED)

    few = count_queries(client, "/payments/")
    for _each in range(8):
        go_to_page(bill(debt[0], "5"))
    assert count_queries(client, "/payments/") == few


def test_an_order_paid_by_card_goes_straight_to_the_gateway(
    anna: Client, anna_browser: Browser, stripe: StripeStandIn
) -> None:
    set_up("stripe", STRIPE_KEYS)
    choose(anna_browser, ip="192.0.2.10")
    values = {"payment_method": "stripe", "checkout_key": checkout_key(anna_browser)}
    answers = [anna_browser.post("/checkout/", values) for _click in range(2)]
    attempt = PaymentAttempt.objects.get()
    assert {answer["Location"] for answer in answers} == {f"/payments/{attempt.key}/go/"}
    assert (attempt.invoice.order, attempt.amount) == (Order.objects.get(client=anna), Decimal(5))


def test_a_gateway_that_is_down_leaves_the_order_and_its_invoice(
    anna: Client, anna_browser: Browser, stripe: StripeStandIn
) -> None:
    set_up("stripe", STRIPE_KEYS)
    choose(anna_browser, ip="192.0.2.10")
    stripe.account.faults = ["500"]
    values = {"payment_method": "stripe", "checkout_key": checkout_key(anna_browser)}
    page = anna_browser.post("/checkout/", values, follow=True).content.decode()
    assert "Nothing was charged" in page
    assert Order.objects.get(client=anna).invoice.status == "UNPAID"


def test_a_gateway_that_is_off_is_not_offered_at_the_checkout(anna_browser: Browser, stripe: StripeStandIn) -> None:
    choose(anna_browser, ip="192.0.2.10")
    assert 'value="stripe"' not in read(anna_browser, "/checkout/")
    set_up("stripe", STRIPE_KEYS)
    assert 'value="stripe"' in read(anna_browser, "/checkout/")
    set_up("stripe", {}, terms={"EUR": GatewayTerms(minimum=Decimal(50))})
    assert 'value="stripe"' not in read(anna_browser, "/checkout/")
