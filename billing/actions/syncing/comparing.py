"""Which services of an account need a closer look, by its lists alone: pure values in, a plan out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from billing.actions.lifecycle import status_from
from billing.provisioners.account_reading import AccountReading
from billing.queries.account_services import OurService
from noc.kinds.fields import normalize_value
from noc.kinds.license import NO_ADDRESS
from noc.schemas import ItemStatus, RemoteService

# Each night the forms of a thirtieth are read although nothing seems to have changed.
NIGHTS: Final = 30


@dataclass
class Plan:
    """Services by what is to be done about them; each is in one of the lists. `renewed` come on top."""

    absent: list[OurService] = field(default_factory=list)
    changed: list[OurService] = field(default_factory=list)
    turn: list[OurService] = field(default_factory=list)
    lacking: list[OurService] = field(default_factory=list)
    # The rest: as it was. (service, status at the partner)
    same: list[tuple[int, ItemStatus | None]] = field(default_factory=list)
    # The partner would renew them by itself.
    auto_renewed: list[int] = field(default_factory=list)
    # Of kinds whose list is closed to us: nothing is known.
    unknown: int = 0

    @property
    def forms(self) -> list[OurService]:
        """Whose forms are read, what matters most first."""
        return [*self.absent, *self.changed, *self.turn, *self.lacking]


def make_plan(services: Iterable[OurService], reading: AccountReading, *, lacking: set[int], on: date) -> Plan:
    """Compares as a set: rows of lists that say the same as we do cost no call."""
    plan = Plan()
    turn = on.toordinal() % NIGHTS
    for ours in services:
        row = reading.rows.get(ours.place)
        if ours.kind in reading.closed:
            plan.unknown += 1
            continue
        if row is not None and row.auto_renewal:
            plan.auto_renewed.append(ours.id)
        if row is None or row.status == ItemStatus.DELETED:
            plan.absent.append(ours)
        elif differs(ours, row):
            plan.changed.append(ours)
        elif ours.id % NIGHTS == turn:
            plan.turn.append(ours)
        elif ours.id in lacking:
            plan.lacking.append(ours)
        else:
            plan.same.append((ours.id, row.status))
    return plan


def differs(ours: OurService, row: RemoteService) -> bool:
    """Whether a row says anything else than we do; what it does not show says nothing."""
    status = status_from(row)
    return (
        (status is not None and status != ours.status)
        or (row.expires_on is not None and row.expires_on != ours.expires_on)
        or (bool(row.tariff_id) and row.tariff_id != ours.tariff_id)
        or (bool(row.addons) and dict(row.addons) != dict(ours.remote_addons))
        or address_differs(ours, row)
    )


def address_differs(ours: OurService, row: RemoteService) -> bool:
    """Another name or IP than ours, where both sides have one."""
    return any(before != after for before, after in addresses(ours, row).values())


def addresses(ours: OurService, row: RemoteService) -> Mapping[str, tuple[str, str]]:
    """Field key → (ours, theirs), normalized, for the name and the address that both sides have."""
    shown = {"licname": row.name, "ip": "" if row.ip == NO_ADDRESS else row.ip}
    held = {"licname": ours.fields.get("licname", ""), "ip": ours.ip or ours.fields.get("ip", "")}
    pairs = {key: (normalize_value(held[key]), normalize_value(shown[key])) for key in shown}
    return {key: pair for key, pair in pairs.items() if all(pair)}
