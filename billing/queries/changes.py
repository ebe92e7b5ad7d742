"""The latest change of name and IP, where it was refused: what was wanted and why it was not taken."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Operation, OperationKind, OperationStatus, Service

# For clients: the partner's own words are in English and may name what clients do not see.
_WORDS: Final[dict[str, str | Promise]] = {
    "ip": _(
        "This address was not accepted. An address can be changed only once in a while, and not to one that has this "
        "product already."
    ),
    "licname": _("This name was not accepted. Try another one."),
}


@dataclass(frozen=True, slots=True)
class RefusedChange:
    """`values` are what was wanted, by field; `errors` are words for the client, "" where no field is at fault."""

    operation: Operation
    values: dict[str, str]
    errors: dict[str, str]


def refused_change(service: Service) -> RefusedChange | None:
    """None unless the newest change of the service failed."""
    newest = Operation.objects.filter(service=service, kind=OperationKind.CHANGE).order_by("-id").first()
    if newest is None or newest.status != OperationStatus.FAILED:
        return None
    values = {key: str(value) for key, value in newest.params.items() if key != "given_up"}
    field = newest.message_values.get("field", "")
    return RefusedChange(newest, values, {field: refusal_words(newest)} if field in values else {})


def refusal_words(operation: Operation) -> str:
    """Why a change was refused, for the client; "" where the partner named no field."""
    return str(_WORDS.get(operation.message_values.get("field", ""), ""))
