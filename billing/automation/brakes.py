"""Brakes (B6): a duty far outside the usual stops and waits for an operator's word."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.automation.duty import Duty
from billing.automation.night import Tally, thaw_amounts
from billing.models import AutomationSettings, DutyRun, DutyStatus, Service

NIGHTS_COMPARED = 30
# A portal of a few days has no usual yet.
FEWEST_NIGHTS = 5
# One service that ends is no accident, however few there are.
FEWEST_ENDED = 2


@dataclass(frozen=True, slots=True)
class Usual:
    """The busiest of the last nights: one who is invoiced on the first of a month has a busy first.

    A night that an operator let go counts once there is another such one: once may be an accident, twice is growth.
    """

    nights: int
    count: int
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Ended:
    """Services that a night ended already: `count` by other duties than the one judged, `gone` by any and live no more.

    What is left to the partner to end lives until it answers.
    """

    count: int = 0
    gone: int = 0


@dataclass(slots=True)
class _Busiest:
    """The largest value of nights that nobody had to let go, the two largest of those that somebody did."""

    freely: Decimal = Decimal(0)
    let_go: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))

    def add(self, value: Decimal, *, is_let_go: bool) -> None:
        if is_let_go:
            _least, *most = sorted((*self.let_go, value))
            self.let_go = (most[0], most[1])
        else:
            self.freely = max(self.freely, value)

    @property
    def usual(self) -> Decimal:
        return max(self.freely, self.let_go[0])


def read_usual(duty: str) -> Usual:
    """What the last 30 nights did; one query."""
    rows = DutyRun.objects.filter(duty=duty, status=DutyStatus.DONE).order_by("-run__day")
    nights = list(rows.values_list("done_count", "done_amounts", "released_by")[:NIGHTS_COMPARED])
    counts, amounts = _Busiest(), defaultdict[str, _Busiest](_Busiest)
    for count, stored, released_by in nights:
        counts.add(Decimal(count), is_let_go=bool(released_by))
        for currency, amount in thaw_amounts(stored).items():
            amounts[currency].add(abs(amount), is_let_go=bool(released_by))
    return Usual(len(nights), int(counts.usual), {currency: found.usual for currency, found in amounts.items()})


def find_brake(duty: Duty[Any, Any], tally: Tally, *, settings: AutomationSettings, ended: Ended) -> str:
    """Why the duty has to wait for an operator, in words; "" if it may run. `tally`: all that is the duty's tonight."""
    if tally.count == 0:
        return ""
    return _find_ended_brake(duty, tally, settings, ended) or _find_usual_brake(duty, tally, settings)


def _find_ended_brake(duty: Duty[Any, Any], tally: Tally, settings: AutomationSettings, ended: Ended) -> str:
    if not duty.ends_services:
        return ""
    live, ending = Service.objects.live().count() + ended.gone, tally.count + ended.count
    if ending < FEWEST_ENDED or ending * 100 <= live * settings.brake_ended_percent:
        return ""
    words = {"ended": ending, "live": live, "percent": settings.brake_ended_percent}
    return _("%(ended)s of %(live)s live services would end: more than %(percent)s %%.") % words


def _find_usual_brake(duty: Duty[Any, Any], tally: Tally, settings: AutomationSettings) -> str:
    usual = read_usual(duty.code)
    if usual.nights < FEWEST_NIGHTS or tally.count < settings.brake_floor:
        return ""
    factor = settings.brake_factor
    words = {"factor": f"{factor.normalize():f}", "nights": usual.nights}
    if tally.count > usual.count * factor:
        words |= {"count": tally.count, "usual": usual.count}
        text = _("%(count)s objects: more than %(factor)s times the %(usual)s of the busiest of %(nights)s nights.")
        return text % words
    for currency, amount in sorted(tally.amounts.items()):
        most = usual.amounts.get(currency, Decimal(0))
        if abs(amount) > most * factor:
            words |= {"amount": f"{amount:f} {currency}", "usual": f"{most:f} {currency}"}
            text = _("%(amount)s: more than %(factor)s times the %(usual)s of the busiest of %(nights)s nights.")
            return text % words
    return ""
