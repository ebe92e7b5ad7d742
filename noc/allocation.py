"""Which server of a group takes the next service. Pure (features S3–S5, whmcs-behaviour.md §7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class FillType(StrEnum):
    """How a group is filled; the values are those stored."""

    LEAST_FULL = "LEAST_FULL"
    FILL_ACTIVE = "FILL_ACTIVE"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server: `used` services made on it (pending, active, suspended), `maximum` accounts (0 or None: no figure).

    `has_money` is False where the account is known to be unable to pay now: out of money, or its login refused.
    """

    id: int
    name: str
    used: int
    maximum: int | None
    is_enabled: bool = True
    is_default: bool = False
    has_money: bool = True

    @property
    def ratio(self) -> Fraction:
        """How full it is; without a figure it never fills."""
        return Fraction(self.used, self.maximum) if self.maximum else Fraction(0)

    @property
    def is_full(self) -> bool:
        """The maximum only steers: a full server still takes services when all are full."""
        return self.ratio >= 1


def choose_server(
    candidates: Iterable[Candidate],
    fill_type: FillType | str | None,
    default_id: int | None = None,
    *,
    prefers_money: bool = False,
) -> int | None:
    """The id of the server for a new service, None if no enabled one is there.

    `fill_type` None means no group: the module's default server, or the only one. `default_id` wins over
    `Candidate.is_default`. With `prefers_money` a group passes over accounts that cannot pay while another can.
    Raises ValueError for an unknown fill type.
    """
    servers = sorted(candidates, key=lambda server: (server.name.casefold(), server.name, server.id))
    enabled = [server for server in servers if server.is_enabled]
    if fill_type is None:
        return choose_without_group(servers, default_id)
    rule = FillType(fill_type)
    if prefers_money:
        enabled = [server for server in enabled if server.has_money] or enabled
    if not enabled:
        return None
    if rule is FillType.FILL_ACTIVE:
        return choose_filling(enabled, default_id).id
    return least_full(enabled).id


def choose_without_group(servers: list[Candidate], default_id: int | None) -> int | None:
    """The default server, a lone one being it by itself; a disabled default is not replaced by another."""
    chosen = find_default(servers, default_id) or (servers[0] if len(servers) == 1 else None)
    return chosen.id if chosen and chosen.is_enabled else None


def choose_filling(enabled: list[Candidate], default_id: int | None) -> Candidate:
    """The preferred server until it is full, then the least full of the rest; all full: the least full of all."""
    active = find_default(enabled, default_id) or enabled[0]
    if not active.is_full:
        return active
    rest = [server for server in enabled if not server.is_full]
    return least_full(rest or enabled)


def find_default(servers: list[Candidate], default_id: int | None) -> Candidate | None:
    if default_id is not None:
        return next((server for server in servers if server.id == default_id), None)
    return next((server for server in servers if server.is_default), None)


def least_full(servers: list[Candidate]) -> Candidate:
    """The lowest ratio; ties go by name, then id, as the list is sorted."""
    return min(servers, key=lambda server: server.ratio)
