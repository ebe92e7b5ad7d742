from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.discounts import Discount, DiscountType
from catalog.models import Cycle
from catalog.money import round_money
from catalog.pricing import PricedItem, PricedOption, quote
from catalog.prorata import ProrataTerms, find_first_period
from catalog.taxes import Taxation, TaxGround, TaxRate

amounts = st.decimals(min_value=0, max_value=10**9, places=4)
options = st.builds(
    PricedOption,
    description=st.text(max_size=20),
    quantity=st.integers(min_value=1, max_value=1000),
    unit_price=amounts,
    setup_fee=amounts,
)
rates = st.builds(
    TaxRate,
    name=st.sampled_from(["VAT", "City tax"]),
    percent=st.decimals(min_value=0, max_value=100, places=4),
    is_compound=st.booleans(),
)
taxations = st.builds(
    Taxation,
    rates=st.lists(rates, max_size=2).map(tuple),
    is_included=st.booleans(),
    ground=st.sampled_from(TaxGround.values),
)
items = st.builds(
    PricedItem,
    description=st.text(max_size=20),
    cycle=st.sampled_from(Cycle.values),
    quantity=st.integers(min_value=1, max_value=1000),
    unit_price=amounts,
    setup_fee=amounts,
    precision=st.integers(min_value=0, max_value=4),
    options=st.lists(options, max_size=3).map(tuple),
    is_scaling=st.booleans(),
    renewals=st.none() | st.integers(min_value=0, max_value=5),
)
first_periods = st.builds(
    lambda on, day, next_after: find_first_period(ProrataTerms(day, next_after), cycle="MONTHLY", on=on),
    st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(min_value=1, max_value=31),
    st.integers(min_value=0, max_value=32),
)
discounts = st.builds(
    Discount,
    words=st.just("SPRING"),
    type=st.sampled_from(DiscountType.values),
    value=st.decimals(min_value=0, max_value=100, places=4),
    is_recurring=st.booleans(),
    renewals=st.none() | st.integers(min_value=1, max_value=5),
)
taxed_items = st.builds(
    replace, items, taxation=taxations, first_period=st.none() | first_periods, discount=st.none() | discounts
)


def item(
    unit_price: str, *, cycle: str = "MONTHLY", quantity: int = 1, setup_fee: str = "0", precision: int = 2
) -> PricedItem:
    return PricedItem("ispmanager lite", cycle, quantity, Decimal(unit_price), Decimal(setup_fee), precision)


@given(st.lists(items, max_size=6))
def test_sums_are_the_sums_of_the_lines(asked: list[PricedItem]) -> None:
    priced = quote(asked)
    lines = sum(line.amount for line in priced.lines)
    assert lines == (priced.total if priced.is_tax_included else priced.subtotal)
    assert priced.tax == sum(tax.amount for tax in priced.taxes)
    assert priced.total == priced.subtotal + priced.tax
    assert priced.total >= 0


@given(items)
def test_units_add_up_to_their_line(asked: PricedItem) -> None:
    priced = quote([asked])
    for line in priced.lines:
        assert line.quantity % (asked.services if line.kind == "SETUP" else asked.quantity) == 0
        assert line.amount == line.unit_amount * line.quantity
        assert line.unit_amount == round_money(line.unit_amount, precision=asked.precision)
    (service,) = priced.services
    assert (service.recurring + service.setup_fee) * asked.services == priced.total
    assert asked.services * asked.units == asked.quantity
    assert service.units == asked.units


@given(items)
def test_setup_is_charged_once_for_each_service_and_never_again(asked: PricedItem) -> None:
    def rounded(amount: Decimal) -> Decimal:
        return round_money(amount, precision=asked.precision)

    priced = quote([asked])
    fees = rounded(asked.setup_fee) + sum(rounded(option.setup_fee) * option.quantity for option in asked.options)
    assert sum(line.amount for line in priced.lines if line.kind == "SETUP") == fees * asked.services
    is_last = asked.cycle == Cycle.ONE_TIME or asked.renewals == 0
    later = Decimal(0) if is_last else priced.total - fees * asked.services
    assert priced.recurring == (later,)
    assert min(later, *(line.amount for line in priced.lines)) >= 0


@given(st.lists(items, max_size=6))
def test_each_item_is_priced_as_if_alone(asked: list[PricedItem]) -> None:
    together = quote(asked)
    assert together.total == sum(quote([one]).total for one in asked)
    assert together.recurring == tuple(quote([one]).recurring[0] for one in asked)


def test_names_service_and_setup_apart() -> None:
    priced = quote([item("5.00", quantity=3, setup_fee="2.50")])
    assert [(line.kind, line.unit_amount, line.amount) for line in priced.lines] == [
        ("SERVICE", Decimal("5.00"), Decimal("15.00")),
        ("SETUP", Decimal("2.50"), Decimal("7.50")),
    ]
    assert (priced.total, priced.recurring) == (Decimal("22.50"), (Decimal("15.00"),))
    assert priced.lines[1].description == "ispmanager lite: setup fee"


def test_options_are_part_of_what_each_period_costs() -> None:
    nodes = PricedOption("additional servers", 3, Decimal("5.00"), Decimal("1.00"))
    business = PricedItem("business", "MONTHLY", 2, Decimal("15.00"), Decimal("4.00"), 2, (nodes,))
    priced = quote([business])
    assert [(line.kind, line.description, line.quantity, line.amount) for line in priced.lines] == [
        ("SERVICE", "business", 2, Decimal("30.00")),
        ("OPTION", "business: additional servers", 6, Decimal("30.00")),
        ("SETUP", "business: setup fee", 2, Decimal("8.00")),
        ("SETUP", "business: additional servers: setup fee", 6, Decimal("6.00")),
    ]
    assert (priced.total, priced.recurring) == (Decimal("74.00"), (Decimal("60.00"),))


def test_rounds_the_unit_before_it_multiplies() -> None:
    assert quote([item("0.005", quantity=3)]).total == Decimal("0.03")


def test_a_one_time_item_never_comes_again() -> None:
    assert quote([item("5.00", cycle="ONE_TIME")]).recurring == (Decimal(0),)


def test_what_ends_before_its_second_period_never_comes_again() -> None:
    assert quote([replace(item("5.00"), renewals=0)]).recurring == (Decimal(0),)
    assert quote([replace(item("5.00"), renewals=1)]).recurring == (Decimal("5.00"),)


def test_a_free_item_still_has_a_line() -> None:
    (line,) = quote([item("0")]).lines
    assert (line.kind, line.amount) == ("SERVICE", Decimal(0))


def test_nothing_asked_costs_nothing() -> None:
    priced = quote([])
    assert (priced.lines, priced.total) == ((), Decimal(0))


@pytest.mark.parametrize("wrong", [{"quantity": 0}, {"quantity": -1}, {"setup_fee": "-0.01"}])
def test_refuses_negative_figures(wrong: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r"Quantity below one|Negative price"):
        PricedOption("x", int(wrong.get("quantity", 1)), Decimal(0), Decimal(wrong.get("setup_fee", 0)))
    with pytest.raises(ValueError, match=r"Quantity below one|Negative price"):
        item("5.00", **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Negative price"):
        item("-5.00")


def test_a_scaling_item_is_one_service_of_so_many_units() -> None:
    """(price + options) × units each period; what is charged at the start is charged once."""
    space = PricedOption("extra space", 3, Decimal("5.00"), Decimal("1.00"))
    hosting = PricedItem("hosting", "MONTHLY", 4, Decimal("15.00"), Decimal("4.00"), 2, (space,), is_scaling=True)
    priced = quote([hosting])
    assert [(line.kind, line.quantity, line.amount) for line in priced.lines] == [
        ("SERVICE", 4, Decimal("60.00")),
        ("OPTION", 12, Decimal("60.00")),
        ("SETUP", 1, Decimal("4.00")),
        ("SETUP", 3, Decimal("3.00")),
    ]
    (service,) = priced.services
    assert (service.unit_price, service.units, service.recurring) == (Decimal("30.00"), 4, Decimal("120.00"))
    assert (priced.total, priced.recurring) == (Decimal("127.00"), (Decimal("120.00"),))


@pytest.mark.parametrize(
    ("kind", "value", "quantity", "amount"),
    [
        ("PERCENT", "10", 4, "-4.00"),
        ("FIXED", "3", 4, "-12.00"),
        ("FIXED", "300", 4, "-40.00"),
        ("PRICE", "8", 4, "-8.00"),
        ("FREE_SETUP", "0", 1, "-5.00"),
    ],
)
def test_a_discount_comes_off_each_unit_and_a_free_setup_off_the_service(
    kind: str, value: str, quantity: int, amount: str
) -> None:
    discount = Discount("SPRING", kind, Decimal(value))
    scaling = replace(item("10.00", quantity=4, setup_fee="5.00"), is_scaling=True, discount=discount)
    (line,) = [line for line in quote([scaling]).lines if line.kind == "DISCOUNT"]
    assert (line.quantity, line.amount) == (quantity, Decimal(amount))


def test_units_of_one_service_are_taxed_together() -> None:
    """Three services round their tax three times, one service of three units once."""
    taxed = replace(item("0.10", quantity=3), taxation=Taxation((TaxRate("VAT", Decimal(25)),)))
    assert quote([taxed]).tax == Decimal("0.09")
    assert quote([replace(taxed, is_scaling=True)]).tax == Decimal("0.08")


@given(taxed_items)
def test_scaling_changes_neither_what_a_unit_costs_nor_its_first_period(asked: PricedItem) -> None:
    apart, together = replace(asked, is_scaling=False), replace(asked, is_scaling=True)
    (one,), (whole,) = quote([apart]).services, quote([together]).services
    assert (whole.unit_price, whole.first_price, whole.until) == (one.unit_price, one.first_price, one.until)
    assert whole.setup_fee == one.setup_fee
    assert quote([together]).recurring == quote([apart]).recurring


@given(taxed_items)
def test_what_services_are_charged_adds_up_to_the_quote(asked: PricedItem) -> None:
    priced = quote([asked])
    (service,) = priced.services
    assert sum(charge.net for charge in service.charges) * asked.services == priced.subtotal
    assert sum(charge.tax for charge in service.charges) * asked.services == priced.tax
    assert sum(tax.amount for tax in priced.taxes) == priced.tax
    assert priced.total == priced.subtotal + priced.tax
    lines = sum(line.amount for line in priced.lines)
    assert lines == (priced.total if priced.is_tax_included else priced.subtotal)
    if asked.taxation.ground != TaxGround.RULES:
        assert priced.tax == 0


@given(taxed_items)
def test_a_part_of_a_period_changes_no_later_one(asked: PricedItem) -> None:
    asked = replace(asked, discount=None)
    whole = replace(asked, first_period=None)
    assert quote([asked]).recurring == quote([whole]).recurring
    assert [one.setup for one in quote([asked]).services] == [one.setup for one in quote([whole]).services]


@given(taxed_items)
def test_no_negative_line_beats_its_base(asked: PricedItem) -> None:
    priced = quote([asked])
    (service,) = priced.services
    is_free_setup = asked.discount is not None and asked.discount.type == DiscountType.FREE_SETUP
    first = service.first_price * service.units
    assert 0 <= service.first_discount <= (service.setup_fee if is_free_setup else first)
    assert 0 <= service.later_discount <= service.recurring
    for line in priced.lines:
        assert (line.amount < 0) == (line.kind == "DISCOUNT")
    assert priced.total >= 0
    assert priced.recurring[0] >= 0
