"""Faults that can be switched on, and which call each one hits. Pure logic; the caller holds the lock."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

# Faults of the transport and the moment of the call that each hits unless told otherwise.
TRANSPORT: Mapping[str, str] = {
    "cut_before_act": "before",
    "lost_after_act": "after",
    "delay": "before",
    "http_302": "before",
    "http_403": "before",
    "http_460": "before",
    "http_500": "before",
    "captcha": "before",
    "long_request": "after",
    "in_process": "before",
    "error": "before",
    "truncated_body": "after",
    "empty_body": "after",
}
# Faults of the answer's contents, asked for where the engine meets them.
CONTENT = (
    "single_row_as_object",
    "missing_id",
    "stuck_processing",
    "no_money",
    "ip_change_refused",
    "key_change_refused",
    "delete_refused",
    "prolong_refused",
    "balance_access",
    "pricelist_access",
    "plugin_error",
    "moving_total",
)
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "no_money": ("error", "basket"),
    "ip_change_refused": ("value", "access"),
    "key_change_refused": ("value", "access"),
    "balance_access": ("access", "missed"),
    "prolong_refused": ("too_early", "not_processed"),
    "truncated_body": ("text", "connection"),
}
NAMES = (*TRANSPORT, *CONTENT)


class BadFault(ValueError):
    """A fault that cannot be switched on, with the reason."""


@dataclass(slots=True, eq=False)
class Fault:
    """One fault. `count` = how many more matching calls it hits (None = all), `probability` = the chance of each.

    `func` limits it to a function (shell wildcards allowed), `params` to calls that carry these values.
    """

    id: int
    name: str
    func: str = ""
    params: dict[str, str] = field(default_factory=dict)
    count: int | None = None
    probability: float | None = None
    seed: int = 0
    phase: str = ""
    variant: str = ""
    delay_ms: int = 0
    type: str = ""
    object: str = ""
    msg: str = ""
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        self.dice.seed(self.seed)
        self.phase = self.phase or TRANSPORT.get(self.name, "")
        choices = VARIANTS.get(self.name)
        self.variant = self.variant or (choices[0] if choices else "")

    def matches(self, func: str, params: Mapping[str, str]) -> bool:
        if self.func and not fnmatchcase(func, self.func):
            return False
        return all(params.get(name) == value for name, value in self.params.items())

    def strikes(self) -> bool:
        """Roll the dice and count the hit. Call only when the fault matches."""
        if self.count == 0 or (self.probability is not None and self.dice.random() >= self.probability):
            return False
        if self.count is not None:
            self.count -= 1
        self.hits += 1
        return True


@dataclass(slots=True)
class FaultBoard:
    """The faults that are switched on, oldest first."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, name: str, func: str, params: Mapping[str, str]) -> Fault | None:
        """The first fault called `name` that hits this call, its count used up by one."""
        return next((one for one in self._matching(func, params) if one.name == name and one.strikes()), None)

    def take_delay(self, phase: str, func: str, params: Mapping[str, str]) -> int:
        """Milliseconds to sleep in this phase: every delay that hits, together."""
        delays = (one for one in self._matching(func, params) if one.name == "delay" and one.phase == phase)
        return sum(one.delay_ms for one in delays if one.strikes())

    def take_transport(self, phase: str, func: str, params: Mapping[str, str], *, acted: bool = False) -> Fault | None:
        """The first transport fault, delays apart, that hits this call in this phase.

        A lost answer without a `func` of its own waits for a call that did something.
        """
        for one in self._matching(func, params):
            if one.name not in TRANSPORT or one.name == "delay" or one.phase != phase:
                continue
            if one.name == "lost_after_act" and not one.func and not acted:
                continue
            if one.strikes():
                return one
        return None

    def remove(self, *, fault_id: int | None = None, name: str = "") -> list[Fault]:
        """Switch off one fault by id, all of a name, or all; returns those removed."""
        removed = [one for one in self.faults if fault_id in (None, one.id) and name in ("", one.name)]
        self.faults = [one for one in self.faults if one not in removed]
        return removed

    def _matching(self, func: str, params: Mapping[str, str]) -> list[Fault]:
        return [one for one in self.faults if one.matches(func, params)]


def checked(fault: Fault) -> Fault:
    """The fault itself. Raises BadFault when a field makes no sense."""
    if fault.name not in NAMES:
        raise BadFault(f"No such fault: {fault.name}. Faults: {', '.join(NAMES)}")
    if fault.variant and fault.variant not in VARIANTS.get(fault.name, ()):
        raise BadFault(f"{fault.name} has no variant {fault.variant}")
    if fault.phase not in ("", "before", "after"):
        raise BadFault("phase takes before or after")
    if fault.count is not None and fault.count < 1:
        raise BadFault("count takes a number from 1 on")
    if fault.probability is not None and not 0 <= fault.probability <= 1:
        raise BadFault("probability takes a number from 0 to 1")
    if fault.delay_ms < 0 or (fault.name == "delay" and fault.delay_ms == 0):
        raise BadFault("delay_ms takes a number from 1 on")
    return fault
