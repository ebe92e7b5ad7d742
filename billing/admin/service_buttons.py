"""What operators do with a service: the module commands that its kind declares, and another billing cycle."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from billing.actions.commands import RENEWAL_PERIODS, change_service, run_command
from billing.actions.cycles import change_cycle, why_not_cycle
from billing.actions.provisioning.renewal_offers import PeriodOffer, RenewalOffer, ask_renewal_form
from billing.actions.renewals import RenewalRefused, issue_renewal_now, preview_renewal
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.models import LIVE_STATUSES, Operation, Service
from billing.permissions import Permission
from billing.queries.changes import refused_change
from billing.queries.clock import business_date, database_now
from billing.queries.commands import Command, all_commands, change_keys, why_not
from billing.queries.cycles import cycle_offers
from billing.queries.on_demand import next_invoice
from billing.queries.operations import operation_words
from billing.queries.operations import words as in_words
from billing.queries.renewal_terms import why_no_next_period
from billing.queries.services import field_values
from billing.templatetags.back_office import amount_text
from noc.kinds import get_kind


def service_title(service: Service) -> str:
    """`ispmanager lite #7`."""
    return f"{service.product.name} #{service.pk}"


class CommandButton(Button[Service]):
    """A module command: Create, Terminate, Sync, Reissue."""

    permission = Permission.PERFORM_SERVER_OPERATIONS

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]

    def title(self, subject: Service | None) -> str:
        assert subject is not None
        return f"{self._command(subject).label}: {service_title(subject)}"

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        return why_not(subject, self.code) or self._command(subject).explanation

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        return under_way(run_command(service=subject, command=self.code, actor=visit.actor, now=visit.now, **values))

    def dressed(self, command: Command) -> Self:
        """This button with the words of the command for one service."""
        self_for_service = type(self)(self.code)
        self_for_service.label = command.label
        self_for_service.look = "danger" if command.is_destructive else "plain"
        return self_for_service

    def _command(self, service: Service) -> Command:
        return next(command for command in all_commands(service) if command.code == self.code)


def under_way(operation: Operation) -> Outcome:
    """A worker does it; the page of the service shows how far it is."""
    return Outcome(_("Operation %(number)s is under way; its outcome shows below.") % {"number": operation.pk})


class RenewButton(CommandButton):
    """*Renew*: reads the partner's renewal form first, then asks for how long."""

    offer: RenewalOffer | None = None

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        assert subject is not None
        if data is None and not why_not(subject, "renew"):
            self.offer = ask_renewal_form(subject)
        if self.offer is None:
            shown: list[tuple[int, str]] = [(months, str(months)) for months in RENEWAL_PERIODS]
        else:
            shown = [(offer.period, period_words(offer)) for offer in self.offer.periods]
        period = forms.TypedChoiceField(
            label=_("Renew for"), choices=shown, coerce=int, empty_value=None, required=False
        )
        chosen = self.offer.chosen if self.offer else None
        return BackOfficeForm(data, initial={"period": chosen}, more={"period": period})

    def explanation(self, subject: Service | None) -> str:
        words = super().explanation(subject)
        offer = self.offer
        if offer is None:
            return words
        if offer.trouble:
            checked = _("Its form is read again before anything is paid.")
            return f"{words} {offer.trouble} {checked}"
        dates = [
            (gettext_noop("At the partner it ends on %(date)s."), offer.expires_on),
            (gettext_noop("Its form shows %(date)s as the new end."), offer.new_expires_on),
        ]
        told = [in_words(message, {"date": str(when)}) for message, when in dates if when]
        return " ".join([words, *told, offer.refusal]).strip()


def period_words(offer: PeriodOffer) -> str:
    """`12 months — €40.00 by the price list`."""
    words = ngettext("%(count)s month", "%(count)s months", offer.period) % {"count": offer.period}
    if offer.cost is None:
        return words
    cost = amount_text(offer.cost, offer.currency) if offer.currency else f"{offer.cost:f}"
    return _("%(period)s — %(cost)s by the partner's price list") % {"period": words, "cost": cost}


class ChangeForm(BackOfficeForm):
    """One text field for each value that may change, filled with what it is now, or what was refused last."""

    def __init__(self, service: Service, data: Any) -> None:
        keys = change_keys(service)
        specs = get_kind(service.kind).fields_for(service.tariff_id) if keys else ()
        more = {
            spec.key: forms.CharField(label=str(spec.label), help_text=str(spec.description), required=False)
            for spec in specs
            if spec.key in keys
        }
        refused = refused_change(service)
        super().__init__(data, initial=field_values(service) | (refused.values if refused else {}), more=more)


class ChangeButton(CommandButton):
    """*Change name and IP*: asks for the new values."""

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        assert subject is not None
        return ChangeForm(subject, data)

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        refused = refused_change(subject)
        words = super().explanation(subject)
        if refused is None:
            return words
        return f"{words} {_('The last change failed:')} {operation_words(refused.operation)}"

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        return under_way(change_service(service=subject, fields=values, actor=visit.actor, now=visit.now))


class CycleForm(BackOfficeForm):
    """The new cycle, with the catalog's price, and another price if it is to be another one."""

    def __init__(self, service: Service, data: Any) -> None:
        choices = [
            (
                offer.cycle.value,
                f"{offer.cycle.label} — "
                + (_("no price") if offer.amount is None else amount_text(offer.amount, service.currency_id)),
            )
            for offer in cycle_offers(service)
        ]
        amount = forms.DecimalField(
            label=_("Amount of each payment"),
            help_text=_("Leave it empty for the price of the catalog."),
            required=False,
            min_value=0,
            max_digits=16,
            decimal_places=4,
        )
        super().__init__(data, more={"cycle": forms.ChoiceField(label=_("Cycle"), choices=choices), "amount": amount})


class CycleButton(Button[Service]):
    """*Change billing cycle* (L6)."""

    code = "cycle"
    label = gettext_lazy("Change billing cycle")
    permission = Permission.MANAGE_ORDERS

    def title(self, subject: Service | None) -> str:
        assert subject is not None
        return f"{self.label}: {service_title(subject)}"

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        message = gettext_noop("It counts from the next invoice on, for %(date)s. What is paid stays paid.")
        return why_not_cycle(subject) or in_words(message, {"date": str(subject.next_due_date)})

    def make_form(self, subject: Service | None, data: Any) -> forms.Form:
        assert subject is not None
        return CycleForm(subject, data)

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        changed = change_cycle(service=subject, actor=visit.actor, now=visit.now, **values)
        amount = amount_text(changed.recurring_amount, changed.currency_id)
        words = {"cycle": changed.get_cycle_display(), "amount": amount}
        return Outcome(_("%(cycle)s from the next invoice on: %(amount)s.") % words)


class NextInvoiceButton(Button[Service]):
    """*Invoice the next period*: before its time, whatever the client's window (P9)."""

    code = "next-invoice"
    label = gettext_lazy("Invoice the next period")
    permission = Permission.MANAGE_ORDERS

    def is_shown(self, subject: Service) -> bool:
        is_live = subject.status in LIVE_STATUSES
        return is_live and not why_no_next_period(subject) and next_invoice(subject) is None

    def title(self, subject: Service | None) -> str:
        assert subject is not None
        return f"{self.label}: {service_title(subject)}"

    def explanation(self, subject: Service | None) -> str:
        assert subject is not None
        try:
            period = preview_renewal(service=subject, on=business_date(database_now()))
        except RenewalRefused as refusal:
            return str(refusal)
        total = amount_text(period.total, subject.currency_id)
        message = gettext_noop("The period from %(date)s on is invoiced now: %(amount)s. The client gets a letter.")
        return in_words(message, {"date": str(subject.next_due_date), "amount": total})

    def run(self, subject: Service | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        on = business_date(visit.now)
        invoice = issue_renewal_now(service=subject, actor=visit.actor, now=visit.now, on=on)
        return Outcome(_("Invoice %(number)s is issued.") % {"number": invoice.display_number})
