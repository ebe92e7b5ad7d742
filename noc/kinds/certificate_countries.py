"""Countries: people choose an ISO code, the partner wants a number of its own (partner-api.md §6.9)."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from babel import Locale
from django.utils import translation
from django.utils.functional import lazy
from django_countries import countries
from django_countries.data import COUNTRIES

from noc.wire import Node

# Some official names are newer than the translations: then the country goes by an earlier one.
_name_of: Final = lazy(countries.name, str)
COUNTRY_CHOICES: Final = tuple((code, _name_of(code)) for code in COUNTRIES)

# The one number that is documented; the rest stands in the partner's own form.
KNOWN_NUMBERS: Final[Mapping[str, str]] = {"RU": "182"}
LITTLE_WORDS: Final = frozenset({"the", "of", "and"})


def number_of_country(code: str, entries: Iterable[Node]) -> str:
    """The partner's number for an ISO code, by the entries of its form, else the built-in one; "" if nobody knows it.

    Entries are `val` nodes: the number is the attribute `key`, the text a name in English.
    """
    names = names_of_country(code)
    for entry in entries:
        number = entry.attr("key") or entry.text("k") or entry.text("key")
        if number and (number.upper() == code or words_of(entry.value or entry.text("v")) in names):
            return number
    return KNOWN_NUMBERS.get(code, "")


def names_of_country(code: str) -> frozenset[frozenset[str]]:
    """How lists call the country in English, as sets of words."""
    with translation.override("en"):
        official = str(COUNTRIES.get(code, ""))
    usual = Locale("en").territories.get(code, "")
    return frozenset(words for name in (official, usual, code) if (words := words_of(name)))


def words_of(name: str) -> frozenset[str]:
    """`Korea (the Republic of)` and `Korea, Republic of` are one name."""
    return frozenset(re.findall(r"[^\W\d_]+", name.casefold())) - LITTLE_WORDS
