"""What the file consists of. Names and limits are those of the models, so that a new field cannot be forgotten."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import models

from catalog.actions import groups, options, products
from catalog.models import CustomField, OptionPrice, Price, Product, ProductGroup, ProductOption

FORMAT: Final = "nocdesk-catalog"
VERSION: Final = 1
# Written as names: they are other people's keys.
REFERENCES: Final = frozenset({"group", "server_group"})
# Lists of other products, written as group/product.
LINKS: Final = ("addons", "cross_sells")
# Moves with every order: an older file would put back what has been sold since.
LIVE: Final = frozenset({"stock_quantity"})


@dataclass(frozen=True)
class Section:
    """A list of the file. `key` names what tells its entries apart, `fields` what else they may say.

    `parts` are lists within each entry.
    """

    name: str
    model: type[models.Model]
    key: tuple[str, ...]
    fields: tuple[str, ...]
    parts: tuple["Section", ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every name that an entry may have, in the order in which it is written."""
        return (*self.key, *(name for name in self.fields if name not in self.key), *(part.name for part in self.parts))


@dataclass(frozen=True)
class Entry:
    """One entry, of a file or as stored. `path` leads to it in the file ("products[3]"), "" for stored ones.

    `values` and `parts` hold what the entry says; what it leaves out is not there.
    """

    section: Section
    key: tuple[str, ...]
    values: Mapping[str, Any]
    parts: Mapping[str, list["Entry"]] = field(default_factory=dict)
    path: str = ""

    @property
    def words(self) -> str:
        """How people find it: `licenses/ispmanager-lite`, `EUR/MONTHLY`."""
        return "/".join(self.key)


def fields_of(model: type[models.Model], names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are columns of their own, in the order of the model."""
    wanted = set(names) - REFERENCES - LIVE
    return tuple(each.name for each in model._meta.fields if each.name in wanted)


def all_fields_of(model: type[models.Model], *, but: Iterable[str]) -> tuple[str, ...]:
    """Every column but the named ones."""
    left_out = {"id", *but}
    return tuple(each.name for each in model._meta.fields if each.name not in left_out)


AMOUNTS: Final = ("price", "setup_fee")
PRICES: Final = Section("prices", Price, ("currency", "cycle"), AMOUNTS)
OPTION_PRICES: Final = Section("prices", OptionPrice, ("currency", "cycle"), AMOUNTS)
OPTIONS: Final = Section(
    "options", ProductOption, ("key",), fields_of(ProductOption, options.WRITABLE), (OPTION_PRICES,)
)
FIELDS: Final = Section("fields", CustomField, ("key",), all_fields_of(CustomField, but=["product", "key"]))
GROUPS: Final = Section("groups", ProductGroup, ("slug",), fields_of(ProductGroup, groups.WRITABLE - {"slug"}))
PRODUCTS: Final = Section(
    "products",
    Product,
    ("group", "slug"),
    (*fields_of(Product, products.WRITABLE - {"slug"}), "server_group", *LINKS),
    (PRICES, FIELDS, OPTIONS),
)
