"""Operations for people: in words, newest first."""

from collections.abc import Iterable

from django.utils.translation import gettext

from billing.models import Operation, OperationAttempt


def words(message: str, values: dict[str, str]) -> str:
    """A stored msgid filled with its values, both in the reader's language where they have a translation."""
    if not message:
        return ""
    return gettext(message) % {key: gettext(value) if value else "" for key, value in values.items()}


def operation_words(operation: Operation | OperationAttempt) -> str:
    """What an operation or an attempt has to say, in the reader's language."""
    return words(operation.message, operation.message_values)


def unsettled_operation(service_id: int, kinds: Iterable[str] | None = None) -> Operation | None:
    """The newest operation of a service that may still change something."""
    found = Operation.objects.unsettled().filter(service_id=service_id)
    if kinds is not None:
        found = found.filter(kind__in=list(kinds))
    return found.order_by("-id").first()
