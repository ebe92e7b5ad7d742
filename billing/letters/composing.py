"""Makes a letter: its text filled in with the facts of its event, in the reader's language, as text and as HTML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils import translation

from billing.letters.catalogue import Letter, find_letter
from billing.letters.engine import fill_in
from billing.letters.markup import clean_html, html_of, put_in_frame, text_of, tidy
from billing.letters.scene import Scene
from billing.letters.source import LetterUnknown, Source, read_source
from billing.letters.subjects.service import SERVICE_FIELDS
from billing.letters.syntax import read_template
from billing.letters.uses import find_uses
from billing.letters.variables import FIELD_PREFIX, Group
from billing.models import Email, Event, LetterSettings


@dataclass(frozen=True, slots=True)
class ComposedLetter:
    """A letter as it leaves: one line of subject, the text part, the whole HTML part."""

    subject: str
    text: str
    html: str
    copies: tuple[str, ...] = ()


def compose(email: Email, *, has_attachment: bool = False) -> ComposedLetter:
    """The letter that `email` stands for. Raises LetterUnknown, TemplateInvalid.

    Three queries, and one or two more for each list or sum that its text names.
    """
    letter = find_letter(email.letter)
    if letter is None:
        raise LetterUnknown(email.letter)
    source = read_source(letter, email.language)
    event = read_event(email.event_id, groups_of(letter, names_in(source)))
    scene = make_scene(letter, event, language=email.language, has_attachment=has_attachment)
    scene = replace(scene, recipient=email.recipient, reader=email.client)
    composed = compose_source(letter, source, scene)
    copy_to = LetterSettings.objects.filter(letter=letter.name).values_list("copy_to", flat=True).first()
    return replace(composed, copies=(copy_to,)) if copy_to else composed


def read_event(event_id: int, groups: Iterable[Group]) -> Event:
    """The event with what the groups read of it; one query. Raises Event.DoesNotExist."""
    related = {name for group in groups for name in group.related}
    # Without a name Django would join everything.
    events = Event.objects.select_related(*sorted(related)) if related else Event.objects.all()
    return events.get(pk=event_id)


def make_scene(letter: Letter, event: Event, *, language: str, has_attachment: bool = False) -> Scene:
    """The facts of a letter about `event`."""
    return Scene(
        event,
        language,
        is_for_client=letter.is_for_client,
        shows_secrets=letter.shows_secrets,
        has_attachment=has_attachment,
    )


def compose_source(letter: Letter, source: Source, scene: Scene, *, is_strict: bool = False) -> ComposedLetter:
    """A letter from a text that need not be stored. `is_strict`: unknown variables raise TemplateInvalid."""
    with translation.override(scene.language):
        values = read_values(letter, names_in(source), scene)
        return compose_values(source, values, language=scene.language, is_strict=is_strict)


def compose_values(
    source: Source, values: Mapping[str, object], *, language: str, is_strict: bool = False
) -> ComposedLetter:
    """A letter from a text and values that are there already."""

    def fill(template: str, *, is_html: bool) -> str:
        return fill_in(read_template(template), values, is_html=is_html, language=language, is_strict=is_strict)

    subject = " ".join(fill(source.subject, is_html=False).split())
    body = clean_html(fill(source.html, is_html=True)) if source.html else ""
    text = tidy(fill(source.text, is_html=False)) if source.text else text_of(body)
    return ComposedLetter(subject, text, put_in_frame(body or html_of(text), language=language, subject=subject))


def names_in(source: Source) -> set[str]:
    """Every variable that a text names. Raises TemplateInvalid."""
    templates = [read_template(part) for part in (source.subject, source.text, source.html)]
    return {use.name for template in templates for use in find_uses(template)}


def read_values(letter: Letter, names: Iterable[str], scene: Scene) -> dict[str, object]:
    """What the named variables hold: whole groups, only those that are needed."""
    wanted = set(names)
    values: dict[str, object] = {name: None for name in wanted if name.startswith(FIELD_PREFIX)}
    for group in groups_of(letter, wanted):
        values.update(group.read(scene))
    return values


def groups_of(letter: Letter, names: Iterable[str]) -> list[Group]:
    """The groups of the letter that hold one of the named variables."""
    wanted = set(names)
    return [
        group
        for group in letter.groups
        if any(entry.name in wanted for entry in group.entries) or _names_fields(group, wanted)
    ]


def _names_fields(group: Group, wanted: set[str]) -> bool:
    return group is SERVICE_FIELDS and any(name.startswith(FIELD_PREFIX) for name in wanted)
