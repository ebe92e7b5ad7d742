"""What is wrong with a letter's text, found when it is saved: nothing is left to be found when it is sent."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from django.utils.translation import gettext as _

from billing.letters.catalogue import Letter
from billing.letters.composing import compose_values, names_in
from billing.letters.samples import sample_values
from billing.letters.source import Source
from billing.letters.syntax import TemplateInvalid, read_template
from billing.letters.uses import Use, find_uses
from billing.letters.variables import FIELD_PREFIX, field_variable
from catalog.models import CustomField

PARTS: Final = ("subject", "text", "html")
LONGEST_SUBJECT: Final = 500


def find_faults(letter: Letter, source: Source, *, language: str) -> dict[str, list[str]]:
    """Part (subject, text, html) → what is wrong with it, in words; empty for a text that can be sent. One query."""
    faults = {part: found for part in PARTS if (found := _faults_of(letter, getattr(source, part)))}
    if not source.subject.strip():
        faults["subject"] = [_("A letter has a subject.")]
    elif "\n" in source.subject.strip() or len(source.subject) > LONGEST_SUBJECT:
        faults["subject"] = [_("One line of at most %(most)s characters.") % {"most": LONGEST_SUBJECT}]
    if not source.text.strip() and not source.html.strip():
        faults["text"] = [_("A letter has a text, as plain text, as HTML or both.")]
    if not faults:
        try:
            values = sample_values(letter, names_in(source), language=language)
            compose_values(source, values, language=language, is_strict=True)
        except TemplateInvalid as invalid:
            faults["text"] = [str(invalid)]
    return faults


def field_names() -> dict[str, bool]:
    """Variable of each custom field that some product has → whether it is a secret somewhere; one query."""
    found: dict[str, bool] = {}
    for key, is_secret in CustomField.objects.order_by().values_list("key", "is_secret").distinct():
        name = field_variable(key)
        found[name] = found.get(name, False) or is_secret
    return found


def _faults_of(letter: Letter, part: str) -> list[str]:
    try:
        uses = find_uses(read_template(part))
    except TemplateInvalid as invalid:
        return [str(invalid)]
    fields = field_names() if any(use.name.startswith(FIELD_PREFIX) for use in uses) else {}
    return list(dict.fromkeys(str(TemplateInvalid(line, words)) for line, words in _unknown(letter, uses, fields)))


def _unknown(letter: Letter, uses: list[Use], fields: dict[str, bool]) -> Iterator[tuple[int, str]]:
    entries = letter.entries
    for use in uses:
        if use.name.startswith(FIELD_PREFIX):
            yield from _field_faults(letter, use, fields)
        elif use.name not in entries:
            yield use.line, _no_such(f"${use.name}", use.name, [*entries], "$")
        elif use.part and use.part not in (rows := [row.name for row in entries[use.name].rows]):
            yield use.line, _no_such(f"${use.name} … {use.part}", use.part, rows, "")


def _field_faults(letter: Letter, use: Use, fields: dict[str, bool]) -> Iterator[tuple[int, str]]:
    if not any(group.code == "service_fields" for group in letter.groups):
        yield use.line, _("{$%(name)s}: this letter is not about a service.") % {"name": use.name}
    elif use.name not in fields:
        yield use.line, _no_such(f"${use.name}", use.name, [*fields], "$", is_field=True)
    elif fields[use.name] and not letter.shows_secrets:
        words = _("{$%(name)s}: this field is a secret, only welcome letters carry it.")
        yield use.line, words % {"name": use.name}


def _no_such(shown: str, name: str, known: list[str], sign: str, *, is_field: bool = False) -> str:
    words = _("{%(name)s}: no product has such a field.") if is_field else _("{%(name)s}: there is no such variable.")
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = " " + _("Did you mean {%(name)s}?") % {"name": f"{sign}{close[0]}"} if close else ""
    return words % {"name": shown} + hint
