"""How pages print money, dates, states and icons."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_time, format_timedelta
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from billing.models import AttemptStatus, CertificateState, EmailStatus, InvoiceStatus, OrderStatus, ServiceStatus
from billing.queries.pages_payment import METHOD_LABELS
from catalog.domains import domain_words
from catalog.lifetime import lifetime_words
from catalog.models import Product
from catalog.money import format_money

register = template.Library()

# A state is always a word; the tone only helps the eye.
_TONES: dict[str, str] = {
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
    AttemptStatus.NEEDS_CHECK: "amber",
    AttemptStatus.FAILED: "red",
    AttemptStatus.QUEUED: "blue",
    EmailStatus.READY: "blue",
    EmailStatus.SENDING: "blue",
    EmailStatus.SENT: "green",
    EmailStatus.BOUNCED: "red",
    CertificateState.REQUESTED: "blue",
    CertificateState.AWAITING: "amber",
    CertificateState.ISSUED: "green",
    CertificateState.FAILED: "red",
}
_NOTICE_TONES = {"success": "green", "warning": "amber", "error": "red"}
_NOTICE_ICONS = {"success": "check", "warning": "alert", "error": "alert"}


def _language() -> str:
    return (get_language() or settings.LANGUAGE_CODE).replace("-", "_")


@register.simple_tag
def money(amount: Decimal, currency: str) -> SafeString:
    """An amount with its currency by the reader's locale; `currency` is a code."""
    return format_html('<span class="money">{}</span>', format_money(amount, str(currency), language=_language()))


@register.filter
def day(value: date | None) -> SafeString | str:
    """A date by the reader's locale, how far away it is in a tooltip."""
    if value is None:
        return "—"
    away = format_timedelta(value - timezone.localdate(), granularity="day", add_direction=True, locale=_language())
    text = format_date(value, format="medium", locale=_language())
    return format_html('<time datetime="{}" title="{}" class="nowrap">{}</time>', value.isoformat(), away, text)


@register.filter
def day_before(value: date) -> SafeString | str:
    """The last day of a period that is kept with its end excluded."""
    return day(value - timedelta(days=1))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A date and time by the reader's locale with the time zone named, how long ago in a tooltip."""
    if value is None:
        return "—"
    local = timezone.localtime(value)
    away = format_timedelta(value - timezone.now(), add_direction=True, locale=_language())
    date_text = format_date(local, format="medium", locale=_language())
    time_text = format_time(local, format="short", locale=_language(), tzinfo=local.tzinfo)
    parts = (value.isoformat(), away, date_text, time_text, local.tzname() or "")
    return format_html('<time datetime="{}" title="{}">{}, {} {}</time>', *parts)


@register.filter
def domain(name: str) -> str:
    """A domain in its own letters, not in those that computers write it in."""
    return domain_words(name)


@register.filter
def lifetime(product: Product) -> str:
    """How long what is bought lasts: `Renews 3 times, then it ends · For 30 days`; "" until it is stopped."""
    return " · ".join(lifetime_words(product))


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A decorative icon of the sprite; the word beside it carries the meaning."""
    source = f"{static('img/icons.svg')}#{name}"
    css_class = f"icon icon-{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', css_class, source)


@register.filter
def paid_by(code: str) -> str:
    """How a payment came, in words for the client."""
    return str(METHOD_LABELS.get(code, gettext("Payment")))


@register.inclusion_tag("partials/badge.html")
def badge(status: str, label: str) -> dict[str, str]:
    """A state in words with its tone."""
    return {"tone": _TONES.get(status, "grey"), "label": label}


@register.inclusion_tag("partials/notice.html")
def notice(level: str, text: str) -> dict[str, str]:
    """A message of `level` success, warning, error or info."""
    return {
        "tone": _NOTICE_TONES.get(level, "blue"),
        "icon_name": _NOTICE_ICONS.get(level, "info"),
        "role": "alert" if level == "error" else "status",
        "text": text,
    }
