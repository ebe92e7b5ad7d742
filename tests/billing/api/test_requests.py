"""Bodies, filters and pages that somebody may send by accident or on purpose."""

import pytest
from django.conf import settings

from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, place


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"amount": 1E+999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b'{"a": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}',
    ],
)
def test_what_is_not_plain_json_is_refused(admin: Api, shop: Shop, body: bytes) -> None:
    answer = admin.send("post", "orders/", body)
    assert answer.status_code == 400, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "parse_error"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b"[[1]]"])
def test_a_body_that_is_no_object_is_refused(admin: Api, shop: Shop, body: bytes) -> None:
    for path in ("orders/", "servers/", "clients/", "products/"):
        assert admin.send("post", path, body).status_code == 400


def test_a_mark_of_byte_order_is_read_over(admin: Api) -> None:
    assert admin.send("post", "product-groups/", b'\xef\xbb\xbf{"name": "Licenses"}').status_code == 201


def test_another_content_type_is_refused(admin: Api, shop: Shop) -> None:
    answer = admin.browser.post("/api/v1/orders/", {"client": 1}, headers=admin.headers)
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
@pytest.mark.parametrize("path", ["servers/", "server-groups/", "product-groups/", "products/", "clients/"])
def test_characters_that_no_database_keeps_are_refused_by_field(admin: Api, path: str, character: str) -> None:
    problem = admin.post(path, {"name": f"a{character}b", f"k{character}": 1}, expect=400)
    assert set(problem["errors"]) == {"", "name"}


@pytest.mark.parametrize("path", ["orders", "invoices", "services", "operations"])
@pytest.mark.parametrize(
    "query",
    [
        {"status": "UNKNOWN"},
        {"status": "a\x00b"},
        {"client": "x"},
        {"client": "1.5"},
        {"client": "9" * 5000},
        {"client": "-1"},
        {"service": "1e999999999"},
    ],
)
def test_a_wrong_filter_is_refused_or_unknown_never_a_crash(admin: Api, path: str, query: dict[str, str]) -> None:
    answer = admin.browser.get(f"/api/v1/{path}/", query, headers=admin.headers)
    known = {"orders": {"client"}, "services": {"client"}, "invoices": {"client", "service"}, "operations": {"service"}}
    name = next(iter(query))
    expected = 400 if name == "status" or name in known[path] else 200
    assert answer.status_code == expected


@pytest.mark.parametrize("query", [{"number": "\x00"}, {"due_before": "yesterday"}, {"order": "9" * 25}])
def test_a_wrong_filter_of_invoices_names_itself(admin: Api, query: dict[str, str]) -> None:
    assert list(admin.get("invoices/", expect=400, **query)["errors"]) == list(query)


def test_pages_are_as_long_as_asked(admin: Api, shop: Shop) -> None:
    numbers = [place(admin, shop, ip=f"192.0.2.{last}")["id"] for last in (1, 2, 3)]
    page = admin.get("orders/", page_size=2)
    assert [row["id"] for row in page["results"]] == numbers[:0:-1]
    assert (page["count"], page["previous"]) == (3, None)
    assert "page=2" in page["next"]
    assert [row["id"] for row in admin.get("orders/", page_size=2, page=2)["results"]] == numbers[:1]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5000, "1.5"])
def test_a_page_that_is_not_there_is_not_found(admin: Api, page: str) -> None:
    admin.get("orders/", expect=404, page=page)


@pytest.mark.parametrize("size", ["0", "-1", "x", "9" * 30])
def test_an_odd_page_size_is_harmless(admin: Api, size: str) -> None:
    admin.get("orders/", page_size=size)
