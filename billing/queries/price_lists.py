"""The Product IDs page (P1): what an account sells, what of it we sell, and where the list is from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Max
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.modules import KIND_LABELS, MODULES
from noc.models import PriceListTrouble, Server
from noc.price_lists import list_tariffs
from noc.schemas import Tariff

# The order of the partner's own page (guide B).
SECTIONS: Final = ("license", "addition", "certificate", "software")


@dataclass(frozen=True, slots=True)
class ListedTariff:
    """One row: the tariff, our products made of it, and whether products of its kind can be made at all."""

    tariff: Tariff
    products: tuple[Product, ...]
    can_be_sold: bool

    @property
    def prices(self) -> list[tuple[int, Decimal | None]]:
        """(period code, price or None where only the period is known), the shortest period first."""
        return [(period, self.tariff.prices.get(period)) for period in sorted(self.tariff.periods)]


@dataclass(frozen=True, slots=True)
class Section:
    """The tariffs of one kind."""

    kind: str
    label: str
    rows: tuple[ListedTariff, ...]


@dataclass(frozen=True, slots=True)
class PriceList:
    """What an account sells, narrowed by search and section.

    `read_at` is when the live list was read, None if there is none; `trouble` says why it is not there or not fresh.
    """

    server: Server
    sections: tuple[Section, ...]
    read_at: datetime | None
    trouble: str

    @property
    def has_both(self) -> bool:
        """Whether rows of the built-in table stand beside live ones."""
        return self.read_at is not None and any(
            row.tariff.source == "built-in" for section in self.sections for row in section.rows
        )


def price_list(server: Server, *, search: str = "", section: str = "") -> PriceList:
    """`search` finds IDs and names, `section` is a kind ("" for all). Three queries, whatever is found."""
    read_at = server.price_list.aggregate(latest=Max("read_at"))["latest"]
    tariffs = [tariff for tariff in list_tariffs(server) if _matches(tariff, search, section)]
    products = _products_by_tariff(server.module, [tariff.id for tariff in tariffs])
    module = MODULES.get(server.module)
    rows: defaultdict[str, list[ListedTariff]] = defaultdict(list)
    for tariff in sorted(tariffs, key=lambda tariff: tariff.source != "live"):
        can_be_sold = module is not None and module.can_sell(tariff.kind)
        rows[tariff.kind].append(ListedTariff(tariff, tuple(products.get(tariff.id, ())), can_be_sold))
    kinds = (*SECTIONS, *sorted(set(rows) - set(SECTIONS)))
    sections = (Section(kind, section_label(kind), tuple(rows[kind])) for kind in kinds if rows[kind])
    return PriceList(server, tuple(sections), read_at, why_not_live(server, is_there=read_at is not None))


def section_label(kind: str) -> str:
    """A heading; the product's own name keeps its small letter."""
    label = str(KIND_LABELS.get(kind, kind))
    return label if label.startswith("ispmanager") else capfirst(label)


def _matches(tariff: Tariff, search: str, section: str) -> bool:
    wanted = search.strip().casefold()
    return (not section or tariff.kind == section) and (
        tariff.id.startswith(wanted) or all(word in tariff.name.casefold() for word in wanted.split())
    )


def _products_by_tariff(module: str, tariff_ids: Iterable[str]) -> Mapping[str, list[Product]]:
    found: defaultdict[str, list[Product]] = defaultdict(list)
    for product in Product.objects.filter(module=module, tariff_id__in=tariff_ids).order_by("is_retired", "name"):
        found[product.tariff_id].append(product)
    return found


def why_not_live(server: Server, *, is_there: bool) -> str:
    """Why the live list is missing, or why the one that is shown may be old; "" if nothing is wrong."""
    if server.price_list_trouble:
        return str(PriceListTrouble(server.price_list_trouble).label)
    return "" if is_there else _("The price list of this account has not been read yet.")
