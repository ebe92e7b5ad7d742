"""Operations for people: in words, newest first."""

from collections.abc import Iterable
from datetime import date

from babel.dates import format_date
from django.conf import settings
from django.utils.translation import get_language, gettext

from billing.models import Operation, OperationAttempt


def words(message: str, values: dict[str, str]) -> str:
    """A stored msgid filled with its values, both in the reader's language where they have a translation."""
    if not message:
        return ""
    return gettext(message) % {key: _shown(key, value) for key, value in values.items()}


def _shown(key: str, value: str) -> str:
    if key == "date":
        locale = (get_language() or settings.LANGUAGE_CODE).replace("-", "_")
        return format_date(date.fromisoformat(value), locale=locale)
    return gettext(value) if value else ""


def operation_words(operation: Operation | OperationAttempt) -> str:
    """What an operation or an attempt has to say, in the reader's language."""
    return words(operation.message, operation.message_values)


def unsettled_operation(service_id: int, kinds: Iterable[str] | None = None) -> Operation | None:
    """The newest operation of a service that may still change something."""
    found = Operation.objects.unsettled().filter(service_id=service_id)
    if kinds is not None:
        found = found.filter(kind__in=list(kinds))
    return found.order_by("-id").first()
