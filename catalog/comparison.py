"""Products side by side: which periods are sold, and the features that their descriptions list."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from catalog.models import Cycle, Price
from catalog.money import round_money
from catalog.periods import CYCLE_MONTHS
from catalog.queries import StoreProduct

# A longer line is prose: it belongs on the product's own page.
LONGEST_FEATURE: Final = 80
_BULLETS: Final = "-–—*•·✓ \t"


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A period with each product's price for it, in the order of the columns; None where it is not sold so."""

    cycle: Cycle
    prices: tuple[Price | None, ...]


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature with what each product has of it: a value, "" for simply having it, None for not."""

    label: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Columns, and the rows that cross them."""

    products: tuple[StoreProduct, ...]
    cycles: tuple[CycleRow, ...]
    features: tuple[FeatureRow, ...]


def compare(products: Sequence[StoreProduct]) -> Comparison:
    """The table of these products; periods shortest first, features in the order in which they are first named."""
    prices = [{price.cycle: price for price in listed.prices} for listed in products]
    features = [dict(split_features(listed.product.words.description)) for listed in products]
    sold = {cycle for row in prices for cycle in row}
    return Comparison(
        products=tuple(products),
        cycles=tuple(
            CycleRow(cycle, tuple(row.get(cycle.value) for row in prices)) for cycle in Cycle if cycle.value in sold
        ),
        features=tuple(
            FeatureRow(label, tuple(row.get(label) for row in features))
            for label in dict.fromkeys(label for row in features for label in row)
        ),
    )


def split_features(description: str) -> list[tuple[str, str]]:
    """`Domains: 10` → ("Domains", "10"), `Daily backups` → ("Daily backups", ""); lines of prose are left out."""
    lines = (line.strip().lstrip(_BULLETS) for line in description.splitlines())
    return [_split(line) for line in lines if line and len(line) <= LONGEST_FEATURE]


def _split(line: str) -> tuple[str, str]:
    label, _colon, value = line.partition(": ")
    return label.rstrip(" :"), value.strip()


def monthly_share(price: Price, *, precision: int) -> Decimal | None:
    """What a longer period comes to for each of its months; None for a month, once, and what costs nothing."""
    months = CYCLE_MONTHS.get(Cycle(price.cycle), 1)
    return round_money(price.price / months, precision=precision) if months > 1 and price.price else None
