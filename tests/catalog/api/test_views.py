from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from catalog.models import Product, ProductGroup
from noc.models import Server, ServerGroup
from tests.catalog.samples import BITNINJA, BUSINESS, make_business, make_plain_product, make_product, price

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.catalog.api.urls")]

PRODUCTS = "/api/v1/products/"


def body(group: ProductGroup, **changes: Any) -> dict[str, Any]:
    return {
        "group": group.pk,
        "name": "ispmanager lite",
        "module": "ispmanager_noc",
        "server_group": None,
        "product_id": "55227",
        "payment_type": "RECURRING",
        "auto_setup": "PAYMENT",
        "prices": [
            {"currency": "EUR", "cycle": "MONTHLY", "price": "5.00", "setup_fee": "1.00"},
            {"currency": "RUB", "cycle": "ANNUALLY", "price": 5000},
        ],
        **changes,
    }


class TestProducts:
    def test_a_product_is_created_with_its_prices_and_fields(self, api: APIClient, group: ProductGroup) -> None:
        response = api.post(PRODUCTS, body(group))
        assert response.status_code == 201, response.json()
        answer = response.json()
        product = Product.objects.get(pk=answer["id"])
        assert (product.tariff_id, product.kind, answer["kind"]) == ("55227", "license", "license")
        assert answer["prices"] == [
            {"currency": "EUR", "cycle": "MONTHLY", "price": "5.00", "setup_fee": "1.00"},
            {"currency": "RUB", "cycle": "ANNUALLY", "price": "5000.00", "setup_fee": "0.00"},
        ]
        fields = {field["key"]: field for field in answer["custom_fields"]}
        assert list(fields) == ["licname", "ip", "lickey", "order_id"]
        assert (
            fields["ip"].items()
            >= {
                "label": "IP address",
                "type": "TEXT",
                "is_required": True,
                "is_on_order_form": True,
                "is_admin_only": False,
            }.items()
        )

    def test_the_product_id_may_be_a_number(self, api: APIClient, group: ProductGroup) -> None:
        assert api.post(PRODUCTS, body(group, product_id=55227)).json()["product_id"] == "55227"

    def test_least_that_is_needed(self, api: APIClient, group: ProductGroup) -> None:
        response = api.post(
            PRODUCTS, {"group": group.pk, "name": "Lite", "module": "ispmanager_noc", "product_id": "55227",
                       "payment_type": "FREE"}
        )  # fmt: skip
        assert response.status_code == 201, response.json()
        assert (response.json()["partner_period"], response.json()["slug"]) == (1, "lite")

    def test_terms_of_the_store_are_written_and_read(self, api: APIClient, group: ProductGroup) -> None:
        other = make_plain_product(group)
        terms: dict[str, Any] = {
            "color": "#0a7d78",
            "welcome_letter": "",
            "is_domain_required": True,
            "quantity_mode": "SCALING",
            "recurring_limit": 3,
            "fixed_term_days": 90,
            "term_letter": "service.term_ended",
            "on_demand": "OWN",
            "on_demand_days": {"MONTHLY": 10},
            "affiliate_pay": "PERCENT",
            "affiliate_amount": "12.5000",
            "is_affiliate_once": True,
            "cross_sells": [other.pk],
        }
        answer = api.post(PRODUCTS, body(group, **terms)).json()
        assert {name: answer[name] for name in terms} == terms
        address = f"{PRODUCTS}{answer['id']}/"
        changed = api.patch(address, {"cross_sells": [], "recurring_limit": 0}).json()
        assert (changed["cross_sells"], changed["recurring_limit"], changed["fixed_term_days"]) == ([], 0, 90)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"recurring_limit": -1}, "recurring_limit"),
            ({"recurring_limit": 10**9}, "recurring_limit"),
            ({"fixed_term_days": "x"}, "fixed_term_days"),
            ({"on_demand_days": {"MONTHLY": 400}}, "on_demand_days"),
            ({"on_demand_days": {"WEEKLY": 4}}, "on_demand_days"),
            ({"on_demand_days": 5}, "on_demand_days"),
            ({"welcome_letter": "x"}, "welcome_letter"),
            ({"color": "green"}, "color"),
            ({"affiliate_pay": "PERCENT", "affiliate_amount": "101"}, "affiliate_amount"),
            ({"affiliate_amount": "-1"}, "affiliate_amount"),
            ({"cross_sells": [999]}, "cross_sells"),
            ({"payment_type": "FREE", "prices": [], "recurring_limit": 2}, "recurring_limit"),
        ],
    )
    def test_wrong_terms_are_answered_on_their_field(
        self, api: APIClient, group: ProductGroup, changes: dict[str, Any], field: str
    ) -> None:
        response = api.post(PRODUCTS, body(group) | changes)
        assert response.status_code == 400
        assert [name for name in response.json()["errors"] if name == field or name.startswith(f"{field}.")]
        assert not Product.objects.exists()

    def test_a_product_is_read_as_it_was_answered(self, api: APIClient, group: ProductGroup) -> None:
        created = api.post(PRODUCTS, body(group)).json()
        assert api.get(f"{PRODUCTS}{created['id']}/").json() == created

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"product_id": "424242"}, "product_id"),
            ({"product_id": ""}, "product_id"),
            ({"product_id": True}, "product_id"),
            ({"product_id": "5\x0055227"}, "product_id"),
            ({"group": 10**30}, "group"),
            ({"group": None}, "group"),
            ({"server_group": 999}, "server_group"),
            ({"module": "cpanel"}, "module"),
            ({"payment_type": "LATER"}, "payment_type"),
            ({"auto_setup": ""}, "auto_setup"),
            ({"name": " "}, "name"),
            ({"name": "x" * 151}, "name"),
            ({"slug": "a b"}, "slug"),
            ({"prices": []}, "prices"),
            ({"prices": [{"currency": "EUR", "cycle": "QUARTERLY", "price": "14"}]}, "prices"),
            ({"prices": [{"currency": "XXX", "cycle": "MONTHLY", "price": "14"}]}, "prices.0.currency"),
            ({"prices": [{"currency": "EUR", "cycle": "WEEKLY", "price": "14"}]}, "prices.0.cycle"),
            ({"prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": "-1"}]}, "prices.0.price"),
            ({"prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": "NaN"}]}, "prices.0.price"),
            ({"prices": [{"currency": "EUR", "cycle": "MONTHLY"}]}, "prices.0.price"),
            ({"prices": "5"}, "prices"),
            ({"payment_type": "FREE"}, "prices"),
            ({"payment_type": "FREE", "prices": [], "partner_period": 3}, "partner_period"),
            ({"payment_type": "FREE", "prices": [], "partner_period": 10**30}, "partner_period"),
        ],
    )
    def test_each_wrong_value_is_answered_on_its_field(
        self, api: APIClient, group: ProductGroup, changes: dict[str, Any], field: str
    ) -> None:
        response = api.post(PRODUCTS, body(group) | changes)
        assert response.status_code == 400
        assert [name for name in response.json()["errors"] if name == field or name.startswith(f"{field}.")]
        assert not Product.objects.exists()

    def test_the_refusal_of_a_cycle_names_the_possible_ones(self, api: APIClient, group: ProductGroup) -> None:
        changes = {"prices": [{"currency": "EUR", "cycle": "QUARTERLY", "price": "14"}]}
        answer = api.post(PRODUCTS, body(group, **changes)).json()
        assert answer["errors"]["prices"] == [
            "Quarterly: ispmanager 6 lite is not sold for this period. Possible: Monthly, Annually."
        ]

    def test_a_disabled_server_is_refused_on_its_field(
        self, api: APIClient, group: ProductGroup, server: Server
    ) -> None:
        servers = ServerGroup.objects.create(name="Europe")
        servers.servers.add(server)
        Server.objects.update(is_enabled=False)
        answer = api.post(PRODUCTS, body(group, server_group=servers.pk)).json()
        assert list(answer["errors"]) == ["server_group"]

    def test_a_change_keeps_what_it_does_not_name(self, api: APIClient, group: ProductGroup) -> None:
        product = make_product(group)
        answer = api.patch(f"{PRODUCTS}{product.pk}/", {"is_hidden": True}).json()
        assert (answer["is_hidden"], answer["name"], len(answer["prices"])) == (True, "ispmanager lite", 1)

    def test_a_change_replaces_prices_and_adds_fields(self, api: APIClient, group: ProductGroup) -> None:
        product = make_product(group)
        changes = {"product_id": BITNINJA, "prices": [{"currency": "EUR", "cycle": "SEMIANNUALLY", "price": "30"}]}
        answer = api.patch(f"{PRODUCTS}{product.pk}/", changes).json()
        assert [row["cycle"] for row in answer["prices"]] == ["SEMIANNUALLY"]
        assert {"item", "bitninja_email"} <= {field["key"] for field in answer["custom_fields"]}

    def test_a_price_without_its_cycle_is_refused(self, api: APIClient, group: ProductGroup) -> None:
        response = api.patch(f"{PRODUCTS}{make_product(group).pk}/", {"prices": [{"currency": "EUR", "price": 1}]})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["prices.0.cycle"])

    def test_a_refused_change_changes_nothing(self, api: APIClient, group: ProductGroup) -> None:
        product = make_product(group)
        response = api.patch(f"{PRODUCTS}{product.pk}/", {"name": "Other", "product_id": "424242"})
        assert response.status_code == 400
        product.refresh_from_db()
        assert (product.name, product.tariff_id) == ("ispmanager lite", "55227")

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("?kind=addition", ["BitNinja"]),
            ("?product_id=55227", ["Lite"]),
            ("?is_hidden=true", ["BitNinja"]),
            ("?is_retired=true", []),
            ("", ["Lite", "BitNinja"]),
        ],
    )
    def test_the_list_is_filtered(self, api: APIClient, group: ProductGroup, query: str, names: list[str]) -> None:
        make_product(group, name="Lite")
        make_product(group, name="BitNinja", tariff_id=BITNINJA, is_hidden=True)
        assert [row["name"] for row in api.get(PRODUCTS + query).json()["results"]] == names

    def test_the_list_costs_the_same_queries_however_long(
        self, api: APIClient, group: ProductGroup, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(6):
            product = make_business(group, price("MONTHLY", "5"), name=f"Business {number}")
            product.addons.add(make_product(group, name=f"Addon {number}", is_addon=True, is_hidden=True))
        with django_assert_max_num_queries(12):
            assert len(api.get(f"{PRODUCTS}?is_addon=false").json()["results"]) == 6

    @pytest.mark.parametrize("address", ["0/", f"{10**18 - 1}/"])
    def test_an_unknown_product_is_not_found(self, api: APIClient, address: str) -> None:
        assert api.get(PRODUCTS + address).status_code == 404

    def test_products_are_not_deleted(self, api: APIClient, group: ProductGroup) -> None:
        assert api.delete(f"{PRODUCTS}{make_product(group).pk}/").status_code == 405


class TestOptions:
    def test_business_shows_its_option(self, api: APIClient, group: ProductGroup) -> None:
        answer = api.post(PRODUCTS, body(group, product_id=BUSINESS)).json()
        assert answer["options"] == [
            {
                "key": "nodes",
                "label": "Additional servers",
                "translations": {},
                "addon_id": "55236",
                "minimum": 0,
                "maximum": 100,
                "is_hidden": False,
                "position": 0,
                "prices": [],
            }
        ]

    def test_its_prices_may_come_with_the_product(self, api: APIClient, group: ProductGroup) -> None:
        amounts = [{"currency": "EUR", "cycle": "MONTHLY", "price": "5.00", "setup_fee": "0.00"}]
        sent = body(group, product_id=BUSINESS, options=[{"key": "nodes", "prices": amounts}])
        (option,) = api.post(PRODUCTS, sent).json()["options"]
        assert (option["addon_id"], option["prices"]) == ("55236", amounts)

    def test_a_change_keeps_what_it_does_not_name(self, api: APIClient, group: ProductGroup) -> None:
        address = f"{PRODUCTS}{make_business(group, price('MONTHLY', '5')).pk}/"
        (option,) = api.patch(address, {"options": [{"key": "nodes", "maximum": 9}]}).json()["options"]
        assert (option["maximum"], option["label"], len(option["prices"])) == (9, "Additional servers", 1)

    @pytest.mark.parametrize(
        ("option", "path"),
        [
            ({}, "options.0.key"),
            ({"key": "a b"}, "options.0.key"),
            ({"key": "hours"}, "options.0.label"),
            ({"key": "nodes", "label": " "}, "options.0.label"),
            ({"key": "nodes", "minimum": 101}, "options.0.maximum"),
            ({"key": "nodes", "minimum": -1}, "options.0.minimum"),
            ({"key": "nodes", "maximum": 10**30}, "options.0.maximum"),
            ({"key": "nodes", "addon_id": "x"}, "options.0.addon_id"),
            ({"key": "nodes", "prices": [{"currency": "EUR", "cycle": "ONE_TIME", "price": 1}]}, "options.0.prices"),
            ({"key": "nodes", "prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": -1}]}, "options.0.prices"),
            ({"key": "nodes", "prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": "x"}]}, "options.0.prices"),
            ({"key": "nodes", "prices": [{"currency": "EUR", "price": 1}]}, "options.0.prices"),
            ("nodes", "options.0"),
        ],
    )
    def test_each_wrong_value_is_answered_on_its_field(
        self, api: APIClient, group: ProductGroup, option: Any, path: str
    ) -> None:
        product = make_business(group)
        response = api.patch(f"{PRODUCTS}{product.pk}/", {"options": [option]})
        assert response.status_code == 400
        assert [name for name in response.json()["errors"] if name.startswith(path)], response.json()
        assert product.options.get().maximum == 100


class TestAddons:
    def test_addons_are_written_and_found(self, api: APIClient, group: ProductGroup) -> None:
        product, addon = make_product(group), make_product(group, name="BitNinja", tariff_id=BITNINJA, is_addon=True)
        answer = api.patch(f"{PRODUCTS}{product.pk}/", {"addons": [addon.pk]}).json()
        assert answer["addons"] == [addon.pk]
        assert [row["id"] for row in api.get(f"{PRODUCTS}?is_addon=true").json()["results"]] == [addon.pk]
        assert api.patch(f"{PRODUCTS}{product.pk}/", {"name": "Lite"}).json()["addons"] == [addon.pk]
        assert api.patch(f"{PRODUCTS}{product.pk}/", {"addons": []}).json()["addons"] == []

    @pytest.mark.parametrize("addons", [["x"], [999], "1", [None]])
    def test_what_is_no_product_is_refused(self, api: APIClient, group: ProductGroup, addons: Any) -> None:
        response = api.patch(f"{PRODUCTS}{make_product(group).pk}/", {"addons": addons})
        assert (response.status_code, next(iter(response.json()["errors"]))[:6]) == (400, "addons")

    def test_what_is_no_addon_is_refused(self, api: APIClient, group: ProductGroup) -> None:
        product, other = make_product(group), make_plain_product(group)
        answer = api.patch(f"{PRODUCTS}{product.pk}/", {"addons": [other.pk]}).json()
        assert answer["errors"] == {"addons": ["“Consulting” is not an addon: mark it as one first."]}


class TestPermissions:
    def test_support_reads_and_does_not_write(self, api_as: Callable[[str], APIClient], group: ProductGroup) -> None:
        support = api_as("SUPPORT_OPERATOR")
        assert support.get(PRODUCTS).status_code == 200
        assert support.post(PRODUCTS, body(group)).status_code == 403
        assert support.post("/api/v1/product-groups/", {"name": "X", "slug": "x"}).status_code == 403

    def test_nobody_enters_without_a_key(self, db: None) -> None:
        assert APIClient().get(PRODUCTS).status_code == 401


class TestGroups:
    def test_a_group_is_created_and_changed(self, api: APIClient) -> None:
        created = api.post("/api/v1/product-groups/", {"name": "Лицензии", "slug": "licenses"})
        assert created.status_code == 201
        address = f"/api/v1/product-groups/{created.json()['id']}/"
        assert api.patch(address, {"is_hidden": True}).json()["is_hidden"] is True
        assert api.get("/api/v1/product-groups/?slug=licenses").json()["count"] == 1

    def test_the_url_may_be_left_out(self, api: APIClient) -> None:
        assert api.post("/api/v1/product-groups/", {"name": "Модули"}).json()["slug"] == "moduli"

    def test_a_taken_url_is_answered_on_its_field(self, api: APIClient, group: ProductGroup) -> None:
        response = api.post("/api/v1/product-groups/", {"name": "Twin", "slug": "licenses"})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["slug"])


def test_currencies_are_read_only(api: APIClient) -> None:
    assert [row["code"] for row in api.get("/api/v1/currencies/").json()["results"]] == ["EUR", "RUB"]
    assert api.get("/api/v1/currencies/EUR/").json() == {"code": "EUR", "precision": 2, "is_default": True}
    assert api.post("/api/v1/currencies/", {"code": "USD"}).status_code in (403, 405)


def test_the_schema_is_made_without_warnings() -> None:
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    assert "/api/v1/products/" in schema["paths"]
