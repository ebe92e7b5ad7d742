from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from catalog.actions.products import (
    PriceValues,
    ProductInvalid,
    check_product,
    create_missing_fields,
    create_product,
    save_product,
    update_product,
)
from catalog.checks import find_warnings
from catalog.models import CustomField, Product, ProductGroup
from catalog.modules import ISPMANAGER_NOC, MODULES
from noc.models import PriceListEntry, Server, ServerGroup
from tests.catalog.samples import (
    BITNINJA,
    CLOUDLINUX,
    DDOS_GUARD,
    DRWEB,
    LITE,
    TRIAL,
    make_plain_product,
    make_product,
    make_service,
    price,
    values,
)

pytestmark = pytest.mark.django_db


def refuse(group: ProductGroup, *, prices: list[PriceValues] | None = None, **changes: Any) -> dict[str, list[str]]:
    """Errors of a product that must not be created."""
    with pytest.raises(ProductInvalid) as raised:
        make_product(group, prices=prices, **changes)
    assert not Product.objects.exists()
    return raised.value.errors


class TestCreate:
    def test_saves_product_prices_and_fields(self, group: ProductGroup) -> None:
        product = make_product(group, prices=[price("MONTHLY", "5.00", setup_fee="1"), price("ANNUALLY", "50")])
        product.refresh_from_db()
        assert (product.kind, product.slug, product.partner_period) == ("license", "ispmanager-lite", None)
        assert {(row.cycle, row.price, row.setup_fee) for row in product.prices.all()} == {
            ("MONTHLY", Decimal(5), Decimal(1)),
            ("ANNUALLY", Decimal(50), Decimal(0)),
        }
        assert [field.key for field in product.custom_fields.all()] == ["licname", "ip", "lickey", "order_id"]

    def test_numbers_the_url_of_a_namesake(self, group: ProductGroup) -> None:
        assert [make_product(group).slug, make_product(group).slug] == ["ispmanager-lite", "ispmanager-lite-2"]

    def test_a_product_without_a_module_needs_no_product_id(self, group: ProductGroup) -> None:
        product = make_plain_product(group)
        assert (product.kind, product.custom_fields.count()) == ("", 0)

    @pytest.mark.parametrize(
        ("tariff_id", "period"), [(LITE, 1), (BITNINJA, 1), (TRIAL, -100)], ids=["license", "module", "trial"]
    )
    @pytest.mark.parametrize("payment_type", ["FREE", "ONE_TIME"])
    def test_a_product_not_paid_by_period_chooses_what_it_buys(
        self, group: ProductGroup, tariff_id: str, period: int, payment_type: str
    ) -> None:
        prices = [] if payment_type == "FREE" else [price("ONE_TIME", "9")]
        product = make_product(group, tariff_id=tariff_id, payment_type=payment_type, prices=prices)
        assert product.partner_period == period

    def test_takes_the_shortest_period_where_a_month_is_not_sold(self, group: ProductGroup, server: Server) -> None:
        PriceListEntry.objects.create(
            server=server,
            kind="license",
            tariff_id=LITE,
            name="Lite",
            prices={"12": "1", "6": "1"},
            read_at="2026-03-01T00:00Z",
        )
        assert make_product(group, payment_type="FREE").partner_period == 6

    def test_a_field_that_is_not_to_be_written_is_a_programming_error(self, group: ProductGroup) -> None:
        with pytest.raises(KeyError):
            create_product(values={**values(group), "id": 7}, prices=[])


class TestRefusals:
    def test_unknown_product_id(self, group: ProductGroup) -> None:
        errors = refuse(group, tariff_id="424242")
        assert list(errors) == ["tariff_id"]
        assert "424242" in errors["tariff_id"][0]

    def test_missing_product_id(self, group: ProductGroup) -> None:
        assert "Enter the Product ID" in refuse(group, tariff_id=" ")["tariff_id"][0]

    @pytest.mark.parametrize(("tariff_id", "words"), [(CLOUDLINUX, "other software"), ("1011", "SSL certificates")])
    @pytest.mark.parametrize("is_tariff_unchecked", [False, True])
    def test_kind_that_is_not_sold_yet(
        self,
        group: ProductGroup,
        monkeypatch: pytest.MonkeyPatch,
        tariff_id: str,
        words: str,
        is_tariff_unchecked: bool,
    ) -> None:
        module = replace(MODULES[ISPMANAGER_NOC], sellable_kinds=frozenset({"license"}))
        monkeypatch.setitem(MODULES, ISPMANAGER_NOC, module)
        errors = refuse(group, tariff_id=tariff_id, is_tariff_unchecked=is_tariff_unchecked)
        assert list(errors) == ["tariff_id"]
        assert words in errors["tariff_id"][0]
        assert "not sold yet" in errors["tariff_id"][0]

    def test_cycle_that_the_tariff_does_not_sell(self, group: ProductGroup) -> None:
        errors = refuse(group, prices=[price("MONTHLY", "5"), price("QUARTERLY", "14")])
        assert errors == {
            "prices": ["Quarterly: ispmanager 6 lite is not sold for this period. Possible: Monthly, Annually."]
        }

    def test_such_a_cycle_is_named_once_for_several_currencies(self, group: ProductGroup) -> None:
        errors = refuse(group, prices=[price("QUARTERLY", "14"), price("QUARTERLY", "1400", currency="RUB")])
        assert len(errors["prices"]) == 1

    def test_recurring_product_without_a_price(self, group: ProductGroup) -> None:
        assert refuse(group, prices=[]) == {"prices": ["Give at least one price."]}

    def test_one_time_price_of_a_recurring_product(self, group: ProductGroup) -> None:
        assert "one-time" in refuse(group, prices=[price("ONE_TIME", "5")])["prices"][0]

    def test_recurring_price_of_a_one_time_product(self, group: ProductGroup) -> None:
        assert "Monthly" in refuse(group, payment_type="ONE_TIME", prices=[price("MONTHLY", "5")])["prices"][0]

    def test_price_of_a_free_product(self, group: ProductGroup) -> None:
        assert refuse(group, payment_type="FREE", prices=[price("ONE_TIME", "0")]) == {
            "prices": ["A free product has no prices."]
        }

    def test_negative_price(self, group: ProductGroup) -> None:
        assert "below zero" in refuse(group, prices=[price("MONTHLY", "-1")])["prices"][0]

    def test_price_finer_than_its_currency(self, group: ProductGroup) -> None:
        assert "at most 2 decimals" in refuse(group, prices=[price("MONTHLY", "5.001")])["prices"][0]

    def test_two_prices_for_one_cycle(self, group: ProductGroup) -> None:
        assert "two prices" in refuse(group, prices=[price("MONTHLY", "5"), price("MONTHLY", "6")])["prices"][0]

    def test_unknown_cycle(self, group: ProductGroup) -> None:
        assert "BIENNIALLY" in refuse(group, prices=[price("BIENNIALLY", "5")])["prices"][0]

    def test_recurring_trial(self, group: ProductGroup) -> None:
        errors = refuse(group, tariff_id=TRIAL)
        assert list(errors) == ["payment_type"]
        assert "trial" in errors["payment_type"][0]

    @pytest.mark.parametrize("period", [3, -100])
    def test_period_that_the_tariff_does_not_sell(self, group: ProductGroup, period: int) -> None:
        errors = refuse(group, payment_type="FREE", partner_period=period)
        assert errors == {
            "partner_period": ["ispmanager 6 lite is not sold for this period. Possible: 1, 12."],
        }

    def test_period_that_nothing_can_be_bought_for(self, group: ProductGroup) -> None:
        errors = refuse(group, payment_type="FREE", partner_period=7, is_tariff_unchecked=True)
        assert list(errors) == ["partner_period"]

    def test_taken_url(self, group: ProductGroup) -> None:
        make_product(group, slug="lite")
        with pytest.raises(ProductInvalid) as raised:
            make_product(group, slug="lite")
        assert list(raised.value.errors) == ["slug"]

    def test_every_wrong_value_on_its_own_field(self, group: ProductGroup) -> None:
        errors = refuse(group, name="", slug="no spaces", module="cpanel", auto_setup="SOON", prices=[])
        assert set(errors) == {"name", "slug", "module", "auto_setup", "prices"}

    def test_missing_group(self, db: None) -> None:
        with pytest.raises(ProductInvalid) as raised:
            create_product(values={"name": "Consulting"}, prices=[price("MONTHLY", "5")])
        assert list(raised.value.errors) == ["group"]


class TestDisabledServers:
    def test_a_disabled_default_server_is_not_chosen(self, group: ProductGroup, server: Server) -> None:
        Server.objects.update(is_enabled=False)
        assert list(refuse(group)) == ["server_group"]

    def test_a_group_of_disabled_servers_is_not_chosen(self, group: ProductGroup, server: Server) -> None:
        servers = ServerGroup.objects.create(name="Europe")
        servers.servers.add(server)
        Server.objects.update(is_enabled=False)
        assert list(refuse(group, server_group=servers)) == ["server_group"]

    def test_one_enabled_server_of_a_group_is_enough(self, group: ProductGroup, server: Server) -> None:
        servers = ServerGroup.objects.create(name="Europe")
        servers.servers.add(server, Server.objects.create(name="off", hostname="x", username="y", is_enabled=False))
        assert make_product(group, server_group=servers).pk

    def test_a_product_bound_to_it_already_can_be_edited(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group)
        Server.objects.update(is_enabled=False)
        assert update_product(product=product, values={"name": "Lite"}).name == "Lite"

    def test_an_old_product_does_not_move_to_it(self, group: ProductGroup, server: Server) -> None:
        product = make_product(group)
        servers = ServerGroup.objects.create(name="Europe")
        servers.servers.add(server)
        Server.objects.update(is_enabled=False)
        with pytest.raises(ProductInvalid) as raised:
            update_product(product=product, values={"server_group": servers})
        assert list(raised.value.errors) == ["server_group"]

    def test_a_product_without_a_module_does_not_care(self, group: ProductGroup, server: Server) -> None:
        Server.objects.update(is_enabled=False)
        assert make_plain_product(group).pk


class TestUncheckedTariff:
    def test_sells_a_cycle_that_the_list_does_not_show_with_a_warning(self, group: ProductGroup) -> None:
        product = make_product(group, is_tariff_unchecked=True, prices=[price("QUARTERLY", "14")])
        (warning,) = find_warnings(product)
        assert "Quarterly" in warning

    def test_sells_an_unknown_product_id_of_a_named_kind_with_a_warning(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id="424242", kind="addition", is_tariff_unchecked=True)
        assert [field.key for field in product.custom_fields.all()] == ["item", "order_id"]
        assert "424242" in find_warnings(product)[0]

    def test_an_unknown_product_id_needs_its_kind(self, group: ProductGroup) -> None:
        assert list(refuse(group, tariff_id="424242", is_tariff_unchecked=True)) == ["kind"]

    def test_an_unknown_kind_cannot_be_sold(self, group: ProductGroup) -> None:
        errors = refuse(group, tariff_id="424242", is_tariff_unchecked=True, kind="hosting")
        assert list(errors) == ["tariff_id"]

    def test_a_tariff_that_the_list_shows_brings_no_warning(self, group: ProductGroup) -> None:
        assert find_warnings(make_product(group, is_tariff_unchecked=True)) == []
        assert find_warnings(make_product(group)) == []


class TestUpdate:
    def test_without_prices_keeps_them(self, group: ProductGroup) -> None:
        product = update_product(product=make_product(group), values={"is_hidden": True})
        assert product.prices.get().price == Decimal(5)

    def test_writes_only_what_it_was_given(self, group: ProductGroup) -> None:
        product = make_product(group)
        Product.objects.update(tagline="Written meanwhile")
        update_product(product=product, values={"is_hidden": True})
        product.refresh_from_db()
        assert (product.is_hidden, product.tagline) == (True, "Written meanwhile")

    def test_replaces_prices_as_a_whole(self, group: ProductGroup) -> None:
        product = make_product(group, prices=[price("MONTHLY", "5"), price("ANNUALLY", "50")])
        kept = product.prices.get(cycle="MONTHLY").pk
        update_product(product=product, values={}, prices=[price("MONTHLY", "6")])
        row = product.prices.get()
        assert (row.pk, row.price) == (kept, Decimal(6))

    def test_checks_the_prices_it_keeps(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id=BITNINJA, prices=[price("SEMIANNUALLY", "30")])
        with pytest.raises(ProductInvalid) as raised:
            update_product(product=product, values={"tariff_id": LITE})
        assert "Semi-annually" in raised.value.errors["prices"][0]
        product.refresh_from_db()
        assert product.tariff_id == BITNINJA

    def test_follows_the_product_id_to_another_kind(self, group: ProductGroup) -> None:
        product = update_product(product=make_product(group), values={"tariff_id": DRWEB})
        assert product.kind == "addition"
        assert product.custom_fields.filter(key="item").exists()

    def test_a_retired_product_may_keep_what_is_no_longer_sold(self, group: ProductGroup) -> None:
        product = make_product(group)
        Product.objects.update(tariff_id="424242")
        product.refresh_from_db()
        with pytest.raises(ProductInvalid):
            update_product(product=product, values={"name": "Old"})
        assert update_product(product=product, values={"is_retired": True}).is_retired

    @pytest.mark.parametrize("changes", [{"tariff_id": DRWEB}, {"module": "", "tariff_id": ""}])
    def test_keeps_its_kind_once_clients_have_services(self, group: ProductGroup, changes: dict[str, str]) -> None:
        product = make_product(group)
        make_service(product)
        with pytest.raises(ProductInvalid) as raised:
            update_product(product=product, values=changes)
        assert list(raised.value.errors) == ["tariff_id" if "module" not in changes else "module"]
        product.refresh_from_db()
        assert update_product(product=product, values={"tariff_id": "55228"}).tariff_id == "55228"

    def test_a_recurring_product_names_no_period(self, group: ProductGroup) -> None:
        product = make_product(group, payment_type="FREE")
        update_product(product=product, values={"payment_type": "RECURRING"}, prices=[price("MONTHLY", "5")])
        assert product.partner_period is None


class TestAtEnd:
    def test_a_license_may_be_kept_for_a_later_order(self, group: ProductGroup) -> None:
        assert make_product(group, at_end="POOL").at_end == "POOL"

    @pytest.mark.parametrize("tariff_id", [BITNINJA, CLOUDLINUX])
    def test_nothing_else_may(self, group: ProductGroup, tariff_id: str) -> None:
        assert list(refuse(group, tariff_id=tariff_id, at_end="POOL")) == ["at_end"]

    def test_a_product_without_a_module_may_not(self, group: ProductGroup) -> None:
        with pytest.raises(ProductInvalid) as raised:
            make_plain_product(group, at_end="POOL")
        assert list(raised.value.errors) == ["at_end"]


class TestNoLongerOnSale:
    @pytest.mark.parametrize("tariff_id", ["3541", "4601"])
    def test_it_is_not_sold_even_unchecked(self, group: ProductGroup, tariff_id: str) -> None:
        for is_tariff_unchecked in (False, True):
            errors = refuse(group, tariff_id=tariff_id, is_tariff_unchecked=is_tariff_unchecked)
            assert "takes no new orders" in errors["tariff_id"][0]

    def test_it_may_be_kept_as_retired(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id="4601", is_retired=True)
        assert (product.kind, product.options.get().addon_id) == ("license", "4602")
        with pytest.raises(ProductInvalid):
            update_product(product=product, values={"is_retired": False})


class TestAddons:
    def make_addon(self, group: ProductGroup, **changes: Any) -> Product:
        return make_product(group, **{"name": "BitNinja", "tariff_id": BITNINJA, "is_addon": True, **changes})

    def test_are_sold_with_a_product_and_get_their_fields(self, group: ProductGroup) -> None:
        addon = self.make_addon(group)
        product = update_product(product=make_product(group), values={}, addons=[addon])
        assert list(product.addons.all()) == [addon]
        assert addon.custom_fields.filter(key="item").exists()

    def test_stay_where_none_are_named(self, group: ProductGroup) -> None:
        product = update_product(product=make_product(group), values={}, addons=[self.make_addon(group)])
        assert update_product(product=product, values={"name": "Lite"}).addons.count() == 1

    def refuse(self, product: Product, *addons: Product, **changes: Any) -> dict[str, list[str]]:
        before = list(product.addons.all())
        with pytest.raises(ProductInvalid) as raised:
            update_product(product=product, values=changes, addons=list(addons) or None)
        assert list(product.addons.all()) == before
        return raised.value.errors

    def test_what_is_no_addon_is_refused(self, group: ProductGroup) -> None:
        assert list(self.refuse(make_product(group), make_plain_product(group))) == ["addons"]

    def test_an_addon_has_none(self, group: ProductGroup) -> None:
        assert list(self.refuse(self.make_addon(group), self.make_addon(group, name="Other"))) == ["addons"]

    def test_a_module_goes_on_licenses_only(self, group: ProductGroup) -> None:
        assert (
            "module of ispmanager licenses"
            in self.refuse(make_plain_product(group), self.make_addon(group))["addons"][0]
        )

    def test_one_that_is_sold_stays_an_addon(self, group: ProductGroup) -> None:
        addon = self.make_addon(group)
        update_product(product=make_product(group), values={}, addons=[addon])
        errors = self.refuse(addon, is_addon=False)
        assert "ispmanager lite" in errors["is_addon"][0]


class TestFields:
    def test_bitninja_asks_for_item_and_offers_an_email(self, group: ProductGroup) -> None:
        fields = {field.key: field for field in make_product(group, tariff_id=BITNINJA).custom_fields.all()}
        assert list(fields) == ["item", "bitninja_email", "bitninjakey", "bitninja_password", "order_id"]
        assert fields["item"].label == "ID of the ispmanager license for which the module is purchased"
        assert (fields["item"].is_required, fields["item"].is_on_order_form) == (True, True)
        assert (fields["bitninja_email"].is_required, fields["bitninja_email"].is_on_order_form) == (False, True)
        assert fields["bitninjakey"].is_secret
        assert (fields["bitninja_password"].is_secret, fields["bitninja_password"].type) == (True, "PASSWORD")
        assert (fields["order_id"].is_admin_only, fields["order_id"].is_on_order_form) == (False, False)

    def test_ddos_guard_asks_for_domain_and_address(self, group: ProductGroup) -> None:
        product = make_product(group, tariff_id=DDOS_GUARD)
        asked = product.custom_fields.filter(is_required=True, is_on_order_form=True)
        assert [field.key for field in asked] == ["item", "domain", "target_ip"]

    def test_saving_again_creates_nothing_twice_and_keeps_reworded_labels(self, group: ProductGroup) -> None:
        product = make_product(group)
        product.custom_fields.filter(key="ip").update(label="Адрес сервера", is_required=False)
        save_product(product=product, prices=None)
        field = product.custom_fields.get(key="ip")
        assert (field.label, field.is_required, product.custom_fields.count()) == ("Адрес сервера", False, 4)

    def test_a_deleted_field_comes_back(self, group: ProductGroup) -> None:
        product = make_product(group)
        product.custom_fields.filter(key="ip").delete()
        assert [field.key for field in create_missing_fields(product)] == ["ip"]

    def test_own_fields_stay(self, group: ProductGroup) -> None:
        product = make_product(group)
        CustomField.objects.create(product=product, key="note", label="Note")
        assert create_missing_fields(product) == []
        assert product.custom_fields.filter(key="note").exists()

    def test_labels_are_in_the_language_of_the_site_whoever_saves(self, group: ProductGroup) -> None:
        with translation.override("ru"):
            product = make_product(group)
        assert product.custom_fields.get(key="ip").label == "IP address"


def test_checking_writes_nothing(group: ProductGroup) -> None:
    product = Product(**values(group, slug="lite", kind="license"))
    assert check_product(product=product, prices=[price("MONTHLY", "5")]) == {}
    assert not Product.objects.exists()


class TestTerms:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"recurring_limit": 3}, "recurring_limit"),
            ({"is_prorata": True}, "is_prorata"),
            ({"on_demand": "OWN", "on_demand_days": {"MONTHLY": 5}}, "on_demand_days"),
        ],
    )
    @pytest.mark.parametrize("payment_type", ["FREE", "ONE_TIME"])
    def test_what_repeats_is_for_recurring_products(
        self, group: ProductGroup, changes: dict[str, Any], field: str, payment_type: str
    ) -> None:
        prices = [] if payment_type == "FREE" else [price("ONE_TIME", "5")]
        assert list(refuse(group, prices=prices, payment_type=payment_type, **changes)) == [field]
        make_product(group, **changes)

    def test_a_fixed_term_ends_anything(self, group: ProductGroup) -> None:
        for payment_type, prices in (("FREE", []), ("ONE_TIME", [price("ONE_TIME", "5")])):
            make_product(group, payment_type=payment_type, prices=prices, fixed_term_days=30)

    def test_days_that_are_not_used_may_stay(self, group: ProductGroup) -> None:
        make_product(group, payment_type="FREE", prices=[], on_demand_days={"MONTHLY": 5})
        make_product(group, payment_type="FREE", prices=[], on_demand="OWN", on_demand_days={"MONTHLY": 0})

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"on_demand_days": {"WEEKLY": 5}}, "on_demand_days"),
            ({"on_demand_days": {"MONTHLY": 367}}, "on_demand_days"),
            ({"on_demand_days": {"MONTHLY": "5"}}, "on_demand_days"),
            ({"on_demand": "OWN", "on_demand_days": ["MONTHLY"]}, "on_demand_days"),
            ({"recurring_limit": -1}, "recurring_limit"),
            ({"fixed_term_days": 40000}, "fixed_term_days"),
            ({"fixed_term_days": "soon"}, "fixed_term_days"),
            ({"quantity_mode": "SOME"}, "quantity_mode"),
            ({"welcome_letter": "order.placed"}, "welcome_letter"),
            ({"term_letter": "invoice.paid"}, "term_letter"),
            ({"color": "red"}, "color"),
            ({"affiliate_amount": Decimal(-1)}, "affiliate_amount"),
            ({"affiliate_pay": "PERCENT", "affiliate_amount": Decimal(101)}, "affiliate_amount"),
            ({"affiliate_amount": "much"}, "affiliate_amount"),
        ],
    )
    def test_each_wrong_value_is_told_on_its_field(
        self, group: ProductGroup, changes: dict[str, Any], field: str
    ) -> None:
        assert list(refuse(group, **changes)) == [field]

    def test_scaling_a_partner_product_warns(self, group: ProductGroup) -> None:
        (warning,) = find_warnings(make_product(group, quantity_mode="SCALING"))
        assert "one unit at the partner" in warning
        assert find_warnings(make_plain_product(group, quantity_mode="SCALING")) == []
        assert find_warnings(make_product(group, quantity_mode="MULTIPLE")) == []


class TestCrossSells:
    def test_are_kept_unless_others_are_named(self, group: ProductGroup) -> None:
        other = make_plain_product(group)
        product = make_product(group)
        update_product(product=product, values={}, cross_sells=[other])
        update_product(product=product, values={"tagline": "x"})
        assert list(product.cross_sells.all()) == [other]
        update_product(product=product, values={}, cross_sells=[])
        assert not product.cross_sells.exists()

    def test_neither_itself_nor_an_addon_is_recommended(self, group: ProductGroup) -> None:
        addon = make_plain_product(group, is_addon=True)
        product = make_product(group)
        for wrong in (product, addon):
            with pytest.raises(ProductInvalid) as refused:
                update_product(product=product, values={}, cross_sells=[wrong])
            assert list(refused.value.errors) == ["cross_sells"]
