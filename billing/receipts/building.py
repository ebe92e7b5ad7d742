"""From charges and money to the items of a receipt. It reads no database and no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from billing.receipts.receipt import (
    LONGEST_DESCRIPTION,
    MOST_ITEMS,
    Receipt,
    ReceiptCustomer,
    ReceiptImpossible,
    ReceiptItem,
)
from billing.receipts.shares import share_out

ADVANCE_SUBJECT: Final = "payment"
ADVANCE_MODE: Final = "advance"
# Of a whole and of a part of what an item costs.
PARTIAL_MODES: Final = {"full_prepayment": "partial_prepayment", "full_payment": "partial_payment"}
_PREPAID: Final = frozenset({"full_prepayment", "partial_prepayment", ADVANCE_MODE})


@dataclass(frozen=True, slots=True)
class Charged:
    """What is left of one line of an invoice, tax included, in kopecks; below zero for a discount.

    `rate`: the percent of VAT within it, None where none is charged.
    """

    description: str
    amount: int
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """`amount` kopecks of a payment go to what `charges` add up to, which is at least as much."""

    charges: tuple[Charged, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How the seller's cash register wants items: `vat_codes` maps a rate to its code and that of the estimated rate.

    `payment_mode` is that of an item paid wholly; `merged_words` names an item that stands for many.
    """

    vat_codes: Mapping[Decimal, tuple[int, int]]
    no_vat_code: int
    advance_vat_code: int
    has_estimated_rates: bool
    payment_subject: str
    payment_mode: str
    tax_system_code: int | None
    measure: str
    advance_words: str
    merged_words: str

    def vat_code(self, rate: Decimal | None, mode: str) -> int:
        """The code of a rate, of its estimated one (22/122) for what is paid before it is delivered.

        Raises ReceiptImpossible.
        """
        if rate is None:
            return self.no_vat_code
        codes = self.vat_codes.get(rate)
        if codes is None:
            words = _("No VAT code is set for the rate of %(rate)s %%: add it to the fiscal receipt settings.")
            raise ReceiptImpossible(words % {"rate": f"{rate.normalize():f}"})
        return codes[self.has_estimated_rates and mode in _PREPAID]


def build_receipt(*, parts: Sequence[Part], advance: int, customer: ReceiptCustomer, terms: Terms) -> Receipt:
    """A receipt over all that `parts` and `advance` (kopecks for nothing yet sold) add up to.

    Discounts are spread over what they are for, what was paid otherwise is left out in proportion; no item is zero or
    below. Raises ReceiptImpossible.
    """
    items = [item for part in parts for item in _items_of(part, terms)]
    if advance:
        description = terms.advance_words[:LONGEST_DESCRIPTION]
        items.append(ReceiptItem(description, advance, terms.advance_vat_code, ADVANCE_SUBJECT, ADVANCE_MODE))
    if not items:
        raise ReceiptImpossible(_("A receipt needs an amount above zero."))
    items = join_equal(items)
    if len(items) > MOST_ITEMS:
        items = _merge(items, terms.merged_words)
    return Receipt(customer, tuple(items), terms.tax_system_code, terms.measure)


def _items_of(part: Part, terms: Terms) -> Iterable[ReceiptItem]:
    charges = without_discounts(part.charges)
    is_whole = part.amount == sum(charge.amount for charge in charges)
    mode = terms.payment_mode if is_whole else PARTIAL_MODES.get(terms.payment_mode, terms.payment_mode)
    for charge, share in zip(charges, share_out(part.amount, [one.amount for one in charges]), strict=True):
        if share:
            code = terms.vat_code(charge.rate, mode)
            yield ReceiptItem(_short(charge.description), share, code, terms.payment_subject, mode)


def without_discounts(charges: Iterable[Charged]) -> list[Charged]:
    """Only what is above zero, with the same sum: a discount comes off the lines of its own rate, in proportion.

    What a rate has too little of comes off the other rates. Raises ReceiptImpossible where the sum is below zero.
    """
    by_rate: dict[Decimal | None, list[Charged]] = {}
    for charge in charges:
        by_rate.setdefault(charge.rate, []).append(charge)
    groups = list(by_rate.values())
    sums = [sum(charge.amount for charge in group) for group in groups]
    left = [max(amount, 0) for amount in sums]
    lacking = -sum(min(amount, 0) for amount in sums)
    if lacking > sum(left):
        raise ReceiptImpossible(_("The discounts of this invoice exceed its lines."))
    left = [amount - off for amount, off in zip(left, share_out(lacking, left), strict=True)]
    return [charge for group, amount in zip(groups, left, strict=True) for charge in _spread(group, amount)]


def _spread(group: Iterable[Charged], amount: int) -> list[Charged]:
    positive = [charge for charge in group if charge.amount > 0]
    shares = share_out(amount, [charge.amount for charge in positive])
    return [replace(charge, amount=share) for charge, share in zip(positive, shares, strict=True) if share]


def scale(items: Sequence[ReceiptItem], amount: int, *, before: Sequence[int] = ()) -> list[ReceiptItem]:
    """The items of a refund of `amount` kopecks of what `items` were paid for; `before`: earlier refunds of them.

    All refunds together take exactly what each item came to. Raises ReceiptImpossible where too little is left.
    """
    left = [item.total for item in items]
    taken: list[int] = [0] * len(left)
    for refunded in (*before, amount):
        if refunded > sum(left):
            raise ReceiptImpossible(_("More would be given back than the receipt was over."))
        taken = share_out(refunded, left)
        left = [total - share for total, share in zip(left, taken, strict=True)]
    return [_part_of(item, share) for item, share in zip(items, taken, strict=True) if share]


def _part_of(item: ReceiptItem, total: int) -> ReceiptItem:
    """Whole pieces where the price fits, else one position over the amount."""
    if total % item.price == 0:
        return replace(item, quantity=total // item.price)
    return replace(item, price=total, quantity=1)


def join_equal(items: Iterable[ReceiptItem]) -> list[ReceiptItem]:
    """Positions of equal words and price as one with a quantity."""
    quantities: dict[ReceiptItem, int] = {}
    for item in items:
        one = replace(item, quantity=1)
        quantities[one] = quantities.get(one, 0) + item.quantity
    return [replace(item, quantity=quantity) for item, quantity in quantities.items()]


def _merge(items: Iterable[ReceiptItem], words: str) -> list[ReceiptItem]:
    """One position for each VAT code, subject and mode: a receipt holds only so many."""
    sums: dict[tuple[int, str, str], int] = {}
    for item in items:
        key = item.vat_code, item.payment_subject, item.payment_mode
        sums[key] = sums.get(key, 0) + item.total
    return [ReceiptItem(_short(words), total, *key) for key, total in sums.items()]


def _short(description: str) -> str:
    """At most as long as a receipt takes, and never empty."""
    text = " ".join(description.split())
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[: LONGEST_DESCRIPTION - 1].rstrip()}…"
