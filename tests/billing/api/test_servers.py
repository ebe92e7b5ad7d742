"""Partner accounts and their groups."""

import json
from typing import Any

import pytest

from billing.actions.modules import set_module_access
from billing.actions.price_lists import refresh_one_price_list
from billing.queries.clock import database_now
from noc.models import Server
from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.billing.api.shop import PASSWORD, Shop


def _account(url: str, **changes: Any) -> dict[str, Any]:
    return {"name": "ru", "hostname": url, "username": "second", "password": PASSWORD, **changes}


def test_the_password_goes_in_and_never_comes_out(admin: Api, shop: Shop) -> None:
    created = admin.post("servers/", _account("my.ispmanager.ru"), expect=201)
    everything = [created, admin.get("servers/"), admin.get(f"servers/{created['id']}/")]
    assert PASSWORD not in json.dumps(everything)
    assert "password" not in created
    assert Server.objects.get(pk=created["id"]).password == PASSWORD


def test_a_pasted_address_is_brought_to_shape(admin: Api) -> None:
    created = admin.post("servers/", _account("https://my.ispmanager.ru/billmgr?func=x"), expect=201)
    assert created["hostname"] == "my.ispmanager.ru"
    assert created["is_default"] is True


def test_a_change_without_a_password_keeps_it(admin: Api, shop: Shop) -> None:
    changed = admin.patch(f"servers/{shop.server.pk}/", {"max_accounts": 5, "is_enabled": False})
    assert (changed["max_accounts"], changed["is_enabled"]) == (5, False)
    shop.server.refresh_from_db()
    assert shop.server.password == PASSWORD


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"name": "eu"}, "name"),
        ({"hostname": "ftp://example.com"}, "hostname"),
        ({"hostname": "a b"}, "hostname"),
        ({"hostname": "x" * 300}, "hostname"),
        ({"hostname": f"{'ж.' * 20}example/{'a' * 100}"}, "hostname"),
        ({"username": ["a"]}, "username"),
        ({"password": ""}, "password"),
        ({"password": None}, "password"),
        ({"max_accounts": -1}, "max_accounts"),
        ({"max_accounts": 2**31}, "max_accounts"),
        ({"max_accounts": 10**400}, "max_accounts"),
        ({"max_accounts": "many"}, "max_accounts"),
        ({"is_enabled": "maybe"}, "is_enabled"),
        ({"is_enabled": [1]}, "is_enabled"),
        ({"balance_alert_below": "much"}, "balance_alert_below"),
        ({"balance_alert_below": "NaN"}, "balance_alert_below"),
        ({"sso_access": "SOMETIMES"}, "sso_access"),
        ({"sso_roles": ["GOD"]}, "sso_roles"),
        ({"sso_access": "RESTRICTED"}, "sso_roles"),
        ({"sso_access": "RESTRICTED", "sso_roles": []}, "sso_roles"),
    ],
)
def test_wrong_values_are_refused_by_field(admin: Api, shop: Shop, changes: dict[str, Any], field: str) -> None:
    problem = admin.post("servers/", _account("my.ispmanager.ru", **changes), expect=400)
    assert [path.split(".")[0] for path in problem["errors"]] == [field]
    assert Server.objects.count() == 1


def test_one_account_is_connected_once(admin: Api, shop: Shop, sandbox: Sandbox) -> None:
    problem = admin.post("servers/", _account(sandbox.url, username="reseller"), expect=400)
    assert list(problem["errors"]) == ["username"]


def test_everything_that_is_missing_is_named(admin: Api) -> None:
    problem = admin.post("servers/", {}, expect=400)
    assert set(problem["errors"]) == {"name", "hostname", "username", "password"}
    assert problem["code"] == "invalid"


def test_a_test_of_a_working_account_tells_its_balance(admin: Api, shop: Shop) -> None:
    answer = admin.post(f"servers/{shop.server.pk}/test/")
    assert answer["ok"] is True
    assert answer["message"] == "Connected."
    assert (answer["balance"], answer["currency"]) == ("10000.00", "EUR")
    assert admin.get(f"servers/{shop.server.pk}/")["balance"] == "10000.00"


def test_a_test_of_a_wrong_password_says_so_in_words(admin: Api, shop: Shop) -> None:
    admin.patch(f"servers/{shop.server.pk}/", {"password": "wrong"})
    answer = admin.post(f"servers/{shop.server.pk}/test/")
    assert answer["ok"] is False
    assert answer["message"]
    assert answer["balance"] is None
    assert admin.get(f"servers/{shop.server.pk}/")["health"] == "REFUSED"


def test_a_test_of_a_dead_address_says_so_in_words(admin: Api) -> None:
    server = admin.post("servers/", _account("http://127.0.0.1:1"), expect=201)
    answer = admin.post(f"servers/{server['id']}/test/")
    assert (answer["ok"], answer["balance"]) == (False, None)
    assert answer["message"]


def test_the_access_hash_goes_in_and_never_comes_out(admin: Api, shop: Shop) -> None:
    answer = admin.patch(f"servers/{shop.server.pk}/", {"access_hash": "unused-secret"})
    assert "unused-secret" not in json.dumps([answer, admin.get("servers/")])
    assert Server.objects.get().access_hash == "unused-secret"


def test_sign_on_and_alert_are_set_over_the_api(admin: Api, shop: Shop) -> None:
    body = {"sso_access": "RESTRICTED", "sso_roles": ["SUPPORT_OPERATOR"], "balance_alert_below": "50.00"}
    answer = admin.patch(f"servers/{shop.server.pk}/", body)
    assert (answer["sso_access"], answer["sso_roles"]) == ("RESTRICTED", ["SUPPORT_OPERATOR"])
    assert answer["balance_alert_below"] == "50.0000"
    assert admin.patch(f"servers/{shop.server.pk}/", {"balance_alert_below": None})["balance_alert_below"] is None
    problem = admin.patch(f"servers/{shop.server.pk}/", {"sso_roles": []}, expect=400)
    assert list(problem["errors"]) == ["sso_roles"]


class TestPriceList:
    def test_tells_ids_prices_and_our_products(self, admin: Api, shop: Shop) -> None:
        address = f"servers/{shop.server.pk}/price-list/"
        before = admin.get(address)
        assert before["read_at"] is None
        assert "has not been read yet" in before["trouble"]
        assert {tariff["origin"] for tariff in before["tariffs"]} == {"built-in"}
        refresh_one_price_list(server_id=shop.server.pk, now=database_now())
        after = admin.get(address, search="lite", section="license")
        assert after["trouble"] == ""
        lite = next(tariff for tariff in after["tariffs"] if tariff["id"] == "55227")
        assert (lite["origin"], lite["currency"], lite["periods"]) == ("live", "EUR", [1, 12])
        assert lite["prices"]["1"].startswith("4.00")
        assert [product["id"] for product in lite["products"]] == [shop.product.pk]
        assert {tariff["kind"] for tariff in after["tariffs"]} == {"license"}

    def test_an_unknown_section_is_refused(self, admin: Api, shop: Shop) -> None:
        problem = admin.get(f"servers/{shop.server.pk}/price-list/", section="cars", expect=400)
        assert list(problem["errors"]) == ["section"]

    def test_is_open_to_the_roles_of_the_modules_page(self, sales: Api, anna: Api, shop: Shop) -> None:
        address = f"servers/{shop.server.pk}/price-list/"
        sales.get(address, expect=403)
        set_module_access(module="ispmanager_noc", roles=["SALES_OPERATOR"], actor="test", now=database_now())
        assert sales.get(address, search="55227")["tariffs"]
        sales.get(f"servers/{shop.server.pk}/", expect=403)
        anna.get(address, expect=403)


def test_groups_hold_servers(admin: Api, shop: Shop) -> None:
    body = {"name": "europe", "fill_type": "FILL_ACTIVE", "prefers_balance": True, "servers": [shop.server.pk]}
    group = admin.post("server-groups/", body, expect=201)
    assert group == {"id": group["id"], **body}
    assert admin.patch(f"server-groups/{group['id']}/", {"name": "all"})["servers"] == [shop.server.pk]
    assert admin.patch(f"server-groups/{group['id']}/", {"servers": []})["servers"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "europe"}, "name"),
        ({"name": None}, "name"),
        ({"fill_type": "RANDOM"}, "fill_type"),
        ({"servers": [10**30]}, "servers"),
        ({"servers": [1.5]}, "servers"),
        ({"servers": [True]}, "servers"),
        ({"servers": [[1]]}, "servers"),
        ({"servers": "1"}, "servers"),
    ],
)
def test_wrong_groups_are_refused_by_field(admin: Api, shop: Shop, changes: dict[str, Any], field: str) -> None:
    admin.post("server-groups/", {"name": "europe"}, expect=201)
    problem = admin.post("server-groups/", {"name": "asia", **changes}, expect=400)
    assert [path.split(".")[0] for path in problem["errors"]] == [field]
