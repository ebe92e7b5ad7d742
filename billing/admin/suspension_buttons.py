"""What operators do about services that are not paid or must not run: suspend, let go on, leave alone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from billing.actions.suspending import MOST_REASON, keep_service, suspend_service, unsuspend_service
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import LIVE_STATUSES, Service
from billing.permissions import Permission
from billing.queries.clock import business_date, database_now
from billing.queries.operations import words as in_words
from billing.queries.suspensions import suspension_of, why_not_suspend, why_not_unsuspend


class SuspendForm(BackOfficeForm):
    """For the client to read."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=MOST_REASON, help_text=gettext_lazy("The client reads it.")
    )


class DayForm(BackOfficeForm):
    """Until when it is left alone."""

    keep_until = forms.DateField(
        label=gettext_lazy("Leave it alone until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Unpaid, it is neither suspended nor ended before that day."),
    )


class SuspensionButton(Button[Service]):
    """Titles of the three."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def title(self, subject: Service | None) -> str:
        assert subject is not None
        return f"{self.label}: {subject.product.name} #{subject.pk}"


class SuspendButton(SuspensionButton):
    """ACTIVE → SUSPENDED."""

    code = "suspend"
    label = gettext_lazy("Suspend")

    def is_shown(self, subject: Service) -> bool:
        return not why_not_suspend(subject)

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        words = _(
            "Its status becomes “Suspended”, and the client gets a letter with the reason. No payment lifts it: only "
            "staff does. Invoices go on."
        )
        return why_not_suspend(subject) or words

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        return SuspendForm(data)

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        suspend_service(service=subject, reason=values["reason"], actor=visit.actor, now=visit.now)
        return Outcome(_("The service is suspended."))


class UnsuspendButton(SuspensionButton):
    """SUSPENDED → ACTIVE."""

    code = "unsuspend"
    label = gettext_lazy("Unsuspend")

    def is_shown(self, subject: Service) -> bool:
        return not why_not_unsuspend(subject)

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        refusal = why_not_unsuspend(subject)
        if refusal:
            return refusal
        found = suspension_of(subject)
        if found is None or found.invoice is None:
            return _("It is active again, and the client gets a letter.")
        message = gettext_noop(
            "It is active again, and the client gets a letter. Invoice %(number)s is still unpaid: the next night "
            "suspends it again, unless you name a day."
        )
        return in_words(message, {"number": found.invoice.display_number})

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        return DayForm(data)

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        unsuspend_service(service=subject, actor=visit.actor, now=visit.now, **values)
        return Outcome(_("The service is active again."))


class KeepButton(SuspensionButton):
    """*Leave alone*: WHMCS calls it *override auto-suspend*."""

    code = "keep"
    label = gettext_lazy("Leave alone")
    permission = Permission.MANAGE_ORDERS

    def is_shown(self, subject: Service) -> bool:
        return subject.status in LIVE_STATUSES and bool(subject.recurring_amount)

    def explanation(self, subject: Service | None) -> str:
        return _("The night leaves it as it is though it is unpaid. Without a day it does what the settings say.")

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        assert subject is not None
        tomorrow = business_date(database_now()) + timedelta(days=1)
        is_ahead = subject.keep_until is not None and subject.keep_until >= tomorrow
        return DayForm(data, initial={"keep_until": subject.keep_until if is_ahead else None})

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        kept = keep_service(service=subject, until=values["keep_until"], actor=visit.actor, now=visit.now)
        if kept.keep_until is None:
            return Outcome(_("The settings count for it again."))
        return Outcome(in_words(gettext_noop("It is left alone until %(date)s."), {"date": str(kept.keep_until)}))
