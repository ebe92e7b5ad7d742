"""What the partner does by itself at the turn of a day: renew, suspend, delete. Pure logic."""

from datetime import UTC, date, datetime, time, timedelta

from noc.sandbox import issuing, lifecycle
from noc.sandbox.items import Item, Status
from noc.sandbox.kinds import kind_of
from noc.sandbox.offers import total_cost
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS

DELETED_AFTER = timedelta(days=30)


def catch_up(world: World, now: datetime) -> None:
    """Do the duties of every day that has begun since the last time."""
    today = now.date()
    while world.duties_done_on < today:
        world.duties_done_on += timedelta(days=1)
        _do_duties(world, world.duties_done_on)


def _do_duties(world: World, day: date) -> None:
    midnight = datetime.combine(day, time(), UTC)
    for item in list(world.items.values()):
        if item.processing is not None and item.processing.reads_left is not None:
            item.finish_work()
        if item.certificate is not None and item.certificate.is_waiting and item.certificate.issued_after is not None:
            issuing.issue(item, day)
        if item.expires_on is None or item.processing is not None or day < item.expires_on:
            continue
        if item.status is Status.ACTIVE and not _renewed(world, item, midnight):
            lifecycle.suspend(item, "3_autosuspend")
            item.history.append((midnight, "suspend"))
        elif item.status is Status.SUSPENDED and day >= item.expires_on + DELETED_AFTER:
            lifecycle.delete(world, item, midnight)


def _renewed(world: World, item: Item, now: datetime) -> bool:
    """Automatic renewal at the end date, where it is on and the account can pay."""
    period, account = item.autoprolong, world.accounts[item.owner]
    if period is None or period not in TARIFFS[item.tariff_id].renewable_periods or item.expires_on is None:
        return False
    cost = total_cost(world.options, item, period, account.currency)
    if cost and account.available < cost:
        return False
    world.charge(account, item, "auto_prolong", cost, now)
    kind_of(item).renewed(item, world)
    item.expires_on = lifecycle.end_of_period(item, item.expires_on, period)
    item.history.append((now, "auto_prolong"))
    return True
