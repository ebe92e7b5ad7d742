"""Payouts of affiliates: those that wait for an operator come first (P17)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from billing.actions.withdrawals import pay_withdrawal, refuse_withdrawal
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin
from billing.models import Event, Withdrawal, WithdrawalStatus
from billing.permissions import Permission
from billing.templatetags.back_office import amount_text, brief, state
from billing.templatetags.portal import money
from noc.day_range import DayRangeFilter


class ReferenceForm(BackOfficeForm):
    """Of the bank."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=200,
        help_text=gettext_lazy("Of the bank's transfer."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ReasonForm(BackOfficeForm):
    """For the affiliate to read."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("The affiliate reads it.")
    )


class PayWithdrawal(Button[Withdrawal]):
    """The money has been sent."""

    code = "pay"
    label = gettext_lazy("Record as paid")
    permission = Permission.MANAGE_AFFILIATES
    look = "primary"

    def is_shown(self, subject: Withdrawal) -> bool:
        return subject.status == WithdrawalStatus.REQUESTED

    def title(self, subject: Withdrawal | None) -> str:
        assert subject is not None
        words = _("Record the payout of %(amount)s to %(client)s as paid")
        return words % {"amount": amount_text(subject.amount, subject.currency_id), "client": subject.affiliate.client}

    def explanation(self, subject: Withdrawal | None) -> str:
        return _("You have sent the money already: nothing is sent from here. The affiliate gets a letter.")

    def make_form(self, subject: Withdrawal | None, data: Any) -> forms.Form:
        return ReferenceForm(data)

    def run(self, subject: Withdrawal | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        pay_withdrawal(withdrawal=subject, reference=values["reference"], actor=visit.actor, now=visit.now)
        return Outcome(_("The payout is recorded as paid."))


class RefuseWithdrawal(Button[Withdrawal]):
    """The money goes back."""

    code = "refuse"
    label = gettext_lazy("Refuse")
    permission = Permission.MANAGE_AFFILIATES
    look = "danger"

    def is_shown(self, subject: Withdrawal) -> bool:
        return subject.status == WithdrawalStatus.REQUESTED

    def title(self, subject: Withdrawal | None) -> str:
        assert subject is not None
        words = _("Refuse the payout of %(amount)s to %(client)s")
        return words % {"amount": amount_text(subject.amount, subject.currency_id), "client": subject.affiliate.client}

    def explanation(self, subject: Withdrawal | None) -> str:
        return _("The money goes back to the affiliate's balance, who gets a letter with the reason.")

    def make_form(self, subject: Withdrawal | None, data: Any) -> forms.Form:
        return ReasonForm(data)

    def run(self, subject: Withdrawal | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        refuse_withdrawal(withdrawal=subject, reason=values["reason"], actor=visit.actor, now=visit.now)
        return Outcome(_("The payout is refused; the money is back in the balance."))


class WithdrawalChips(Chips):
    """What waits for a decision comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        states = [(value.lower(), label) for value, label in WithdrawalStatus.choices]
        return [*states, ("all", gettext_lazy("All"))]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        is_searched = "show" not in request.GET and request.GET.get("q")
        return queryset if code == "all" or is_searched else queryset.filter(status=code.upper())


@admin.register(Withdrawal)
class WithdrawalAdmin(ObjectAdmin):
    """Money that affiliates got or asked for."""

    page_template = "admin/billing/withdrawal/page.html"
    buttons = (PayWithdrawal(), RefuseWithdrawal())
    page_related = ("affiliate__client__currency",)
    list_display = ("state_badge", "number", "affiliate", "client_words", "amount_words", "way", "requested", "settled")
    list_display_links = ("number",)
    list_select_related = ("affiliate__client",)
    list_filter = (WithdrawalChips, ("way", ChoicesCheckboxFilter), ("requested_at", DayRangeFilter))
    list_before_template = "admin/chips.html"
    search_fields = ("=id", "affiliate__code", "affiliate__client__email", "reference")
    search_help_text = gettext_lazy("Number, code or e-mail of the affiliate, reference")

    def page_title(self, subject: Withdrawal) -> str:
        return _("Withdrawal %(number)s") % {"number": subject}

    def get_facts(self, request: HttpRequest, subject: Withdrawal) -> dict[str, Any]:
        names = ("withdrawal.requested", "withdrawal.paid", "withdrawal.refused")
        events = Event.objects.filter(client=subject.affiliate.client, name__in=names, data__withdrawal=subject.pk)
        return {"events": list(events.select_related("operation").order_by("-id"))}

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state_badge(self, withdrawal: Withdrawal) -> SafeString:
        return state(withdrawal.status, withdrawal.get_status_display())

    @admin.display(description=gettext_lazy("number"), ordering="id")
    def number(self, withdrawal: Withdrawal) -> str:
        return str(withdrawal)

    @admin.display(description=gettext_lazy("client"), ordering="affiliate__client__last_name")
    def client_words(self, withdrawal: Withdrawal) -> str:
        return str(withdrawal.affiliate.client)

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def amount_words(self, withdrawal: Withdrawal) -> SafeString:
        return money(withdrawal.amount, withdrawal.currency_id)

    @admin.display(description=gettext_lazy("requested at"), ordering="requested_at")
    def requested(self, withdrawal: Withdrawal) -> SafeString | str:
        return brief(withdrawal.requested_at)

    @admin.display(description=gettext_lazy("settled at"), ordering="settled_at")
    def settled(self, withdrawal: Withdrawal) -> SafeString | str:
        return brief(withdrawal.settled_at)
