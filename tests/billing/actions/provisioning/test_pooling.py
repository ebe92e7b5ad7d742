"""Licenses that are kept as free.lic, and purchases that take them again (partner-api.md §12)."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from billing.actions.commands import run_command
from billing.actions.fields import save_field_values
from billing.actions.order_decisions import cancel_order
from billing.actions.provisioning import (
    ResolveInvalid,
    drop_expired_pool,
    free_expired_leases,
    release_ready,
    resolve_operation,
    retry_operation,
    run_operation,
)
from billing.actions.queueing import queue_operation
from billing.models import Operation, OperationKind, Order, PooledLicense, Service
from billing.provisioners.ispmanager_noc import RemoteSide
from billing.queries.operations import operation_words
from billing.queries.pool import is_pooled, pooled_ids
from billing.queries.services import field_values
from catalog.models import Product
from noc.sandbox.server import Sandbox
from tests.builders import LITE, World, make_active_service, make_product, make_server, place, place_paid_order
from tests.clocks import MovingClock
from tests.kept_scenes import kept_scene

Misbehave = Callable[..., None]
Run = Callable[[Operation], Operation]
LONG_AGO = "2020-01-01"


@pytest.fixture
@kept_scene
def product(world: World) -> Product:
    return make_product(world.group, tariff_id=LITE, name="Pooled lite", price="5.00", at_end="POOL")


@pytest.fixture
def run(clock: MovingClock) -> Run:
    def run_now(operation: Operation) -> Operation:
        Operation.objects.filter(pk=operation.pk).update(run_after=clock())
        run_operation(operation_id=operation.pk, clock=clock)
        operation.refresh_from_db()
        return operation

    return run_now


class Partner:
    """The sandbox, asked and changed behind our back."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = f"{sandbox.url}/admin"

    def item(self, number: str) -> dict[str, Any]:
        items = httpx.get(f"{self.url}/state").json()["items"]
        return next(item for item in items if str(item["id"]) == number)

    def change(self, number: str, **values: Any) -> None:
        httpx.post(f"{self.url}/items", json={"id": number, **values}).raise_for_status()

    def add(self, **values: Any) -> str:
        return str(httpx.post(f"{self.url}/items", json={"kind": "soft", **values}).json()["ids"][0])

    def acts(self) -> Counter[str]:
        return Counter(httpx.get(f"{self.url}/log?limit=1").json()["acts"])

    def advance(self, days: int) -> None:
        httpx.post(f"{self.url}/clock", json={"advance_days": days}).raise_for_status()

    def behave(self) -> None:
        httpx.delete(f"{self.url}/faults").raise_for_status()


@pytest.fixture
def partner(sandbox: Sandbox) -> Partner:
    return Partner(sandbox)


def end(service: Service, clock: MovingClock, **params: Any) -> Operation:
    return queue_operation(service=service, kind=OperationKind.TERMINATE, now=clock(), params=params)


@pytest.fixture
def pool_one(world: World, product: Product, clock: MovingClock, sandbox: Sandbox) -> Callable[..., Any]:
    """A license in the pool, as a release leaves it: `pool_one("192.0.2.1")`. It has rested, unless told otherwise."""

    def pool(ip: str, is_rested: bool = True) -> PooledLicense:
        return put_into_pool(world, product, clock, sandbox, ip, is_rested)

    return pool


@kept_scene
def put_into_pool(
    world: World, product: Product, clock: MovingClock, sandbox: Sandbox, ip: str, is_rested: bool
) -> PooledLicense:
    partner = Partner(sandbox)
    quiet = {"real_ipchange": LONG_AGO, "real_keychange": LONG_AGO} if is_rested else {}
    free = {"licname": "free.lic", "ip": "0.0.0.0", "status": 3}
    number = partner.add(pricelist=int(LITE), **free, **(quiet or {"real_ipchange": clock().date().isoformat()}))
    item = partner.item(number)
    former = Service.objects.get(order_line__order=place(world.client, product, ip=ip))
    Service.objects.filter(pk=former.pk).update(status="TERMINATED", remote_id=number)
    save_field_values(service=former, values={"lickey": item["lickey"]})
    return PooledLicense.objects.create(
        server=world.server,
        tariff_id=LITE,
        remote_id=number,
        expires_on=date.fromisoformat(item["expiredate"]),
        released_from=former,
        released_at=clock(),
        changed_at=clock(),
    )


def buy(world: World, product: Product, ip: str = "192.0.2.99", **fields: str) -> tuple[Service, Operation]:
    service = place_paid_order(world.client, product, ip=ip, **fields)
    return service, service.operations.get()


class TestIntoThePool:
    @pytest.fixture
    def service(self, world: World, product: Product) -> Service:
        return make_active_service(world.client, product, ip="192.0.2.1", licname="shop")

    def test_the_license_loses_its_owner_and_stays(
        self, service: Service, clock: MovingClock, partner: Partner, run: Run
    ) -> None:
        operation = run(end(service, clock))
        item = partner.item(service.remote_id)
        assert (item["status"], item["licname"], item["ip"], item["remoteid"]) == (3, "free.lic", "0.0.0.0", "")
        row = PooledLicense.objects.get()
        assert (row.state, row.remote_id, row.tariff_id, row.addons) == ("FREE", service.remote_id, LITE, {})
        assert (row.expires_on, row.released_from, row.server) == (service.expires_on, service, service.server)
        service.refresh_from_db()
        assert (service.status, service.remote_id) == ("TERMINATED", row.remote_id)
        assert operation_words(operation) == "Kept at the partner as free.lic, for a later order."
        assert pooled_ids(service.server) == {row.remote_id}

    @pytest.mark.parametrize("fault", ["lost_after_act", "cut_before_act", "http_500", "truncated_body", "captcha"])
    def test_a_lost_answer_is_asked_again(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, partner: Partner, run: Run, fault: str
    ) -> None:
        misbehave(fault, func="soft.edit", params={"licname": "free.lic"}, count=1)
        operation = run(end(service, clock))
        if operation.status == "QUEUED":
            run(operation)
        assert (operation.status, PooledLicense.objects.count()) == ("DONE", 1)
        assert partner.item(service.remote_id)["licname"] == "free.lic"

    @pytest.mark.parametrize("error", [{"type": "access", "object": "soft.suspend"}, {"type": "value", "object": "x"}])
    def test_a_partner_that_lets_nobody_stop_licenses_still_takes_the_edit(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, run: Run, error: dict[str, str]
    ) -> None:
        misbehave("error", func="soft.suspend", msg="No", **error)
        assert run(end(service, clock)).status == "DONE"
        assert PooledLicense.objects.get().state == "FREE"

    def test_one_that_is_stopped_already_goes_in_too(
        self, service: Service, clock: MovingClock, partner: Partner, sandbox: Sandbox, run: Run
    ) -> None:
        httpx.post(f"{sandbox.url}/admin/options", json={"repeat_suspend": "error"}).raise_for_status()
        partner.change(service.remote_id, status=3)
        assert run(end(service, clock)).status == "DONE"

    def test_a_refusal_fails_in_words_and_an_operator_may_delete_it(
        self, service: Service, clock: MovingClock, misbehave: Misbehave, partner: Partner, run: Run
    ) -> None:
        partner.change(service.remote_id, real_ipchange=clock().date().isoformat())
        misbehave("ip_change_refused")
        operation = run(end(service, clock))
        assert operation.status == "FAILED"
        assert operation_words(operation).startswith("The partner did not let it go into the pool.")
        service.refresh_from_db()
        assert not service.is_ended
        assert not PooledLicense.objects.exists()
        assert run(end(service, clock, delete=True)).status == "DONE"
        assert partner.item(service.remote_id)["status"] == 4
        assert not PooledLicense.objects.exists()

    def test_what_is_gone_just_ends(self, service: Service, clock: MovingClock, partner: Partner, run: Run) -> None:
        partner.change(service.remote_id, status=4)
        assert run(end(service, clock)).status == "DONE"
        service.refresh_from_db()
        assert service.status == "TERMINATED"
        assert not PooledLicense.objects.exists()

    def test_a_cancelled_order_gives_its_license_to_the_pool(
        self, service: Service, clock: MovingClock, run: Run
    ) -> None:
        cancel_order(order=Order.objects.get(), actor="x", now=clock())
        run(service.operations.get(kind="TERMINATE"))
        service.refresh_from_db()
        assert (service.status, PooledLicense.objects.get().state) == ("CANCELLED", "FREE")

    def test_modules_on_it_end_before(
        self, world: World, service: Service, clock: MovingClock, partner: Partner, run: Run
    ) -> None:
        module = make_active_service(world.client, world.bitninja, item=service.remote_id)
        operation = run_command(service=service, command="terminate", actor="x", now=clock())
        assert run(operation).hold_reason == "CHILDREN_FIRST"
        run(module.operations.get(kind="TERMINATE"))
        assert run(operation).status == "DONE"
        assert partner.item(module.remote_id)["status"] == 4
        assert partner.item(service.remote_id)["licname"] == "free.lic"

    @pytest.mark.parametrize("tariff_id", ["55239", "55240", "3541", "4601"])
    def test_trials_and_what_is_no_longer_sold_are_never_kept(self, service: Service, tariff_id: str) -> None:
        assert is_pooled(service)
        service.tariff_id = tariff_id
        assert not is_pooled(service)

    def test_modules_are_never_kept(self, world: World, service: Service, clock: MovingClock, run: Run) -> None:
        module = make_active_service(world.client, world.bitninja, item=service.remote_id)
        Product.objects.filter(pk=world.bitninja.pk).update(at_end="POOL")
        assert run(end(module, clock)).status == "DONE"
        assert not PooledLicense.objects.exists()


class TestOutOfThePool:
    def test_a_purchase_takes_it_with_a_new_key_and_orders_nothing(
        self, world: World, product: Product, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        row = pool_one("192.0.2.1")
        old_key = field_values(row.released_from)["lickey"]
        before = partner.acts()
        service, operation = buy(world, product, licname="new shop")
        assert run(operation).status == "DONE"
        assert partner.acts() - before == {"edit": 1, "newkey": 1, "resume": 1}
        item = partner.item(row.remote_id)
        assert (item["status"], item["licname"], item["ip"], item["remoteid"], item["autoprolong"]) == (
            2,
            "new shop",
            "192.0.2.99",
            str(service.pk),
            None,
        )
        service.refresh_from_db()
        assert (service.status, service.remote_id, service.expires_on) == ("ACTIVE", row.remote_id, row.expires_on)
        values = field_values(service)
        assert values["lickey"] == item["lickey"] != old_key
        row.refresh_from_db()
        assert (row.state, row.taken_by) == ("USED", operation)
        assert operation_words(operation) == f"Taken out of the pool as {row.remote_id}."
        assert pooled_ids(service.server) == set()

    def test_one_that_has_ended_is_renewed_once(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        row = pool_one("192.0.2.1", is_rested=False)
        clock.skip(days=40)
        partner.advance(40)
        before = partner.acts()
        service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        assert (partner.acts() - before)["prolong"] == 1
        service.refresh_from_db()
        assert service.expires_on > row.expires_on + timedelta(days=35)
        assert partner.item(row.remote_id)["expiredate"] == service.expires_on.isoformat()
        assert partner.acts()["order"] == 0

    def test_what_is_paid_for_the_longest_goes_first(
        self, world: World, product: Product, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        rows = [pool_one(f"192.0.2.{unit}") for unit in (1, 2, 3)]
        PooledLicense.objects.filter(pk=rows[1].pk).update(expires_on=date(2099, 1, 1))
        service, operation = buy(world, product)
        run(operation)
        service.refresh_from_db()
        assert service.remote_id == rows[1].remote_id

    def test_only_the_same_product_id_counts_and_account_fit(
        self,
        world: World,
        product: Product,
        partner: Partner,
        sandbox: Sandbox,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        rows = [pool_one(f"192.0.2.{unit}") for unit in (1, 2, 3)]
        other = make_server(sandbox, name="Other", username="reseller-ru")
        PooledLicense.objects.filter(pk=rows[0].pk).update(server=other)
        PooledLicense.objects.filter(pk=rows[1].pk).update(tariff_id="55228")
        PooledLicense.objects.filter(pk=rows[2].pk).update(addons={"55236": 2})
        _service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        assert partner.acts()["order"] == 1
        assert set(PooledLicense.objects.values_list("state", flat=True)) == {"FREE"}

    def test_a_product_without_a_pool_takes_nothing(
        self, world: World, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        pool_one("192.0.2.1")
        _service, operation = buy(world, world.lite)
        run(operation)
        assert partner.acts()["order"] == 1

    def test_one_changed_less_than_a_month_ago_is_left_to_rest(
        self, world: World, product: Product, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        row = pool_one("192.0.2.1", is_rested=False)
        _service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        row.refresh_from_db()
        assert (row.state, row.note) == ("FREE", "Its address or key was changed less than a month ago.")
        assert partner.acts()["order"] == 1

    def test_one_that_is_refused_stays_and_the_next_one_is_taken(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        first, second = pool_one("192.0.2.1"), pool_one("192.0.2.2")
        PooledLicense.objects.filter(pk=first.pk).update(expires_on=date(2099, 1, 1))
        edit = {"elid": first.remote_id, "ip": "192.0.2.99"}
        misbehave("error", func="soft.edit", params=edit, type="value", object="ip", msg="Too soon")
        service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        first.refresh_from_db()
        assert service.remote_id == second.remote_id
        assert (first.state, first.taken_by, first.note) == (
            "FREE",
            None,
            "The partner refused to give it another name and address.",
        )

    @pytest.mark.parametrize("kind", ["value", "access"])
    def test_one_refused_for_its_key_goes_back_under_the_name_of_the_pool(
        self,
        world: World,
        product: Product,
        misbehave: Misbehave,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        kind: str,
    ) -> None:
        row = pool_one("192.0.2.1")
        misbehave("error", func="soft.edit", params={"clicked_button": "newkey"}, type=kind, object="lickey", msg="No")
        service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        row.refresh_from_db()
        service.refresh_from_db()
        assert (row.state, partner.item(row.remote_id)["licname"]) == ("FREE", "free.lic")
        assert service.remote_id != row.remote_id
        assert (operation.snapshot, operation.params.get("new_key_of")) == ([], None)

    def test_one_that_can_go_neither_way_needs_a_person(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        row = pool_one("192.0.2.1")
        misbehave("error", func="soft.edit", params={"clicked_button": "newkey"}, type="value", object="k", msg="No")
        misbehave("error", func="soft.edit", params={"licname": "free.lic"}, type="value", object="ip", msg="Too soon")
        service, operation = buy(world, product)
        assert run(operation).status == "NEEDS_CHECK"
        assert "could not be put back" in operation_words(operation)
        other = partner.add(pricelist=55227, ip="192.0.2.99", licname="by hand")
        with pytest.raises(ResolveInvalid, match="has taken"):
            resolve_operation(
                operation=operation, decision="adopt", remote_id=other, insist=True, actor="x", now=clock()
            )
        partner.behave()
        retry_operation(operation=operation, actor="x", now=clock())
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert service.remote_id == row.remote_id
        assert partner.acts()["order"] == 0

    def test_an_address_that_has_such_a_license_is_no_fault_of_the_pool(
        self, world: World, product: Product, pool_one: Callable[..., Any], run: Run
    ) -> None:
        make_active_service(world.client, world.lite, ip="192.0.2.99")
        row = pool_one("192.0.2.1")
        _service, operation = buy(world, product)
        assert run(operation).status == "FAILED"
        row.refresh_from_db()
        assert (row.state, row.note) == ("FREE", "")

    @pytest.mark.parametrize(
        ("change", "note"), [({"status": 4}, "not there"), ({"licname": "x", "ip": "192.0.2.7"}, "another name")]
    )
    def test_one_that_is_gone_or_somebodys_is_dropped(
        self,
        world: World,
        product: Product,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        change: dict[str, Any],
        note: str,
    ) -> None:
        row = pool_one("192.0.2.1")
        partner.change(row.remote_id, **change)
        _service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        row.refresh_from_db()
        assert row.state == "DROPPED"
        assert note in row.note
        assert partner.acts()["order"] == 1

    @pytest.mark.parametrize("fault", ["lost_after_act", "cut_before_act"])
    @pytest.mark.parametrize("step", [{"ip": "192.0.2.99"}, {"clicked_button": "newkey"}], ids=["take", "key"])
    def test_a_lost_answer_is_read_from_the_form(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        step: dict[str, str],
        fault: str,
    ) -> None:
        row = pool_one("192.0.2.1")
        misbehave(fault, func="soft.edit", params=step, count=1)
        before = partner.acts()
        service, operation = buy(world, product)
        assert run(operation).status == "CHECKING"
        row.refresh_from_db()
        assert (row.state, row.taken_by) == ("TAKEN", operation)
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert service.remote_id == row.remote_id
        assert partner.acts() - before == {"edit": 1, "newkey": 1, "resume": 1}

    def test_a_lost_answer_of_the_start_is_read_too(
        self,
        world: World,
        product: Product,
        misbehave: Misbehave,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        row = pool_one("192.0.2.1")
        misbehave("http_500", func="soft.resume", count=1)
        _service, operation = buy(world, product)
        assert run(operation).status == "CHECKING"
        assert run(operation).status == "DONE"
        assert partner.item(row.remote_id)["status"] == 2

    def test_one_that_the_partner_is_at_work_on_is_left_alone(
        self, world: World, product: Product, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        row = pool_one("192.0.2.1")
        partner.change(row.remote_id, processing=True)
        _service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        row.refresh_from_db()
        assert (row.state, row.note, partner.acts()["order"]) == ("FREE", "The partner was at work on it.", 1)

    def test_work_that_the_taking_began_is_waited_for(
        self,
        world: World,
        product: Product,
        misbehave: Misbehave,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
    ) -> None:
        row = pool_one("192.0.2.1")
        misbehave("lost_after_act", func="soft.edit", params={"ip": "192.0.2.99"}, count=1)
        service, operation = buy(world, product)
        run(operation)
        partner.change(row.remote_id, processing=True)
        for _look in range(2):
            assert run(operation).status == "CHECKING"
        partner.change(row.remote_id, processing=False)
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert (service.remote_id, partner.acts()["order"]) == (row.remote_id, 0)


class TestRenewalOfWhatHasEnded:
    @pytest.fixture
    def row(
        self, product: Product, clock: MovingClock, partner: Partner, pool_one: Callable[..., Any]
    ) -> PooledLicense:
        row: PooledLicense = pool_one("192.0.2.1", is_rested=False)
        clock.skip(days=40)
        partner.advance(40)
        return row

    def test_a_lost_answer_is_never_paid_twice(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        row: PooledLicense,
        run: Run,
    ) -> None:
        misbehave("lost_after_act", func="service.prolong", params={"sok": "ok"}, count=1)
        service, operation = buy(world, product)
        assert run(operation).status == "CHECKING"
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert (service.status, service.remote_id) == ("ACTIVE", row.remote_id)
        assert (partner.acts()["prolong"], partner.acts()["order"]) == (1, 0)

    def test_one_that_never_arrived_needs_a_person_and_nothing_else_is_bought(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        row: PooledLicense,
        run: Run,
    ) -> None:
        misbehave("cut_before_act", func="service.prolong", params={"sok": "ok"}, count=1)
        service, operation = buy(world, product)
        for _look in range(4):
            run(operation)
            clock.skip(minutes=11)
        assert operation.status == "NEEDS_CHECK"
        assert (partner.acts()["prolong"], partner.acts()["order"]) == (0, 0)
        resolve_operation(operation=operation, decision="not_bought", actor="x", now=clock())
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert service.remote_id == row.remote_id
        assert (partner.acts()["prolong"], partner.acts()["order"]) == (1, 0)

    def test_a_refusal_puts_it_back_and_orders_a_new_one(
        self, world: World, product: Product, misbehave: Misbehave, partner: Partner, row: PooledLicense, run: Run
    ) -> None:
        misbehave("prolong_refused")
        service, operation = buy(world, product)
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        row.refresh_from_db()
        assert (row.state, row.note) == ("FREE", "The partner refused to renew it.")
        assert partner.item(row.remote_id)["licname"] == "free.lic"
        assert partner.acts()["order"] == 1
        assert operation.extends_from is None

    @pytest.mark.parametrize("variant", ["error", "basket"])
    def test_no_money_holds_it_and_it_goes_on_with_the_same_license(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        row: PooledLicense,
        run: Run,
        variant: str,
    ) -> None:
        misbehave("no_money", variant=variant, count=1)
        service, operation = buy(world, product)
        assert run(operation).hold_reason == "NO_MONEY"
        retry_operation(operation=operation, actor="x", now=clock())
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        assert service.remote_id == row.remote_id
        assert (partner.acts()["prolong"], partner.acts()["order"]) == (1, 0)

    def test_cancelled_while_it_waits_for_money_it_goes_back(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        misbehave: Misbehave,
        partner: Partner,
        row: PooledLicense,
        run: Run,
    ) -> None:
        misbehave("no_money", variant="error", count=1)
        service, operation = buy(world, product)
        run(operation)
        cancel_order(order=service.order_line.order, actor="x", now=clock())
        release_ready(now=clock())
        run(operation)
        run(operation)
        row.refresh_from_db()
        assert (operation.status, row.state) == ("CANCELLED", "FREE")
        assert partner.item(row.remote_id)["licname"] == "free.lic"
        run(service.operations.get(kind="TERMINATE"))
        service.refresh_from_db()
        assert service.status == "CANCELLED"
        assert partner.acts()["prolong"] == 0


class Killed(BaseException):
    """What no handler of ours catches: the worker is gone."""


class TestDeaths:
    def die(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: str) -> None:
        """The worker dies once, before or after the call."""
        original, calls = getattr(owner, name), Counter[str]()

        def deadly(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            if calls[name] > 1:
                return original(*arguments, **options)
            if when == "after":
                original(*arguments, **options)
            raise Killed

        monkeypatch.setattr(owner, name, deadly)

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize(
        "step", ["take_next", "take", "make_new_key", "resume", "change_claimed", "activate_service", "finish"]
    )
    def test_whoever_comes_next_goes_on_with_the_same_license(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
        when: str,
    ) -> None:
        from billing.actions.provisioning import creating, pooling_out

        row = pool_one("192.0.2.1")
        before = partner.acts()
        service, operation = buy(world, product)
        owners = {
            "take_next": pooling_out,
            "change_claimed": pooling_out,
            "activate_service": creating,
            "finish": creating,
        }
        self.die(monkeypatch, owners.get(step, RemoteSide), step, when)
        with pytest.raises(Killed):
            run(operation)
        clock.skip(seconds=121)
        free_expired_leases(now=clock())
        run(operation)
        assert run(operation).status == "DONE"
        service.refresh_from_db()
        row.refresh_from_db()
        assert (service.status, service.remote_id, row.state) == ("ACTIVE", row.remote_id, "USED")
        acts = partner.acts() - before
        assert (acts["order"], acts["newkey"]) == (0, 1)

    def test_a_dead_purchase_that_nobody_wants_any_more_gives_it_back(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        row = pool_one("192.0.2.1")
        service, operation = buy(world, product)
        self.die(monkeypatch, RemoteSide, "make_new_key", "before")
        with pytest.raises(Killed):
            run(operation)
        assert partner.item(row.remote_id)["ip"] == "192.0.2.99"
        cancel_order(order=service.order_line.order, actor="x", now=clock())
        clock.skip(seconds=121)
        free_expired_leases(now=clock())
        run(operation)
        run(operation)
        row.refresh_from_db()
        assert (operation.status, row.state, row.taken_by) == ("CANCELLED", "FREE", None)
        assert (partner.item(row.remote_id)["licname"], partner.item(row.remote_id)["ip"]) == ("free.lic", "0.0.0.0")

    def test_a_second_wake_up_does_nothing(
        self, world: World, product: Product, partner: Partner, pool_one: Callable[..., Any], run: Run
    ) -> None:
        pool_one("192.0.2.1")
        _service, operation = buy(world, product)
        run(operation)
        before = partner.acts()
        run(operation)
        assert partner.acts() == before

    @pytest.mark.parametrize("call", ["release", "take"])
    def test_a_worker_that_comes_back_late_sends_nothing(
        self,
        world: World,
        product: Product,
        clock: MovingClock,
        partner: Partner,
        pool_one: Callable[..., Any],
        run: Run,
        monkeypatch: pytest.MonkeyPatch,
        call: str,
    ) -> None:
        if call == "take":
            pool_one("192.0.2.1")
            operation = buy(world, product)[1]
        else:
            operation = end(make_active_service(world.client, product, ip="192.0.2.1"), clock)
        read, reads = RemoteSide.read, list[str]()

        def read_for_ever(side: RemoteSide, remote_id: str) -> Any:
            reads.append(remote_id)
            if len(reads) == 1:
                clock.skip(seconds=121)
                free_expired_leases(now=clock())
                assert run(operation).status == "DONE"
            return read(side, remote_id)

        monkeypatch.setattr(RemoteSide, "read", read_for_ever)
        before = partner.acts()
        assert run(operation).status == "DONE"
        assert (partner.acts() - before)["edit"] == 1


class TestTheNight:
    def test_what_the_partner_has_deleted_leaves_the_pool(
        self, clock: MovingClock, pool_one: Callable[..., Any]
    ) -> None:
        old, young = pool_one("192.0.2.1"), pool_one("192.0.2.2")
        today = clock().date()
        PooledLicense.objects.filter(pk=old.pk).update(expires_on=today - timedelta(days=31))
        PooledLicense.objects.filter(pk=young.pk).update(expires_on=today - timedelta(days=30))
        assert drop_expired_pool(now=clock()) == 1
        assert drop_expired_pool(now=clock()) == 0
        old.refresh_from_db()
        assert (old.state, "30 days" in old.note) == ("DROPPED", True)

    def test_what_a_purchase_was_given_up_with_leaves_it_too(
        self, world: World, product: Product, clock: MovingClock, pool_one: Callable[..., Any]
    ) -> None:
        row = pool_one("192.0.2.1")
        _service, operation = buy(world, product)
        PooledLicense.objects.filter(pk=row.pk).update(state="TAKEN", taken_by=operation)
        assert drop_expired_pool(now=clock()) == 0
        Operation.objects.filter(pk=operation.pk).update(status="FAILED")
        assert drop_expired_pool(now=clock()) == 1
