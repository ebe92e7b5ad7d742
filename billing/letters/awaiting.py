"""Which fields of its service a letter needs and does not have yet."""

from collections.abc import Iterable
from typing import Final

from billing.letters.catalogue import Letter, find_letter
from billing.letters.source import read_source
from billing.letters.syntax import read_template
from billing.letters.uses import find_uses
from billing.letters.variables import FIELD_PREFIX, field_variable
from billing.models import Email
from billing.queries.services import field_values, service_specs

_LIST: Final = "service_custom_fields"


def find_empty_fields(email: Email) -> list[str]:
    """Keys of fields that the letter shows, that its service's product has, and that are still empty.

    A list of all fields shows those that the partner fills. What a condition asks for, or a default stands in for, is
    not awaited. () for letters without a service: one query; four for others that name fields.
    """
    service = email.event.service
    letter = find_letter(email.letter) if service is not None and email.client_id is not None else None
    # Only letters that bring somebody their keys are worth waiting for.
    if letter is None or service is None or not letter.shows_secrets:
        return []
    shown = _shown_names(letter, email.language)
    if _LIST not in shown and not any(name.startswith(FIELD_PREFIX) for name in shown):
        return []
    filled = field_values(service)
    awaited = {spec.key for spec in service_specs(service) if spec.filled_by_partner} if _LIST in shown else set()
    keys: Iterable[str] = service.product.custom_fields.values_list("key", flat=True)
    return [key for key in keys if key not in filled and (key in awaited or field_variable(key) in shown)]


def _shown_names(letter: Letter, language: str) -> set[str]:
    source = read_source(letter, language)
    templates = [read_template(part) for part in (source.subject, source.text, source.html)]
    return {use.name for template in templates for use in find_uses(template) if use.is_shown}
