"""Amounts as bars beside their names, drawn in the page without scripts or styles of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.safestring import SafeString

from billing.admin.report_cells import step_words
from billing.queries.reports import Bar, Step
from billing.templatetags.portal import money

WIDTH: Final = 1000
# More are no picture; the table below has them all.
MOST: Final = 24


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar from `x`, `width` wide, in a box of WIDTH; below zero it reaches to the left of the zero line."""

    label: str
    amount: SafeString
    x: str
    width: str
    is_below_zero: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars of one currency, from the first to the last."""

    bars: tuple[DrawnBar, ...]
    zero_x: str
    width: int = WIDTH


def draw_bars(bars: Sequence[Bar], currency: str) -> BarChart | None:
    """None where there is nothing to compare."""
    shown = bars[:MOST]
    if len(shown) < 2 or not any(bar.amount for bar in shown):
        return None
    highest = max(Decimal(0), *(bar.amount for bar in shown))
    lowest = min(Decimal(0), *(bar.amount for bar in shown))
    scale = WIDTH / (highest - lowest)
    zero = -lowest * scale
    drawn = tuple(
        DrawnBar(
            label=step_words(bar.label) if isinstance(bar.label, Step) else bar.label,
            amount=money(bar.amount, currency),
            x=f"{zero + min(bar.amount, Decimal(0)) * scale:.1f}",
            width=f"{abs(bar.amount) * scale:.1f}",
            is_below_zero=bar.amount < 0,
        )
        for bar in shown
    )
    return BarChart(drawn, f"{zero:.1f}")
