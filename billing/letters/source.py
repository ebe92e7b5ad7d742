"""What a letter is written from: an operator's text if there is one, else the text that ships with the portal."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

from billing.letters.catalogue import Letter
from billing.models import EmailTemplate

_FOLDER: Final = Path(settings.BASE_DIR) / "templates" / "emails"
_FALLBACK: Final = "en"


class LetterUnknown(Exception):
    """No letter has this name any more."""


@dataclass(frozen=True, slots=True)
class Source:
    """Three templates. Of `text` and `html` one may be empty: it is made from the other."""

    subject: str
    text: str
    html: str = ""
    is_default: bool = True


@cache
def default_source(name: str, language: str) -> Source:
    """What ships: a file for each letter and language, the subject in its first line. Raises LetterUnknown."""
    for folder in (language, _FALLBACK):
        path = _FOLDER / folder / f"{name}.txt"
        if path.is_file():
            subject, _line, text = path.read_text(encoding="utf-8").partition("\n")
            return Source(subject.strip(), text.lstrip("\n"))
    raise LetterUnknown(name)


def read_source(letter: Letter, language: str) -> Source:
    """The operator's text in that language, else the default; one query. Raises LetterUnknown."""
    changed = EmailTemplate.objects.filter(letter=letter.name, language=language).first()
    if changed is not None:
        return Source(changed.subject, changed.text, changed.html, is_default=False)
    return default_source(letter.default_name, language)
