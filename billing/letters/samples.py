"""Values to preview a letter with where nothing of the kind has happened yet."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from billing.letters.catalogue import Letter
from billing.letters.values import Value, moment, money
from billing.letters.variables import FIELD_PREFIX, Entry, Sample

_CURRENCY: Final = "EUR"
ADMIN_PAGE: Final = "https://example.com/admin/"


def sample_values(letter: Letter, names: Iterable[str], *, language: str) -> dict[str, object]:
    """A sample for every variable of the letter, and for the custom fields among `names`."""
    fields: dict[str, object] = {name: "SAMPLE-0001" for name in names if name.startswith(FIELD_PREFIX)}
    samples = {name: _of_entry(entry, language) for name, entry in letter.entries.items()} | fields
    if not letter.is_for_client:
        samples |= {name: ADMIN_PAGE for name in samples if name.endswith("_admin_link")}
    return samples


def _of_entry(entry: Entry, language: str) -> Value:
    if entry.rows:
        return [{row.name: _shown(row.sample, language) for row in entry.rows}]
    return _shown(entry.sample, language)


def _shown(sample: Sample, language: str) -> Value:
    if isinstance(sample, date):
        return moment(sample, language=language)
    return money(sample, _CURRENCY, language=language) if isinstance(sample, Decimal) else sample
