"""The letters that products can choose."""

from django.utils.translation import gettext

from catalog.models import LetterKind, ProductLetter
from catalog.models.letter import BUILT_IN


def letter_choices(kind: LetterKind) -> list[tuple[str, str]]:
    """What products can choose as their letter of `kind`: none, the built-in one, operators' own; one query."""
    code, label = BUILT_IN[kind]
    own = ProductLetter.objects.filter(kind=kind).values_list("code", "name")
    return [("", gettext("None")), (code, str(label)), *own]
