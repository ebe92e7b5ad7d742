"""How the store prints products: accents, prices a month, lists."""

import re
from decimal import Decimal
from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from billing.forms.checkout import total_mark
from billing.templatetags.portal import money
from catalog.comparison import monthly_share
from catalog.models import Currency, Cycle, Price

register = template.Library()
_ONCE: Final = gettext_noop("once")
_CYCLE_WORDS: Final = {
    Cycle.MONTHLY.value: gettext_noop("a month"),
    Cycle.QUARTERLY.value: gettext_noop("for 3 months"),
    Cycle.SEMIANNUALLY.value: gettext_noop("for 6 months"),
    Cycle.ANNUALLY.value: gettext_noop("a year"),
}
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@register.simple_tag
def accent(color: str) -> SafeString | str:
    """A stripe of a product's color; "" without one. A picture's fill: the content policy lets no styles inline."""
    if not _COLOR.fullmatch(color):
        return ""
    picture = '<svg class="accent" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    return format_html(picture, format_html('<rect width="1" height="1" fill="{}"></rect>', color))


@register.simple_tag
def seen_total(total: Decimal, currency: Currency) -> SafeString:
    """The total that these sums show, sent with the order: the checkout takes none at another price."""
    field = '<input type="hidden" name="seen_total" form="checkout" value="{}">'
    return format_html(field, total_mark(total, currency.pk))


@register.simple_tag
def a_month(price: Price, currency: Currency) -> SafeString | str:
    """What a longer period comes to for a month, in small print; "" where that says nothing."""
    share = monthly_share(price, precision=currency.precision)
    if share is None:
        return ""
    words = format_html(gettext("{amount} a month"), amount=money(share, currency.code))
    return format_html("<small>{}</small>", words)


@register.filter
def cycle_words(cycle: str) -> str:
    """A period behind its price: `€5.00 a month`."""
    return gettext(_CYCLE_WORDS.get(cycle, _ONCE))


@register.filter
def lines(text: str) -> list[str]:
    """The lines of a text that hold something."""
    return [line for part in text.splitlines() if (line := part.strip())]
