"""How long a service lasts: renewals up to a limit (P6), and the day on which a fixed term ends it (P7)."""

from datetime import date, timedelta
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models.price import Cycle
from catalog.periods import CYCLE_MONTHS, add_months


class Lasting(Protocol):
    """What is read of a product: 0 renewals is no limit, 0 days no fixed term."""

    @property
    def recurring_limit(self) -> int: ...
    @property
    def fixed_term_days(self) -> int: ...


def find_term_end(product: Lasting, *, on: date) -> date | None:
    """The day that ends what is ordered on `on`, the first one without it; None where there is no fixed term."""
    return on + timedelta(days=product.fixed_term_days) if product.fixed_term_days else None


def count_renewals(
    product: Lasting, *, cycle: str, on: date, first_end: date | None = None, anchor_day: int | None = None
) -> int | None:
    """How many periods are invoiced after the first one of an order of `on`; None: no end.

    `first_end` is the end of a first period that is not a whole cycle, `anchor_day` the day that later ones begin on.
    """
    months = CYCLE_MONTHS.get(Cycle(cycle))
    if months is None:
        return 0
    term_end, limit = find_term_end(product, on=on), product.recurring_limit or None
    if term_end is None:
        return limit
    day = anchor_day or on.day
    start, count = first_end or add_months(on, months, anchor_day=day), 0
    while start < term_end and (limit is None or count < limit):
        start, count = add_months(start, months, anchor_day=day), count + 1
    return count


def lifetime_words(product: Lasting) -> list[str]:
    """What a shelf says of it: `Renews 3 times, then it ends`, `For 30 days`; [] for what lasts until it is stopped."""
    words: list[str] = []
    limit, days = product.recurring_limit, product.fixed_term_days
    if limit:
        text = ngettext("Renews once, then it ends", "Renews %(count)s times, then it ends", limit)
        words.append(text % {"count": limit})
    if days:
        words.append(ngettext("For %(count)s day", "For %(count)s days", days) % {"count": days})
    return words


def left_words(limit: int, left: int) -> str:
    """`2 of 3 renewals left`."""
    if not left:
        return _("No renewals left")
    return ngettext("%(left)s of %(limit)s renewal left", "%(left)s of %(limit)s renewals left", limit) % {
        "left": left,
        "limit": limit,
    }
