"""Writing configurable options: those that a kind needs by itself, and what operators say of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.checks import PriceValues, find_price_faults, price_words
from catalog.models import Cycle, OptionPrice, PaymentType, Product, ProductOption
from noc.kinds import KINDS

NODES: Final = "nodes"
WRITABLE: Final = frozenset({"label", "translations", "addon_id", "minimum", "maximum", "is_hidden", "position"})


@dataclass(frozen=True)
class OptionValues:
    """What is to be written of the option `key`: model field values, and its prices (None: as they are)."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    prices: Sequence[PriceValues] | None = None


def create_missing_options(product: Product) -> list[ProductOption]:
    """Creates the option *additional servers* where the tariff counts them and no option does; returns the new ones.

    Options that exist stay as they are. Call it with the product's row locked.
    """
    wanted = _node_option(product)
    if wanted is None or any(_is_same(option, wanted) for option in _options_of(product)):
        return []
    return ProductOption.objects.bulk_create([wanted])


def check_options(product: Product, options: Sequence[OptionValues]) -> dict[str, list[str]]:
    """ "options.0.maximum" → messages for what `save_options` would write; {} when all is well."""
    drafts = [_draft(product, wanted) for wanted in options]
    kept = [] if product.pk is None else [*_options_of(product).exclude(key__in=[wanted.key for wanted in options])]
    errors: dict[str, list[str]] = {}
    for index, (draft, wanted) in enumerate(zip(drafts, options, strict=True)):
        others = [*kept, *drafts[:index]]
        for name, message in find_option_faults(product, draft, wanted.prices or (), others=others):
            errors.setdefault(f"options.{index}.{name}", []).append(message)
    return errors


def find_option_faults(
    product: Product, option: ProductOption, prices: Sequence[PriceValues], *, others: Sequence[ProductOption]
) -> Iterator[tuple[str, str]]:
    """(field, message) of what is wrong with an option beside `others` of the same product."""
    try:
        option.clean_fields(exclude={"product"})
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield from ((name, message) for message in messages)
        return
    if option.maximum < option.minimum:
        yield "maximum", _("The most is below the least.")
    if option.addon_id and not (option.addon_id.isascii() and option.addon_id.isdecimal()):
        yield "addon_id", _("Enter the number of the addon in the partner's price list.")
    if any(option.key == other.key for other in others):
        yield "key", _("Another option of this product has this key.")
    if option.addon_id and any(option.addon_id == other.addon_id for other in others):
        yield "addon_id", _("Another option of this product is sent as this addon.")
    yield from (("prices", message) for message in _find_price_faults(product, prices))


def save_options(product: Product, options: Sequence[OptionValues]) -> None:
    """Writes options that `check_options` found well. Call it in a transaction, with the product's row locked."""
    for wanted in options:
        option = _draft(product, wanted)
        option.product = product
        option.save()
        if wanted.prices is not None:
            replace_option_prices(option, wanted.prices)


def replace_option_prices(option: ProductOption, prices: Sequence[PriceValues]) -> None:
    """Puts `prices` in place of all that the option has."""
    kept = [
        OptionPrice.objects.update_or_create(
            option=option,
            currency=price.currency,
            cycle=price.cycle,
            defaults={"price": price.price, "setup_fee": price.setup_fee},
        )[0].pk
        for price in prices
    ]
    OptionPrice.objects.filter(option=option).exclude(pk__in=kept).delete()


def _node_option(product: Product) -> ProductOption | None:
    """The option that the kind of the product needs; None where it counts no servers."""
    kind = KINDS.get(product.kind) if product.module else None
    addon_id = kind.node_addon(product.tariff_id) if kind else ""
    if not addon_id:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        return ProductOption(product=product, key=NODES, label=_("Additional servers"), addon_id=addon_id)


def _options_of(product: Product) -> QuerySet[ProductOption]:
    """What there is now: the product may carry what was read of it earlier."""
    return ProductOption.objects.filter(product=product)


def _is_same(option: ProductOption, wanted: ProductOption) -> bool:
    return option.key == wanted.key or option.addon_id == wanted.addon_id


def _draft(product: Product, wanted: OptionValues) -> ProductOption:
    """The option as it would be saved: what there is, or what its kind brings, or a new one; with the new values."""
    if unknown := set(wanted.values) - WRITABLE:
        raise KeyError(f"Not fields of an option to be written: {sorted(unknown)}")
    stored = _options_of(product).filter(key=wanted.key).first() if product.pk else None
    by_itself = _node_option(product) if wanted.key == NODES else None
    option = stored or by_itself or ProductOption(product=product, key=wanted.key)
    for name, value in wanted.values.items():
        setattr(option, name, value)
    return option


def _find_price_faults(product: Product, prices: Sequence[PriceValues]) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for price in prices:
        yield from find_price_faults(product, price)
        if product.payment_type == PaymentType.FREE and price.cycle != Cycle.ONE_TIME:
            yield _("A free product has one-time prices of options only.")
        key = (price.currency.pk, price.cycle)
        if key in seen:
            yield _("%(cycle)s, %(currency)s: there are two prices.") % price_words(price)
        seen.add(key)
