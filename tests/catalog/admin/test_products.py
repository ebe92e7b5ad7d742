from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from catalog.actions.products import OptionValues, update_product
from catalog.models import Product, ProductGroup
from noc.models import Server
from tests.catalog.admin.forms import ADD, LIST, errors_of, form, page_of, whole_page
from tests.catalog.samples import DRWEB, make_business, make_plain_product, make_product, make_service, price

pytestmark = pytest.mark.django_db


class TestAdding:
    def test_creates_the_product_with_prices_and_fields(self, sales: Client, group: ProductGroup) -> None:
        response = sales.post(ADD, form(group, ("MONTHLY", "5"), ("ANNUALLY", "50")))
        assert response.status_code == 302
        product = Product.objects.get()
        assert (product.kind, product.slug) == ("license", "ispmanager-lite")
        assert set(product.prices.values_list("cycle", flat=True)) == {"MONTHLY", "ANNUALLY"}
        assert product.custom_fields.count() == 4
        assert LogEntry.objects.get().object_id == str(product.pk)

    def test_the_page_opens(self, sales: Client, group: ProductGroup) -> None:
        assert sales.get(ADD).status_code == 200

    @pytest.mark.parametrize(
        ("rows", "changes", "field"),
        [
            ([("MONTHLY", "5")], {"tariff_id": "424242"}, "tariff_id"),
            ([("MONTHLY", "5")], {"tariff_id": ""}, "tariff_id"),
            ([("QUARTERLY", "5")], {}, "prices"),
            ([], {}, "prices"),
            ([("ONE_TIME", "5")], {}, "prices"),
            ([("ONE_TIME", "0")], {"payment_type": "FREE"}, "prices"),
            ([], {"payment_type": "FREE", "partner_period": "3"}, "partner_period"),
            ([("MONTHLY", "5")], {"tariff_id": "55239"}, "payment_type"),
            ([("MONTHLY", "5")], {"tariff_id": "424242", "is_tariff_unchecked": "on"}, "kind"),
            ([("MONTHLY", "5")], {"tariff_id": "4601"}, "tariff_id"),
            ([("MONTHLY", "5")], {"tariff_id": DRWEB, "at_end": "POOL"}, "at_end"),
            ([("MONTHLY", "5")], {"node_base": "-1"}, "node_base"),
            ([("MONTHLY", "5")], {"group": ""}, "group"),
            ([("MONTHLY", "5")], {"name": ""}, "name"),
        ],
    )
    def test_each_error_is_on_its_field_and_nothing_is_saved(
        self, sales: Client, group: ProductGroup, rows: list[tuple[str, str]], changes: dict[str, str], field: str
    ) -> None:
        response = sales.post(ADD, form(group, *rows) | changes)
        assert response.status_code == 200
        assert list(errors_of(response)) == [field]
        assert not Product.objects.exists()

    def test_the_words_of_a_refused_cycle_are_on_the_page(self, sales: Client, group: ProductGroup) -> None:
        page = sales.post(ADD, form(group, ("QUARTERLY", "5"))).content.decode()
        assert escape("Quarterly: ispmanager 6 lite is not sold for this period. Possible: Monthly, Annually.") in page

    def test_a_disabled_server_is_refused_on_its_field(
        self, sales: Client, group: ProductGroup, server: Server
    ) -> None:
        Server.objects.update(is_enabled=False)
        assert list(errors_of(sales.post(ADD, form(group, ("MONTHLY", "5"))))) == ["server_group"]

    def test_an_override_is_saved_with_a_warning(self, sales: Client, group: ProductGroup) -> None:
        sent = form(group, ("QUARTERLY", "14"), is_tariff_unchecked="on")
        page = sales.post(ADD, sent, follow=True).content.decode()
        assert "is not sold for these periods" in page
        assert Product.objects.get().prices.get().cycle == "QUARTERLY"


class TestChanging:
    def test_shows_the_tariff_its_origin_and_periods(self, sales: Client, group: ProductGroup) -> None:
        page = sales.get(page_of(make_product(group))).content.decode()
        assert "ispmanager 6 lite · built-in table · Monthly, Annually" in page
        assert "None: the default server" in page
        assert 'value="5.00"' in page

    def test_replaces_prices_and_keeps_labels(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group, prices=[price("MONTHLY", "5"), price("ANNUALLY", "50")])
        product.custom_fields.filter(key="ip").update(label="Адрес")
        response = sales.post(page_of(product), whole_page(product, ("MONTHLY", "6")))
        assert response.status_code == 302, errors_of(response)
        row = product.prices.get()
        assert (row.cycle, row.price) == ("MONTHLY", 6)
        assert product.custom_fields.get(key="ip").label == "Адрес"
        assert product.custom_fields.count() == 4

    def test_a_new_kind_brings_its_fields(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        sales.post(page_of(product), whole_page(product, tariff_id=DRWEB))
        product.refresh_from_db()
        assert product.kind == "addition"
        assert product.custom_fields.filter(key="item").exists()

    def test_an_added_field_is_not_created_twice(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        sent = whole_page(product, **{"tariff_id": DRWEB, "custom_fields-TOTAL_FORMS": "5"})
        added = {"key": "item", "label": "Номер лицензии", "type": "TEXT", "position": "9"}
        sent |= {f"custom_fields-4-{name}": value for name, value in added.items()}
        response = sales.post(page_of(product), sent)
        assert response.status_code == 302, errors_of(response)
        assert product.custom_fields.get(key="item").label == "Номер лицензии"

    def test_a_broken_pattern_is_refused(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        response = sales.post(page_of(product), whole_page(product, **{"custom_fields-0-validation": "("}))
        assert "This is not a regular expression" in response.content.decode()

    def test_the_kind_stays_once_clients_have_services(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        make_service(product)
        response = sales.post(page_of(product), whole_page(product, tariff_id=DRWEB))
        assert list(errors_of(response)) == ["tariff_id"]


class TestOptions:
    def send(self, sales: Client, product: Product, **options: str) -> Any:
        return sales.post(page_of(product), whole_page(product, **options))

    @pytest.fixture
    def business(self, group: ProductGroup) -> Product:
        return make_business(group, prices=[price("MONTHLY", "15"), price("ANNUALLY", "150")])

    def test_the_page_has_a_line_for_each_period(self, sales: Client, business: Product) -> None:
        update_product(product=business, values={}, options=[OptionValues("nodes", prices=[price("MONTHLY", "5")])])
        page = sales.get(page_of(business)).content.decode()
        assert 'name="options-0-price_grid-EUR-MONTHLY-price" value="5.00"' in page
        assert 'name="options-0-price_grid-EUR-ANNUALLY-price" value=""' in page
        assert "css/price_grid.css" in page

    def test_prices_and_limits_are_saved(self, sales: Client, business: Product) -> None:
        changes = {
            "options-0-maximum": "9",
            "options-0-price_grid-EUR-MONTHLY-price": "5",
            "options-0-price_grid-EUR-MONTHLY-setup_fee": "1",
        }
        response = self.send(sales, business, **changes)
        assert response.status_code == 302, errors_of(response)
        option = business.options.get()
        assert (option.maximum, option.addon_id) == (9, "55236")
        assert [(row.cycle, row.price, row.setup_fee) for row in option.prices.all()] == [("MONTHLY", 5, 1)]

    def test_an_empty_price_takes_the_period_away(self, sales: Client, business: Product) -> None:
        amounts = [price("MONTHLY", "5"), price("ANNUALLY", "50")]
        update_product(product=business, values={}, options=[OptionValues("nodes", prices=amounts)])
        self.send(sales, business, **{"options-0-price_grid-EUR-ANNUALLY-price": "50"})
        assert [row.cycle for row in business.options.get().prices.all()] == ["ANNUALLY"]

    def test_an_own_option_is_added_and_taken_away(self, sales: Client, business: Product) -> None:
        added = {"key": "hours", "label": "Hours", "minimum": "0", "maximum": "5", "position": "1"}
        added |= {"price_grid-EUR-MONTHLY-price": "40"}
        sent = {f"options-1-{name}": value for name, value in added.items()}
        response = self.send(sales, business, **sent, **{"options-TOTAL_FORMS": "2"})
        assert response.status_code == 302, errors_of(response)
        assert business.options.get(key="hours").prices.get().price == 40
        self.send(sales, business, **{"options-1-DELETE": "on"})
        assert [option.key for option in business.options.all()] == ["nodes"]

    # Each round is one page with a fault on each of several fields, which do not hide one another.
    @pytest.mark.parametrize(
        "faults",
        [
            [
                ("price_grid-EUR-MONTHLY-price", "x", "Monthly, EUR: Enter a number."),
                ("maximum", "-1", "greater than or equal"),
                ("key", "a b", "valid"),
                ("label", "", "required"),
            ],
            [("price_grid-EUR-MONTHLY-price", "-1", "Monthly, EUR")],
            [("addon_id", "many", "Enter the number of the addon")],
            [("price_grid-EUR-MONTHLY-price", "NaN", "Monthly, EUR")],
            [("price_grid-EUR-MONTHLY-price", "1.005", "at most 2 decimals")],
            [("price_grid-EUR-MONTHLY-setup_fee", "1", "Enter the price too")],
            [("minimum", "101", "The most is below the least.")],
        ],
    )
    def test_each_error_is_told_and_nothing_is_saved(
        self, sales: Client, business: Product, faults: list[tuple[str, str, str]]
    ) -> None:
        before = [*business.options.values()]
        response = self.send(sales, business, **{f"options-0-{field}": value for field, value, _words in faults})
        assert response.status_code == 200
        page = response.content.decode()
        for field, _value, words in faults:
            assert words in page, field
        assert [*business.options.values()] == before
        assert not business.options.get().prices.exists()

    def test_an_ordered_option_is_not_taken_away(self, sales: Client, business: Product) -> None:
        from billing.models import ServiceOption

        option = business.options.get()
        ServiceOption.objects.create(service=make_service(business), option=option, quantity=1, unit_amount=5)
        assert self.send(sales, business, **{"options-0-DELETE": "on"}).status_code == 200
        assert business.options.get() == option


class TestAddons:
    def test_are_chosen_and_kept(self, sales: Client, group: ProductGroup) -> None:
        product = make_product(group)
        addons = [make_product(group, name=name, tariff_id=DRWEB, is_addon=True) for name in ("One", "Two")]
        sent, address = whole_page(product), page_of(product)
        sales.post(address, sent | {"addons": [str(addons[0].pk), str(addons[1].pk)]})
        assert [*product.addons.order_by("name")] == addons
        page = sales.get(address).content.decode()
        assert "Two" in page
        sales.post(address, sent)
        assert not product.addons.exists()

    @pytest.mark.parametrize("chosen", ["self", "999999", "x"])
    def test_what_is_no_addon_is_refused(self, sales: Client, group: ProductGroup, chosen: str) -> None:
        product = make_product(group)
        sent = str(product.pk) if chosen == "self" else chosen
        response = sales.post(page_of(product), whole_page(product, addons=sent))
        assert list(errors_of(response)) == ["addons"]

    def test_the_list_shows_them_alone(self, sales: Client, group: ProductGroup) -> None:
        make_product(group)
        addon = make_product(group, name="Dr.Web", tariff_id=DRWEB, is_addon=True)
        assert list(sales.get(f"{LIST}?is_addon__exact=1").context["cl"].result_list) == [addon]


class TestListing:
    def test_finds_and_filters_products(self, sales: Client, group: ProductGroup) -> None:
        make_product(group)
        make_plain_product(group)
        found = sales.get(f"{LIST}?q=55227").context["cl"].result_list
        assert [product.tariff_id for product in found] == ["55227"]
        page = sales.get(f"{LIST}?kind__exact=license").content.decode()
        assert "ispmanager licenses" in page
        assert "Consulting" not in page

    def test_costs_the_same_queries_however_many_products(
        self, sales: Client, group: ProductGroup, django_assert_max_num_queries: Any
    ) -> None:
        make_product(group, name="Lite")
        with CaptureQueriesContext(connection) as with_one:
            sales.get(LIST)
        for number in range(8):
            make_product(group, name=f"Lite {number}")
        with django_assert_max_num_queries(len(with_one)):
            assert sales.get(LIST).status_code == 200
        assert len(with_one) <= 26


class TestPermissions:
    def test_support_looks_and_does_not_touch(self, staff_as: Callable[[str], Client], group: ProductGroup) -> None:
        support, product = staff_as("SUPPORT_OPERATOR"), make_product(group)
        assert support.get(page_of(product)).status_code == 200
        assert support.post(ADD, form(group, ("MONTHLY", "5"))).status_code == 403
        assert support.post(page_of(product), whole_page(product, ("MONTHLY", "1"))).status_code == 403
        assert product.prices.get().price == 5
