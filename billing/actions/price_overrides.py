"""Prices that an operator grants for single lines of an order, each with a reason (O3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.models import Order
from billing.queries.order_items import CheckedItem, Faults, ItemFaults
from catalog.money import round_money

REASON_LENGTH = 250
MOST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """What one unit costs instead of its catalog price, options apart; None leaves the catalog's amount."""

    unit_price: Decimal | None
    setup_fee: Decimal | None
    reason: str


def apply_overrides(checked: Sequence[CheckedItem], overrides: Mapping[int, PriceOverride]) -> list[CheckedItem]:
    """The lines with the granted prices (place of the line → override). Raises ItemFaults."""
    errors: Faults = {}
    for index, override in overrides.items():
        if not 0 <= index < len(checked):
            errors["items"] = [_("There is no line with this place to change the price of.")]
            continue
        faults = _find_faults(override, precision=checked[index].precision)
        errors |= {f"items.{index}.{name}": messages for name, messages in faults.items()}
    if errors:
        raise ItemFaults(errors)
    return [_granted(item, overrides[index]) if index in overrides else item for index, item in enumerate(checked)]


def record_overrides(
    order: Order,
    checked: Sequence[CheckedItem],
    overrides: Mapping[int, PriceOverride],
    *,
    actor: str,
    now: datetime,
) -> None:
    """An Event for each granted price: before, after and why. `checked` still has the catalog's prices."""
    for index, override in sorted(overrides.items()):
        before, after = checked[index], _granted(checked[index], override)
        data = {"product": before.product.name, "reason": override.reason.strip()}
        if after.unit_price != before.unit_price:
            data["unit_price"] = _change(before.unit_price, after.unit_price, before.precision)
        if after.setup_fee != before.setup_fee:
            data["setup_fee"] = _change(before.setup_fee, after.setup_fee, before.precision)
        record_event("order.price_overridden", now=now, actor=actor, order=order, data=data)


def _find_faults(override: PriceOverride, *, precision: int) -> Faults:
    faults: Faults = {}
    if override.unit_price is None and override.setup_fee is None:
        faults["unit_price"] = [_("Say which price changes, or leave out the reason.")]
    elif not override.reason.strip():
        faults["reason"] = [_("Say why this price is granted: it stays in the history of the order.")]
    elif len(override.reason) > REASON_LENGTH:
        faults["reason"] = [_("At most %(most)s characters.") % {"most": REASON_LENGTH}]
    for name, amount in (("unit_price", override.unit_price), ("setup_fee", override.setup_fee)):
        if amount is not None and (fault := _find_fault(amount, precision)):
            faults[name] = [fault]
    return faults


def _find_fault(amount: Decimal, precision: int) -> str:
    if not amount.is_finite() or not 0 <= amount < MOST:
        return _("Enter an amount of 0 or more.")
    if amount != round_money(amount, precision=precision):
        return _("This currency has %(count)s decimals at most.") % {"count": precision}
    return ""


def _granted(item: CheckedItem, override: PriceOverride) -> CheckedItem:
    return replace(
        item,
        unit_price=item.unit_price if override.unit_price is None else override.unit_price,
        setup_fee=item.setup_fee if override.setup_fee is None else override.setup_fee,
    )


def _change(before: Decimal, after: Decimal, precision: int) -> str:
    return f"{round_money(before, precision=precision):f} → {round_money(after, precision=precision):f}"
