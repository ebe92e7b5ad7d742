"""What an order or a renewal may choose: tariff, period, automatic renewal, counted things. Raises Refusal."""

from collections.abc import Sequence
from decimal import Decimal

from noc.sandbox.calls import Call
from noc.sandbox.items import Item
from noc.sandbox.options import Options
from noc.sandbox.refusals import empty, invalid
from noc.sandbox.tariffs import TARIFFS, Tariff

_OFF = frozenset({"", "null", "off", "0"})
_MOST_ADDONS = 1000


def chosen_tariff(call: Call, kind: str) -> Tariff:
    """The tariff named by `pricelist`: of this kind, on sale, in the account's half of the price list."""
    text = call.param("pricelist")
    if not text:
        raise empty("pricelist")
    tariff = TARIFFS.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None
    if tariff is None or tariff.kind != kind or not tariff.on_sale or call.account.region not in tariff.regions:
        raise invalid("pricelist", text)
    return tariff


def chosen_period(call: Call, allowed: Sequence[int]) -> int:
    """The period, one of `allowed`."""
    text = call.param("period")
    if not text:
        raise empty("period")
    period = next((one for one in allowed if str(one) == text), None)
    if period is None:
        raise invalid("period", text)
    return period


def chosen_autoprolong(call: Call, tariff: Tariff, period: int, current: int | None) -> int | None:
    """The period of automatic renewal, None for off; `current` when the parameter was not sent."""
    if "autoprolong" not in call.params:
        return current
    text = call.param("autoprolong")
    if text in _OFF:
        return None
    if text == "on":
        return period
    wanted = next((one for one in tariff.renewable_periods if str(one) == text), None)
    if wanted is None:
        raise invalid("autoprolong", text)
    return wanted


def chosen_addons(call: Call, tariff: Tariff, current: int) -> int:
    """How many counted things; `current` when the parameter was not sent."""
    field = f"addon_{tariff.addon.id}" if tariff.addon else ""
    if not field or field not in call.params:
        return current
    text = call.param(field)
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) > _MOST_ADDONS:
        raise invalid(field, text)
    return int(text)


def charged_addons(options: Options, count: int) -> int:
    """How many of them cost money: all, or all but the one that is included where the count is a total."""
    return max(0, count - 1) if options.addons_count == "total" else count


def total_cost(options: Options, item: Item, period: int, currency: str) -> Decimal:
    """What a period of an item costs, its counted things included."""
    return TARIFFS[item.tariff_id].cost(period, currency, addons=charged_addons(options, item.addons))
