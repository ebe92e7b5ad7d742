"""Addons: bought once, on their license, on its account, when it is there; ended before it (P14)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.commands import change_service, run_command
from billing.actions.ordering import place_order
from billing.actions.provisioning import free_expired_leases, release_ready, retry_operation, run_operation
from billing.actions.provisioning.claiming import claim_operation
from billing.actions.queueing import queue_operation
from billing.models import Operation, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.operations import operation_words
from billing.queries.services import field_values
from catalog.models import Product
from noc.sandbox.server import Sandbox
from tests.builders import (
    BITNINJA,
    LITE,
    PRO,
    World,
    make_active_service,
    make_product,
    make_server,
    pay,
    run_due_operations,
)
from tests.clocks import MovingClock
from tests.kept_scenes import kept_scene

Misbehave = Callable[..., None]
Items = Callable[[], list[dict[str, Any]]]
CHECKOUTS = iter(range(10_000))


@pytest.fixture
def module(world: World) -> Product:
    addon = make_product(world.group, tariff_id=BITNINJA, name="BitNinja", price="12.00", is_addon=True)
    world.lite.addons.add(addon)
    return addon


@pytest.fixture
def second_license(world: World) -> Product:
    addon = make_product(world.group, tariff_id=PRO, name="A second panel", price="9.00", is_addon=True)
    world.lite.addons.add(addon)
    return addon


@pytest.fixture
def run(clock: MovingClock) -> Callable[[Operation], Operation]:
    def run_now(operation: Operation) -> Operation:
        Operation.objects.filter(pk=operation.pk).update(run_after=clock())
        run_operation(operation_id=operation.pk, clock=clock)
        operation.refresh_from_db()
        return operation

    return run_now


def order(world: World, clock: MovingClock, *items: ItemRequest) -> list[Service]:
    """Ordered and paid; the services in the order of the items."""
    placed = place_order(
        checkout=Checkout(
            client=world.client,
            items=list(items),
            payment_method="bank_transfer",
            key=f"addons-{next(CHECKOUTS)}",
        ),
        actor="test",
        now=clock(),
    )
    pay(placed.invoice)
    return list(Service.objects.filter(order_line__order=placed).order_by("id"))


@kept_scene
def order_together(world: World, clock: MovingClock, *addons: Product) -> list[Service]:
    main = ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.10", "licname": "main"})
    return order(world, clock, main, *(ItemRequest(addon, "MONTHLY", parent_item=0) for addon in addons))


def purchase(service: Service) -> Operation:
    return service.operations.get(kind="CREATE")


def acts(sandbox: Sandbox) -> Counter[str]:
    """What the partner did, by its own count."""
    return Counter(httpx.get(f"{sandbox.url}/admin/log?limit=1").json()["acts"])


class Killed(BaseException):
    """What no handler of ours catches: the worker is gone."""


class TestBuyingOnce:
    @pytest.mark.parametrize("trouble", ["none", "twice", "lost", "before", "after"])
    @pytest.mark.parametrize("is_reversed", [False, True], ids=["parent-first", "addon-first"])
    def test_an_addon_buys_exactly_one_license(
        self,
        world: World,
        clock: MovingClock,
        sandbox: Sandbox,
        misbehave: Misbehave,
        live_items: Items,
        monkeypatch: pytest.MonkeyPatch,
        module: Product,
        second_license: Product,
        run: Callable[[Operation], Operation],
        trouble: str,
        is_reversed: bool,
    ) -> None:
        services = order_together(world, clock, module, second_license)
        if trouble == "lost":
            misbehave("lost_after_act", func="*.order.param", count=2)
        if trouble in ("before", "after"):
            self.die_once_an_operation(monkeypatch, trouble)
        if is_reversed:
            services.reverse()
        rounds = 0
        while {purchase(service).status for service in services} != {"DONE"} and (rounds := rounds + 1) < 12:
            for service in services:
                self.wake(purchase(service), clock, run, times=2 if trouble == "twice" else 1)
            clock.skip(seconds=201)
        assert {purchase(service).status for service in services} == {"DONE"}
        assert Counter(item["pricelist"] for item in live_items()) == {int(LITE): 1, int(BITNINJA): 1, int(PRO): 1}
        assert acts(sandbox)["order"] == 3

    def wake(
        self, operation: Operation, clock: MovingClock, run: Callable[[Operation], Operation], *, times: int
    ) -> None:
        for _delivery in range(times):
            try:
                run(operation)
            except Killed:
                clock.skip(seconds=121)
                free_expired_leases(now=clock())

    def die_once_an_operation(self, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
        buy, dead = RemoteSide.buy, set[int]()

        def deadly(side: RemoteSide, *more: Any) -> Any:
            if side.service.pk in dead:
                return buy(side, *more)
            dead.add(side.service.pk)
            if when == "after":
                buy(side, *more)
            raise Killed

        monkeypatch.setattr(RemoteSide, "buy", deadly)

    def test_a_second_wake_up_of_an_addon_buys_nothing(
        self,
        world: World,
        clock: MovingClock,
        sandbox: Sandbox,
        module: Product,
        run: Callable[[Operation], Operation],
    ) -> None:
        _parent, addon = order_together(world, clock, module)
        run_due_operations(clock)
        run(purchase(addon))
        assert acts(sandbox)["order"] == 2


class TestWaitingForTheLicense:
    def test_it_waits_and_goes_on_as_soon_as_the_license_is_there(
        self, world: World, clock: MovingClock, module: Product, run: Callable[[Operation], Operation]
    ) -> None:
        parent, addon = order_together(world, clock, module)
        held = run(purchase(addon))
        assert (held.status, held.hold_reason) == ("HELD", "PARENT_MISSING")
        run(purchase(parent))
        held.refresh_from_db()
        assert held.status == "QUEUED"
        assert run(held).status == "DONE"
        parent.refresh_from_db()
        addon.refresh_from_db()
        assert field_values(addon)["item"] == parent.remote_id
        assert addon.server == parent.server

    def test_one_whose_license_could_not_be_bought_says_so_and_still_comes_after_it(
        self, world: World, clock: MovingClock, module: Product, run: Callable[[Operation], Operation]
    ) -> None:
        twin = make_active_service(world.client, world.lite, ip="192.0.2.10")
        parent, addon = order_together(world, clock, module)
        assert run(purchase(parent)).status == "FAILED"
        held = run(purchase(addon))
        assert held.hold_reason == "PARENT_MISSING"
        assert operation_words(held) == "The license it belongs to could not be bought: it waits until that is there."
        run(queue_operation(service=twin, kind="TERMINATE", now=clock()))
        again = retry_operation(operation=purchase(parent), actor="x", now=clock())
        assert run(again).status == "DONE"
        assert run(held).status == "DONE"

    @pytest.mark.parametrize("is_held", [False, True])
    def test_one_whose_license_has_ended_is_not_bought(
        self, world: World, clock: MovingClock, module: Product, run: Callable[[Operation], Operation], is_held: bool
    ) -> None:
        parent, addon = order_together(world, clock, module)
        if is_held:
            run(purchase(addon))
        Service.objects.filter(pk=parent.pk).update(status="CANCELLED")
        release_ready(now=clock())
        dropped = run(purchase(addon))
        assert dropped.status == "CANCELLED"
        assert operation_words(dropped) == "The service it belongs to has ended: there is nothing to buy it for."

    def test_it_is_bought_where_the_license_is_now(
        self, world: World, clock: MovingClock, sandbox: Sandbox, module: Product
    ) -> None:
        parent, addon = order_together(world, clock, module)
        run_operation(operation_id=purchase(parent).pk, clock=clock)
        other = make_server(sandbox, name="Other", username="reseller-ru")
        Service.objects.filter(pk=parent.pk).update(server=other)
        claim = claim_operation(operation_id=purchase(addon).pk, now=clock())
        assert claim is not None
        assert (claim.operation.server, claim.service.server) == (other, other)

    def test_a_license_sold_as_an_addon_waits_for_nothing_and_has_an_address_of_its_own(
        self, world: World, clock: MovingClock, second_license: Product, run: Callable[[Operation], Operation]
    ) -> None:
        parent, addon = order_together(world, clock, second_license)
        assert run(purchase(addon)).status == "DONE"
        addon.refresh_from_db()
        assert addon.dedicated_ip == "192.0.2.10"
        assert purchase(parent).status == "QUEUED"

    def test_it_is_sold_on_products_that_no_module_provides(
        self, world: World, clock: MovingClock, second_license: Product, run: Callable[[Operation], Operation]
    ) -> None:
        hosting = make_product(world.group, tariff_id="", name="Hosting", price="3.00", module="")
        hosting.addons.add(second_license)
        main = ItemRequest(hosting, "MONTHLY")
        addon = ItemRequest(second_license, "MONTHLY", 1, {"ip": "192.0.2.40"}, parent_item=0)
        _parent, service = order(world, clock, main, addon)
        assert run(purchase(service)).status == "DONE"
        service.refresh_from_db()
        assert service.server == world.server


class TestEndingAndChanging:
    def test_the_license_outlives_a_module_whose_purchase_was_sent(
        self,
        world: World,
        clock: MovingClock,
        misbehave: Misbehave,
        live_items: Items,
        module: Product,
        run: Callable[[Operation], Operation],
    ) -> None:
        parent, addon = order_together(world, clock, module)
        run(purchase(parent))
        misbehave("lost_after_act", func="addition.order.param", count=1)
        assert run(purchase(addon)).status == "CHECKING"
        ending = run_command(service=parent, command="terminate", actor="x", now=clock())
        assert run(ending).hold_reason == "CHILDREN_FIRST"
        run(purchase(addon))
        run(addon.operations.get(kind="TERMINATE"))
        assert run(ending).status == "DONE"
        assert live_items() == []

    def test_a_change_of_the_licenses_address_leaves_its_addons_alone(
        self,
        world: World,
        clock: MovingClock,
        live_items: Items,
        second_license: Product,
        run: Callable[[Operation], Operation],
    ) -> None:
        parent, addon = order_together(world, clock, second_license)
        run_due_operations(clock)
        parent.refresh_from_db()
        change = change_service(service=parent, fields={"ip": "192.0.2.77"}, actor="x", now=clock())
        assert run(change).status == "DONE"
        addon.refresh_from_db()
        assert (addon.dedicated_ip, field_values(addon)["ip"]) == ("192.0.2.10", "192.0.2.10")
        assert sorted(item["ip"] for item in live_items()) == ["192.0.2.10", "192.0.2.77"]
