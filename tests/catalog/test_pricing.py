from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Cycle
from catalog.money import round_money
from catalog.pricing import PricedItem, quote

amounts = st.decimals(min_value=0, max_value=10**9, places=4)
items = st.builds(
    PricedItem,
    description=st.text(max_size=20),
    cycle=st.sampled_from(Cycle.values),
    quantity=st.integers(min_value=1, max_value=1000),
    unit_price=amounts,
    setup_fee=amounts,
    precision=st.integers(min_value=0, max_value=4),
)


def item(
    unit_price: str, *, cycle: str = "MONTHLY", quantity: int = 1, setup_fee: str = "0", precision: int = 2
) -> PricedItem:
    return PricedItem("ispmanager lite", cycle, quantity, Decimal(unit_price), Decimal(setup_fee), precision)


@given(st.lists(items, max_size=6))
def test_sums_are_the_sums_of_the_lines(asked: list[PricedItem]) -> None:
    priced = quote(asked)
    assert priced.subtotal == sum(line.amount for line in priced.lines)
    assert priced.tax == sum(line.tax for line in priced.lines)
    assert priced.total == priced.subtotal + priced.tax
    assert priced.total >= 0


@given(items)
def test_units_add_up_to_their_line(asked: PricedItem) -> None:
    for line in quote([asked]).lines:
        assert line.amount == sum(line.unit_amount for _ in range(asked.quantity))
        assert line.unit_amount == round_money(line.unit_amount, precision=asked.precision)


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


def test_rounds_the_unit_before_it_multiplies() -> None:
    assert quote([item("0.005", quantity=3)]).total == Decimal("0.03")


def test_a_one_time_item_never_comes_again() -> None:
    assert quote([item("5.00", cycle="ONE_TIME")]).recurring == (Decimal(0),)


def test_a_free_item_still_has_a_line() -> None:
    (line,) = quote([item("0")]).lines
    assert (line.kind, line.amount) == ("SERVICE", Decimal(0))


def test_nothing_asked_costs_nothing() -> None:
    priced = quote([])
    assert (priced.lines, priced.total) == ((), Decimal(0))


@pytest.mark.parametrize("wrong", [{"quantity": 0}, {"quantity": -1}, {"setup_fee": "-0.01"}])
def test_refuses_negative_figures(wrong: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=r"Quantity below one|Negative price"):
        item("5.00", **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Negative price"):
        item("-5.00")
