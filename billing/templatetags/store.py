"""How the store prints products: accents, prices a month, lists."""

import re
from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.templatetags.portal import money
from catalog.comparison import monthly_share
from catalog.models import Currency, Price

register = template.Library()
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@register.simple_tag
def accent(color: str) -> SafeString | str:
    """A stripe of a product's color; "" without one. A picture's fill: the content policy lets no styles inline."""
    if not _COLOR.fullmatch(color):
        return ""
    picture = '<svg class="accent" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    return format_html(picture, format_html('<rect width="1" height="1" fill="{}"></rect>', color))


@register.simple_tag
def a_month(price: Price, currency: Currency) -> SafeString | str:
    """What a longer period comes to for a month; "" where that says nothing."""
    share = monthly_share(price, precision=currency.precision)
    return money(share, currency.code) if share else ""


@register.filter
def lines(text: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line for part in text.splitlines() if (line := part.strip())]
