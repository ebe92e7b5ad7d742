"""Letters for operators: which there are, which were changed, and what they can be tried out on."""

from collections.abc import Mapping

from billing.models import EmailTemplate, EmailTemplateVersion, Event, LetterSettings

MOST_EVENTS = 25
MOST_VERSIONS = 50


def changed_languages() -> Mapping[str, set[str]]:
    """Letter → the languages in which an operator has changed it; one query."""
    found: dict[str, set[str]] = {}
    for letter, language in EmailTemplate.objects.values_list("letter", "language"):
        found.setdefault(letter, set()).add(language)
    return found


def settings_of_letters() -> Mapping[str, LetterSettings]:
    """Letter → its settings, where it has any; one query."""
    return {row.letter: row for row in LetterSettings.objects.all()}


def newest_events(name: str, *, is_for_client: bool) -> list[Event]:
    """What a letter about events of that name can be previewed on, newest first; one query."""
    found = Event.objects.filter(name=name).select_related("client", "order", "invoice", "service__product")
    return list((found.filter(client__isnull=False) if is_for_client else found).order_by("-id")[:MOST_EVENTS])


def versions_of(letter: str, language: str) -> list[EmailTemplateVersion]:
    """What a letter said before, newest first."""
    return list(EmailTemplateVersion.objects.filter(letter=letter, language=language)[:MOST_VERSIONS])
