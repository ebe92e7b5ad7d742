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
    Affiliate,
    BankAccount,
    BillingSettings,
    CertificateState,
    Client,
    CommissionState,
    DutyStatus,
    EmailStatus,
    Event,
    FindingSort,
    FindingStatus,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Operation,
    OperationAttempt,
    OperationKind,
    OperationStatus,
    OrderStatus,
    PoolState,
    Posting,
    RefundWay,
    Seller,
    ServiceStatus,
    StaffRole,
    StoreSettings,
    SuspensionCause,
    User,
    VoidReason,
    WithdrawalWay,
)
from billing.queries.findings import LABELS
from billing.queries.operations import operation_words, words
from billing.templatetags.portal import money
from catalog.models import Product, ProductGroup
from catalog.money import format_money
from noc.models import AccountHealth, Server
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
    "CLEAN": "green",
    "NOT_CLEAN": "red",
}
EVENTS: Final[dict[str, str | Promise]] = {
    "affiliate.changed": _("Affiliate changed"),
    "affiliate.closed": _("Affiliate closed"),
    "affiliate.joined": _("Affiliate joined"),
    "affiliate.reopened": _("Affiliate reopened"),
    "bank_account.added": _("Bank account added"),
    "bank_account.changed": _("Bank account changed"),
    "bank_account.removed": _("Bank account removed"),
    "api_key.issued": _("API key issued"),
    "api_key.revoked": _("API key revoked"),
    "automation_settings.changed": _("Automation settings changed"),
    "automation.braked": _("Nightly duty stopped by a brake"),
    "automation.failed": _("Nightly duty failed"),
    "automation.finished": _("Nightly run done"),
    "automation.planned": _("Nightly run asked to go on"),
    "automation.released": _("Nightly duty let go"),
    "automation.skipped": _("Nightly duty skipped"),
    "cancellation.carried_out": _("Cancelled before its day"),
    "cancellation.requested": _("Cancellation requested"),
    "cancellation.withdrawn": _("Cancellation taken back"),
    "billing_settings.changed": _("Billing settings changed"),
    "certificate.downloaded": _("Certificate downloaded"),
    "certificate.issued": _("Certificate issued"),
    "certificate.needs_person": _("Certificate needs a person"),
    "certificate.ordered": _("Certificate ordered"),
    "certificate.reissue_asked": _("Certificate asked for anew"),
    "certificate.reissued": _("Certificate issued anew"),
    "client.changed": _("Client changed"),
    "client.vat_checked": _("VAT number checked"),
    "client.registered": _("Client registered"),
    "command.given": _("Command given"),
    "commission.cleared": _("Commission cleared"),
    "commission.earned": _("Commission earned"),
    "commission.voided": _("Commission voided"),
    "credit.added": _("Credit added"),
    "credit.taken": _("Credit taken away"),
    "credit.taken_back": _("Credit taken off an invoice"),
    "credit_note.issued": _("Credit note issued"),
    "finding.ignored": _("Finding ignored"),
    "finding.remedied": _("Finding put right"),
    "invoice.cancelled": _("Invoice cancelled"),
    "invoice.draft_changed": _("Draft changed"),
    "invoice.drafted": _("Draft written"),
    "invoice.issued": _("Invoice issued"),
    "invoice.overdue_first": _("First overdue notice"),
    "invoice.overdue_second": _("Second overdue notice"),
    "invoice.overdue_third": _("Third overdue notice"),
    "invoice.reminder": _("Reminder of an invoice"),
    "invoice.line_added": _("Line added to a draft"),
    "invoice.line_changed": _("Line of a draft changed"),
    "invoice.line_removed": _("Line of a draft removed"),
    "invoice.method_changed": _("Payment method changed"),
    "invoice.moved_to_collections": _("Invoice moved to collections"),
    "invoice.paid": _("Invoice paid"),
    "invoice.payment_failed": _("Expected payment did not come"),
    "invoice.payment_pending": _("Payment on its way"),
    "invoice.refunded": _("Invoice refunded"),
    "invoice.reissued": _("Invoice written anew"),
    "invoice.written_off": _("Invoice written off"),
    "module.access_changed": _("Access to a module changed"),
    "ledger.not_clean": _("Ledger not clean"),
    "license.deleted": _("License of the pool deleted"),
    "license.dropped": _("License dropped from the pool"),
    "license.expired": _("Licenses dropped from the pool"),
    "license.kept": _("License of the pool not deleted"),
    "license.pooled": _("License put into the pool"),
    "license.put_back": _("License put back into the pool"),
    "license.taken": _("License taken out of the pool"),
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
    "order.marked_fraud": _("Order marked as fraud"),
    "order.placed": _("Order placed"),
    "order.price_overridden": _("Price granted by an operator"),
    "payment.not_applied": _("Payment that nobody asked for became credit"),
    "payment.received": _("Payment received"),
    "payment.reversed": _("Payment taken back by the bank"),
    "catalog.arranged": _("Order of the store changed"),
    "price.changed": _("Price changed with its cost"),
    "price.kept": _("Price kept although its cost changed"),
    "price_list.requested": _("Reading of the price list asked for"),
    "product.added": _("Product added"),
    "product.brought_back": _("Product sold again"),
    "product.changed": _("Product changed"),
    "product.deleted": _("Product deleted"),
    "product.duplicated": _("Product duplicated"),
    "product.field_renamed": _("Field of a product renamed"),
    "product.hidden": _("Product hidden"),
    "product.listed": _("Product listed again"),
    "product.retired": _("Product retired"),
    "product_group.added": _("Product group added"),
    "product_group.changed": _("Product group changed"),
    "product_group.deleted": _("Product group deleted"),
    "products.imported": _("Products made of the price list"),
    "refund.done": _("Refund done"),
    "refund.failed": _("Refund failed"),
    "refund.requested": _("Refund asked for"),
    "referral.made": _("Referred by an affiliate"),
    "referral.moved": _("Referral moved to another affiliate"),
    "referral.ordered": _("Ordered by an affiliate's link"),
    "renewal.requested": _("Renewal requested"),
    "seller.changed": _("Seller changed"),
    "server.added": _("Server added"),
    "server.balance_recovered": _("Balance recovered"),
    "server.changed": _("Server changed"),
    "server.low_balance": _("Low balance"),
    "server.sso": _("Log in to the partner account"),
    "server.reconciled": _("Account reconciled"),
    "server.sync_asked": _("Sync of the account asked for"),
    "server.synced": _("Account synced"),
    "server.tested": _("Connection tested"),
    "service.activated": _("Service active"),
    "service.limit_reached": _("Renewed as often as allowed"),
    "service.term_ended": _("Fixed term over"),
    "service.unpaid": _("Ended unpaid"),
    "service.gone_at_partner": _("Service gone at the partner"),
    "service.cycle_changed": _("Billing cycle changed"),
    "service.renewed": _("Service renewed"),
    "service.secret_revealed": _("Secret shown"),
    "service.servers_counted": _("Additional servers counted as the partner does"),
    "service.kept": _("Left alone though unpaid"),
    "service.suspended": _("Service suspended"),
    "service.synced": _("Service synced"),
    "service.tariff_changed": _("Product ID taken over from the partner"),
    "service.terminated": _("Service ended"),
    "service.unsuspended": _("Suspension over"),
    "staff.added": _("Staff added"),
    "staff.changed": _("Staff changed"),
    "store.settings_changed": _("Store settings changed"),
    "withdrawal.paid": _("Affiliate paid out"),
    "withdrawal.refused": _("Payout refused"),
    "withdrawal.requested": _("Payout requested"),
}
_SITUATIONS: Final[dict[str, str | Promise]] = {
    OperationStatus.QUEUED: _("Waits for a worker."),
    OperationStatus.RUNNING: _("A worker is talking to the partner."),
    OperationStatus.CHECKING: _("It was sent; what came of it is being looked for at the partner."),
    OperationStatus.NEEDS_CHECK: _("A person has to look at the partner and decide."),
}
POSTINGS: Final[dict[str, str | Promise]] = {
    "invoice.issued": _("Invoice issued"),
    "invoice.cancelled": _("Invoice cancelled"),
    "invoice.refunded": _("Refunded to credit"),
    "invoice.written_off": _("Written off"),
    "payment.received": _("Payment received"),
    "payment.released": _("Payment taken off the invoice"),
    "payment.reversed": _("Payment taken back by the bank"),
    "credit.added": _("Credit added"),
    "credit.taken": _("Credit taken away"),
    "credit.applied": _("Credit used"),
    "credit_note.issued": _("Credit note"),
    "refund.requested": _("Refund asked for"),
    "refund.done": _("Refund done"),
    "refund.failed": _("Refund failed"),
    "affiliate.credited": _("Affiliate paid out to credit"),
    "affiliate.paid": _("Affiliate paid out"),
}
GATEWAYS: Final[dict[str, str | Promise]] = {
    "manual": _("Manual"),
    "bank_transfer": _("Bank transfer"),
    "credit": _("Client credit"),
}


_PERIODS: Final[dict[int, str | Promise]] = {TRIAL: _("trial"), DAILY: _("a day"), LIFETIME: _("once")}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAMES: Final[dict[str, str | Promise]] = {
    "affiliate": _("affiliate"),
    "amount": _("amount"),
    "audit": _("audit"),
    "balance": _("balance"),
    "cause": _("cause"),
    "bought_ended": _("what was bought ends"),
    "below": _("alert below"),
    "code": _("code"),
    "command": _("command"),
    "draft": _("draft"),
    "fee": _("fee"),
    "lost": _("lost"),
    "way": _("way"),
    "currency": _("currency"),
    "decision": _("decision"),
    "differences": _("differences"),
    "field": _("field"),
    "auto_renewals": _("auto-renewals turned off"),
    "changed": _("changed"),
    "fields": _("fields"),
    "finding": _("finding"),
    "forms": _("read one by one"),
    "found": _("found"),
    "gone": _("gone"),
    "left_out": _("in work meanwhile"),
    "left_over": _("left for the next run"),
    "opened": _("new"),
    "remedy": _("remedy"),
    "product": _("product"),
    "product_id": _("number of the product"),
    "group": _("product group"),
    "services": _("services"),
    "setup_fee": _("setup fee"),
    "unit_price": _("price"),
    "to": _("to"),
    "too_many_gone": _("too many gone, so none was ended"),
    "what": _("what"),
    "from": _("from"),
    "gateway": _("paid by"),
    "key": _("key"),
    "kind": _("what"),
    "module": _("module"),
    "merged": _("merged into the field that was there"),
    "name": _("name"),
    "licname": _("license name"),
    "insist": _("against the rules"),
    "number": _("number"),
    "part": _("file"),
    "ok": _("worked"),
    "period": _("months"),
    "reason": _("reason"),
    "referral": _("referral"),
    "reference": _("reference"),
    "remote_id": _("number at the partner"),
    "role": _("role"),
    "roles": _("roles"),
    "runs_out_on": _("runs out on"),
    "server": _("server"),
    "status": _("status"),
    "top_up": _("to top up"),
    "until": _("until"),
    "user": _("user"),
    "withdrawal": _("withdrawal"),
}
_VALUES: Final[dict[str, str | Promise]] = {
    **GATEWAYS,
    **{kind.value: kind.label for kind in OperationKind},
    **{kind.value.lower(): kind.label for kind in OperationKind},
    **{reason.value: reason.label for reason in HoldReason},
    **{role.value: role.label for role in StaffRole},
    **{status.value: status.label for status in ServiceStatus},
    **{sort.value: sort.label for sort in FindingSort},
    **{way.value: way.label for way in RefundWay},
    "refund": _("to be given back"),
    **{way.value: way.label for way in WithdrawalWay},
    **{reason.value: reason.label for reason in VoidReason},
    **{cause.value: cause.label for cause in SuspensionCause},
    **LABELS,
    "adopt": _("it was done"),
    "not_bought": _("it was not done"),
    "give_up": _("given up"),
    "True": _("yes"),
    "False": _("no"),
}


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
    parts = [f"{_NAMES.get(name, name)}: {_flat(value)}" for name, value in shown.items()]
    return " · ".join(filter(None, [words(message, values), *parts]))


def _flat(value: object) -> str:
    """A value in words where it has some: a kind of operation, a reason, a gateway, a list of names."""
    if isinstance(value, list):
        return ", ".join(_field_words(item) for item in value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return format_date(date.fromisoformat(value), locale=_locale())
    return str(_VALUES.get(str(value), value))


def _field_words(name: str) -> str:
    """A field that was changed, by its label."""
    for model in (
        Affiliate,
        BillingSettings,
        Client,
        Invoice,
        Server,
        User,
        Product,
        ProductGroup,
        StoreSettings,
        Seller,
        BankAccount,
    ):
        for field in model._meta.fields:
            if field.name == name:
                return str(field.verbose_name)
    return str(_NAMES.get(name, name))


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
