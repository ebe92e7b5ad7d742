"""The workers and the nights of the simulation: operations done as they fall due, nights missed, doubled and killed."""

from datetime import date, timedelta
from random import Random

from billing.actions.account_nights import tend_one_account
from billing.actions.provisioning import free_expired_leases, release_ready, run_operation
from billing.automation.leases import LEASE
from billing.automation.nights import due_days
from billing.automation.running import run_night, run_nights
from billing.automation.starting import release_duty, run_due_nights, skip_duty
from billing.models import DutyRun, DutyStatus, Operation
from billing.queries.clock import business_date
from billing.simulation.clock import DyingClock, PowerCut, SimulatedClock, moment_of
from billing.simulation.shop import ACTOR
from billing.simulation.till import Till
from noc.models import Server

ROUNDS = 20
# Hours after midnight at which beat looks: before the night's hour, and at it.
EARLY, AT_NIGHT = 0.2, 2.1
LONGEST_OUTAGE = 3
MOST_READINGS = 80
MISSED_DAY = 17


class Machinery:
    """What happens without a person, and the operator who looks after it each morning."""

    def __init__(self, *, clock: SimulatedClock, till: Till, dice: Random) -> None:
        self.clock, self.till, self.dice = clock, till, dice
        self.nights_without_power = 0

    def pass_night(self, day: date, *, is_quiet: bool = False) -> None:
        """One night by chance: as usual, missed, killed, or done twice. `is_quiet`: as usual."""
        fate = "usual" if is_quiet else self._draw_fate(day)
        self.till.happened[f"night {fate}"] += 1
        if fate == "missed":
            return
        for hours in (EARLY, AT_NIGHT) if fate == "twice" else (AT_NIGHT,):
            self.clock.move_to(moment_of(day, hours=hours))
            if fate == "killed":
                self._cut_power()
            self._run_nights(day)
        if fate == "twice":
            run_night(day=day, clock=self.clock)
        if day.weekday() == 0:
            for server in Server.objects.order_by("pk"):
                tend_one_account(server_id=server.pk, clock=self.clock)

    def _run_nights(self, day: date) -> None:
        """By beat on each third day; as the command does it on the others, without a plan of what comes."""
        if day.day % 3 == 0:
            run_due_nights(clock=self.clock)
        else:
            run_nights(days=due_days(today=business_date(self.clock())), clock=self.clock)

    def _draw_fate(self, day: date) -> str:
        """One night a month is missed in any case, so that a short run has one too."""
        if self.nights_without_power:
            self.nights_without_power -= 1
            return "missed"
        chosen = self.dice.choices(("usual", "missed", "killed", "twice"), (80, 2, 10, 8))[0]
        fate = "missed" if day.day == MISSED_DAY else chosen
        if fate == "missed":
            self.nights_without_power = self.dice.randint(0, LONGEST_OUTAGE - 1)
        return fate

    def _cut_power(self) -> None:
        """The night's process dies at some reading of its clock; its lease ends before beat starts the next."""
        try:
            run_due_nights(clock=DyingClock(self.clock, self.dice.randint(1, MOST_READINGS)))
        except PowerCut:
            self.till.happened["power cut"] += 1
        self.clock.skip(LEASE + timedelta(minutes=1))

    def decide_brakes(self) -> None:
        """An operator looks at what a brake stopped: nearly always it may go."""
        stopped = list(DutyRun.objects.filter(status=DutyStatus.BRAKED).select_related("run").order_by("pk"))
        for duty_run in stopped:
            is_let_go = self.dice.random() < 0.8
            self.till.happened["brake released" if is_let_go else "brake skipped"] += 1
            decide = release_duty if is_let_go else skip_duty
            decide(duty_run=duty_run, actor=ACTOR, now=self.clock())
        if stopped:
            run_due_nights(clock=self.clock)

    def work(self) -> None:
        """Operations that are due, until there is none."""
        free_expired_leases(now=self.clock())
        release_ready(now=self.clock())
        for _round in range(ROUNDS):
            due = Operation.objects.due(now=self.clock()).order_by("run_after", "pk")
            keys = list(due.values_list("pk", flat=True))
            if not keys:
                return
            for key in keys:
                run_operation(operation_id=key, clock=self.clock)
