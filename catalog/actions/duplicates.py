"""A product once more, to be changed into a similar one."""

from collections.abc import Iterable

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from catalog.actions.products import WRITABLE, ProductInvalid, complete_product
from catalog.checks import check_product, stored_prices
from catalog.models import OptionPrice, Product, ProductGroup


def duplicate_product(*, product: Product, name: str, slug: str = "", group: ProductGroup | None = None) -> Product:
    """Creates a hidden copy with prices, costs behind them, options with prices, fields, addons and cross-sells.

    `slug` "" follows from the name; without a `group` it stands in the same one. What WHMCS called the product and its
    old addresses stay with it. Raises ProductInvalid, then nothing is written: a copy is judged as a new product.
    """
    copied = Product(**{field: getattr(product, field) for field in WRITABLE})
    copied.name, copied.slug, copied.is_hidden = name.strip(), slug.strip(), True
    copied.translations = {key: text for key, text in product.translations.items() if not key.startswith("name_")}
    copied.group = group or product.group
    complete_product(copied)
    addons = list(product.addons.all())
    if errors := check_product(product=copied, prices=stored_prices(product), addons=addons):
        raise ProductInvalid(errors)
    try:
        with transaction.atomic():
            copied.save()
            copied.addons.set(addons)
            copied.cross_sells.set(product.cross_sells.all())
            for rows in (product.prices, product.tariff_costs, product.custom_fields):
                _copy_rows(rows.all(), product=copied)
            for option in product.options.prefetch_related("prices"):
                prices = list(option.prices.all())
                (new,) = _copy_rows([option], product=copied)
                OptionPrice.objects.bulk_create(_as_new(price, option=new) for price in prices)
    except IntegrityError as error:
        raise ProductInvalid({"slug": [_("Another product of this group has this URL.")]}) from error
    return copied


def _copy_rows[Row: models.Model](rows: Iterable[Row], **owner: models.Model) -> list[Row]:
    copies = [_as_new(row, **owner) for row in rows]
    return type(copies[0])._default_manager.bulk_create(copies) if copies else []


def _as_new[Row: models.Model](row: Row, **owner: models.Model) -> Row:
    columns = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    copied = type(row)(**{column: getattr(row, column) for column in columns})
    for name, value in owner.items():
        setattr(copied, name, value)
    return copied
