"""Who is let in, and to what."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import Client as Browser

from billing.models import ApiKey, StaffRole
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, buy, place

EVERYTHING = (
    "servers",
    "server-groups",
    "currencies",
    "product-groups",
    "products",
    "clients",
    "orders",
    "invoices",
    "services",
    "operations",
)


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_call_without_a_key_is_unauthenticated(db: None, path: str) -> None:
    answer = Browser().get(f"/api/v1/{path}/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("secret", ["nd_unknown", "x" * 5000, "ключ", " "])
def test_an_unknown_key_is_unauthenticated(db: None, secret: str) -> None:
    answer = Browser().get("/api/v1/orders/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_another_scheme_is_unauthenticated(db: None) -> None:
    assert Browser().get("/api/v1/orders/", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_revoked_key_is_unauthenticated(admin: Api) -> None:
    admin.get("orders/")
    ApiKey.objects.update(revoked_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert "revoked" in admin.get("orders/", expect=401)["detail"]


def test_the_command_makes_a_key_that_works(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_api_key", "--name", "deploy", "--role", "Full Administrator")
    secret = capsys.readouterr().out.strip()
    assert Api(secret).get("servers/")["results"] == []
    assert not ApiKey.objects.filter(secret_hash=secret).exists()
    assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_full_administrator_reads_everything(admin: Api, path: str) -> None:
    assert admin.get(f"{path}/")["count"] >= 0


@pytest.mark.parametrize("role", [StaffRole.SALES_OPERATOR, StaffRole.SUPPORT_OPERATOR])
def test_only_full_administrators_see_servers(shop: Shop, role: str) -> None:
    api = Api.of_role(role)
    api.get("servers/", expect=403)
    api.get(f"servers/{shop.server.pk}/", expect=403)
    api.post(f"servers/{shop.server.pk}/test/", expect=403)
    api.post("servers/", {}, expect=403)
    api.post("server-groups/", {}, expect=403)


def test_support_runs_commands_and_sells_nothing(admin: Api, support: Api, shop: Shop) -> None:
    service = buy(admin, shop)
    support.post(f"services/{service}/commands/", {"command": "sync"}, expect=202)
    support.get("orders/")
    support.post("orders/", shop.order_body(), expect=403)
    support.post("clients/", {}, expect=403)
    support.post("products/", {}, expect=403)
    order = place(admin, shop, ip="192.0.2.11")
    support.post(f"orders/{order['id']}/accept/", expect=403)
    support.post(f"invoices/{order['invoice']}/payments/", {"amount": "1"}, expect=403)
    support.post(f"clients/{shop.client.pk}/credit/", {"amount": "1", "reason": "gift"}, expect=403)


def test_sales_sell_and_take_money(sales: Api, shop: Shop) -> None:
    order = place(sales, shop)
    sales.post(f"orders/{order['id']}/accept/")
    sales.post(f"invoices/{order['invoice']}/payments/", {"amount": "17.50"}, expect=201)
    sales.post("product-groups/", {"name": "More"}, expect=201)


def test_a_method_that_is_not_there_is_refused_by_its_name(admin: Api, shop: Shop) -> None:
    for path in (f"orders/{place(admin, shop)['id']}/", f"servers/{shop.server.pk}/", "currencies/EUR/"):
        answer = admin.send("delete", path)
        assert answer.status_code == 405
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["nothing/", "orders", "orders/abc/", "orders/-1/", f"orders/{'9' * 30}/", ""])
def test_an_unknown_address_is_a_problem_too(admin: Api, path: str) -> None:
    assert "end with a slash" in admin.get(path, expect=404)["detail"]
    assert admin.send("post", path).status_code == 404


def test_a_number_that_no_row_has_is_not_found(admin: Api) -> None:
    assert admin.get(f"orders/{'9' * 18}/", expect=404)["code"] == "not_found"


def test_the_addresses_work_without_a_version_too(admin: Api) -> None:
    answer = Browser().get("/api/currencies/", headers=admin.headers)
    assert [row["code"] for row in answer.json()["results"]] == ["EUR", "RUB"]
