"""Payments by gateways: cards that could not be charged, and what operators have to look at."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from billing.gateways.reasons import reason_words
from billing.letters.links import address, link
from billing.letters.scene import Scene
from billing.letters.values import Value
from billing.letters.variables import Entry, Group
from billing.models import PaymentAttempt
from billing.queries.billing_settings import read_automation_settings
from billing.queries.gateways import gateway_label


def _read_failure(scene: Scene) -> Mapping[str, Value]:
    return {
        "payment_is_tried_again": _is_tried_again(scene),
        "payment_failure": reason_words(str(scene.data.get("reason", ""))),
        "payment_gateway": str(gateway_label(str(scene.data.get("gateway", "")))),
        "payments_link": link(address("client:payments")),
    }


def _is_tried_again(scene: Scene) -> bool:
    """Whether the night will charge the card once more, by the settings as they are."""
    settings, client = read_automation_settings(), scene.client
    if not settings.charges_cards or client is None or not client.pays_automatically:
        return False
    until_this = {"pk__lte": scene.data.get("attempt", 0), "charged_on__isnull": False}
    tries = PaymentAttempt.objects.filter(invoice=scene.event.invoice_id, **until_this).count()
    return tries <= settings.card_retries


def _read_gateway(scene: Scene) -> Mapping[str, Value]:
    attempt, notice = scene.data.get("attempt"), scene.data.get("notice")
    url = address("admin:billing_paymentgateway_changelist")
    if notice:
        url = address("admin:billing_gatewayevent_change", notice)
    elif attempt:
        url = address("admin:billing_paymentattempt_change", attempt)
    return {
        "gateway_name": str(gateway_label(str(scene.data.get("gateway", "")))),
        "gateway_reason": str(scene.data.get("reason", "")),
        "gateway_reference": str(scene.data.get("reference", "")),
        "gateway_admin_link": link(url),
    }


PAYMENT_FAILURE = Group(
    "payment_failure",
    _("Payment by a saved card"),
    (
        Entry("payment_failure", _("Why it failed, in words"), "There is not enough money on the card."),
        Entry("payment_is_tried_again", _("Whether the card is charged again"), True),
        Entry("payment_gateway", _("Gateway"), "Card (Stripe)"),
        Entry("payments_link", _("Page of the saved cards"), "https://example.com/"),
    ),
    _read_failure,
    ("client",),
)
GATEWAY = Group(
    "gateway",
    _("Payment gateway"),
    (
        Entry("gateway_name", _("Name"), "Card (Stripe)"),
        Entry("gateway_reason", _("What is wrong"), "HTTP 503"),
        Entry("gateway_reference", _("Reference of the payment"), "pi_123"),
        Entry("gateway_admin_link", _("Page in the back office"), "https://example.com/admin/"),
    ),
    _read_gateway,
)
