"""The year itself: days one after another, each with its night, its work and what people want."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from billing.simulation.agenda import Agenda
from billing.simulation.clock import SimulatedClock, moment_of
from billing.simulation.judging import Breach, judge_day, judge_year
from billing.simulation.paying import Payers
from billing.simulation.shop import open_shop
from billing.simulation.till import Till
from billing.simulation.wishing import Wishes
from billing.simulation.working import Machinery
from noc.sandbox.server import Sandbox

# Both changes of the clocks lie inside, also of the shortest run that a test makes.
FIRST_DAY = date(2026, 2, 10)
FIRST_MOMENT = datetime(2026, 2, 9, 12, tzinfo=UTC)
# So much of the year has gone when the last order is placed; half of them come in its first tenth.
ORDERS_END, RUSH_ENDS = 0.8, 0.1
Progress = Callable[[date, Till], None]


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    seed: int
    days: int
    clients: int
    services: int


@dataclass(frozen=True)
class Outcome:
    """What happened, and what should not have."""

    till: Till
    breaches: list[Breach]


def simulate(size: Size, *, sandbox: Sandbox, clock: SimulatedClock, tell: Progress) -> Outcome:
    """Lives through the days; ends early with the first day that a breach is seen on."""
    year = _Year(size, sandbox, clock)
    for number in range(size.days):
        day = FIRST_DAY + timedelta(days=number)
        year.live(day)
        tell(day, year.till)
        if breaches := list(judge_day(day)):
            return Outcome(year.till, breaches)
    last = FIRST_DAY + timedelta(days=size.days)
    year.close(last)
    return Outcome(year.till, list(judge_year(year.till, year.shop, sandbox, first=FIRST_DAY, last=last)))


class _Year:
    def __init__(self, size: Size, sandbox: Sandbox, clock: SimulatedClock) -> None:
        self.size, self.clock = size, clock
        self.dice, self.till, self.agenda = Random(size.seed), Till(), Agenda()
        self.shop = open_shop(
            sandbox, clients=size.clients, start=FIRST_DAY, days=size.days, now=clock(), dice=self.dice
        )
        self.payers = Payers(clock=clock, agenda=self.agenda, till=self.till, dice=self.dice)
        self.wishes = Wishes(clock=clock, till=self.till, shop=self.shop, dice=self.dice)
        self.machinery = Machinery(clock=clock, till=self.till, dice=self.dice)
        for _number in range(size.services):
            self.agenda.add(self._order_moment(), self.wishes.order)

    def _order_moment(self) -> datetime:
        end = RUSH_ENDS if self.dice.random() < 0.5 else ORDERS_END
        day = FIRST_DAY + timedelta(days=int(self.dice.uniform(0, end) * self.size.days))
        return moment_of(day, hours=self.dice.uniform(7, 22))

    def live(self, day: date) -> None:
        """A night, a morning, a day, an evening."""
        self.machinery.pass_night(day)
        self.clock.move_to(moment_of(day, hours=7))
        self.machinery.decide_brakes()
        self._look_after()
        self._want(day)
        for moment, deed in self.agenda.due(moment_of(day + timedelta(days=1), hours=0)):
            self.clock.move_to(moment)
            deed()
            self.payers.look_at_new_invoices()
        self.clock.move_to(moment_of(day, hours=22.5))
        self._look_after()

    def _look_after(self) -> None:
        self.machinery.work()
        self.wishes.set_up()
        self.payers.look_at_new_invoices()

    def _want(self, day: date) -> None:
        """What people want today: as often a day as stands here for a thousand services."""
        often = {
            self.wishes.cancel: 0.9,
            self.wishes.withdraw: 0.2,
            self.wishes.change_cycle: 0.6,
            self.wishes.renew_early: 0.6,
            self.payers.refund: 0.5,
            self.payers.charge_back: 0.2,
            self.payers.prepay: 0.3,
            self.payers.pay_together: 0.3,
            self.payers.cancel_invoice: 0.3,
            self.payers.give_up: 0.2,
        }
        for deed, times in often.items():
            times = max(times * self.size.services / 1000, 0.1)
            for _time in range(int(times) + (self.dice.random() < times % 1)):
                self.agenda.add(moment_of(day, hours=self.dice.uniform(8, 22)), deed)

    def close(self, day: date) -> None:
        """The last night is a quiet one; what it asks for is done."""
        self.machinery.pass_night(day, is_quiet=True)
        for hours in (7, 12, 18):
            self.clock.move_to(moment_of(day, hours=hours))
            self.machinery.decide_brakes()
            self._look_after()
