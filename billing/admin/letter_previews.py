"""A letter before it is saved: filled in with a real event, or with samples where nothing of the kind has happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from billing.letters.catalogue import Letter
from billing.letters.checking import field_names, find_faults
from billing.letters.composing import (
    ComposedLetter,
    compose_source,
    compose_values,
    groups_of,
    make_scene,
    names_in,
    read_event,
)
from billing.letters.samples import sample_values
from billing.letters.source import Source
from billing.letters.syntax import TemplateInvalid
from billing.letters.variables import Group
from billing.models import Event
from billing.queries.letter_templates import newest_events


@dataclass(frozen=True, slots=True)
class Preview:
    """The letter, or what is wrong with it; `is_sample`: no real event stands behind it."""

    letter: ComposedLetter | None
    faults: tuple[str, ...] = ()
    is_sample: bool = False


def event_choices(letter: Letter) -> list[tuple[str, str]]:
    """(number of the event, whose and when), newest first, and the samples."""
    found = newest_events(letter.event_name, is_for_client=letter.is_for_client)
    return [*((str(event.pk), _label(event)) for event in found), ("", _("Sample values"))]


def chosen_event(choices: Sequence[tuple[str, str]]) -> str:
    """The newest."""
    return choices[0][0]


def preview(letter: Letter, source: Source, language: str, *, event_id: str) -> Preview:
    """What `source` makes of the event of that number ("" for samples), with every error of it in words."""
    faults = [words for found in find_faults(letter, source, language=language).values() for words in found]
    if faults:
        return Preview(None, tuple(dict.fromkeys(faults)))
    names = names_in(source)
    event = _find(letter, event_id, groups_of(letter, names))
    try:
        if event is None:
            values = sample_values(letter, names, language=language)
            return Preview(compose_values(source, values, language=language, is_strict=True), is_sample=True)
        return Preview(compose_source(letter, source, make_scene(letter, event, language=language), is_strict=True))
    except TemplateInvalid as invalid:
        return Preview(None, (str(invalid),))


def variable_groups(letter: Letter) -> list[dict[str, Any]]:
    """Every variable that the letter may name, by group: (what is written, what it is)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for group in letter.groups:
        shown = groups.setdefault(str(group.title), [])
        for entry in group.entries:
            shown.append((_written(entry.name, bool(entry.rows)), str(entry.words)))
            shown += [(f"{{$row.{row.name}}}", str(row.words)) for row in entry.rows]
        if group.code == "service_fields":
            shown += [
                (f"{{${name}}}", _("Secret field") if is_secret else _("Field of a product"))
                for name, is_secret in sorted(field_names().items())
                if letter.shows_secrets or not is_secret
            ]
    return [{"title": title, "variables": variables} for title, variables in groups.items()]


def _written(name: str, is_list: bool) -> str:
    return f"{{foreach ${name} as $row}} {{/foreach}}" if is_list else f"{{${name}}}"


def _find(letter: Letter, event_id: str, groups: Sequence[Group]) -> Event | None:
    """Only an event that the letter tells of: others hold what it must not show."""
    if not event_id.isascii() or not event_id.isdigit() or len(event_id) > 18:
        return None
    found = Event.objects.filter(pk=int(event_id), name=letter.event_name)
    found = found.filter(client__isnull=False) if letter.is_for_client else found
    return read_event(int(event_id), groups) if found.exists() else None


def _label(event: Event) -> str:
    about = event.service.product.name if event.service else event.invoice or event.order or ""
    day = date_format(localtime(event.at), "SHORT_DATETIME_FORMAT")
    return " · ".join(str(part) for part in (day, event.client or "", about) if part)
