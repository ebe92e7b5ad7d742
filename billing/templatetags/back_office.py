"""How the back office prints states, people and what happened."""

from typing import Any, Final

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import (
    EmailStatus,
    Event,
    InvoiceStatus,
    Operation,
    OperationAttempt,
    OperationStatus,
    OrderStatus,
    ServiceStatus,
)
from billing.queries.operations import operation_words, words
from noc.models import AccountHealth

register = template.Library()

# A state is always a word; the tone only helps the eye. What is missing here has ended and is grey.
_TONES: Final[dict[str, str]] = {
    ServiceStatus.PENDING: "amber",
    ServiceStatus.ACTIVE: "green",
    ServiceStatus.SUSPENDED: "amber",
    OrderStatus.FRAUD: "red",
    InvoiceStatus.UNPAID: "amber",
    InvoiceStatus.PAYMENT_PENDING: "blue",
    InvoiceStatus.PAID: "green",
    InvoiceStatus.COLLECTIONS: "red",
    OperationStatus.QUEUED: "blue",
    OperationStatus.RUNNING: "blue",
    OperationStatus.CHECKING: "blue",
    OperationStatus.NEEDS_CHECK: "red",
    OperationStatus.HELD: "amber",
    OperationStatus.DONE: "green",
    OperationStatus.FAILED: "red",
    EmailStatus.READY: "blue",
    EmailStatus.SENDING: "blue",
    EmailStatus.SENT: "green",
    AccountHealth.OK: "green",
    AccountHealth.REFUSED: "red",
    AccountHealth.NO_MONEY: "red",
    "OVERDUE": "red",
}
_EVENTS: Final[dict[str, str | Promise]] = {
    "api_key.issued": _("API key issued"),
    "api_key.revoked": _("API key revoked"),
    "client.changed": _("Client changed"),
    "client.registered": _("Client registered"),
    "command.given": _("Command given"),
    "credit.added": _("Credit added"),
    "invoice.cancelled": _("Invoice cancelled"),
    "invoice.issued": _("Invoice issued"),
    "invoice.paid": _("Invoice paid"),
    "invoice.refunded": _("Invoice refunded to credit"),
    "operation.cancelled": _("Operation cancelled"),
    "operation.done": _("Operation done"),
    "operation.failed": _("Operation failed"),
    "operation.held": _("Operation put on hold"),
    "operation.needs_check": _("Operation needs a person"),
    "operation.queued": _("Operation queued"),
    "operation.resolved": _("Operation resolved"),
    "operation.retried": _("Operation retried"),
    "order.accepted": _("Order accepted"),
    "order.cancelled": _("Order cancelled"),
    "order.placed": _("Order placed"),
    "payment.received": _("Payment received"),
    "renewal.requested": _("Renewal requested"),
    "server.added": _("Server added"),
    "server.changed": _("Server changed"),
    "server.tested": _("Connection tested"),
    "service.activated": _("Service active"),
    "service.gone_at_partner": _("Service gone at the partner"),
    "service.renewed": _("Service renewed"),
    "service.synced": _("Service synced"),
    "service.terminated": _("Service ended"),
    "staff.added": _("Staff added"),
    "staff.changed": _("Staff changed"),
}
_GATEWAYS: Final[dict[str, str | Promise]] = {
    "manual": _("Manual"),
    "bank_transfer": _("Bank transfer"),
    "credit": _("Client credit"),
}


@register.simple_tag
def state(status: str, label: Any) -> SafeString:
    """A status as a badge: the word with its tone."""
    return format_html('<span class="bo-badge bo-{}">{}</span>', _TONES.get(status, "grey"), label)


@register.filter
def happened(event: Event) -> str:
    """What an event says, in words; one without words of its own keeps its name."""
    return str(_EVENTS.get(event.name, event.name))


@register.filter
def details(event: Event) -> str:
    """The values of an event, in one line."""
    data = dict(event.data)
    message, values = data.pop("message", ""), data.pop("values", {})
    parts = [f"{name}: {_flat(value)}" for name, value in data.items() if value not in ("", None, [], {})]
    return " · ".join(filter(None, [words(message, values), *parts]))


def _flat(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@register.filter
def said(subject: Operation | OperationAttempt) -> str:
    """The message of an operation or an attempt in the reader's language."""
    return operation_words(subject)


@register.filter
def gateway(code: str) -> str:
    """A payment method in words."""
    return str(_GATEWAYS.get(code, code))


@register.filter
def seconds(milliseconds: int) -> str:
    """`0.42 s`."""
    return f"{milliseconds / 1000:.2f} s"
