"""The OpenAPI document, its page, and that answers are what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client as Browser

from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, buy


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(Browser().get("/api/schema/").content)
    return document


def test_the_schema_is_valid_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_the_schema_is_open_and_names_each_address_once(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.")
    assert all(path.startswith("/api/v1/") for path in schema["paths"])
    for name in ("servers", "server-groups", "product-groups", "products", "clients", "orders", "invoices"):
        assert {"get"} <= set(schema["paths"][f"/api/v1/{name}/"])
    assert "/api/v1/operations/{id}/resolve/" in schema["paths"]


def test_the_schema_comes_as_json_too() -> None:
    answer = Browser().get("/api/schema/", {"format": "json"})
    assert answer.json()["info"]["title"] == "Nocdesk API"


def test_the_schema_tells_of_problems_and_keys(schema: dict[str, Any]) -> None:
    create = schema["paths"]["/api/v1/orders/"]["post"]
    assert "application/problem+json" in create["responses"]["default"]["content"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in create["parameters"]}
    assert create["security"] == [{"bearerKey": []}]
    assert {"200", "201"} <= set(create["responses"])


def test_secrets_are_write_only_in_the_schema(schema: dict[str, Any]) -> None:
    schemas = schema["components"]["schemas"]
    assert "password" not in schemas["Server"]["properties"] or schemas["Server"]["properties"]["password"]["writeOnly"]


def test_answers_have_the_members_of_the_schema(admin: Api, shop: Shop, schema: dict[str, Any]) -> None:
    buy(admin, shop)
    admin.post("server-groups/", {"name": "all"}, expect=201)
    for path, name in {
        "clients": "Client",
        "orders": "Order",
        "invoices": "Invoice",
        "services": "ServiceDetail",
        "operations": "OperationDetail",
        "servers": "Server",
        "server-groups": "ServerGroup",
        "products": "Product",
    }.items():
        number = admin.get(f"{path}/")["results"][0]["id"]
        properties = schema["components"]["schemas"][name]["properties"]
        shown = {key for key, value in properties.items() if not value.get("writeOnly")}
        assert (path, set(admin.get(f"{path}/{number}/"))) == (path, shown)


def test_the_page_needs_no_inline_script() -> None:
    page = Browser().get("/api/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert scripts
    assert all("src=" in attributes and not body.strip() for attributes, body in scripts)
    assert "<style" not in html
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_the_script_of_the_page_reads_our_schema() -> None:
    answer = Browser().get("/api/docs/", {"script": ""})
    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in answer.content.decode()
