"""The forecast of an account's money as a line: what is left after the renewals of each day."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from billing.queries.balances import HORIZON, Forecast

WIDTH: Final = 600
HEIGHT: Final = 120
MARGIN: Final = 6


@dataclass(frozen=True, slots=True)
class Chart:
    """Points of an SVG polyline in a box of `width` by `height`, the height of zero, and where the money ends."""

    points: str
    zero_y: str
    runs_out_x: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(forecast: Forecast) -> Chart | None:
    """None where there is nothing to draw: no balance known, or nothing to renew."""
    if forecast.funds is None or not forecast.days:
        return None
    lefts = [spent.left for spent in forecast.days if spent.left is not None]
    highest, lowest = max(forecast.funds, Decimal(0)), min(forecast.funds, Decimal(0), *lefts)
    scale = Decimal(HEIGHT - 2 * MARGIN) / ((highest - lowest) or 1)

    def y(left: Decimal) -> str:
        return f"{MARGIN + (highest - left) * scale:.1f}"

    def x(days: int) -> str:
        return f"{Decimal(WIDTH) * days / HORIZON.days:.1f}"

    points, before = [f"0,{y(forecast.funds)}"], forecast.funds
    for spent, left in zip(forecast.days, lefts, strict=True):
        at = x((spent.day - forecast.starts_on).days)
        points += [f"{at},{y(before)}", f"{at},{y(left)}"]
        before = left
    points.append(f"{WIDTH},{y(before)}")
    runs_out = forecast.runs_out_on
    return Chart(
        points=" ".join(points),
        zero_y=y(Decimal(0)),
        runs_out_x=x((runs_out - forecast.starts_on).days) if runs_out else "",
    )
