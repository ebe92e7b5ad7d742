"""What accounts hold at the partner: services, charges, orders waiting in the basket. Pure data."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum


class Status(IntEnum):
    """`item_status` codes."""

    ORDERED = 1
    ACTIVE = 2
    SUSPENDED = 3
    DELETED = 4
    PROCESSING = 5


@dataclass(slots=True)
class Processing:
    """Work under way on an item: it shows status 5 until `reads_left` reads have passed (None = until released)."""

    sub_status: str
    reads_left: int | None
    then_expires_on: date | None = None


class Issue(IntEnum):
    """`service_status` codes of a certificate: where its issue stands."""

    SENT = 3
    AWAITING = 4
    ISSUED = 5
    FAILED = 6


@dataclass(slots=True)
class Certificate:
    """The issue of a certificate, which comes by itself after `issued_after` reads (None = decided by hand).

    `leaf` (PEM) is signed when somebody first asks for it; on a reissue the old one shows until the new one is there.
    """

    issue: Issue
    issued_after: int | None = None
    reads: int = 0
    issued_on: date | None = None
    leaf: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.issue in (Issue.SENT, Issue.AWAITING)


@dataclass(slots=True)
class Item:
    """One service of one account. `fields` holds what the kind stores: ip, licname, item, domain …"""

    id: int
    owner: str
    kind: str
    tariff_id: int
    period: int
    created_on: date
    status: Status
    fields: dict[str, str]
    expires_on: date | None = None
    autoprolong: int | None = None
    addons: int = 0
    remoteid: str = ""
    license_key: str = ""
    key_hidden_reads: int = 0
    sub_status: str = ""
    status_message: str = ""
    ip_changed_on: date | None = None
    key_changed_on: date | None = None
    processing: Processing | None = None
    certificate: Certificate | None = None
    history: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status is not Status.DELETED

    @property
    def shown_status(self) -> Status:
        """The code that lists and forms show: processing covers the state beneath."""
        return Status.PROCESSING if self.processing is not None else self.status

    def finish_work(self) -> None:
        """End the processing, stuck or not; what it led to holds from now on."""
        if self.processing is not None:
            self.expires_on = self.processing.then_expires_on or self.expires_on
            self.processing = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Money taken from an account. `act` is order, prolong, auto_prolong or addon."""

    id: int
    owner: str
    item_id: int
    act: str
    amount: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Something waiting for payment: a new item, or a renewal of one."""

    item_id: int
    act: str
    period: int
    cost: Decimal


@dataclass(slots=True)
class Billorder:
    """One unpaid order in an account's basket."""

    id: int
    owner: str
    lines: list[BasketLine]
