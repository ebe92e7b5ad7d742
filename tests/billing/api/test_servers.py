"""Partner accounts and their groups."""

import json
from typing import Any

import pytest

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
    ],
)
def test_wrong_values_are_refused_by_field(admin: Api, shop: Shop, changes: dict[str, Any], field: str) -> None:
    problem = admin.post("servers/", _account("my.ispmanager.ru", **changes), expect=400)
    assert list(problem["errors"]) == [field]
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


def test_groups_hold_servers(admin: Api, shop: Shop) -> None:
    body = {"name": "europe", "fill_type": "FILL_ACTIVE", "servers": [shop.server.pk]}
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
