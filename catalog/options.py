"""Configurable options of a product: which are offered, what a choice of them costs, how it reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Currency, OptionPrice, Product, ProductOption
from catalog.pricing import PricedOption


class OptionsInvalid(Exception):
    """A choice cannot be accepted; `errors` maps option keys to messages in words."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{key}: {' '.join(messages)}" for key, messages in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class ChosenOption:
    """How many of an option a unit has, with the prices of this moment."""

    option: ProductOption
    quantity: int
    unit_price: Decimal
    setup_fee: Decimal

    @property
    def label(self) -> str:
        """The option as a label: `Additional servers`."""
        return option_label(self.option)

    @property
    def words(self) -> str:
        """The option in the middle of a sentence: `additional servers`."""
        return within_sentence(option_label(self.option))

    def priced(self) -> PricedOption:
        """The choice in the words of the price engine."""
        return PricedOption(self.words, self.quantity, self.unit_price, self.setup_fee)


def option_label(option: ProductOption) -> str:
    """The label: one that still is the module's own in the reader's language, a reworded one as it was written."""
    return option.words.label or option.key


def within_sentence(label: str) -> str:
    """`Additional servers` → `additional servers`; a first word with other capitals stays: `IPv4 addresses`."""
    first = label.split(" ", 1)[0]
    return label[:1].lower() + label[1:] if first[1:].islower() else label


def offered_options(product: Product, currency: Currency, *, cycles: Iterable[str]) -> list[ProductOption]:
    """What clients may choose for at least one of `cycles`, in display order."""
    wanted = set(cycles)
    return [
        option
        for option in product.options.all()
        if not option.is_hidden
        and any(price.currency_id == currency.pk and price.cycle in wanted for price in option.prices.all())
    ]


def choose_options(
    product: Product, asked: Mapping[str, int], *, cycle: str, currency: Currency
) -> tuple[ChosenOption, ...]:
    """The options asked for (key → how many) with their prices; those of which there are none are left out.

    Raises OptionsInvalid: no such option, not offered for this cycle and currency, or not within its limits.
    """
    options = {option.key: option for option in product.options.all() if not option.is_hidden}
    errors = {key: [_("This product has no such option.")] for key in asked if key not in options}
    chosen: list[ChosenOption] = []
    for key, option in options.items():
        count, price = asked.get(key, 0), _price_of(option, cycle, currency)
        if fault := _find_fault(option, price, count):
            errors[key] = [fault]
        elif price is not None and count:
            chosen.append(ChosenOption(option, count, price.price, price.setup_fee))
    if errors:
        raise OptionsInvalid(errors)
    return tuple(chosen)


def describe(product_name: str, options: Sequence[ChosenOption]) -> str:
    """`ispmanager business (additional servers: 3)`: what stands on orders and invoices."""
    if not options:
        return product_name
    return f"{product_name} ({', '.join(f'{chosen.words}: {chosen.quantity}' for chosen in options)})"


def _price_of(option: ProductOption, cycle: str, currency: Currency) -> OptionPrice | None:
    rows = (row for row in option.prices.all() if row.cycle == cycle and row.currency_id == currency.pk)
    return next(rows, None)


def _find_fault(option: ProductOption, price: OptionPrice | None, count: int) -> str:
    if price is None:
        return _("This option is not offered for this period in this currency.") if count else ""
    if option.minimum <= count <= option.maximum:
        return ""
    return _("Enter a number from %(least)s to %(most)s.") % {"least": option.minimum, "most": option.maximum}
