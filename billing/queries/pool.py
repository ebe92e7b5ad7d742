"""The pool of licenses without an owner: what is in it, and what of it can stand in for a purchase (L3)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, Q

from billing.models import Operation, PooledLicense, PoolState, Service
from billing.queries.services import ordered_addons
from catalog.models import AtEnd
from noc.kinds import KINDS
from noc.models import Server
from noc.schemas import RemoteService

HELD_STATES = (PoolState.FREE, PoolState.TAKEN)
# The partner deletes what was not renewed so long after its end (partner-api.md §9).
KEPT_AFTER_END = timedelta(days=30)
# "More than a month ago": the partner limits how often name, address and key change.
QUIET_TIME = timedelta(days=31)
# What was refused once is not asked for again so soon.
RETRY_AFTER = timedelta(days=1)


def pooled_ids(server: Server) -> set[str]:
    """Numbers of the licenses on the account that are kept in the pool, or are being taken out of it."""
    held = PooledLicense.objects.filter(server=server, state__in=HELD_STATES)
    return set(held.values_list("remote_id", flat=True))


def taken_license(operation: Operation) -> PooledLicense | None:
    """The license that this purchase keeps to itself until it is settled."""
    taken = PooledLicense.objects.filter(taken_by=operation, state=PoolState.TAKEN)
    return taken.select_related("released_from").first()


def is_pooled(service: Service) -> bool:
    """Whether the service's license is kept for a later order when it ends, and may come from the pool.

    Only licenses that can be sold again: no modules, no trials, no v5.
    """
    kind = KINDS.get(service.kind)
    if kind is None or service.product.at_end != AtEnd.POOL:
        return False
    return can_be_pooled(service.kind, service.tariff_id)


def can_be_pooled(kind_code: str, tariff_id: str) -> bool:
    """Whether a license of this tariff can be handed on at all."""
    kind = KINDS.get(kind_code)
    return kind is not None and kind.can_be_pooled and kind.is_on_sale(tariff_id) and kind.is_renewable(tariff_id)


def takeable_ids(service: Service, server: Server, *, now: datetime) -> list[int]:
    """Free rows that may stand in for the purchase of `service`: same account, Product ID and counts of addons.

    The one that is paid for the longest comes first: it costs nothing now, while one that has run out is renewed
    before use and so loses nothing by waiting until it is needed.
    """
    free = PooledLicense.objects.filter(server=server, tariff_id=service.tariff_id, state=PoolState.FREE)
    usable = free.filter(Q(expires_on=None) | Q(expires_on__gte=oldest_end(now)))
    rested = usable.filter(Q(note="") | Q(changed_at__lte=now - RETRY_AFTER))
    wanted = ordered_addons(service)
    rows = rested.order_by(F("expires_on").desc(nulls_last=True), "released_at", "id").values_list("pk", "addons")
    return [pk for pk, addons in rows if same_counts(addons, wanted)]


def oldest_end(now: datetime) -> date:
    """The earliest end date with which a license may still be there."""
    return partner_day(now) - KEPT_AFTER_END


def partner_day(now: datetime) -> date:
    """The partner's days are those of UTC."""
    return now.astimezone(UTC).date()


def same_counts(left: Mapping[str, int], right: Mapping[str, int]) -> bool:
    """Whether two sets of addon counts mean the same; none and zero do."""
    return {key: count for key, count in left.items() if count} == {key: count for key, count in right.items() if count}


def pooled_counts(service: Service, shown: RemoteService) -> dict[str, int]:
    """The counts under which a license goes into the pool: as an order that wants the same would send them.

    What the form shows; where it shows none, what was ordered. A count of no more than the license includes by
    itself (the product's base) is none: such an order leaves the parameter out.
    """
    counts = shown.addons or ordered_addons(service)
    return {key: count for key, count in counts.items() if count > service.product.node_base}
