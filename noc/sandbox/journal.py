"""What was asked and what was done: the request log with secrets removed. Pure data."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice

MASK = "***"
_SECRETS = frozenset({"authinfo", "auth", "password", "key", "lickey", "bitninja_password", "qrcode", "csr", "pkey"})
_SECRET_ENDINGS = ("password", "_key", "passwd")
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a call changed: `order`, `basket`, `prolong`, `addon`, `edit`, `delete` …, and its cost."""

    name: str
    item_id: int
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `outcome` is `ok`, `error:<type>/<object>` or `fault:<name>`; `acts` is empty when nothing changed."""

    number: int
    at: datetime
    method: str
    path: str
    func: str
    login: str
    params: Mapping[str, str]
    acts: Sequence[Act]
    outcome: str
    fault: str
    milliseconds: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"acted": bool(self.acts)}


@dataclass(slots=True)
class Journal:
    """The last calls, and how many acts of each name there were since the reset."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    counted: dict[str, int] = field(default_factory=dict)
    calls: int = 0

    def add(self, entry: Entry) -> None:
        self.calls += 1
        self.entries.append(entry)
        for act in entry.acts:
            self.counted[act.name] = self.counted.get(act.name, 0) + 1

    def latest(self, count: int) -> list[Entry]:
        """The last `count` entries, newest first."""
        return list(islice(reversed(self.entries), count))

    def found(self, *, func: str = "", acted: bool = False, after: int = 0) -> Iterator[Entry]:
        """Entries in order, limited to a function, to calls that acted, to those numbered above `after`."""
        for entry in self.entries:
            if entry.number > after and func in ("", entry.func) and (entry.acts or not acted):
                yield entry


def masked(params: Mapping[str, str]) -> dict[str, str]:
    """`params` with every secret replaced; of `authinfo` the login stays."""
    return {name: _masked_value(name, value) for name, value in params.items()}


def _masked_value(name: str, value: str) -> str:
    if name == "authinfo":
        return f"{value.partition(':')[0]}:{MASK}"
    if value and (name in _SECRETS or name.endswith(_SECRET_ENDINGS)):
        return MASK
    return value
