import contextlib
import json
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc.schemas import read_service
from noc.wire import Unreadable, read_reply
from tests.noc.partner import saved

FORMATS = ("xml", "json", "bjson")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_list_reads_the_same_in_every_format(suffix: str) -> None:
    rows = [read_service(row, "license") for row in read_reply(saved(f"soft_list.{suffix}")).rows()]
    first, second = rows
    assert (first.id, first.name, first.ip, first.tariff_id) == ("1234567", "shop.example", "192.0.2.10", "55227")
    assert (first.status, first.period, first.auto_renewal, first.remote_reference) == (2, 1, False, "l77")
    assert (str(first.created_on), str(first.expires_on)) == ("2026-04-21", "2026-05-21")
    assert first.tariff_name == "ispmanager 6 lite"
    assert (second.name, second.status, second.auto_renewal, second.period) == ("пример.рф", 3, True, 12)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_form_reads_the_same_in_every_format(suffix: str) -> None:
    service = read_service(read_reply(saved(f"soft_form.{suffix}")), "license")
    assert (service.id, service.key, service.tariff_id) == ("1234567", "1234567-abcdef", "55230")
    assert (service.status, service.tariff_name, dict(service.addons)) == (2, "ispmanager 6 business", {"55236": 3})
    assert "abcdef" not in repr(service)


@pytest.mark.parametrize("name", ["error_value.xml", "error_value.json", "error_value.bjson", "error_value_t.bjson"])
def test_an_error_is_found_in_every_format(name: str) -> None:
    fault = read_reply(saved(name)).error
    assert fault is not None
    assert (fault.type, fault.object) == ("value", "ip")
    assert fault.message == "The 'IP-address' field has invalid value."


@pytest.mark.parametrize("name", ["error_value.xml", "error_value.json"])
def test_parameters_of_an_error_are_kept(name: str) -> None:
    fault = read_reply(saved(name)).error
    assert fault is not None
    assert fault.params == {"object": "ip", "value": "999.1.1.1"}


def test_a_plugin_error_is_unwrapped() -> None:
    fault = read_reply(saved("error_plugin.json")).error
    assert fault is not None
    assert (fault.object, fault.message) == ("licname", "The plug-in said no")


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"no such luck"}',
        b'{"error":["no such luck"]}',
        b'{"doc":{"ok":{"$":""},"error":{"msg":{"$":"no such luck"}}}}',
        b'{"doc":{},"error":{"msg":"no such luck"}}',
        b'{"model":{"error":{"msg":"no such luck"}}}',
        b"<doc><ok/><doc><error>no such luck</error></doc></doc>",
        b"<error><msg>no such luck</msg></error>",
    ],
)
def test_an_error_is_found_wherever_it_hides(body: bytes) -> None:
    fault = read_reply(body).error
    assert fault is not None
    assert fault.message == "no such luck"


@pytest.mark.parametrize("body", [b'{"doc":{"error":null,"ok":{}}}', b'{"error":false,"ok":true}', b"<doc><ok/></doc>"])
def test_no_error_is_no_error(body: bytes) -> None:
    assert read_reply(body).error is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_children_are_found_by_how_their_names_begin_and_end(suffix: str) -> None:
    form = read_reply(saved(f"soft_form.{suffix}"))
    assert form.find_names(prefix="addon_") == ["addon_55236"]
    assert form.find_names(suffix="key") == ["lickey"]
    assert form.find_names(prefix="addon_", suffix="key") == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"doc":{"a":[{"$":"1"},{"$x":"y","$":"2"},null,false,[{"$":"3"}]],"b":"","c":null}}',
        b"<doc><a>1</a><a x='y'>2</a><a>3</a><b/></doc>",
    ],
    ids=["json", "xml"],
)
def test_the_whole_tree_can_be_walked(body: bytes) -> None:
    root = read_reply(body)
    assert [(node.name, node.value, dict(node.attributes)) for node in root.nodes] == [
        ("a", "1", {}),
        ("a", "2", {"x": "y"}),
        ("a", "3", {}),
        ("b", "", {}),
    ]
    assert root.texts("a") == ("1", "2", "3")
    assert (root.has("b"), root.has("c"), root.text("c", "none")) == (True, False, "none")


def test_a_form_under_model_keeps_what_stands_beside_it() -> None:
    form = read_reply(b'{"func":"soft.edit","id":"","model":{"id":"7","licname":"a"}}')
    assert (form.text("func"), form.text("id"), form.text("licname")) == ("soft.edit", "7", "a")
    assert not form.has("model")


def test_one_row_may_be_an_object() -> None:
    assert [row.text("id") for row in read_reply(saved("soft_one_row.json")).rows()] == ["5"]


def test_flat_values_and_numbers_stay_text() -> None:
    (row,) = read_reply(saved("soft_flat.json")).rows()
    assert (row.text("id"), row.text("item_cost"), row.code("item_status")) == ("50", "4.25", "2")


def test_rows_of_the_interface_are_read() -> None:
    assert [row.text("id") for row in read_reply(saved("soft_interface.json")).rows()] == ["50"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty body"),
        (b" \n", "an empty body"),
        (saved("captcha.html"), "an HTML page"),
        (b"<html xmlns='x'><body/></html>", "an HTML page"),
        (b"<rss><channel/></rss>", "XML of another service"),
        (b"ok", "plain text"),
        (b'{"doc":{"id":{"$":"123', "JSON that breaks off"),
        (b'{"doc":{"id":NaN}}', "JSON that breaks off"),
        (b'{"message":"service unavailable"}', "JSON of another service"),
        (b"{}", "JSON of another service"),
        (b"[1]", "plain text"),
        (b"<doc><id>123</id><o", "XML that breaks off"),
        (saved("entities.xml"), "XML with a DOCTYPE"),
        (b"<doc>" + b"<a>" * 500 + b"</a>" * 500 + b"</doc>", "nesting without end"),
        (b'{"doc":' + b'{"a":' * 500 + b"1" + b"}" * 501, "nesting without end"),
        (b'{"doc":{"a":' + b"[" * 500 + b"1" + b"]" * 500 + b"}}", "nesting without end"),
        (b'{"doc":' * 200_000, "JSON that breaks off"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_reply_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_reply(body)


@pytest.mark.parametrize("name", ["long_request.html", "in_process.txt"])
def test_a_request_in_process_is_recognized(name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_reply(saved(name))
    assert caught.value.is_busy


def test_the_character_set_of_the_header_is_used() -> None:
    body = '{"doc":{"licname":{"$":"Магазин"}}}'.encode("cp1251")
    assert read_reply(body, "text/html; charset=windows-1251").text("licname") == "Магазин"
    assert read_reply(body, "text/html; charset=nonsense").has("licname")
    assert read_reply(b'\xef\xbb\xbf{"doc":{"id":{"$":"1"}}}').text("id") == "1"


def test_a_named_list_is_found_by_attribute_or_key() -> None:
    by_attribute = read_reply(b'{"doc":{"list":{"$name":"tariflist","elem":{"pricelist":{"$":"55227"}}}}}')
    by_key = read_reply(b'{"list":{"tariflist":[{"pricelist":"55227"}]}}')
    for node in (by_attribute, by_key):
        assert [entry.text("pricelist") for entry in node.named_list("tariflist")] == ["55227"]
    assert by_key.named_list("other") == ()


names = st.from_regex(r"\A[a-z_]{1,12}\Z").filter(lambda name: name not in ("v", "model", "doc", "error"))
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(lambda text: " ".join(text.split()))
fields = st.dictionaries(names, texts, min_size=1, max_size=6)


@given(fields)
def test_the_three_formats_tell_the_same(values: dict[str, str]) -> None:
    xml = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())
    as_xml = read_reply(f"<doc>{xml}</doc>".encode())
    as_json = read_reply(json.dumps({"doc": {name: {"$": text} for name, text in values.items()}}).encode())
    as_bjson = read_reply(json.dumps({"model": values, "func": "soft.edit"}).encode())
    for name, text in values.items():
        assert as_xml.text(name) == as_json.text(name) == as_bjson.text(name) == text.strip()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        read_reply(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$", "v", "$x", "error", "elem", "msg", "model", "doc", "id"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        node = read_reply(json.dumps(value).encode())
    except Unreadable:
        return
    assert node.error is None or isinstance(node.error.message, str)
    for row in node.rows():
        read_service(row, "license")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_money_as_a_json_number_loses_nothing(amount: Decimal) -> None:
    assert Decimal(read_reply(f'{{"doc":{{"cost":{amount:f}}}}}'.encode()).text("cost")) == amount
