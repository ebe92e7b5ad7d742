"""What a person may do with an operation: try again, look again, or cancel what was never sent."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.provisioning import cancel_operation, retry_operation
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.service_buttons import service_title
from billing.models import WAITING_STATUSES, Operation, OperationKind, OperationStatus
from billing.permissions import Permission
from billing.queries.pool import is_pooled

_EFFECTS: Final[dict[str, str | Promise]] = {
    OperationKind.CREATE: gettext_lazy("buys Product ID %(tariff)s on %(server)s and pays for it"),
    OperationKind.RENEW: gettext_lazy("extends %(number)s on %(server)s and pays for it"),
    OperationKind.TERMINATE: gettext_lazy("deletes %(number)s on %(server)s; the client loses it"),
    OperationKind.SYNC: gettext_lazy("reads %(number)s from %(server)s"),
    OperationKind.CHANGE: gettext_lazy("changes %(number)s on %(server)s"),
    OperationKind.REISSUE: gettext_lazy("asks the authority for %(number)s anew on %(server)s"),
}
_KEEPS: Final = gettext_lazy("keeps %(number)s on %(server)s as free.lic for a later order; the client loses it")


def operation_title(operation: Operation) -> str:
    """`Create ispmanager lite #7 · operation 12`."""
    words = _("%(kind)s %(service)s · operation %(number)s")
    return words % {
        "kind": operation.get_kind_display(),
        "service": service_title(operation.service),
        "number": operation.pk,
    }


def effect_words(operation: Operation) -> str:
    """What the operation does at the partner."""
    service = operation.service
    server = operation.server or service.server
    is_kept = operation.kind == OperationKind.TERMINATE and is_pooled(service) and not operation.params.get("delete")
    return str(_KEEPS if is_kept else _EFFECTS[operation.kind]) % {
        "tariff": service.tariff_id,
        "number": service.remote_id or "—",
        "server": server.name if server else _("the partner"),
    }


class Retry(Button[Operation]):
    """Run it, look again or queue it afresh, as its state allows."""

    code = "retry"
    label = gettext_lazy("Retry")
    permission = Permission.PERFORM_SERVER_OPERATIONS
    look = "primary"

    def is_shown(self, subject: Operation) -> bool:
        return subject.status in (*WAITING_STATUSES, OperationStatus.FAILED)

    def title(self, subject: Operation | None) -> str:
        assert subject is not None
        return _("Retry: %(operation)s") % {"operation": operation_title(subject)}

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        return retry_words(subject)

    def run(self, subject: Operation | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        retried = retry_operation(operation=subject, actor=visit.actor, now=visit.now)
        if retried.pk != subject.pk:
            return Outcome(_("Queued afresh as operation %(number)s.") % {"number": retried.pk})
        return Outcome(_("Operation %(number)s goes on.") % {"number": subject.pk})


class LookAgain(Retry):
    """The same for what was sent: it only looks."""

    code = "look_again"
    label = gettext_lazy("Look again")

    def is_shown(self, subject: Operation) -> bool:
        return subject.status in (OperationStatus.NEEDS_CHECK, OperationStatus.CHECKING)

    def title(self, subject: Operation | None) -> str:
        assert subject is not None
        return _("Look again: %(operation)s") % {"operation": operation_title(subject)}


def retry_words(operation: Operation) -> str:
    """What *Retry* means for the operation as it is."""
    effect = {"effect": effect_words(operation)}
    if operation.status in (OperationStatus.NEEDS_CHECK, OperationStatus.CHECKING):
        return _("Looks at the partner again whether it was done. Nothing is sent, so nothing is bought twice.")
    if operation.status == OperationStatus.FAILED:
        return _("A new operation is queued: it %(effect)s.") % effect
    if operation.status not in WAITING_STATUSES:
        return _("Nothing: it is finished, or running.")
    return _("Runs now, without waiting any longer: it %(effect)s.") % effect


class CancelOperation(Button[Operation]):
    """Only what was never sent."""

    code = "cancel"
    label = gettext_lazy("Cancel operation")
    permission = Permission.PERFORM_SERVER_OPERATIONS
    look = "danger"

    def is_shown(self, subject: Operation) -> bool:
        return subject.status in WAITING_STATUSES and not subject.was_sent

    def title(self, subject: Operation | None) -> str:
        assert subject is not None
        return _("Cancel: %(operation)s") % {"operation": operation_title(subject)}

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        words = _("Nothing was sent and nothing will be: it no longer %(effect)s. What the client paid stays as it is.")
        return words % {"effect": effect_words(subject)}

    def run(self, subject: Operation | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        cancel_operation(operation=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Operation %(number)s is cancelled; nothing was sent.") % {"number": subject.pk})
