"""What people may type into the order form of every kind, field by field."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from noc.kinds import KINDS, get_kind
from noc.kinds.base import FieldSpec

LITE, CLOUDLINUX, BITNINJA_SOFTWARE, BITNINJA_MODULE, DDOS_GUARD = "55227", "9203", "55369", "55371", "23221"
LABEL = "a" * 63

NAMES = ("shop", "shop.example", "Магазин № 1", "x" * 255, " padded ", "a 'b' \"c\" <d> & %", "日本")
BAD_NAMES = ("x" * 256, "я" * 256, "a\x00b", "a\nb", "a\x1b[0m", "a\x7fb", "\ud800", "free.lic", " FREE.LIC ")
ADDRESSES = ("192.0.2.1", " 10.0.0.1 ", "203.0.113.255", "1.1.1.1")
BAD_ADDRESSES = (
    *("999.1.1.1", "192.0.2", "192.0.2.1.1", "192.0.2.1/24", "192.0.2.1:80", "192.0.2.01", "0x7f.1", "3221225985"),
    *("2001:db8::1", "example.com", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "１.1.1.1"),
    *("192.0.2.1, 192.0.2.2", "192.0.2.1\n192.0.2.2", "-1.2.3.4", "a" * 300),
)
NUMBERS = ("1", "1234567", " 12 ", "007")
BAD_NUMBERS = ("abc", "-1", "1.5", "0", "000", "1,2", "1 2", "٣", "１２", "1\n2", "1" * 40, "№12")
EMAILS = ("a@example.com", "A.B+tag@shop.example", "user@пример.рф", f"{'a' * 64}@example.com", "o'hara@example.com")
BAD_EMAILS = (
    *("a", "a@", "@example.com", "a@example", "a b@example.com", "a@exa mple.com", "a@@example.com", ".a@example.com"),
    *("a.@example.com", "a..b@example.com", "a@example..com", "a@-example.com", "a@example.com.", "a@192.0.2.1"),
    *(
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "<a@example.com>",
        "a@example.com\nb",
        "a\x00@b.cc",
    ),
    *(f"{'a' * 65}@example.com", f"a@{'.'.join([LABEL] * 4)}", "вася@example.com"),
)
DOMAINS = ("example.com", "пример.рф", "xn--e1afmkfd.xn--p1ai", "EXAMPLE.COM", "a-b.example.co", f"{LABEL}.com")
BAD_DOMAINS = (
    *("example", "no domain", "http://example.com", "example.com/path", "example.com:80", "a@example.com", ".com"),
    *("-a.com", "a-.com", "a..com", "exa_mple.com", "*.example.com", "192.0.2.1", "a,b.com", "a.com;b.com"),
    *(f"a{LABEL}.com", ".".join([LABEL] * 4) + ".com", "я" * 64 + ".рф", "a\x00.com", "a.com\nb.com", "\u200b.com"),
)

# (kind, Product ID) → key of each field that people fill → (what is accepted, what is not)
TABLE: dict[tuple[str, str], dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    ("license", LITE): {"licname": (("", *NAMES), BAD_NAMES), "ip": (ADDRESSES, ("", " ", *BAD_ADDRESSES))},
    ("software", CLOUDLINUX): {"licname": (("", *NAMES), BAD_NAMES), "ip": (ADDRESSES, ("", *BAD_ADDRESSES))},
    ("software", BITNINJA_SOFTWARE): {"licname": (("", *NAMES), BAD_NAMES)},
    ("addition", BITNINJA_MODULE): {
        "item": (NUMBERS, ("", *BAD_NUMBERS)),
        "bitninja_email": (("", *EMAILS), BAD_EMAILS),
    },
    ("addition", DDOS_GUARD): {
        "item": (NUMBERS, ("", *BAD_NUMBERS)),
        "domain": (DOMAINS, ("", *BAD_DOMAINS)),
        "target_ip": (ADDRESSES, ("", *BAD_ADDRESSES)),
    },
}
ROWS = [
    (kind, tariff_id, key, *values) for (kind, tariff_id), fields in TABLE.items() for key, values in fields.items()
]


def spec_of(kind: str, tariff_id: str, key: str) -> FieldSpec:
    return next(spec for spec in get_kind(kind).fields_for(tariff_id) if spec.key == key)


def test_the_table_has_every_field_that_people_fill() -> None:
    for (kind, tariff_id), fields in TABLE.items():
        specs = get_kind(kind).fields_for(tariff_id)
        assert {spec.key for spec in specs if not spec.filled_by_partner} == set(fields)


@pytest.mark.parametrize(("kind", "tariff_id", "key", "good", "bad"), ROWS, ids=lambda value: str(value)[:20])
def test_each_value_is_taken_or_refused_on_its_field(
    kind: str, tariff_id: str, key: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    spec = spec_of(kind, tariff_id, key)
    assert [value for value in good if spec.find_fault(value)] == []
    assert [value for value in bad if not spec.find_fault(value)] == []


@pytest.mark.parametrize(("kind", "tariff_id", "key", "good", "bad"), ROWS, ids=lambda value: str(value)[:20])
def test_a_refusal_is_put_into_words_on_its_own_field_only(
    kind: str, tariff_id: str, key: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    right = {name: values[0][-1] for name, values in TABLE[kind, tariff_id].items()}
    assert get_kind(kind).find_faults(tariff_id, right) == {}
    for value in bad:
        with translation.override("en"):
            faults = get_kind(kind).find_faults(tariff_id, right | {key: value})
            assert faults.keys() == {key}
            assert str(faults[key]).endswith(".")


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    for kind in KINDS.values():
        for tariff_id in ("55227", "9203", "55371", "23221"):
            for spec in kind.fields_for(tariff_id):
                assert isinstance(str(spec.find_fault(text)), str)
