"""Filters for letters."""

from decimal import Decimal

from django import template
from django.utils.translation import get_language

from catalog.money import format_money

register = template.Library()


@register.filter
def amount(value: Decimal, currency: str) -> str:
    """Money in the reader's language: `{{ invoice.total|amount:invoice.currency_id }}`."""
    return format_money(value, currency, language=get_language() or "en")
