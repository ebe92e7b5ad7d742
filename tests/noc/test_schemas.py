from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc.schemas import ItemStatus, Money, parse_date, parse_money, read_service
from noc.wire import read_reply

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.50 EUR", "12.50", "EUR"),
        ("1234.50", "1234.50", ""),
        ("1 234.50 RUB", "1234.50", "RUB"),
        (f"1{NBSP}234.50{NBSP}RUB", "1234.50", "RUB"),
        (f"12{NARROW}345{NARROW}678,90{NARROW}₽", "12345678.90", "RUB"),
        ("4.00 EUR / Month", "4.00", "EUR"),
        ("4.00 / Month", "4.00", ""),
        ("1,234.50 USD", "1234.50", "USD"),
        ("1.234,50 €", "1234.50", "EUR"),
        ("1,234 EUR", "1234", "EUR"),
        ("0,125 EUR", "0.125", "EUR"),
        ("-5.00 EUR", "-5.00", "EUR"),
        ("−5,00 €", "-5.00", "EUR"),
        ("-€5", "-5", "EUR"),
        ("€ 5", "5", "EUR"),
        ("EUR 12.5", "12.5", "EUR"),
        ("100 руб.", "100", "RUB"),
        ("4.0000", "4.0000", ""),
        ("0", "0", ""),
    ],
)
def test_money_is_read(text: str, amount: str, currency: str) -> None:
    assert parse_money(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "free", "EUR", "-", "..,"])
def test_words_are_no_money(text: str) -> None:
    assert parse_money(text) is None


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
    st.sampled_from([NBSP, NARROW, " "]),
    st.sampled_from([".", ","]),
    st.sampled_from(["EUR", "RUB", "₽", "€", ""]),
)
def test_written_money_is_read_back(amount: Decimal, group: str, point: str, sign: str) -> None:
    text = f"{amount:,.2f}".replace(",", group).replace(".", point) + f"{group}{sign}"
    money = parse_money(text)
    assert money is not None
    assert money.amount == amount
    assert money.currency == {"₽": "RUB", "€": "EUR"}.get(sign, sign)


@given(st.text(max_size=30))
def test_any_text_is_money_or_not(text: str) -> None:
    money = parse_money(text)
    assert money is None or money.amount.is_finite()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-21", date(2026, 5, 21)),
        ("2026-05-21 10:00:00", date(2026, 5, 21)),
        ("21.05.2026", date(2026, 5, 21)),
        ("0000-00-00", None),
        ("2026-02-30", None),
        ("every day", None),
        ("", None),
        ("2026-05-211", None),
    ],
)
def test_dates_are_read_and_words_are_none(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ('{"item_status":{"$orig":"2","$":"Active"}}', ItemStatus.ACTIVE),
        ('{"item_status":"Activo","item_status_orig":"5_prolong"}', ItemStatus.PROCESSING),
        ('{"status":{"$":"1"}}', ItemStatus.ORDERED),
        ('{"item_status":{"$":"Active"},"status":{"$":"4"}}', ItemStatus.DELETED),
        ('{"item_status":{"$":"item_status_3_abusesuspend"}}', ItemStatus.SUSPENDED),
        ('{"item_status":{"$":"Active"}}', None),
        ('{"status":{"$":"7"}}', None),
    ],
)
def test_the_status_is_the_code_and_never_the_word(row: str, status: ItemStatus | None) -> None:
    assert read_service(read_reply(f'{{"doc":{row}}}'.encode()), "license").status is status


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"null"', False),
        ('"off"', False),
        ('""', False),
        ('"12"', True),
        ('{"$orig":"null","$":"Disabled by you"}', False),
        ('{"$":"Monthly"}', True),
    ],
)
def test_auto_renewal_is_read(value: str, expected: bool) -> None:
    service = read_service(read_reply(f'{{"doc":{{"id":"1","autoprolong":{value}}}}}'.encode()), "license")
    assert service.auto_renewal is expected


def test_what_a_row_does_not_show_stays_empty() -> None:
    service = read_service(read_reply(b'{"doc":{"id":{"$":"1"}}}'), "license")
    assert (service.tariff_id, service.ip, service.status, service.auto_renewal) == ("", "", None, None)


def test_a_stray_semicolon_behind_the_tariff_is_dropped() -> None:
    assert read_service(read_reply(b'{"doc":{"pricelist":{"$":"55227;"}}}'), "license").tariff_id == "55227"


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ('{"lickey":{"$":"L-1"},"bitninja_key":{"$":"B-1"}}', "L-1"),
        ('{"lickey":{"$":""},"bitninja_key":{"$":"B-1"}}', "B-1"),
        ('{"license_key":"X-1","keyword":"no"}', "X-1"),
        ('{"newkey":"off","has_key":"on","key":" K-1 "}', "K-1"),
        ('{"real_keychange":"2026-01-01"}', ""),
    ],
)
def test_the_key_of_other_software_is_any_field_that_is_called_so(form: str, key: str) -> None:
    node = read_reply(f'{{"doc":{form}}}'.encode())
    assert read_service(node, "software").key == key
    assert read_service(node, "license").key == ("L-1" if key == "L-1" else "")
