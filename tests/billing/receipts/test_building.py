"""The pure part: whatever an invoice holds, its receipt adds up to the payment to the kopeck."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.receipts import ReceiptImpossible, receipt_from_yookassa
from billing.receipts.building import Charged, Part, Terms, build_receipt, scale, without_discounts
from billing.receipts.receipt import MOST_ITEMS, Receipt, ReceiptCustomer
from billing.receipts.shares import share_out
from catalog.taxes import Taxation, TaxRate, tax_charge
from tests.examples import examples

RATES = ("", "0", "5", "10", "20", "22")
TERMS = Terms(
    vat_codes={
        Decimal(0): (2, 2),
        Decimal(5): (7, 9),
        Decimal(10): (3, 5),
        Decimal(20): (4, 6),
        Decimal(22): (11, 12),
    },
    no_vat_code=1,
    advance_vat_code=1,
    has_estimated_rates=False,
    payment_subject="service",
    payment_mode="full_prepayment",
    tax_system_code=1,
    measure="",
    advance_words="Аванс",
    merged_words="Услуги",
)
ANNA = ReceiptCustomer(email="anna@example.com")
VAT_22 = Decimal(22)


@st.composite
def charges(draw: st.DrawFn) -> tuple[Charged, ...]:
    """Lines of several rates, prices with the tax or without, discounts on some, what credit notes left of them."""
    rates = draw(st.lists(st.sampled_from(RATES), min_size=1, max_size=3, unique=True))
    is_included = draw(st.booleans())
    found = []
    for number in range(draw(st.integers(1, 8))):
        rate = draw(st.sampled_from(rates))
        price = Decimal(draw(st.integers(1, 5_000_00))).scaleb(-2)
        taxation = Taxation((TaxRate("НДС", Decimal(rate)),) if rate else (), is_included)
        percent = Decimal(rate) if rate else None
        total = int(tax_charge(price, taxation, precision=2).total * 100)
        total -= draw(st.integers(0, total))  # credit notes
        found.append(Charged(f"Line {number % 3}", total, percent))
        if draw(st.booleans()):
            discount = round(price * draw(st.integers(1, 100)) / 100, 2)
            off = int(tax_charge(-discount, taxation, precision=2).total * 100)
            found.append(Charged("Discount", max(off, -total), percent))
    return tuple(found)


def check(items: tuple[Charged, ...], data: st.DataObject) -> None:
    whole = sum(item.amount for item in items)
    amount = data.draw(st.integers(0, whole), label="of it")
    advance = data.draw(st.integers(0, 500), label="too much")
    if amount + advance == 0:
        return
    receipt = build_receipt(parts=[Part(items, amount)], advance=advance, customer=ANNA, terms=TERMS)
    assert receipt.amount * 100 == amount + advance
    assert all(item.total > 0 for item in receipt.items)
    assert receipt_from_yookassa(receipt.to_yookassa()) == receipt
    shown = receipt.to_yookassa()["items"]
    assert sum(Decimal(item["amount"]["value"]) * Decimal(item["quantity"]) for item in shown) == receipt.amount
    _check_refunds(receipt, data)


def _check_refunds(receipt: Receipt, data: st.DataObject) -> None:
    left = [item.total for item in receipt.items]
    before: list[int] = []
    given_back: dict[str, int] = {}
    while sum(left) > sum(before):
        amount = data.draw(st.integers(1, sum(left) - sum(before)), label="given back")
        items = scale(receipt.items, amount, before=before)
        assert sum(item.total for item in items) == amount
        assert all(item.total > 0 for item in items)
        for item in items:
            key = f"{item.description}{item.vat_code}{item.payment_mode}"
            given_back[key] = given_back.get(key, 0) + item.total
        before.append(amount)
    paid: dict[str, int] = {}
    for item in receipt.items:
        key = f"{item.description}{item.vat_code}{item.payment_mode}"
        paid[key] = paid.get(key, 0) + item.total
    assert given_back == paid


@given(charges(), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_adds_up_to_the_kopeck(items: tuple[Charged, ...], data: st.DataObject) -> None:
    check(items, data)


@pytest.mark.thorough
@given(charges(), st.data())
@settings(max_examples=1000, deadline=None)
def test_adds_up_to_the_kopeck_in_a_thousand_invoices(items: tuple[Charged, ...], data: st.DataObject) -> None:
    check(items, data)


def items_of(receipt: Receipt) -> list[tuple[str, int, int, str]]:
    return [(item.description, item.quantity, item.price, item.payment_mode) for item in receipt.items]


def build(*items: Charged, amount: int | None = None, advance: int = 0) -> Receipt:
    paid = sum(item.amount for item in items) if amount is None else amount
    return build_receipt(parts=[Part(items, paid)], advance=advance, customer=ANNA, terms=TERMS)


def test_a_discount_comes_off_the_lines_of_its_own_rate() -> None:
    charged = without_discounts(
        [Charged("A", 1000, VAT_22), Charged("B", 1000, None), Charged("Discount", -300, VAT_22)]
    )
    assert [(one.description, one.amount) for one in charged] == [("A", 700), ("B", 1000)]


def test_what_a_rate_has_too_little_of_comes_off_the_others() -> None:
    charged = without_discounts([Charged("A", 100, VAT_22), Charged("B", 1000, None), Charged("Off", -300, VAT_22)])
    assert [(one.description, one.amount) for one in charged] == [("B", 800)]


def test_more_discount_than_there_is_has_no_receipt() -> None:
    with pytest.raises(ReceiptImpossible):
        without_discounts([Charged("A", 100), Charged("Off", -300)])


def test_equal_lines_are_one_position_with_a_quantity() -> None:
    assert items_of(build(*[Charged("License", 500)] * 3)) == [("License", 3, 500, "full_prepayment")]


def test_a_quantity_times_its_price_is_exact() -> None:
    found = items_of(build(*[Charged("License", 500)] * 3, amount=1000))
    assert found == [("License", 1, 334, "partial_prepayment"), ("License", 2, 333, "partial_prepayment")]


def test_too_much_money_is_an_advance() -> None:
    assert items_of(build(Charged("A", 500), advance=70)) == [
        ("A", 1, 500, "full_prepayment"),
        ("Аванс", 1, 70, "advance"),
    ]


def test_a_long_invoice_is_merged_by_vat_code() -> None:
    receipt = build(
        *[Charged(f"A {number}", 101 + number, VAT_22) for number in range(MOST_ITEMS)], Charged("B", 7, None)
    )
    assert items_of(receipt) == [
        ("Услуги", 1, sum(101 + number for number in range(MOST_ITEMS)), "full_prepayment"),
        ("Услуги", 1, 7, "full_prepayment"),
    ]


def test_a_rate_without_a_code_is_told() -> None:
    with pytest.raises(ReceiptImpossible, match=r"13\.5 %"):
        build(Charged("A", 100, Decimal("13.50")))


def test_a_long_description_is_cut() -> None:
    assert len(build(Charged("x" * 255, 100)).items[0].description) == 128


def test_shares_need_something_to_lie_on() -> None:
    assert share_out(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="Nothing"):
        share_out(1, [0])


def test_no_more_is_given_back_than_was_paid() -> None:
    with pytest.raises(ReceiptImpossible):
        scale(build(Charged("A", 100)).items, 60, before=[50])
