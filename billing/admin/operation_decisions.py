"""The three honest answers to NEEDS_CHECK: this one is ours, nothing was bought, or nobody will ever know."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.provisioning import resolve_operation
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.operation_buttons import effect_words, operation_title
from billing.models import Operation, OperationKind, OperationStatus
from billing.permissions import Permission


class Decision(Button[Operation]):
    """Ends NEEDS_CHECK by a person's word."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def is_shown(self, subject: Operation) -> bool:
        return subject.status == OperationStatus.NEEDS_CHECK

    def title(self, subject: Operation | None) -> str:
        assert subject is not None
        return f"{self.label}: {operation_title(subject)}"

    def run(self, subject: Operation | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        decision: Any = self.code.partition("-")[0]
        going_on = resolve_operation(operation=subject, decision=decision, actor=visit.actor, now=visit.now, **values)
        if going_on.pk != subject.pk:
            return Outcome(_("Decided; operation %(number)s goes on from here.") % {"number": going_on.pk})
        return Outcome(_("Operation %(number)s is decided.") % {"number": subject.pk})


class AdoptForm(BackOfficeForm):
    """Which license at the partner belongs to the service."""

    remote_id = forms.CharField(
        label=gettext_lazy("Number at the partner"), max_length=50, widget=forms.TextInput({"inputmode": "numeric"})
    )
    insist = forms.BooleanField(
        label=gettext_lazy("I have looked: it is this one, whatever speaks against it"), required=False
    )


class Adopt(Decision):
    """A person has seen at the partner that it was done."""

    code = "adopt"
    prefix: ClassVar[str] = "adopt-"
    label = gettext_lazy("It was done")

    def __init__(self, remote_id: str = "") -> None:
        self.remote_id = remote_id
        if remote_id:
            self.code = f"{self.prefix}{remote_id}"  # type: ignore[misc]
            self.label = gettext_lazy("Adopt this one")

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        if subject.kind == OperationKind.CREATE:
            return _(
                "The service takes over what you name, after it was read at the partner. Nothing is bought. "
                "Look there first: it must be the one that this order bought."
            )
        return _("The operation is closed as done; a sync brings what the partner shows. Nothing is sent.")

    def make_form(self, subject: Operation | None, data: Any) -> forms.Form:
        assert subject is not None
        if subject.kind != OperationKind.CREATE:
            return BackOfficeForm(data)
        return AdoptForm(data, initial={"remote_id": self.remote_id})


class NotBought(Decision):
    """A person has seen at the partner that it was not done."""

    code = "not_bought"
    label = gettext_lazy("It was not done: try again")
    look = "danger"

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        words = (
            _("It is sent again: it %(effect)s. If you are wrong, the partner may be paid twice.")
            if subject.kind in (OperationKind.CREATE, OperationKind.RENEW)
            else _("It is sent again: it %(effect)s.")
        )
        return words % {"effect": effect_words(subject)}


class GiveUpForm(BackOfficeForm):
    """Why nothing more is done."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255)


class GiveUp(Decision):
    """Nobody can tell, or nobody wants it any more."""

    code = "give_up"
    label = gettext_lazy("Give up")
    look = "danger"

    def explanation(self, subject: Operation | None) -> str:
        assert subject is not None
        if subject.kind == OperationKind.CREATE:
            return _(
                "The purchase is closed as failed and nothing more is sent. The service stays pending and its invoice "
                "as it is: cancel the order to give the money back as credit. Should it have been bought after all, "
                "reconciliation shows it as paid for by nobody."
            )
        if subject.kind == OperationKind.RENEW:
            return _(
                "The renewal is closed as failed, and is not sent again by itself, paid for or not. "
                "The client's invoice stays as it is. You can renew by hand later."
            )
        return _("The operation is closed as failed and nothing more is sent.")

    def make_form(self, subject: Operation | None, data: Any) -> forms.Form:
        return GiveUpForm(data)
