"""Everything the sandbox remembers, in memory. Whoever reads or writes it holds `World.lock`."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import RLock

from noc.sandbox.accounts import Account, Door
from noc.sandbox.faults import FaultBoard
from noc.sandbox.items import Billorder, Charge, Item, Status
from noc.sandbox.journal import Journal
from noc.sandbox.options import Options

FIRST_ITEM = 700001
FIRST_BILLORDER = 5001


@dataclass(slots=True)
class Clock:
    """The real clock plus what an administrator advanced it by."""

    read: Callable[[], datetime]
    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.read() + self.offset


def real_now() -> datetime:
    """The clock on the wall, in UTC."""
    return datetime.now(UTC)


class World:
    """One sandbox: accounts, items, charges, basket, faults, options, journal and clock."""

    def __init__(self, options: Options | None = None, read_clock: Callable[[], datetime] = real_now) -> None:
        self.lock = RLock()
        self._first_options = options or Options()
        self._read_clock = read_clock
        self.reset()

    def reset(self) -> None:
        """Back to how it started: two accounts, no items, no faults, the options of the start."""
        self.clock = Clock(self._read_clock)
        self.duties_done_on: date = self.clock.now().date()
        self.accounts: dict[str, Account] = {}
        self.door = Door()
        self.items: dict[int, Item] = {}
        self.charges: list[Charge] = []
        self.billorders: dict[int, Billorder] = {}
        self.faults = FaultBoard()
        self.options = self._first_options
        self.journal = Journal()
        self._held: dict[tuple[str, str], dict[int, Item]] = {}
        self._children: dict[str, dict[int, Item]] = {}
        self._ip_holders: dict[tuple[int, str], dict[int, Item]] = {}
        self._item_ids = count(FIRST_ITEM)
        self._charge_ids = count(1)
        self._billorder_ids = count(FIRST_BILLORDER)
        self._fault_ids = count(1)
        self.add_account("reseller", "sandbox-password", currency="EUR", balance=Decimal("10000.00"))
        self.add_account("reseller-ru", "sandbox-password", currency="RUB", balance=Decimal("1000000.00"))

    def add_account(self, login: str, password: str, *, currency: str, balance: Decimal) -> Account:
        """A new account, or the one of that login made anew; what it holds stays."""
        known = self.accounts.get(login)
        account = Account(known.id if known else len(self.accounts) + 1, login, password, currency, balance)
        self.accounts[login] = account
        return account

    def add_item(
        self, *, owner: str, kind: str, tariff_id: int, period: int, now: datetime, fields: Mapping[str, str]
    ) -> Item:
        """A new item in status 1, which `ip_holder`, `children` and the owner's lists know at once."""
        item = Item(next(self._item_ids), owner, kind, tariff_id, period, now.date(), Status.ORDERED, dict(fields))
        self.items[item.id] = item
        self._held.setdefault((owner, kind), {})[item.id] = item
        self.index(item)
        return item

    def forget_item(self, item: Item) -> None:
        """Take an item out as if it had never been there, out of the basket too."""
        del self.items[item.id]
        del self._held[(item.owner, item.kind)][item.id]
        self.drop_from_basket(item)

    def drop_from_basket(self, item: Item) -> None:
        """Nobody has to pay for the item any more; an order that it leaves empty goes."""
        for order in list(self.billorders.values()):
            order.lines = [line for line in order.lines if line.item_id != item.id]
            if not order.lines:
                del self.billorders[order.id]

    def held(self, owner: str, kind: str) -> Iterable[Item]:
        """An account's items of one kind, oldest first, deleted ones too."""
        return self._held.get((owner, kind), {}).values()

    def children(self, parent: Item) -> Iterator[Item]:
        """Live modules of a license."""
        elid = str(parent.id)
        modules = self._children.get(elid, {}).values()
        return (one for one in modules if one.is_live and one.id in self.items and one.fields["item"] == elid)

    def index(self, item: Item) -> None:
        """Call after an item got an address or a parent, so that both are found without walking all items."""
        if item.fields.get("ip"):
            self._ip_holders.setdefault((item.tariff_id, item.fields["ip"]), {})[item.id] = item
        if item.fields.get("item"):
            self._children.setdefault(item.fields["item"], {})[item.id] = item

    def ip_holder(self, tariff_id: int, ip: str) -> Item | None:
        """A live item of this tariff on this address."""
        for item in self._ip_holders.get((tariff_id, ip), {}).values():
            is_there = item.is_live and item.id in self.items and item.fields.get("ip") == ip
            if is_there and item.tariff_id == tariff_id:
                return item
        return None

    def charge(self, account: Account, item: Item, act: str, amount: Decimal, now: datetime) -> None:
        """Take money; nothing is written for a free act."""
        if not amount:
            return
        account.balance -= amount
        self.charges.append(Charge(next(self._charge_ids), account.login, item.id, act, amount, account.currency, now))

    def add_billorder(self, owner: str) -> Billorder:
        """A new empty order in the basket."""
        order = Billorder(next(self._billorder_ids), owner, [])
        self.billorders[order.id] = order
        return order

    def next_fault_id(self) -> int:
        return next(self._fault_ids)


def new_license_key(item: Item) -> str:
    """`<id>-<hex>`: the part before the first dash is the item's id."""
    return f"{item.id}-{secrets.token_hex(12).upper()}"
