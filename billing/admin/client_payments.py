"""Whether a client's saved card pays renewals, decided by an operator."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.gateways.stored_methods import set_automatic_payment
from billing.admin.buttons import Button, Outcome, Visit
from billing.models import Client
from billing.permissions import Permission


class StopAutomaticPayment(Button[Client]):
    """The card is not charged by itself any more."""

    code = "stop_automatic_payment"
    label = gettext_lazy("Stop automatic payment")
    permission = Permission.MANAGE_CLIENTS

    def is_shown(self, subject: Client) -> bool:
        return subject.pays_automatically and subject.stored_methods.filter(removed_at=None).exists()

    def title(self, subject: Client | None) -> str:
        return _("Stop automatic payment of %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("Renewals are no longer charged to the saved card; the card stays saved.")

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        set_automatic_payment(client=subject, is_on=False, actor=visit.actor, now=visit.now)
        return Outcome(_("Nothing is charged to the card by itself any more."))


class ResumeAutomaticPayment(Button[Client]):
    """The card pays renewals again."""

    code = "resume_automatic_payment"
    label = gettext_lazy("Resume automatic payment")
    permission = Permission.MANAGE_CLIENTS

    def is_shown(self, subject: Client) -> bool:
        return not subject.pays_automatically

    def title(self, subject: Client | None) -> str:
        return _("Resume automatic payment of %(client)s") % {"client": subject}

    def explanation(self, subject: Client | None) -> str:
        return _("Renewals are charged to the saved card, if there is one. Only if the client asked for it.")

    def run(self, subject: Client | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        set_automatic_payment(client=subject, is_on=True, actor=visit.actor, now=visit.now)
        return Outcome(_("Renewals are charged to the saved card again."))
