"""Filters for letters."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from django import template
from django.utils.translation import get_language

from billing.automation.registry import get_duty
from billing.gateways.reasons import reason_words
from billing.queries.gateways import gateway_label
from catalog.money import format_money

register = template.Library()


@register.filter
def amount(value: Decimal | str, currency: str) -> str:
    """Money in the reader's language: `{{ invoice.total|amount:invoice.currency_id }}`. Events keep it as text."""
    return format_money(Decimal(value), currency, language=get_language() or "en")


@register.filter
def duty_label(code: str) -> str:
    """What a duty of the nightly run is called; its code once it is no longer there."""
    duty = get_duty(code)
    return str(duty.label) if duty else code


@register.filter
def letter_day(value: str) -> str:
    """A day that an event keeps as 2026-12-31, by the reader's locale."""
    return format_date(date.fromisoformat(value), format="long", locale=(get_language() or "en").replace("-", "_"))


@register.filter
def gateway(code: str) -> str:
    """What a payment gateway is called."""
    return str(gateway_label(code))


@register.filter
def failure(code: str) -> str:
    """Why a payment failed, in words for the client."""
    return reason_words(code)
