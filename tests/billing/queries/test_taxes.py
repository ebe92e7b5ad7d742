from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from billing.models import Seller, TaxRule
from billing.queries.tax_numbers import clean_tax_id
from billing.queries.taxes import TaxPlace, read_tax_book

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
GERMAN_NUMBER = "DE136695976"


def rule(rate: str, country: str = "", region: str = "", **values: Any) -> TaxRule:
    return TaxRule.objects.create(
        **{"name": "VAT", "rate": Decimal(rate), **values, "country": country, "region": region}
    )


def percents(place: TaxPlace, *, on: date = DAY, treatment: str = "STANDARD") -> list[str]:
    found = read_tax_book(since=on).find(place, treatment, on=on)
    return [f"{rate.percent.normalize():f}" for rate in found.rates] if found.ground == "RULES" else [found.ground]


def test_the_most_specific_rule_of_each_level_counts_alone() -> None:
    rule("1")
    rule("20", "RU")
    rule("10", "RU", "Chechnya")
    rule("7", "RU", level=2, is_compound=True)
    assert percents(TaxPlace("RU", "chechnya ")) == ["10", "7"]
    assert percents(TaxPlace("RU", "Moscow")) == ["20", "7"]
    assert percents(TaxPlace("KZ")) == ["1"]


def test_russian_vat_follows_the_day() -> None:
    rule("20", "RU", valid_until=date(2025, 12, 31))
    rule("22", "RU", valid_from=date(2026, 1, 1))
    assert percents(TaxPlace("RU"), on=date(2025, 12, 31)) == ["20"]
    assert percents(TaxPlace("RU"), on=date(2026, 1, 1)) == ["22"]


def test_products_and_clients_may_be_without_tax() -> None:
    rule("22", "RU")
    assert percents(TaxPlace("RU"), treatment="EXEMPT") == ["EXEMPT_PRODUCT"]
    assert percents(TaxPlace("RU"), treatment="ZERO") == ["ZERO_RATE"]
    assert percents(TaxPlace("RU", is_exempt=True)) == ["EXEMPT_CLIENT"]


@pytest.mark.parametrize(
    ("seller", "country", "tax_id", "found"),
    [
        ("EE", "DE", GERMAN_NUMBER, ["REVERSE_CHARGE"]),
        ("EE", "DE", "DE136695977", ["19"]),  # a wrong check digit
        ("EE", "DE", "", ["19"]),
        ("DE", "DE", GERMAN_NUMBER, ["19"]),  # at home tax is charged
        ("RU", "DE", GERMAN_NUMBER, ["19"]),
        ("", "DE", GERMAN_NUMBER, ["19"]),
    ],
)
def test_reverse_charge_within_the_eu(seller: str, country: str, tax_id: str, found: list[str], settings: Any) -> None:
    settings.SELLER_COUNTRY = seller
    rule("19", "DE")
    assert percents(TaxPlace(country, tax_id=tax_id)) == found


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DE", "136 695 976", GERMAN_NUMBER),
        ("DE", "de136695976", GERMAN_NUMBER),
        ("AT", "U13585627", "ATU13585627"),
        ("GR", "EL 094259216", "EL094259216"),
        ("NL", "NL004495445B01", "NL004495445B01"),
        ("FR", "FR40303265045", "FR40303265045"),
        ("RU", "7707083893", "7707083893"),
        ("DE", "FR40303265045", None),
        ("RU", "7707083894", None),
        ("KZ", "12 34", "1234"),
        ("", "anything", "ANYTHING"),
    ],
)
def test_tax_numbers_are_checked_by_format(country: str, typed: str, kept: str | None) -> None:
    assert clean_tax_id(typed, country=country) == kept


def test_rules_of_one_place_may_not_overlap() -> None:
    rule("20", "RU", valid_until=date(2025, 12, 31))
    with pytest.raises(ValidationError, match="same place"):
        TaxRule(name="VAT", country="RU", rate=Decimal(22), valid_from=date(2025, 12, 31)).full_clean()
    TaxRule(name="VAT", country="RU", rate=Decimal(22), valid_from=date(2026, 1, 1)).full_clean()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"country": "", "region": "Bavaria"}, "country"),
        ({"country": "DE", "is_compound": True}, "is_compound"),
        ({"country": "DE", "valid_from": DAY, "valid_until": date(2026, 2, 1)}, "valid_until"),
        ({"country": "DE", "rate": Decimal(101)}, "rate"),
    ],
)
def test_nonsense_is_told_on_its_field(values: dict[str, Any], field: str) -> None:
    wrong = TaxRule(**{"name": "VAT", "rate": Decimal(20), **values})
    with pytest.raises(ValidationError) as error:
        wrong.full_clean(validate_constraints=False)
    assert field in error.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.save()


def test_the_sellers_country_of_the_back_office_counts_before_the_setting(settings: Any) -> None:
    settings.SELLER_COUNTRY = "RU"
    rule("19", "DE")
    rule("20", "FR")
    assert percents(TaxPlace("DE", tax_id=GERMAN_NUMBER)) == ["19"]
    Seller.objects.create(pk=1, country="FR")
    assert percents(TaxPlace("DE", tax_id=GERMAN_NUMBER)) == ["REVERSE_CHARGE"]
    Seller.objects.update(country="")
    assert percents(TaxPlace("DE", tax_id=GERMAN_NUMBER)) == ["19"]


def test_a_visitor_who_has_not_said_is_where_the_seller_is() -> None:
    rule("20", "FR")
    Seller.objects.create(pk=1, country="FR")
    book = read_tax_book(since=DAY)
    assert [rate.percent for rate in book.find(None, "STANDARD", on=DAY).rates] == [20]


def test_the_rules_and_the_seller_take_one_query(django_assert_num_queries: Any) -> None:
    for country in ("DE", "FR", "RU"):
        rule("20", country)
    with django_assert_num_queries(1):
        book = read_tax_book(since=DAY)
        for country in ("DE", "FR", "RU", ""):
            book.find(TaxPlace(country, tax_id=GERMAN_NUMBER), "STANDARD", on=DAY)


def test_without_rules_a_business_abroad_is_told_by_where_the_seller_is(settings: Any) -> None:
    settings.SELLER_COUNTRY = "FR"
    book = read_tax_book(since=DAY)
    assert book.find(TaxPlace("DE", tax_id=GERMAN_NUMBER), "STANDARD", on=DAY).ground == "REVERSE_CHARGE"
    assert book.find(None, "STANDARD", on=DAY).rates == ()
