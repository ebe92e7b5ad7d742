"""Both sides of one account at one moment, as values to be judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Final, NamedTuple

from billing.models import PooledLicense, PoolState
from billing.provisioners.account_reading import AccountReading, FormAnswer, FormReader, Place
from billing.queries.account_services import (
    OpenPurchase,
    OurService,
    former_holders,
    moving_services,
    nodes_sent,
    open_purchases,
    places_of,
    services_on,
)
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import KINDS, get_kind
from noc.models import PriceListEntry, Server
from noc.schemas import ItemStatus, RemoteService

# Lists do not show counted servers: so many forms a run are read for them, in turn.
COUNTS_A_RUN: Final = 500


class Cost(NamedTuple):
    """What the partner takes for a period, in the account's currency."""

    amount: Decimal
    currency: str


@dataclass
class Scene:
    """One account. `unjudged` collects what nothing may be said about: findings there stay as they are."""

    server: Server
    reading: AccountReading
    services: list[OurService]
    moving: set[int]
    moving_places: Mapping[Place, int]
    purchases: list[OpenPurchase]
    pool: Mapping[str, PooledLicense]
    nodes: Mapping[int, tuple[int, int | None]]
    prices: Mapping[str, tuple[str, Mapping[str, str]]]
    former: Mapping[Place, int] = field(default_factory=dict)
    forms: Mapping[Place, FormAnswer] = field(default_factory=dict)
    unjudged: set[Place] = field(default_factory=set)

    @cached_property
    def holders(self) -> Mapping[Place, OurService]:
        """(kind, number) → the service that holds it."""
        return {ours.place: ours for ours in self.services}

    @cached_property
    def by_id(self) -> Mapping[int, OurService]:
        """Services by their ids."""
        return {ours.id: ours for ours in self.services}

    def resting(self) -> list[OurService]:
        """Services that may be judged: nothing about them is in work, their kind's list is open to us."""
        return [one for one in self.services if one.id not in self.moving and one.kind not in self.reading.closed]

    def remote_of(self, ours: OurService) -> RemoteService | None:
        """The partner's side; None where it is not in the lists, or deleted there."""
        row = self.reading.rows.get(ours.place)
        return None if row is None or row.status == ItemStatus.DELETED else row

    def cost_of(self, tariff_id: str, period: int | None) -> Cost | None:
        """What the account pays for a period, by its own price list."""
        currency, prices = self.prices.get(tariff_id, ("", {}))
        try:
            return Cost(Decimal(str(prices[str(period)])), currency)
        except (KeyError, InvalidOperation):
            return None


def set_scene(server: Server, reading: AccountReading, forms: FormReader) -> Scene:
    """Our side is read after the partner's; what was settled in between counts as in work."""
    services = services_on(server)
    moving = moving_services(server, since=reading.started_at)
    scene = Scene(
        server=server,
        reading=reading,
        services=services,
        moving=moving,
        moving_places=places_of(moving),
        purchases=open_purchases(server),
        pool=_pool(server),
        nodes=nodes_sent(services),
        prices=_prices(server),
    )
    unheld = set(reading.rows) - set(scene.holders)
    scene.former = former_holders(server, unheld)
    scene.forms = forms.read([*_absent(scene), *_counted(scene)], keep=True)
    return scene


def period_of(ours: OurService) -> int | None:
    """The period that is bought for a service."""
    return ours.partner_period if ours.partner_period is not None else CYCLE_MONTHS.get(Cycle(ours.cycle))


def _absent(scene: Scene) -> list[Place]:
    """What the lists do not show: only the form proves that it is gone."""
    services = [ours.place for ours in scene.resting() if scene.remote_of(ours) is None]
    pooled = [
        ("license", number)
        for number, row in scene.pool.items()
        if row.state == PoolState.FREE and ("license", number) not in scene.reading.rows
    ]
    return services + (pooled if "license" not in scene.reading.closed else [])


def _counted(scene: Scene) -> list[Place]:
    """Services whose counted servers only the form shows; other ones each night where there are many."""
    counting = [ours.place for ours in scene.resting() if ours.id in scene.nodes and not _shows_count(scene, ours)]
    if len(counting) <= COUNTS_A_RUN:
        return counting
    start = scene.reading.started_at.toordinal() * COUNTS_A_RUN % len(counting)
    return (counting[start:] + counting[:start])[:COUNTS_A_RUN]


def _shows_count(scene: Scene, ours: OurService) -> bool:
    row = scene.remote_of(ours)
    return row is None or get_kind(ours.kind).node_addon(ours.tariff_id) in row.addons


def _pool(server: Server) -> dict[str, PooledLicense]:
    rows = PooledLicense.objects.filter(server=server, state__in=[PoolState.FREE, PoolState.TAKEN])
    return {row.remote_id: row for row in rows}


def _prices(server: Server) -> dict[str, tuple[str, Mapping[str, str]]]:
    rows = PriceListEntry.objects.filter(server=server, kind__in=KINDS)
    return {
        tariff: (currency, prices) for tariff, currency, prices in rows.values_list("tariff_id", "currency", "prices")
    }
