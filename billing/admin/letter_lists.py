"""The list of letters: what is searched, filtered and shown of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from billing.letters.catalogue import LETTERS, Letter, of_product_letter
from billing.models import LetterSettings
from billing.queries.letter_templates import changed_languages, settings_of_letters
from catalog.models import ProductLetter

CHIPS: Final[dict[str, str | Promise]] = {
    "": _("All"),
    "clients": _("For clients"),
    "operators": _("For operators"),
    "own": _("Made here"),
    "changed": _("Changed"),
    "off": _("Not sent"),
}


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """One line of the list."""

    letter: Letter
    changed: frozenset[str]
    settings: LetterSettings | None

    @property
    def is_off(self) -> bool:
        """Whether it is not sent."""
        return self.settings is not None and self.settings.is_disabled


def filter_letters(asked: Mapping[str, str]) -> list[ListedLetter]:
    """Those that the address asks for (`q`, `show`), operators' own first; three queries."""
    changed, settings = changed_languages(), settings_of_letters()
    own = [of_product_letter(letter) for letter in ProductLetter.objects.all()]
    found = [
        ListedLetter(letter, frozenset(changed.get(letter.name, ())), settings.get(letter.name))
        for letter in (*own, *LETTERS.values())
    ]
    wanted = asked.get("q", "").strip().casefold()
    return [one for one in found if _fits(one, asked.get("show", "")) and _matches(one.letter, wanted)]


def list_chips(asked: Mapping[str, str]) -> list[dict[str, object]]:
    """The filters, in the shape of chips."""
    kept = {"q": asked["q"]} if asked.get("q") else {}
    return [
        {
            "selected": code == asked.get("show", ""),
            "query_string": "?" + urlencode({**kept, **({"show": code} if code else {})}),
            "display": label,
        }
        for code, label in CHIPS.items()
    ]


def _fits(one: ListedLetter, show: str) -> bool:
    return {
        "clients": one.letter.is_for_client,
        "operators": not one.letter.is_for_client,
        "own": bool(one.letter.own_title),
        "changed": bool(one.changed),
        "off": one.is_off,
    }.get(show, True)


def _matches(letter: Letter, wanted: str) -> bool:
    return any(wanted in str(words).casefold() for words in (letter.title, letter.name, letter.whmcs_name))
