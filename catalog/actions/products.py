"""Writing products: the checks, the product with its prices, and the fields that its kind needs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from catalog.actions.old_addresses import keep_product_address
from catalog.actions.options import OptionValues, check_options, create_missing_options, save_options
from catalog.checks import PriceValues, check_product, stored_prices
from catalog.models import CustomField, FieldType, PaymentType, Price, Product
from catalog.modules import ONCE_PERIODS, allowed_once_periods, find_product_tariff, product_field_specs
from catalog.slugs import guess_slug
from noc.kinds.base import FieldSpec

__all__ = [
    "OptionValues",
    "PriceValues",
    "ProductInvalid",
    "check_product",
    "complete_product",
    "create_missing_fields",
    "create_product",
    "save_product",
    "update_product",
]

WRITABLE: Final = frozenset(
    {
        "group",
        "name",
        "slug",
        "tagline",
        "short_description",
        "description",
        "translations",
        "color",
        "welcome_letter",
        "is_domain_required",
        "is_featured",
        "is_hidden",
        "is_retired",
        "position",
        "payment_type",
        "quantity_mode",
        "tax_treatment",
        "recurring_limit",
        "fixed_term_days",
        "term_letter",
        "on_demand",
        "on_demand_days",
        "affiliate_pay",
        "affiliate_amount",
        "is_affiliate_once",
        "has_stock_control",
        "stock_quantity",
        "is_prorata",
        "prorata_day",
        "prorata_next_after",
        "module",
        "server_group",
        "tariff_id",
        "kind",
        "is_tariff_unchecked",
        "partner_period",
        "admin_phone",
        "auto_setup",
        "is_addon",
        "node_base",
        "at_end",
    }
)
FIELD_TYPES: Final = {"password": FieldType.PASSWORD, "textarea": FieldType.TEXTAREA}
# What `complete_product` may fill in or bring to shape.
COMPLETED: Final = frozenset({"slug", "tariff_id", "kind", "partner_period"})


class ProductInvalid(Exception):
    """A product cannot be saved; `errors` maps field names (and "prices") to messages in words."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = {field: list(messages) for field, messages in errors.items()}


def create_product(
    *,
    values: Mapping[str, Any],
    prices: Sequence[PriceValues],
    options: Sequence[OptionValues] = (),
    addons: Collection[Product] | None = None,
    cross_sells: Collection[Product] | None = None,
) -> Product:
    """Create a product from model field values (`slug`, `kind`, `partner_period` may be missing) and its prices.

    Raises ProductInvalid; KeyError for a field that is not to be written.
    """
    product = Product()
    _assign(product, values)
    return save_product(product=product, prices=prices, options=options, addons=addons, cross_sells=cross_sells)


def update_product(
    *,
    product: Product,
    values: Mapping[str, Any],
    prices: Sequence[PriceValues] | None = None,
    options: Sequence[OptionValues] = (),
    addons: Collection[Product] | None = None,
    cross_sells: Collection[Product] | None = None,
) -> Product:
    """Change the given fields; `options` change by key.

    `prices`, `addons` and `cross_sells`, where given, replace all of them. Raises ProductInvalid, KeyError.
    """
    _assign(product, values)
    return save_product(
        product=product, prices=prices, changed=values, options=options, addons=addons, cross_sells=cross_sells
    )


def save_product(
    *,
    product: Product,
    prices: Sequence[PriceValues] | None,
    changed: Collection[str] | None = None,
    options: Sequence[OptionValues] = (),
    addons: Collection[Product] | None = None,
    cross_sells: Collection[Product] | None = None,
) -> Product:
    """Complete, check and save a product, and create what it needs; prices, addons and cross-sells None: as they are.

    Needed are the fields and the options of its kind; those that exist stay, but for what `options` say of them by key.
    `changed` names the fields to write of a product that exists; the others stay as someone else may have left them.
    Raises ProductInvalid, then nothing is written.
    """
    complete_product(product)
    checked = prices if prices is not None else stored_prices(product) if product.pk else []
    errors = check_product(product=product, prices=checked, addons=addons, cross_sells=cross_sells)
    if errors := errors | check_options(product, options):
        raise ProductInvalid(errors)
    try:
        with transaction.atomic():
            _save_row(product, changed)
            if prices is not None:
                _replace_prices(product, prices)
            if addons is not None:
                product.addons.set(addons)
            if cross_sells is not None:
                product.cross_sells.set(cross_sells)
            create_missing_fields(product)
            create_missing_options(product)
            save_options(product, options)
    except IntegrityError as error:
        # Two people saved at once: the checks of both passed, the constraint decided.
        raise ProductInvalid({"slug": [_("Another product of this group has this URL.")]}) from error
    return product


def complete_product(product: Product) -> None:
    """Fill in what follows from the rest: URL, kind and, for a free or one-time product, the period bought."""
    product.tariff_id = product.tariff_id.strip()
    if not product.slug:
        others = Product.objects.filter(group=product.group_id).exclude(pk=product.pk)
        product.slug = guess_slug(product.name, fallback="product", taken=set(others.values_list("slug", flat=True)))
    if not product.module:
        product.kind, product.partner_period = "", None
        return
    tariff = find_product_tariff(product)
    if tariff is not None:
        product.kind = tariff.kind
    if product.payment_type == PaymentType.RECURRING:
        product.partner_period = None
    elif product.partner_period is None:
        product.partner_period = next(iter(allowed_once_periods(tariff) if tariff else ONCE_PERIODS), None)


def create_missing_fields(product: Product) -> list[CustomField]:
    """Create the custom fields that the product's kind needs and that are not there; returns the new ones.

    Fields that exist stay as they are, reworded labels too. New labels are in the site's default language.
    """
    specs = product_field_specs(product)
    existing = set(product.custom_fields.values_list("key", flat=True))
    with translation.override(settings.LANGUAGE_CODE):
        missing = [
            _field_of(product, spec, position) for position, spec in enumerate(specs) if spec.key not in existing
        ]
    return CustomField.objects.bulk_create(missing)


def _assign(product: Product, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - WRITABLE:
        raise KeyError(f"Not fields of a product to be written: {sorted(unknown)}")
    for field, value in values.items():
        setattr(product, field, value)


def _save_row(product: Product, changed: Collection[str] | None) -> None:
    if product.pk is None:
        product.save()
        return
    # Two saves at once would both find a field or a price missing and both create it.
    stored = Product.objects.select_for_update().get(pk=product.pk)
    keep_product_address(product=product, stored=stored)
    product.save(update_fields=WRITABLE if changed is None else WRITABLE & {*changed, *COMPLETED})


def _replace_prices(product: Product, prices: Sequence[PriceValues]) -> None:
    kept = [
        Price.objects.update_or_create(
            product=product,
            currency=price.currency,
            cycle=price.cycle,
            defaults={"price": price.price, "setup_fee": price.setup_fee},
        )[0].pk
        for price in prices
    ]
    Price.objects.filter(product=product).exclude(pk__in=kept).delete()


def _field_of(product: Product, spec: FieldSpec, position: int) -> CustomField:
    return CustomField(
        product=product,
        key=spec.key,
        label=str(spec.label),
        type=FieldType.DROPDOWN if spec.choices else FIELD_TYPES.get(spec.type, FieldType.TEXT),
        options=", ".join(value for value, _label in spec.choices),
        description=str(spec.description),
        is_required=spec.is_required,
        is_on_order_form=spec.on_order_form,
        is_admin_only=spec.is_admin_only,
        is_secret=spec.is_secret,
        position=position,
    )
