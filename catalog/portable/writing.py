"""The stored catalog as entries, and entries as YAML."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml
from django.db import models

from catalog.models import Cycle, Product, ProductGroup
from catalog.money import round_money
from catalog.portable.shape import (
    FIELDS,
    FORMAT,
    GROUPS,
    LINKS,
    OPTION_PRICES,
    OPTIONS,
    PRICES,
    PRODUCTS,
    VERSION,
    Entry,
    Section,
)

HEADER = "# The catalog of the portal. Read it back with `manage.py import_catalog FILE --dry-run`.\n"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All entries of a file, or all that is stored."""

    groups: list[Entry]
    products: list[Entry]


def stored_catalog() -> Catalog:
    """Everything that is sold, in an order that does not depend on when it was made. Eleven queries."""
    groups = ProductGroup.objects.order_by("position", "slug")
    products = (
        Product.objects.select_related("group", "server_group")
        .prefetch_related(
            "prices__currency",
            "custom_fields",
            "options__prices__currency",
            *(f"{name}__group" for name in LINKS),
        )
        .order_by("group__position", "group__slug", "position", "slug")
    )
    return Catalog(
        groups=[Entry(GROUPS, (group.slug,), _values(GROUPS, group)) for group in groups],
        products=[_product_entry(product) for product in products],
    )


def to_yaml(catalog: Catalog) -> str:
    """The file: a header with its version, then groups and products."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "groups": [_plain(entry) for entry in catalog.groups],
        "products": [_plain(entry) for entry in catalog.products],
    }
    return HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def _product_entry(product: Product) -> Entry:
    values = {
        **_values(PRODUCTS, product, but=("server_group", *LINKS)),
        "server_group": product.server_group.name if product.server_group else None,
        **{name: sorted(f"{row.group.slug}/{row.slug}" for row in getattr(product, name).all()) for name in LINKS},
    }
    fields = sorted(product.custom_fields.all(), key=lambda field: (field.position, field.key))
    options = sorted(product.options.all(), key=lambda option: (option.position, option.key))
    parts = {
        "prices": _price_entries(PRICES, product.prices.all()),
        "fields": [Entry(FIELDS, (field.key,), _values(FIELDS, field)) for field in fields],
        "options": [
            Entry(
                OPTIONS,
                (option.key,),
                _values(OPTIONS, option),
                {"prices": _price_entries(OPTION_PRICES, option.prices.all())},
            )
            for option in options
        ],
    }
    return Entry(PRODUCTS, (product.group.slug, product.slug), values, parts)


def _price_entries(section: Section, prices: Iterable[Any]) -> list[Entry]:
    ordered = sorted(prices, key=lambda price: (price.currency_id, Cycle.values.index(price.cycle)))
    return [
        Entry(
            section,
            (price.currency_id, price.cycle),
            {name: round_price(getattr(price, name), price.currency.precision) for name in section.fields},
        )
        for price in ordered
    ]


def round_price(amount: Decimal, precision: int) -> Decimal:
    """The amount with the decimals of its currency, unless that would lose some."""
    rounded = round_money(amount, precision=precision)
    return rounded if rounded == amount else amount


def _values(section: Section, row: models.Model, *, but: Iterable[str] = ()) -> dict[str, Any]:
    return {name: getattr(row, name) for name in section.fields if name not in but}


def _plain(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(entry.section.key, entry.key, strict=True))
    values |= {name: _scalar(value) for name, value in entry.values.items()}
    return values | {name: [_plain(each) for each in part] for name, part in entry.parts.items()}


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | list | dict):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class _Dumper(yaml.SafeDumper):
    """Several lines are written as several lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # What has no shape of its own on paper is escaped; other kinds of line ends would come back as spaces.
    style = "|" if "\n" in text else None
    if not all(letter == "\n" or letter.isprintable() for letter in text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)
