"""Brakes (B6): a duty far outside the usual stops and waits for an operator's word."""

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


@dataclass(frozen=True, slots=True)
class Usual:
    """The busiest of the last nights: one who is invoiced on the first of a month has a busy first."""

    nights: int
    count: int
    amounts: dict[str, Decimal]


def read_usual(duty: str) -> Usual:
    """What the last 30 nights did that no operator had to let go; one query."""
    rows = DutyRun.objects.filter(duty=duty, status=DutyStatus.DONE, released_by="").order_by("-run__day")
    nights = list(rows.values_list("done_count", "done_amounts")[:NIGHTS_COMPARED])
    amounts: dict[str, Decimal] = {}
    for _count, stored in nights:
        for currency, amount in thaw_amounts(stored).items():
            amounts[currency] = max(amounts.get(currency, Decimal(0)), abs(amount))
    return Usual(len(nights), max((count for count, _amounts in nights), default=0), amounts)


def find_brake(duty: Duty[Any, Any], tally: Tally, *, settings: AutomationSettings, ended_tonight: int) -> str:
    """Why the duty has to wait for an operator, in words; "" if it may run.

    `ended_tonight`: services that other duties of this night ended already.
    """
    if tally.count == 0 or tally.count + (ended_tonight if duty.ends_services else 0) < settings.brake_floor:
        return ""
    return _find_ended_brake(duty, tally, settings, ended_tonight) or _find_usual_brake(duty, tally, settings)


def _find_ended_brake(duty: Duty[Any, Any], tally: Tally, settings: AutomationSettings, ended_tonight: int) -> str:
    if not duty.ends_services:
        return ""
    live, ended = Service.objects.live().count(), tally.count + ended_tonight
    # What ended tonight is not live any more where its end was not left to the partner.
    if ended * 100 <= max(live, ended) * settings.brake_ended_percent:
        return ""
    words = {"ended": ended, "live": live, "percent": settings.brake_ended_percent}
    return _("%(ended)s of %(live)s live services would end: more than %(percent)s %%.") % words


def _find_usual_brake(duty: Duty[Any, Any], tally: Tally, settings: AutomationSettings) -> str:
    usual = read_usual(duty.code)
    if usual.nights < FEWEST_NIGHTS:
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
