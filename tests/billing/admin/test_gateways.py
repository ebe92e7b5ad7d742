"""Gateways in the back office: keys that are never shown, faults on their fields, payments that need a person."""

from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.models import (
    AttemptStatus,
    GatewayCurrency,
    GatewayEvent,
    InvoiceStatus,
    Payment,
    PaymentAttempt,
    PaymentGateway,
    StaffRole,
    StoredMethod,
    User,
)
from billing.queries.clock import database_now
from billing.queries.gateways import read_gateways, read_keys
from tests.billing.actions.books import books_are_right, fresh
from tests.billing.gateways.shop import STRIPE_KEYS, go_to_page, look, make_debtor, set_up, stripe, stripe_server
from tests.standins.stripe import StripeStandIn

__all__ = ["stripe", "stripe_server"]

pytestmark = pytest.mark.django_db
LIST = "/admin/billing/paymentgateway/"


def staff(role: StaffRole = StaffRole.FULL_ADMINISTRATOR) -> Browser:
    user = User.objects.create_user(f"{role}@example.com".lower(), "right-horse-battery", is_staff=True, role=role)
    browser = Browser()
    browser.force_login(user)
    return browser


def row(code: str = "stripe") -> PaymentGateway:
    return PaymentGateway.objects.get(code=code)


def test_every_gateway_is_listed_and_bank_transfer_is_offered() -> None:
    page = staff().get(LIST).content.decode()
    for words in ("Card (Stripe)", "Card or SBP (YooKassa)", "Bank transfer"):
        assert words in page
    assert list(read_gateways()) == ["bank_transfer"]


def change(browser: Browser, **values: str) -> str:
    browser.get(LIST)
    data = {"position": "1", **values}
    return str(browser.post(f"{LIST}{row().pk}/do/change/", data).content.decode())


def test_keys_are_kept_encrypted_and_never_shown() -> None:
    browser = staff()
    change(browser, is_active="on", key_secret_key="sk_test_abc", key_webhook_secret="whsec_1")
    assert read_keys(row())["secret_key"] == "sk_test_abc"
    assert "stripe" in read_gateways()
    for path in (f"{LIST}{row().pk}/change/", f"{LIST}{row().pk}/do/change/"):
        page = browser.get(path).content.decode()
        assert "sk_test_abc" not in page
        assert "whsec_1" not in page
    change(browser, is_active="on")
    assert read_keys(row())["secret_key"] == "sk_test_abc"


def test_a_gateway_without_keys_is_not_offered_and_says_why() -> None:
    page = change(staff(), is_active="on")
    assert "Without it nobody can pay so." in page
    assert not row().is_active


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"terms_EUR": "on", "minimum_EUR": "10", "maximum_EUR": "5"}, "The most is below the least."),
        ({"terms_EUR": "on", "fee_percent_EUR": "51"}, "less than or equal to 50"),
        ({"terms_EUR": "on", "minimum_EUR": "0.001"}, "decimals"),
        ({"terms_EUR": "on", "fee_fixed_EUR": "-1"}, "greater than or equal to 0"),
        ({"label_en": "x" * 61}, "60"),
    ],
)
def test_bad_terms_are_said_on_their_field(values: dict[str, str], words: str) -> None:
    assert words in change(staff(), **values)
    assert not GatewayCurrency.objects.exists()


def test_terms_are_saved_and_read() -> None:
    change(staff(), terms_EUR="on", minimum_EUR="1", fee_percent_EUR="1.5", label_en="By card")
    terms = GatewayCurrency.objects.get()
    assert (terms.minimum, terms.maximum, terms.fee_percent) == (Decimal(1), None, Decimal("1.5"))
    change(staff(StaffRole.SALES_OPERATOR), terms_EUR="on")
    assert GatewayCurrency.objects.get().minimum == Decimal(1)  # sales may not


def test_the_keys_are_tested(stripe: StripeStandIn) -> None:
    set_up("stripe", STRIPE_KEYS)
    browser = staff()
    answer = browser.post(f"{LIST}{row().pk}/do/test/", follow=True).content.decode()
    assert "Stripe takes the test key." in answer
    set_up("stripe", {"secret_key": "sk_test_wrong"})
    answer = browser.post(f"{LIST}{row().pk}/do/test/", follow=True).content.decode()
    assert "does not take the keys" in answer


def test_a_new_address_ends_the_old_one(stripe: StripeStandIn) -> None:
    before = set_up("stripe", STRIPE_KEYS).hook_token
    staff().post(f"{LIST}{row().pk}/do/renew_address/")
    assert row().hook_token != before
    assert Browser().post(f"/hooks/stripe/{before}/", b"{}", content_type="application/json").status_code == 404


@pytest.fixture
def strange(stripe: StripeStandIn) -> PaymentAttempt:
    """Ten euros arrived where a hundred were asked for."""
    set_up("stripe", STRIPE_KEYS)
    _client, invoice = make_debtor("100")
    attempt = go_to_page(invoice)
    stripe.account.pay(attempt.external_id, amount=1000)
    return look(attempt)


def test_money_that_an_operator_saw_is_recorded_once(strange: PaymentAttempt) -> None:
    browser = staff()
    address = f"/admin/billing/paymentattempt/{strange.pk}/"
    assert "asked for was" in browser.get(f"{address}change/").content.decode()
    values = {"amount": "10", "reference": "pi_test_seen"}
    for _click in range(2):
        browser.post(f"{address}do/accept/", values)
    strange.refresh_from_db()
    payment = Payment.objects.get()
    assert (strange.status, strange.payment, payment.amount) == (AttemptStatus.SUCCEEDED, payment, Decimal(10))
    assert fresh(strange.invoice).balance == Decimal(90)
    assert books_are_right()


def test_a_payment_that_never_came_is_closed(strange: PaymentAttempt) -> None:
    browser = staff()
    address = f"/admin/billing/paymentattempt/{strange.pk}/do/dismiss/"
    assert "This field is required" in browser.post(address).content.decode()
    browser.post(address, {"reason": "a test at the gateway"})
    strange.refresh_from_db()
    assert (strange.status, Payment.objects.exists()) == (AttemptStatus.CANCELLED, False)
    assert fresh(strange.invoice).status == InvoiceStatus.UNPAID


def test_a_notification_is_processed_again(stripe: StripeStandIn) -> None:
    event = GatewayEvent.objects.create(
        gateway="stripe",
        event_id="evt_1",
        name="x",
        body="{}",
        status="FAILED",
        received_at=database_now(),
        run_after=database_now(),
    )
    browser = staff()
    page = browser.get(f"/admin/billing/gatewayevent/{event.pk}/change/").content.decode()
    assert "Process again" in page
    browser.post(f"/admin/billing/gatewayevent/{event.pk}/do/again/")
    event.refresh_from_db()
    assert event.status == "RECEIVED"


@pytest.mark.parametrize("path", ["paymentgateway", "paymentattempt", "gatewayevent", "gatewaycall"])
def test_lists_are_for_staff(path: str, strange: PaymentAttempt) -> None:
    assert Browser().get(f"/admin/billing/{path}/").status_code == 302
    assert staff().get(f"/admin/billing/{path}/").status_code == 200


def test_an_operator_stops_and_resumes_automatic_payment(stripe: StripeStandIn) -> None:
    client, _invoice = make_debtor()
    StoredMethod.objects.create(
        client=client, gateway="stripe", external_id="pm_1", brand="visa", last4="4242", created_at=database_now()
    )
    browser, address = staff(), f"/admin/billing/client/{client.pk}/"
    assert "visa •••• 4242" in browser.get(f"{address}change/").content.decode()
    for code, is_on in (("stop_automatic_payment", False), ("resume_automatic_payment", True)):
        browser.post(f"{address}do/{code}/")
        client.refresh_from_db()
        assert client.pays_automatically == is_on
