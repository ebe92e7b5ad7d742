from decimal import Decimal

import httpx
import pytest

from noc.errors import AuthFailed, Unavailable
from noc.tariffs import BUILT_IN, built_in, contradicts, fetch_tariffs, parse_price_list
from noc.wire import read_reply
from tests.noc.partner import Partner, saved

DENIED = b'{"error":{"type":"access","object":"pricelist.export","msg":"Insufficient privileges"}}'
NO_FUNCTION = b'{"error":{"type":"missed","object":"func","msg":"Could not find function"}}'


def test_the_xml_price_list_is_read() -> None:
    (tariff,) = parse_price_list(read_reply(saved("pricelist.xml")), "addition")
    assert (tariff.id, tariff.kind, tariff.name, tariff.currency) == ("277", "addition", "Virusdie", "EUR")
    assert tariff.prices == {1: Decimal("913.9286"), 12: Decimal("9000.00")}
    assert tariff.periods == {1, 12}
    assert tariff.source == "live"


def test_the_json_price_list_is_read_with_trials_addons_and_foreign_rows_left_out() -> None:
    (tariff,) = parse_price_list(read_reply(saved("pricelist.json")), "soft")
    assert (tariff.id, tariff.kind, tariff.addons) == ("55230", "license", ("55236",))
    assert tariff.prices == {1: Decimal("12.50"), 12: Decimal("125.00"), -100: Decimal("0.00")}


def test_the_bjson_price_list_is_read_in_the_first_currency_that_has_prices() -> None:
    (tariff,) = parse_price_list(read_reply(saved("pricelist.bjson")), "addition")
    assert tariff.prices == {1: Decimal("5.10"), 6: Decimal("30")}
    assert tariff.currency == "EUR"


def test_a_tariff_without_prices_keeps_the_periods_of_the_table() -> None:
    body = b'{"doc":{"pricelist":{"id":{"$":"55227"}}}}'
    (tariff,) = parse_price_list(read_reply(body), "soft")
    assert (tariff.name, tariff.prices, tariff.periods) == ("ispmanager 6 lite", {}, {1, 12})


def test_every_item_type_is_asked_and_closed_ones_are_skipped() -> None:
    partner = Partner("pricelist.json", DENIED, "pricelist.xml", NO_FUNCTION)
    assert {tariff.id for tariff in fetch_tariffs(partner.client)} == {"55230", "277"}
    assert [form["itemtype"] for form in partner.forms] == ["soft", "softexternal", "addition", "certificate"]


def test_a_price_list_that_cannot_be_read_is_empty_and_trouble_is_told() -> None:
    assert fetch_tariffs(Partner(DENIED, DENIED, NO_FUNCTION, NO_FUNCTION).client) == []
    with pytest.raises(AuthFailed):
        fetch_tariffs(Partner("error_auth.json").client)
    trouble = httpx.ConnectError("refused")
    with pytest.raises(Unavailable):
        fetch_tariffs(Partner(trouble, trouble, trouble).client)


@pytest.mark.parametrize(
    ("tariff_id", "kind", "periods"),
    [
        ("55227", "license", {1, 12}),
        ("55240", "license", {-100}),
        ("55391", "software", {1, 3, 6, 12, -100}),
        ("11738", "software", {1}),
        ("55390", "addition", {1, 6, 12, -100}),
        ("23221", "addition", {1, 6, 12, -100}),
        ("55352", "certificate", {12, 24}),
        ("1011", "certificate", {12, 24}),
    ],
)
def test_the_table_knows_the_documented_tariffs(tariff_id: str, kind: str, periods: set[int]) -> None:
    tariff = built_in(tariff_id)
    assert tariff is not None
    assert (tariff.kind, tariff.periods, tariff.source) == (kind, periods, "built-in")
    assert tariff.prices == {}


def test_the_table_holds_every_id_once() -> None:
    counts = {kind: sum(tariff.kind == kind for tariff in BUILT_IN.values()) for kind in ("license", "certificate")}
    assert counts == {"license": 8, "certificate": 34}
    assert built_in("1") is None


@pytest.mark.parametrize(
    ("name", "tariff_id", "expected"),
    [
        ("ispmanager 6 lite", "55227", False),
        ("ispmanager pro", "55227", True),
        ("Some panel", "55227", False),
        ("", "55227", False),
        ("ispmanager pro", "990001", False),
        ("Модуль BitNinja", "55371", False),
        ("DDoS-Guard", "55371", True),
        ("Dr.Web pro", "55361", True),
    ],
)
def test_only_a_clear_name_contradicts(name: str, tariff_id: str, expected: bool) -> None:
    assert contradicts(name, tariff_id) is expected
