"""Options and addons of orders: what is charged, what is made, what is refused."""

from decimal import Decimal
from typing import Any

import pytest

from billing.actions.checkouts import ItemRequest
from billing.actions.ordering import CheckoutConflict
from billing.actions.renewals import issue_renewal_now
from billing.models import Client, Invoice, LineKind, Operation, Order, Service
from billing.queries.addons import offered_addons
from billing.queries.clock import business_date, database_now
from billing.queries.services import field_values, ordered_addons
from catalog.actions.products import OptionValues, PriceValues, create_product, update_product
from catalog.models import Currency, Product
from tests.billing.actions.test_ordering import faults_of, order
from tests.builders import (
    BITNINJA,
    LITE,
    World,
    make_active_service,
    make_client,
    make_hosting,
    make_product,
    pay,
    place,
    run_due_operations,
)
from tests.kept_scenes import kept_scene

IP = {"ip": "192.0.2.1"}


def price_of(cycle: str, amount: str, setup_fee: str = "0") -> PriceValues:
    return PriceValues(Currency.objects.get(code="EUR"), cycle, Decimal(amount), Decimal(setup_fee))


@pytest.fixture
@kept_scene
def business(world: World) -> Product:
    """Sold by the month and the year; additional servers by the month only."""
    nodes = OptionValues("nodes", {"maximum": 10}, [price_of("MONTHLY", "5", "1")])
    prices = [price_of("MONTHLY", "15", "2"), price_of("ANNUALLY", "150")]
    return update_product(product=world.business, values={}, prices=prices, options=[nodes])


def make_addon(parent: Product, **changes: Any) -> Product:
    """BitNinja, or what `changes` say, sold with `parent`."""
    values = {"tariff_id": BITNINJA, "name": "BitNinja addon", "price": "12.00", "is_addon": True, **changes}
    addon = make_product(parent.group, **values)
    update_product(product=parent, values={}, addons=[*parent.addons.all(), addon])
    return addon


@pytest.fixture
@kept_scene
def bitninja(world: World) -> Product:
    return make_addon(world.lite)


@pytest.fixture
def backups(world: World) -> Product:
    """Sold with something that no module stands behind, as it is itself."""
    return make_addon(make_hosting(world.group), tariff_id="", module="", name="Backups")


@pytest.fixture
@kept_scene
def license_addon(world: World) -> Product:
    """A license of its own that is sold with another one: its address comes from there."""
    return make_addon(world.lite, tariff_id="55228", name="pro beside lite")


class TestOptions:
    def test_their_price_is_part_of_the_services_own_amount(self, world: World, business: Product) -> None:
        placed = order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3}))
        line = placed.lines.get()
        assert line.description == "ispmanager business (additional servers: 3)"
        assert (line.unit_price, line.setup_fee, placed.total) == (Decimal(30), Decimal(5), Decimal(35))
        service = Service.objects.get()
        assert (service.first_amount, service.recurring_amount) == (Decimal(35), Decimal(30))
        assert [(row.quantity, row.unit_amount) for row in service.options.all()] == [(3, Decimal(5))]
        assert ordered_addons(service) == {"55236": 3}

    def test_invoices_name_them_in_the_language_of_the_client(self, world: World, business: Product) -> None:
        placed = order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3}))
        lines = {line.kind: (line.description, line.amount) for line in placed.invoice.lines.all()}
        words = "ispmanager business (additional servers: 3)"
        assert lines[LineKind.SERVICE] == (words, Decimal(30))
        assert lines[LineKind.SETUP] == (f"{words}: setup fee", Decimal(5))

    def test_renewals_charge_what_was_ordered_whatever_it_costs_by_then(self, world: World, business: Product) -> None:
        placed = order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3}))
        pay(placed.invoice)
        run_due_operations()
        dearer = OptionValues("nodes", prices=[price_of("MONTHLY", "50")])
        update_product(product=business, values={}, options=[dearer])
        now = database_now()
        invoice = issue_renewal_now(service=Service.objects.get(), on=business_date(now), now=now, actor="test")
        assert invoice is not None
        assert (invoice.total, invoice.lines.get().description) == (
            Decimal(30),
            "ispmanager business (additional servers: 3)",
        )

    def test_none_ordered_leaves_no_trace(self, world: World, business: Product) -> None:
        placed = order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 0}))
        assert placed.lines.get().description == "ispmanager business"
        assert not Service.objects.get().options.exists()

    @pytest.mark.parametrize(
        ("cycle", "options", "key", "words"),
        [
            ("MONTHLY", {"nodes": 11}, "nodes", "from 0 to 10"),
            ("MONTHLY", {"nodes": -1}, "nodes", "from 0 to 10"),
            ("MONTHLY", {"beer": 1}, "beer", "no such option"),
            ("ANNUALLY", {"nodes": 1}, "nodes", "not offered for this period"),
        ],
    )
    def test_each_wrong_choice_is_told_at_its_option(
        self, world: World, business: Product, cycle: str, options: dict[str, int], key: str, words: str
    ) -> None:
        errors = faults_of(world, ItemRequest(business, cycle, 1, IP, options))
        assert list(errors) == [f"items.0.options.{key}"]
        assert words in errors[f"items.0.options.{key}"][0]

    def test_a_least_number_has_to_be_reached(self, world: World, business: Product) -> None:
        business.options.update(minimum=2)
        assert list(faults_of(world, ItemRequest(business, "MONTHLY", 1, IP))) == ["items.0.options.nodes"]

    def test_a_hidden_option_is_not_sold(self, world: World, business: Product) -> None:
        business.options.update(is_hidden=True, minimum=1)
        assert list(faults_of(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 1}))) == [
            "items.0.options.nodes"
        ]
        order(world, ItemRequest(business, "MONTHLY", 1, IP))

    def test_another_count_is_another_order(self, world: World, business: Product) -> None:
        order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3}))
        assert order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3})) == Order.objects.get()
        with pytest.raises(CheckoutConflict):
            order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 4}))


class TestTogether:
    def test_an_addon_buys_exactly_one_license(self, world: World, license_addon: Product) -> None:
        placed = order(
            world,
            ItemRequest(world.lite, "MONTHLY", 1, IP),
            ItemRequest(license_addon, "MONTHLY", parent_item=0),
        )
        parent, addon = Service.objects.order_by("id")
        assert (parent.parent, addon.parent) == (None, parent)
        assert [line.amount for line in placed.invoice.lines.all()] == [Decimal(5), Decimal(12)]
        pay(placed.invoice)
        purchases = Operation.objects.filter(kind="CREATE").order_by("service_id")
        assert [purchase.service for purchase in purchases] == [parent, addon]

    def test_the_ip_comes_from_the_main_product(self, world: World, license_addon: Product) -> None:
        order(
            world,
            ItemRequest(world.lite, "MONTHLY", 1, IP),
            ItemRequest(license_addon, "MONTHLY", fields={"licname": "second"}, parent_item=0),
        )
        addon = Service.objects.get(product=license_addon)
        assert (addon.dedicated_ip, field_values(addon)) == ("192.0.2.1", {"ip": "192.0.2.1", "licname": "second"})

    def test_a_main_product_without_an_ip_lets_it_be_asked(self, world: World) -> None:
        hosting = create_product(values={"group": world.group, "name": "Hosting"}, prices=[price_of("MONTHLY", "1")])
        addon = make_addon(hosting, tariff_id=LITE, name="lite on hosting")
        main = ItemRequest(hosting, "MONTHLY")
        assert list(faults_of(world, main, ItemRequest(addon, "MONTHLY", parent_item=0))) == ["items.1.fields.ip"]
        order(world, main, ItemRequest(addon, "MONTHLY", 1, IP, parent_item=0))
        assert Service.objects.get(product=addon).dedicated_ip == "192.0.2.1"

    def test_each_unit_gets_an_addon_of_its_own(self, world: World, backups: Product) -> None:
        main = ItemRequest(backups.addon_of.get(), "MONTHLY", 3)
        order(world, main, ItemRequest(backups, "MONTHLY", 3, parent_item=0))
        parents = Service.objects.filter(product=main.product).order_by("id")
        assert [service.parent for service in Service.objects.filter(product=backups).order_by("id")] == [*parents]

    @pytest.mark.parametrize("quantity", [1, 4])
    def test_other_numbers_of_it_are_refused(self, world: World, backups: Product, quantity: int) -> None:
        main = ItemRequest(backups.addon_of.get(), "MONTHLY", 3)
        errors = faults_of(world, main, ItemRequest(backups, "MONTHLY", quantity, parent_item=0))
        assert "has to be 3" in errors["items.1.quantity"][0]

    def test_without_a_cycle_it_takes_the_parents(self, world: World, bitninja: Product) -> None:
        update_product(product=bitninja, values={}, prices=[price_of("SEMIANNUALLY", "60"), price_of("ANNUALLY", "99")])
        update_product(product=world.lite, values={}, prices=[price_of("MONTHLY", "5"), price_of("ANNUALLY", "50")])
        for cycle, expected in {"ANNUALLY": "ANNUALLY", "MONTHLY": "SEMIANNUALLY"}.items():
            main = ItemRequest(world.lite, cycle, 1, IP)
            placed = order(world, main, ItemRequest(bitninja, "", parent_item=0), key=cycle)
            assert [line.cycle for line in placed.lines.all()] == [cycle, expected]

    def test_faults_of_the_main_product_are_not_told_twice(self, world: World, license_addon: Product) -> None:
        main = ItemRequest(world.lite, "MONTHLY", 1, {"ip": "nowhere"})
        errors = faults_of(world, main, ItemRequest(license_addon, "MONTHLY", parent_item=0))
        assert list(errors) == ["items.0.fields.ip"]


class TestForAService:
    def test_a_module_belongs_to_the_license_it_is_added_to(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        placed = order(world, ItemRequest(bitninja, "MONTHLY", parent=parent))
        service = Service.objects.get(order_line__order=placed)
        assert (service.parent, service.server) == (parent, parent.server)
        assert field_values(service)["item"] == parent.remote_id

    def test_a_pending_license_will_do(self, world: World, bitninja: Product) -> None:
        parent = Service.objects.get(order_line__order=place(world.client, world.lite, **IP))
        order(world, ItemRequest(bitninja, "MONTHLY", parent=parent))
        assert Service.objects.get(product=bitninja).parent == parent

    @pytest.mark.parametrize("dedicated_ip", ["192.0.2.77", None])
    def test_the_dedicated_ip_goes_before_the_field(
        self, world: World, license_addon: Product, dedicated_ip: str | None
    ) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        Service.objects.filter(pk=parent.pk).update(dedicated_ip=dedicated_ip)
        parent.refresh_from_db()
        order(world, ItemRequest(license_addon, "MONTHLY", parent=parent))
        assert Service.objects.get(product=license_addon).dedicated_ip == (dedicated_ip or "192.0.2.1")

    def test_an_ip_that_the_partner_would_refuse_lets_it_be_asked(self, world: World, license_addon: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        parent.dedicated_ip = "2001:db8::1"
        parent.save()
        assert list(faults_of(world, ItemRequest(license_addon, "MONTHLY", parent=parent))) == ["items.0.fields.ip"]

    def test_what_is_offered_for_it(self, world: World, bitninja: Product, license_addon: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        assert [(offer.product, offer.price.price) for offer in offered_addons(parent)] == [
            (bitninja, Decimal(12)),
            (license_addon, Decimal(12)),
        ]
        order(world, ItemRequest(bitninja, "MONTHLY", parent=parent))
        assert [offer.product for offer in offered_addons(parent)] == [license_addon]
        Product.objects.filter(pk=license_addon.pk).update(is_hidden=True)
        assert offered_addons(parent) == []


class TestRefusals:
    def test_an_addon_alone(self, world: World, bitninja: Product) -> None:
        errors = faults_of(world, ItemRequest(bitninja, "MONTHLY", 1, {"item": "1"}))
        assert list(errors) == ["items.0.product"]

    @pytest.mark.parametrize("place", [1, 2, -1, 10**9])
    def test_a_parent_item_that_does_not_come_earlier(self, world: World, bitninja: Product, place: int) -> None:
        main = ItemRequest(world.lite, "MONTHLY", 1, IP)
        errors = faults_of(world, main, ItemRequest(bitninja, "MONTHLY", parent_item=place))
        assert list(errors) == ["items.1.parent_item"]

    def test_a_parent_item_that_does_not_offer_it(self, world: World, bitninja: Product) -> None:
        main = ItemRequest(world.business, "MONTHLY", 1, IP)
        errors = faults_of(world, main, ItemRequest(bitninja, "MONTHLY", parent_item=0))
        assert "not sold with ispmanager business" in errors["items.1.parent_item"][0]

    def test_a_product_that_is_no_addon(self, world: World) -> None:
        main = ItemRequest(world.lite, "MONTHLY", 1, IP)
        errors = faults_of(world, main, ItemRequest(world.business, "MONTHLY", 1, IP, parent_item=0))
        assert list(errors) == ["items.1.parent_item"]

    def test_a_service_of_another_client(self, world: World, bitninja: Product) -> None:
        theirs = make_active_service(make_client(), world.lite, **IP)
        errors = faults_of(world, ItemRequest(bitninja, "MONTHLY", parent=theirs))
        assert errors == {"items.0.parent": ["This client has no such service."]}

    def test_a_service_that_has_ended(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        Service.objects.filter(pk=parent.pk).update(status="TERMINATED")
        parent.refresh_from_db()
        assert list(faults_of(world, ItemRequest(bitninja, "MONTHLY", parent=parent))) == ["items.0.parent"]

    def test_a_service_that_ends_while_the_order_is_placed(self, world: World, bitninja: Product) -> None:
        stale = make_active_service(world.client, world.lite, **IP)
        Service.objects.filter(pk=stale.pk).update(status="TERMINATED")
        assert list(faults_of(world, ItemRequest(bitninja, "MONTHLY", parent=stale))) == ["items.0.parent"]

    def test_a_service_of_a_product_that_does_not_offer_it(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.business, **IP)
        assert list(faults_of(world, ItemRequest(bitninja, "MONTHLY", parent=parent))) == ["items.0.parent"]

    def test_both_kinds_of_parent(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        both = ItemRequest(bitninja, "MONTHLY", parent=parent, parent_item=0)
        assert list(faults_of(world, ItemRequest(world.lite, "MONTHLY", 1, IP), both)) == ["items.1.parent"]

    def test_two_for_one_service(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        assert list(faults_of(world, ItemRequest(bitninja, "MONTHLY", 2, parent=parent))) == ["items.0.quantity"]

    def test_values_that_come_from_the_parent(self, world: World, bitninja: Product, license_addon: Product) -> None:
        main = ItemRequest(world.lite, "MONTHLY", 1, IP)
        module = ItemRequest(bitninja, "MONTHLY", 1, {"item": "4711"}, parent_item=0)
        other = ItemRequest(license_addon, "MONTHLY", 1, {"ip": "192.0.2.2"}, parent_item=0)
        assert list(faults_of(world, main, module, other)) == ["items.1.fields.item", "items.2.fields.ip"]

    def test_another_parent_is_another_order(self, world: World, bitninja: Product) -> None:
        parents = [make_active_service(world.client, world.lite, ip=f"192.0.2.{host}") for host in (1, 2)]
        order(world, ItemRequest(bitninja, "MONTHLY", parent=parents[0]))
        with pytest.raises(CheckoutConflict):
            order(world, ItemRequest(bitninja, "MONTHLY", parent=parents[1]))


def test_an_operator_may_vouch_for_a_license_that_is_no_service_of_ours(world: World) -> None:
    item = ItemRequest(world.bitninja, "MONTHLY", 1, {"item": "4711"})
    assert list(faults_of(world, item)) == ["items.0.fields.item"]
    order(world, ItemRequest(world.bitninja, "MONTHLY", 1, {"item": "4711"}, is_item_unchecked=True))
    service = Service.objects.get()
    assert (service.parent, field_values(service)["item"]) == (None, "4711")


def test_credit_and_books_follow_the_options(world: World, business: Product) -> None:
    from billing.actions.payments import add_credit

    add_credit(client=world.client, amount=Decimal(35), reason="", actor="x", now=database_now())
    order(world, ItemRequest(business, "MONTHLY", 1, IP, {"nodes": 3}), payment_method="credit")
    assert Invoice.objects.get().status == "PAID"
    assert Client.objects.get(pk=world.client.pk).credit_balance == 0
