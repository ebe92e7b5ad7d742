from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.order_decisions import OrderNotPending, accept_order, cancel_order
from billing.actions.ordering import CheckoutConflict, OrderInvalid, place_order
from billing.actions.payments import add_credit
from billing.models import Client, Invoice, LedgerEntry, Operation, Order, Service
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.builders import (
    World,
    make_active_service,
    make_client,
    make_hosting,
    make_product,
    make_server,
    pay,
    place,
    run_due_operations,
)


def order(world: World, *items: ItemRequest, now: datetime | None = None, **confirmed: Any) -> Order:
    terms = {"payment_method": "bank_transfer", "key": "key", **confirmed}
    checkout = Checkout(client=world.client, items=items, **terms)
    return place_order(checkout=checkout, actor="test", now=now or database_now())


def faults_of(world: World, *items: ItemRequest, **options: Any) -> dict[str, list[str]]:
    """What is wrong with an order; a refused one leaves nothing behind."""
    before = Order.objects.count(), Service.objects.count()
    with pytest.raises(OrderInvalid) as refusal:
        order(world, *items, **options)
    assert (Order.objects.count(), Service.objects.count()) == before
    return refusal.value.errors


class TestPlacing:
    def test_an_order_has_pending_services_and_an_unpaid_invoice(self, world: World) -> None:
        product = make_hosting(world.group, price="9.00", setup_fee="1.50")
        placed = order(world, ItemRequest(product, "MONTHLY", 2))
        assert (placed.status, placed.total, len(placed.number)) == ("PENDING", Decimal("21.00"), 10)
        assert [service.status for service in Service.objects.all()] == ["PENDING", "PENDING"]
        invoice = placed.invoice
        assert (invoice.status, invoice.total, invoice.number) == ("UNPAID", Decimal("21.00"), None)
        assert sum(line.amount for line in invoice.lines.all()) == invoice.total
        assert Operation.objects.count() == 0

    def test_the_same_checkout_makes_one_order(self, world: World) -> None:
        item = ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"})
        assert order(world, item) == order(world, item)
        assert Service.objects.count() == 1

    def test_the_same_key_for_something_else_is_a_conflict(self, world: World) -> None:
        order(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"}))
        with pytest.raises(CheckoutConflict):
            order(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.2"}))

    def test_secret_values_typed_by_clients_are_kept_encrypted(self, world: World) -> None:
        from catalog.models import CustomField

        CustomField.objects.create(product=world.lite, key="root", label="Root", type="PASSWORD", is_on_order_form=True)
        order(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1", "root": "hunter22"}))
        row = Service.objects.get().field_values.get(field__key="root")
        assert (row.plain_value, row.secret_value) == ("", "hunter22")

    def test_credit_pays_at_once(self, world: World) -> None:
        add_credit(client=world.client, amount=Decimal(5), reason="", actor="x", now=database_now())
        order(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"}), payment_method="credit")
        assert Invoice.objects.get().status == "PAID"
        assert Client.objects.get(pk=world.client.pk).credit_balance == 0


class TestRefusing:
    @pytest.mark.parametrize(
        ("ip", "words"), [("", "Fill in this field."), ("999.1.1.1", "IPv4"), ("2001:db8::1", "IPv4"), ("host", "IPv4")]
    )
    def test_a_missing_or_malformed_ip(self, world: World, ip: str, words: str) -> None:
        errors = faults_of(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": ip}))
        assert list(errors) == ["items.0.fields.ip"]
        assert words in errors["items.0.fields.ip"][0]

    def test_a_cycle_that_is_not_offered(self, world: World) -> None:
        errors = faults_of(world, ItemRequest(world.lite, "ANNUALLY", 1, {"ip": "192.0.2.1"}))
        assert "not offered for this period in EUR" in errors["items.0.cycle"][0]

    def test_every_fault_is_told_at_once(self, world: World) -> None:
        errors = faults_of(
            world,
            ItemRequest(world.lite, "ANNUALLY", 0, {"ip": "x", "nonsense": "y"}),
            ItemRequest(world.lite, "MONTHLY", 1, {}),
            payment_method="barter",
        )
        assert set(errors) == {
            "payment_method",
            "items.0.cycle",
            "items.0.quantity",
            "items.0.fields.ip",
            "items.0.fields.nonsense",
            "items.1.fields.ip",
        }

    def test_an_unknown_item(self, world: World) -> None:
        errors = faults_of(world, ItemRequest(world.bitninja, "MONTHLY", 1, {"item": "4711"}))
        assert errors == {"items.0.fields.item": ["This client has no live ispmanager license with the number 4711."]}

    def test_an_item_of_another_client(self, world: World) -> None:
        stranger = make_client(email="stranger@example.com")
        theirs = make_active_service(stranger, world.lite, ip="192.0.2.9")
        errors = faults_of(world, ItemRequest(world.bitninja, "MONTHLY", 1, {"item": theirs.remote_id}))
        assert "has no live ispmanager license" in errors["items.0.fields.item"][0]

    def test_an_item_that_has_ended(self, world: World) -> None:
        parent = make_active_service(world.client, world.lite, ip="192.0.2.9")
        Service.objects.filter(pk=parent.pk).update(status="TERMINATED")
        errors = faults_of(world, ItemRequest(world.bitninja, "MONTHLY", 1, {"item": parent.remote_id}))
        assert list(errors) == ["items.0.fields.item"]

    def test_a_retired_product(self, world: World) -> None:
        world.lite.is_retired = True
        world.lite.save()
        assert "items.0.product" in faults_of(world, ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"}))

    def test_credit_that_does_not_cover_it_leaves_no_order(self, world: World) -> None:
        item = ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"})
        assert list(faults_of(world, item, payment_method="credit")) == ["payment_method"]
        assert Invoice.objects.count() == LedgerEntry.objects.count() == 0

    def test_nothing_to_order(self, world: World) -> None:
        assert list(faults_of(world)) == ["items"]


class TestAutomation:
    @pytest.mark.parametrize(
        ("mode", "after_order", "after_payment", "after_acceptance"),
        [
            ("ORDER", "ACTIVE", "ACTIVE", "ACTIVE"),
            ("PAYMENT", "PENDING", "ACTIVE", "ACTIVE"),
            ("ACCEPT", "PENDING", "PENDING", "ACTIVE"),
            ("NEVER", "PENDING", "PENDING", "PENDING"),
        ],
    )
    def test_each_mode_buys_at_its_moment(
        self, world: World, mode: str, after_order: str, after_payment: str, after_acceptance: str
    ) -> None:
        product = make_product(world.group, tariff_id="55228", name="pro", price="9.00", auto_setup=mode)
        placed = place(world.client, product, ip="192.0.2.1")
        seen = [self.status_after_work()]
        pay(placed.invoice)
        seen.append(self.status_after_work())
        accept_order(order=placed, actor="operator", now=database_now())
        seen.append(self.status_after_work())
        assert seen == [after_order, after_payment, after_acceptance]

    def status_after_work(self) -> str:
        run_due_operations()
        return Service.objects.get().status

    def test_a_free_product_counts_as_paid(self, world: World) -> None:
        from catalog.actions.products import create_product

        values = {
            "group": world.group,
            "name": "trial",
            "module": "ispmanager_noc",
            "tariff_id": "55239",
            "payment_type": "FREE",
            "auto_setup": "PAYMENT",
        }
        placed = order(world, ItemRequest(create_product(values=values, prices=[]), "ONE_TIME", 1, {"ip": "192.0.2.1"}))
        assert not Invoice.objects.filter(order=placed).exists()
        assert self.status_after_work() == "ACTIVE"
        assert Service.objects.get().next_due_date is None


class TestCancelling:
    def test_an_unpaid_order_leaves_nothing_owed(self, world: World) -> None:
        placed = place(world.client, world.lite, ip="192.0.2.1")
        cancel_order(order=placed, actor="operator", now=database_now())
        assert (Invoice.objects.get().status, Service.objects.get().status) == ("CANCELLED", "CANCELLED")
        assert sum(entry.amount for entry in LedgerEntry.objects.filter(account="RECEIVABLE")) == 0

    def test_a_paid_order_gives_credit_and_ends_what_was_bought(self, world: World) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        cancel_order(order=service.order_line.order, actor="operator", now=database_now())
        run_due_operations()
        service.refresh_from_db()
        assert service.status == "CANCELLED"
        assert Client.objects.get(pk=world.client.pk).credit_balance == Decimal("5.00")
        assert Invoice.objects.get().status == "REFUNDED"

    def test_a_paid_order_not_yet_bought_is_never_bought(self, world: World) -> None:
        placed = place(world.client, world.lite, ip="192.0.2.1")
        pay(placed.invoice)
        cancel_order(order=placed, actor="operator", now=database_now())
        assert set(run_due_operations().values()) == {"CANCELLED"}
        assert Service.objects.get().remote_id == ""

    def test_it_happens_once(self, world: World) -> None:
        placed = place(world.client, world.lite, ip="192.0.2.1")
        cancel_order(order=placed, actor="operator", now=database_now())
        for act in (cancel_order, accept_order):
            with pytest.raises(OrderNotPending):
                act(order=placed, actor="operator", now=database_now())


class TestPlacingOnServers:
    def test_a_group_spreads_by_fullness(self, world: World, sandbox: Sandbox) -> None:
        from noc.models import Server, ServerGroup

        second = make_server(sandbox, name="RU account", username="reseller-ru", max_accounts=4)
        Server.objects.filter(pk=world.server.pk).update(max_accounts=2)
        group = ServerGroup.objects.create(name="All")
        group.servers.set([world.server, second])
        product = make_product(world.group, tariff_id="55227", name="grouped", price="1.00", server_group=group)
        chosen = []
        for unit in range(6):
            placed = place(world.client, product, ip=f"192.0.2.{unit + 1}")
            chosen.append(Service.objects.get(order_line__order=placed).server.name)
        assert chosen.count("RU account") == 4
        assert chosen.count("EU account") == 2

    def test_a_group_skips_disabled_servers(self, world: World, sandbox: Sandbox) -> None:
        from noc.models import ServerGroup

        second = make_server(sandbox, name="A account", username="reseller-ru")
        group = ServerGroup.objects.create(name="All")
        group.servers.set([world.server, second])
        product = make_product(world.group, tariff_id="55227", name="grouped", price="1.00", server_group=group)
        type(second).objects.filter(pk=second.pk).update(is_enabled=False)
        placed = place(world.client, product, ip="192.0.2.1")
        assert Service.objects.get(order_line__order=placed).server == world.server
