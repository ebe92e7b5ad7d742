"""What happens to an item at the partner: it is activated, extended, suspended, deleted; work on it comes to an end."""

from datetime import date, datetime

from noc.sandbox import issuing
from noc.sandbox.calls import Call
from noc.sandbox.dates import period_end
from noc.sandbox.items import Item, Processing, Status
from noc.sandbox.kinds import kind_of
from noc.sandbox.state import World
from noc.sandbox.tariffs import TARIFFS


def end_of_period(item: Item, start: date, period: int) -> date:
    """Where a period of the item's tariff that begins on `start` ends."""
    return period_end(start, period, trial_days=TARIFFS[item.tariff_id].trial_days)


def renewal_start(item: Item, today: date) -> date:
    """Active items are extended from their end, suspended ones from the day of the renewal."""
    if item.expires_on is None or item.status is Status.SUSPENDED:
        return today
    return item.expires_on


def activate(call: Call, item: Item) -> None:
    """A paid order starts working today."""
    kind_of(item).provision(item, call.world)
    item.key_hidden_reads = call.options.lickey_empty_reads
    _begin_work(call, item, "5_open", end_of_period(item, call.today, item.period))


def extend(call: Call, item: Item, period: int) -> date:
    """A paid renewal moves the end; returns the new one, which shows once the work on it is over."""
    kind_of(item).renewed(item, call.world)
    expires_on = end_of_period(item, renewal_start(item, call.today), period)
    _begin_work(call, item, "5_prolong", expires_on)
    return expires_on


def observe(item: Item, today: date) -> None:
    """Somebody reads the item: work that lasts a number of reads comes one read nearer to its end."""
    issuing.observe(item, today)
    work = item.processing
    if work is None or work.reads_left is None:
        return
    if work.reads_left > 0:
        work.reads_left -= 1
    else:
        item.finish_work()


def suspend(item: Item, reason: str) -> None:
    item.status = Status.SUSPENDED
    item.sub_status = reason


def resume(item: Item) -> None:
    item.status = Status.ACTIVE
    item.sub_status = ""


def delete(world: World, item: Item, now: datetime) -> None:
    """End an item for good, its modules with it, and drop it from the basket."""
    for child in list(world.children(item)):
        delete(world, child, now)
    item.status = Status.DELETED
    item.sub_status = ""
    item.processing = None
    item.history.append((now, "delete"))
    world.drop_from_basket(item)


def _begin_work(call: Call, item: Item, sub_status: str, expires_on: date) -> None:
    resume(item)
    is_stuck = call.fault("stuck_processing") is not None
    waits = item.certificate is not None and item.certificate.is_waiting
    if waits and call.options.certificate_status == "processing":
        is_stuck = True  # Until the authority has decided.
    if is_stuck or call.options.processing_reads:
        reads = None if is_stuck else call.options.processing_reads
        item.processing = Processing(sub_status, reads, expires_on)
        return
    item.expires_on = expires_on
