from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.money import round_money
from catalog.taxes import Taxation, TaxGround, TaxRate, tax_charge, thaw_taxation

VAT = TaxRate("VAT", Decimal(22))


def rates(*percents: str, is_compound: bool = False) -> tuple[TaxRate, ...]:
    return tuple(
        TaxRate(f"tax {level}", Decimal(percent), is_compound and level > 0) for level, percent in enumerate(percents)
    )


def taxed(amount: str, taxation: Taxation, precision: int = 2) -> tuple[str, list[str]]:
    charge = tax_charge(Decimal(amount), taxation, precision=precision)
    return str(charge.net), [str(tax.amount) for tax in charge.taxes]


@pytest.mark.parametrize(
    ("amount", "taxation", "net", "taxes"),
    [
        ("1000.00", Taxation((VAT,)), "1000.00", ["220.00"]),
        ("1220.00", Taxation((VAT,), is_included=True), "1000.00", ["220.00"]),
        ("100.00", Taxation(rates("5", "10")), "100.00", ["5.00", "10.00"]),
        ("100.00", Taxation(rates("5", "10", is_compound=True)), "100.00", ["5.00", "10.50"]),
        ("115.50", Taxation(rates("5", "10", is_compound=True), is_included=True), "100.00", ["5.00", "10.50"]),
        ("0.02", Taxation(rates("25")), "0.02", ["0.01"]),  # 0.005 is rounded up
        ("-0.02", Taxation(rates("25")), "-0.02", ["-0.01"]),
        ("100.00", Taxation(), "100.00", []),
        ("122.00", Taxation((VAT,), is_included=True, ground=TaxGround.EXEMPT_CLIENT), "100.00", []),
        ("122.00", Taxation((VAT,), ground=TaxGround.REVERSE_CHARGE), "122.00", []),
    ],
)
def test_net_and_taxes_of_an_amount(amount: str, taxation: Taxation, net: str, taxes: list[str]) -> None:
    assert taxed(amount, taxation) == (net, taxes)


amounts = st.integers(min_value=0, max_value=10**12).map(lambda cents: Decimal(cents).scaleb(-2))
taxations = st.builds(
    lambda percents, compound, included: Taxation(rates(*map(str, percents), is_compound=compound), included),
    st.lists(st.decimals(min_value=0, max_value=100, places=4), max_size=2),
    st.booleans(),
    st.booleans(),
)


@given(amounts, taxations)
def test_an_included_tax_leaves_the_price_to_the_cent(amount: Decimal, taxation: Taxation) -> None:
    charge = tax_charge(amount, taxation, precision=2)
    assert (charge.total if taxation.is_included else charge.net) == amount
    assert charge.total == charge.net + sum(tax.amount for tax in charge.taxes)
    assert charge.net >= 0
    for tax in charge.taxes:
        assert tax.amount == round_money(tax.amount, precision=2) >= 0


@given(amounts, taxations)
def test_a_discount_is_the_mirror_image(amount: Decimal, taxation: Taxation) -> None:
    charge, mirrored = (tax_charge(one, taxation, precision=2) for one in (amount, -amount))
    assert (mirrored.net, mirrored.tax) == (-charge.net, -charge.tax)


@given(taxations)
def test_a_frozen_taxation_comes_back(taxation: Taxation) -> None:
    assert thaw_taxation(taxation.frozen()) == taxation


def test_rows_from_before_taxes_are_untaxed() -> None:
    assert thaw_taxation({}) == Taxation()
