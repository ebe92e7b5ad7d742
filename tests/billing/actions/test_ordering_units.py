"""What one order may not ask the partner for twice: the second would be paid for and refused."""

import pytest

from billing.actions.checkouts import ItemRequest
from billing.actions.ordering import CheckoutConflict
from billing.models import Service
from catalog.models import CustomField, Product
from tests.billing.actions.test_ordering import faults_of, order
from tests.billing.actions.test_ordering_addons import make_addon
from tests.builders import LITE, World, make_active_service, make_hosting, make_product

IP = {"ip": "192.0.2.1"}
DDOS_GUARD = "23221"


def lite(world: World, **fields: str) -> ItemRequest:
    return ItemRequest(world.lite, "MONTHLY", fields={**IP, **fields})


def test_two_licenses_cannot_be_for_one_address(world: World) -> None:
    errors = faults_of(world, ItemRequest(world.lite, "MONTHLY", 2, IP))
    assert list(errors) == ["items.0.quantity"]
    assert errors["items.0.quantity"][0].startswith("“IP address” can be used for one only")


def test_an_address_that_is_not_given_is_shared_by_nobody(world: World) -> None:
    CustomField.objects.filter(product=world.lite, key="ip").update(is_required=False)
    assert list(faults_of(world, ItemRequest(world.lite, "MONTHLY", 2, IP))) == ["items.0.quantity"]
    order(world, ItemRequest(world.lite, "MONTHLY", 2))


def test_software_that_is_bound_to_no_address_is_sold_in_any_number(world: World) -> None:
    software = make_product(world.group, tariff_id="55369", name="BitNinja alone", price="9")
    assert software.kind == "software"
    order(world, ItemRequest(software, "MONTHLY", 3, {"licname": "web"}))
    assert Service.objects.count() == 3


def test_two_lines_for_one_address_collide(world: World) -> None:
    errors = faults_of(world, lite(world), lite(world, licname="other"))
    assert errors == {"items.1.fields.ip": ["This order has the product with the same “IP address” already."]}


def test_another_tariff_or_another_address_is_fine(world: World) -> None:
    business = ItemRequest(world.business, "MONTHLY", fields=IP)
    order(world, lite(world), lite(world, ip="192.0.2.2"), business)
    assert Service.objects.count() == 3


def test_two_products_of_one_tariff_collide_too(world: World) -> None:
    twin = make_product(world.group, tariff_id=LITE, name="lite for friends", price="4")
    errors = faults_of(world, lite(world), ItemRequest(twin, "MONTHLY", fields=IP))
    assert list(errors) == ["items.1.fields.ip"]


def test_an_addon_with_the_address_of_its_parent_collides(world: World) -> None:
    twin = make_addon(world.lite, tariff_id=LITE, name="lite again")
    errors = faults_of(world, lite(world), ItemRequest(twin, "MONTHLY", parent_item=0))
    assert list(errors) == ["items.1.fields.ip"]


class TestModules:
    @pytest.fixture
    def bitninja(self, world: World) -> Product:
        return make_addon(world.lite)

    def test_one_module_goes_on_a_license_once(self, world: World, bitninja: Product) -> None:
        addon = {"product": bitninja, "cycle": "MONTHLY", "parent_item": 0}
        first = ItemRequest(**addon, fields={"bitninja_email": "a@example.com"})  # type: ignore[arg-type]
        second = ItemRequest(**addon, fields={"bitninja_email": "b@example.com"})  # type: ignore[arg-type]
        assert list(faults_of(world, lite(world), first, second)) == ["items.2.product"]

    def test_it_goes_on_two_licenses(self, world: World, bitninja: Product) -> None:
        items = (
            lite(world),
            lite(world, ip="192.0.2.2"),
            ItemRequest(bitninja, "MONTHLY", parent_item=0),
            ItemRequest(bitninja, "MONTHLY", parent_item=1),
        )
        order(world, *items)
        assert Service.objects.count() == 4

    def test_typed_and_added_to_the_same_license_collide(self, world: World, bitninja: Product) -> None:
        parent = make_active_service(world.client, world.lite, **IP)
        typed = ItemRequest(world.bitninja, "MONTHLY", fields={"item": parent.remote_id})
        errors = faults_of(world, ItemRequest(bitninja, "MONTHLY", parent=parent), typed)
        assert list(errors) == ["items.1.fields.item"]
        assert list(faults_of(world, ItemRequest(world.bitninja, "MONTHLY", 2, {"item": parent.remote_id}))) == [
            "items.0.quantity"
        ]

    def test_one_license_guards_several_domains(self, world: World) -> None:
        guard = make_product(world.group, tariff_id=DDOS_GUARD, name="DDoS-Guard", price="9")
        parent = make_active_service(world.client, world.lite, **IP)

        def item(domain: str) -> ItemRequest:
            fields = {"item": parent.remote_id, "domain": domain, "target_ip": "192.0.2.9"}
            return ItemRequest(guard, "MONTHLY", fields=fields)

        assert list(faults_of(world, item("a.example.com"), item("A.Example.com"))) == ["items.1.fields.item"]
        order(world, item("a.example.com"), item("b.example.com"))


class TestDomain:
    @pytest.fixture
    def hosting(self, world: World) -> Product:
        return make_hosting(world.group, is_domain_required=True)

    @pytest.mark.parametrize("domain", ["", "localhost", "https://example.com", "exa mple.com", "x" * 300])
    def test_a_product_that_asks_for_a_domain_needs_a_right_one(
        self, world: World, hosting: Product, domain: str
    ) -> None:
        assert list(faults_of(world, ItemRequest(hosting, "MONTHLY", domain=domain))) == ["items.0.domain"]

    def test_one_that_asks_for_none_takes_none(self, world: World) -> None:
        item = ItemRequest(make_hosting(world.group), "MONTHLY", domain="example.com")
        assert list(faults_of(world, item)) == ["items.0.domain"]

    def test_it_is_kept_in_one_spelling_and_stands_on_the_invoice_in_its_own_letters(
        self, world: World, hosting: Product
    ) -> None:
        placed = order(world, ItemRequest(hosting, "MONTHLY", domain="Пример.РФ"))
        assert Service.objects.get().domain == "xn--e1afmkfd.xn--p1ai"
        assert placed.invoice.lines.get().description == "Hosting – пример.рф"

    def test_a_long_name_of_a_product_gives_way_on_the_invoice(self, world: World) -> None:
        hosting = make_hosting(world.group, name="H" * 150, is_domain_required=True, quantity_mode="SCALING")
        name = ".".join(["a" * 60] * 4) + ".com"
        placed = order(world, ItemRequest(hosting, "MONTHLY", 3, domain=name))
        description = placed.invoice.lines.get().description
        assert len(description) == 255
        assert description.endswith(" × 3")

    def test_an_addon_is_for_the_domain_of_what_it_is_added_to(self, world: World, hosting: Product) -> None:
        addon = make_addon(hosting, tariff_id="", module="", name="Backups", is_domain_required=True)
        main = ItemRequest(hosting, "MONTHLY", domain="example.com")
        placed = order(world, main, ItemRequest(addon, "MONTHLY", parent_item=0))
        parent = Service.objects.get(product=hosting)
        later = order(world, ItemRequest(addon, "MONTHLY", parent=parent), key="later")
        domains = Service.objects.filter(product=addon).values_list("domain", "order_line__order")
        assert sorted(domains) == [("example.com", placed.pk), ("example.com", later.pk)]
        errors = faults_of(
            world,
            ItemRequest(hosting, "MONTHLY"),
            ItemRequest(addon, "MONTHLY", parent_item=0),
            key="last",
        )
        assert list(errors) == ["items.0.domain"]

    def test_another_domain_is_another_order(self, world: World, hosting: Product) -> None:
        order(world, ItemRequest(hosting, "MONTHLY", domain="example.com"))
        with pytest.raises(CheckoutConflict):
            order(world, ItemRequest(hosting, "MONTHLY", domain="example.org"))
