"""One call as the functions see it: who asks what, when, and what they changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from noc.sandbox.accounts import Account, Session
from noc.sandbox.faults import Fault
from noc.sandbox.items import Item
from noc.sandbox.journal import Act
from noc.sandbox.money import with_currency
from noc.sandbox.options import Options
from noc.sandbox.refusals import no_item
from noc.sandbox.state import World


@dataclass(slots=True)
class Call:
    """An authenticated call. `acts` gathers what it changed, for the journal."""

    world: World
    account: Account
    session: Session | None
    func: str
    params: Mapping[str, str]
    lang: str
    now: datetime
    acts: list[Act] = field(default_factory=list)

    @property
    def submitted(self) -> bool:
        """`sok=ok`: without it order, edit and renewal functions only return their form."""
        return self.params.get("sok") == "ok"

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def options(self) -> Options:
        return self.world.options

    def param(self, name: str) -> str:
        """A parameter without surrounding spaces, empty when absent."""
        return self.params.get(name, "").strip()

    def fault(self, name: str) -> Fault | None:
        """The content fault that hits this call, used up by one."""
        return self.world.faults.take(name, self.func, self.params)

    def did(self, name: str, item: Item, cost: Decimal = Decimal(0)) -> None:
        """Note a change, in the call and in the item's own history."""
        self.acts.append(Act(name, item.id, cost))
        item.history.append((self.now, name))

    def own_item(self, elid: str, kind: str = "") -> Item:
        """The caller's item `elid`, deleted ones included while their rows are kept. Raises Refusal `missed`."""
        item = self.world.items.get(int(elid)) if elid.isascii() and elid.isdigit() and len(elid) < 19 else None
        if item is None or item.owner != self.account.login or kind not in ("", item.kind):
            raise no_item()
        if not item.is_live and not self.options.keep_deleted_rows:
            raise no_item()
        return item

    def own_live_item(self, elid: str, kind: str = "") -> Item:
        """The caller's item `elid` that is not deleted. Raises Refusal `missed`."""
        item = self.own_item(elid, kind)
        if not item.is_live:
            raise no_item()
        return item

    def amount(self, value: Decimal) -> str:
        """An amount in the account's currency as the partner writes it."""
        return with_currency(value, self.account.currency, nbsp=self.options.money_nbsp)
