"""How the back office prints states, people and what happened."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from billing.models import (
    AttemptStatus,
    CertificateState,
    CommissionState,
    Confidence,
    DutyStatus,
    EmailStatus,
    Event,
    FindingStatus,
    GatewayEventStatus,
    InvoiceStatus,
    Operation,
    OperationAttempt,
    OperationStatus,
    OrderStatus,
    PoolState,
    Posting,
    ServiceStatus,
    TransferStatus,
)
from billing.queries.operations import operation_words, words
from billing.templatetags.event_titles import EVENTS
from billing.templatetags.event_words import GATEWAY_CALLS, GATEWAYS, NAMES, POSTINGS, VALUES, field_words
from billing.templatetags.portal import money
from catalog.money import format_money
from noc.models import AccountHealth
from noc.tariffs import DAILY, LIFETIME, TRIAL

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
    AttemptStatus.STARTING: "blue",
    AttemptStatus.PROCESSING: "blue",
    AttemptStatus.SUCCEEDED: "green",
    GatewayEventStatus.RECEIVED: "blue",
    GatewayEventStatus.REFUSED: "red",
    OperationStatus.QUEUED: "blue",
    OperationStatus.RUNNING: "blue",
    OperationStatus.CHECKING: "blue",
    OperationStatus.NEEDS_CHECK: "red",
    OperationStatus.HELD: "amber",
    OperationStatus.DONE: "green",
    OperationStatus.FAILED: "red",
    CertificateState.REQUESTED: "blue",
    CertificateState.AWAITING: "amber",
    CertificateState.ISSUED: "green",
    EmailStatus.READY: "blue",
    EmailStatus.SENDING: "blue",
    EmailStatus.SENT: "green",
    EmailStatus.BOUNCED: "red",
    PoolState.FREE: "green",
    PoolState.TAKEN: "blue",
    AccountHealth.OK: "green",
    AccountHealth.REFUSED: "red",
    AccountHealth.NO_MONEY: "red",
    CommissionState.CLEARED: "green",
    "OVERDUE": "red",
    DutyStatus.BRAKED: "red",
    # Of cancellation requests too.
    FindingStatus.OPEN: "amber",
    FindingStatus.SOLVED: "green",
    TransferStatus.NEW: "red",
    TransferStatus.MATCHED: "amber",
    TransferStatus.CONFIRMED: "green",
    Confidence.SURE: "green",
    Confidence.LIKELY: "blue",
    Confidence.UNSURE: "amber",
    "CLEAN": "green",
    "NOT_CLEAN": "red",
}
_SITUATIONS: Final[dict[str, str | Promise]] = {
    OperationStatus.QUEUED: _("Waits for a worker."),
    OperationStatus.RUNNING: _("A worker is talking to the partner."),
    OperationStatus.CHECKING: _("It was sent; what came of it is being looked for at the partner."),
    OperationStatus.NEEDS_CHECK: _("A person has to look at the partner and decide."),
}


_PERIODS: Final[dict[int, str | Promise]] = {TRIAL: _("trial"), DAILY: _("a day"), LIFETIME: _("once")}
CENT: Final = Decimal("0.01")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# What of an event is money, as its column has it, whatever the currency. A reference may look the same.
_MONEY: Final = frozenset({"amount", "balance", "below", "fee", "setup_fee", "unit_price"})
_AMOUNT: Final = re.compile(r"-?\d{1,15}\.\d{4}")


@register.simple_tag
def state(status: str, label: Any) -> SafeString:
    """A status as a badge: the word with its tone."""
    return format_html('<span class="bo-badge bo-{}">{}</span>', _TONES.get(status, "grey"), label)


@register.filter
def brief(value: datetime | None) -> SafeString | str:
    """A moment for lists, short; the year, the time zone and how long ago are in the tooltip."""
    if value is None:
        return "—"
    locale = _locale()
    local = timezone.localtime(value)
    is_this_year = local.year == timezone.localdate().year
    day = format_skeleton("MMMd" if is_this_year else "yMMMd", local, tzinfo=local.tzinfo, locale=locale)
    text = f"{day}, {format_time(local, 'short', tzinfo=local.tzinfo, locale=locale)}"
    away = format_timedelta(value - timezone.now(), add_direction=True, locale=locale)
    whole = f"{format_datetime(local, tzinfo=local.tzinfo, locale=locale)} {local.tzname()} · {away}"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), whole, text)


@register.filter
def happened(event: Event) -> str:
    """What an event says, in words; one without words of its own keeps its name."""
    return str(EVENTS.get(event.name, event.name))


@register.filter
def details(event: Event) -> str:
    """The values of an event, in one line."""
    data = dict(event.data)
    message, values = data.pop("message", ""), data.pop("values", {})
    shown = {name: value for name, value in data.items() if value not in ("", None, [], {})}
    parts = [f"{NAMES.get(name, name)}: {_told(name, value)}" for name, value in shown.items()]
    return " · ".join(filter(None, [words(message, values), *parts]))


def _told(name: str, value: object) -> str:
    if name in _MONEY and isinstance(value, str) and _AMOUNT.fullmatch(value):
        amount = Decimal(value)
        return number_format(amount, 2 if amount == amount.quantize(CENT) else 4)
    return _flat(value)


def _flat(value: object) -> str:
    """A value in words where it has some: a kind of operation, a reason, a gateway, a list of names."""
    if isinstance(value, list):
        return ", ".join(field_words(item) for item in value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return format_date(date.fromisoformat(value), locale=_locale())
    return str(VALUES.get(str(value), value))


def _locale() -> str:
    return (get_language() or settings.LANGUAGE_CODE).replace("-", "_")


@register.filter
def said(subject: Operation | OperationAttempt) -> str:
    """The message of an operation or an attempt in the reader's language."""
    return operation_words(subject)


@register.filter
def situation(operation: Operation) -> str:
    """Where the operation stands: its own words, else those of its state."""
    said_words = operation_words(operation)
    if said_words or operation.is_settled:
        return said_words or str(operation.get_status_display())
    if operation.status == OperationStatus.HELD:
        return str(operation.get_hold_reason_display())
    return str(_SITUATIONS[operation.status])


@register.filter
def tone(status: str) -> str:
    """The tone of a status: green, amber, red, blue or grey."""
    return _TONES.get(status, "grey")


@register.filter
def outcome(attempt: OperationAttempt) -> str:
    """How an attempt ended: the state that it left the operation in."""
    return str(OperationStatus(attempt.outcome).label)


@register.filter
def lasted(attempt: OperationAttempt) -> str:
    """How long an attempt took: `3.2 s`."""
    if attempt.ended_at is None:
        return ""
    return _seconds_text((attempt.ended_at - attempt.started_at).total_seconds(), decimals=1)


def elapsed(duration: timedelta) -> str:
    """How long something took: `3.2 s`."""
    return _seconds_text(duration.total_seconds(), decimals=1)


@register.filter
def posted(posting: Posting) -> str:
    """What a posting is for, in words."""
    return str(POSTINGS.get(posting.kind, posting.kind))


@register.inclusion_tag("admin/row_button.html", takes_context=True)
def row_button(context: dict[str, Any], row: Any, deed: str, label: str) -> dict[str, Any]:
    """A button on a row of an object's page: its code names the row."""
    code = f"{row._meta.model_name.removeprefix('invoice')}-{row.pk}-{deed}"
    return {"address": reverse(context["do_url"], args=[context["subject"].pk, code]), "label": label}


@register.filter
def negated(amount: Decimal) -> Decimal:
    """Credits are stored negative and shown in a column of their own."""
    return -amount


@register.filter
def as_lines(values: dict[str, Any]) -> str:
    """Parameters of a call, one a line."""
    return "\n".join(f"{name}={value}" for name, value in values.items())


@register.inclusion_tag("admin/chip_row.html")
def chips(changelist: Any) -> dict[str, Any]:
    """The filter of a list that stands above it."""
    for spec in changelist.filter_specs:
        if spec.template == "admin/no_filter.html":
            return {"choices": list(spec.choices(changelist))}
    return {"choices": []}


@register.filter
def gateway(code: str) -> str:
    """A payment method in words."""
    return str(GATEWAYS.get(code, code))


@register.simple_tag
def sum_of_money(amount: Decimal, currency: str) -> SafeString | str:
    """An amount of a partner account, whose currency the partner may not have told."""
    return money(amount, currency) if currency else number_format(amount, 2)


@register.filter
def period_words(code: int) -> str:
    """A period of the partner: `1 month`, `trial`."""
    if code in _PERIODS:
        return str(_PERIODS[code])
    return ngettext("%(months)s month", "%(months)s months", code) % {"months": code}


def amount_text(amount: Decimal, currency_id: str) -> str:
    """An amount with its currency, for sentences."""
    return format_money(amount, currency_id, language=get_language() or settings.LANGUAGE_CODE)


@register.filter
def seconds(milliseconds: int) -> str:
    """`0.42 s`."""
    return _seconds_text(milliseconds / 1000, decimals=2)


def _seconds_text(value: float, *, decimals: int) -> str:
    return gettext("%(seconds)s s") % {"seconds": number_format(value, decimals)}


@register.filter
def gateway_call(action: str) -> str:
    """What was asked of a payment gateway, in words."""
    return str(GATEWAY_CALLS.get(action, action))
