"""Payments by gateways, their notifications and every call: what was tried, what came of it, what needs a person."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from billing.actions.gateways.decisions import accept_attempt, ask_again, dismiss_attempt, process_again
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin, ReadOnlyAdmin, words_filter
from billing.gateways import ONLINE
from billing.gateways.reasons import reason_words
from billing.models import AttemptStatus, GatewayCall, GatewayEvent, GatewayEventStatus, PaymentAttempt
from billing.permissions import Permission
from billing.queries.gateways import gateway_label
from billing.templatetags.back_office import brief, state
from billing.templatetags.event_words import GATEWAY_CALLS
from billing.templatetags.portal import money
from noc.day_range import DayRangeFilter
from vault.redaction import redact_text

LABELS: Final = {code: gateway.label for code, gateway in ONLINE.items()}


class AcceptForm(BackOfficeForm):
    """What the operator saw at the gateway."""

    amount = forms.DecimalField(label=gettext_lazy("Amount that arrived"), max_digits=15, decimal_places=4)
    reference = forms.CharField(
        label=gettext_lazy("Reference"), max_length=200, help_text=gettext_lazy("The payment's number at the gateway.")
    )


class ReasonForm(BackOfficeForm):
    """Why, for whoever reads it later."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255)


class AcceptAttempt(Button[PaymentAttempt]):
    """The money is there."""

    code = "accept"
    label = gettext_lazy("Record the money")
    permission = Permission.MANAGE_INVOICES
    look = "primary"

    def is_shown(self, subject: PaymentAttempt) -> bool:
        return subject.status == AttemptStatus.NEEDS_CHECK

    def title(self, subject: PaymentAttempt | None) -> str:
        assert subject is not None
        return _("Record the money for invoice %(number)s") % {"number": subject.invoice.display_number}

    def explanation(self, subject: PaymentAttempt | None) -> str:
        return _("Only what you have seen at the gateway. The same reference is never recorded twice.")

    def make_form(self, subject: PaymentAttempt | None, data: Any) -> forms.Form:
        assert subject is not None
        amount = f"{subject.amount.normalize():f}"
        return AcceptForm(data, initial={"amount": amount, "reference": subject.external_id})

    def run(self, subject: PaymentAttempt | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        accept_attempt(attempt=subject, actor=visit.actor, now=visit.now, **values)
        return Outcome(_("The money is recorded."))


class DismissAttempt(Button[PaymentAttempt]):
    """There is no money."""

    code = "dismiss"
    label = gettext_lazy("No money came")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: PaymentAttempt) -> bool:
        return subject.status == AttemptStatus.NEEDS_CHECK

    def title(self, subject: PaymentAttempt | None) -> str:
        assert subject is not None
        return _("Close the payment of invoice %(number)s") % {"number": subject.invoice.display_number}

    def explanation(self, subject: PaymentAttempt | None) -> str:
        return _("The invoice stays as it is; the client may pay again.")

    def make_form(self, subject: PaymentAttempt | None, data: Any) -> forms.Form:
        return ReasonForm(data)

    def run(self, subject: PaymentAttempt | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        dismiss_attempt(attempt=subject, reason=values["reason"], actor=visit.actor, now=visit.now)
        return Outcome(_("The payment is closed."))


class AskAgain(Button[PaymentAttempt]):
    """A look at the gateway."""

    code = "ask"
    label = gettext_lazy("Ask the gateway")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: PaymentAttempt) -> bool:
        is_settled = subject.payment_id is not None or subject.status == AttemptStatus.NEEDS_CHECK
        return bool(subject.external_id) and not is_settled

    def title(self, subject: PaymentAttempt | None) -> str:
        assert subject is not None
        return _("Ask the gateway about the payment of invoice %(number)s") % {"number": subject.invoice.display_number}

    def explanation(self, subject: PaymentAttempt | None) -> str:
        return _("A worker asks at once; money that is there is recorded.")

    def run(self, subject: PaymentAttempt | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        ask_again(attempt=subject, now=visit.now)
        return Outcome(_("A worker asks the gateway."))


class AttemptChips(Chips):
    """What needs a person comes first."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [("all", gettext_lazy("All")), *((value.lower(), label) for value, label in AttemptStatus.choices)]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        return queryset if code == "all" else queryset.filter(status=code.upper())


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ObjectAdmin):
    """Everything that was asked of a gateway."""

    page_template = "admin/billing/paymentattempt/page.html"
    buttons = (AcceptAttempt(), DismissAttempt(), AskAgain())
    page_related = ("invoice", "client", "payment", "method", "currency")
    list_display = ("state", "sum", "invoice", "client", "how", "why", "when")
    list_display_links = ("state", "sum")
    list_filter = (
        AttemptChips,
        words_filter("gateway", gettext_lazy("gateway"), LABELS),
        ("created_at", DayRangeFilter),
    )
    list_select_related = ("invoice", "client", "method")
    search_fields = ("external_id", "key", "client__email", "invoice__number", "=invoice__id")
    search_help_text = gettext_lazy("Number at the gateway, client, invoice")

    def page_title(self, subject: PaymentAttempt) -> str:
        return _("Payment of invoice %(number)s") % {"number": subject.invoice.display_number}

    def get_facts(self, request: HttpRequest, subject: PaymentAttempt) -> dict[str, Any]:
        return {
            "state": self.state(subject),
            "how": self.how(subject),
            "why": self.why(subject),
            "calls": subject.calls.all()[:50],
            "notices": subject.gateway_events.all()[:50],
            "receipt": json.dumps(subject.receipt, ensure_ascii=False, indent=2) if subject.receipt else "",
        }

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, attempt: PaymentAttempt) -> SafeString:
        return state(attempt.status, attempt.get_status_display())

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, attempt: PaymentAttempt) -> SafeString:
        return money(attempt.amount, attempt.currency_id)

    @admin.display(description=gettext_lazy("gateway"), ordering="gateway")
    def how(self, attempt: PaymentAttempt) -> str:
        label = str(gateway_label(attempt.gateway))
        return f"{label}, {_('automatic')}" if attempt.is_automatic else label

    @admin.display(description=gettext_lazy("reason"))
    def why(self, attempt: PaymentAttempt) -> str:
        if attempt.error:
            return attempt.error
        return reason_words(attempt.reason) if attempt.status in (AttemptStatus.FAILED, AttemptStatus.CANCELLED) else ""

    @admin.display(description=gettext_lazy("created at"), ordering="created_at")
    def when(self, attempt: PaymentAttempt) -> SafeString | str:
        return brief(attempt.created_at)


class ProcessAgain(Button[GatewayEvent]):
    """Once more, for instance after its invoice was found."""

    code = "again"
    label = gettext_lazy("Process again")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: GatewayEvent) -> bool:
        return subject.status not in (GatewayEventStatus.RECEIVED, GatewayEventStatus.DONE)

    def title(self, subject: GatewayEvent | None) -> str:
        return _("Process notification %(notice)s again") % {"notice": subject}

    def explanation(self, subject: GatewayEvent | None) -> str:
        return _("A worker takes it as if it had just come. Money is recorded once, whatever comes of it.")

    def run(self, subject: GatewayEvent | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        process_again(event=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("A worker takes it once more."))


@admin.register(GatewayEvent)
class GatewayEventAdmin(ObjectAdmin):
    """Notifications as they came."""

    page_template = "admin/billing/gatewayevent/page.html"
    buttons = (ProcessAgain(),)
    page_related = ("attempt__invoice",)
    list_display = ("state", "name", "gateway_words", "when", "error")
    list_display_links = ("state", "name")
    list_filter = (("status", ChoicesCheckboxFilter), words_filter("gateway", gettext_lazy("gateway"), LABELS))
    search_fields = ("event_id", "name", "body")

    def page_title(self, subject: GatewayEvent) -> str:
        return _("Notification %(name)s") % {"name": subject.name}

    def get_facts(self, request: HttpRequest, subject: GatewayEvent) -> dict[str, Any]:
        return {"state": self.state(subject), "body": redact_text(subject.body)}

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, event: GatewayEvent) -> SafeString:
        return state(event.status, event.get_status_display())

    @admin.display(description=gettext_lazy("gateway"), ordering="gateway")
    def gateway_words(self, event: GatewayEvent) -> str:
        return str(gateway_label(event.gateway))

    @admin.display(description=gettext_lazy("received at"), ordering="received_at")
    def when(self, event: GatewayEvent) -> SafeString | str:
        return brief(event.received_at)


@admin.register(GatewayCall)
class GatewayCallAdmin(ReadOnlyAdmin):
    """The gateway log."""

    list_display = ("good", "call_words", "gateway_words", "when", "milliseconds", "answer")
    list_display_links = ("call_words",)
    list_filter = (
        words_filter("gateway", gettext_lazy("gateway"), LABELS),
        "is_good",
        ("at", DayRangeFilter),
    )
    search_fields = ("answer", "action")
    fields = ("good", "call_words", "gateway_words", "attempt", "refund", "when", "milliseconds", "answer")
    readonly_fields = fields

    @admin.display(description=gettext_lazy("call"), ordering="action")
    def call_words(self, call: GatewayCall) -> str:
        return str(GATEWAY_CALLS.get(call.action, call.action))

    @admin.display(description=gettext_lazy("answered"), ordering="is_good")
    def good(self, call: GatewayCall) -> SafeString:
        return state("OK", _("Yes")) if call.is_good else state("REFUSED", _("No"))

    @admin.display(description=gettext_lazy("gateway"), ordering="gateway")
    def gateway_words(self, call: GatewayCall) -> str:
        return str(gateway_label(call.gateway))

    @admin.display(description=gettext_lazy("at"), ordering="at")
    def when(self, call: GatewayCall) -> SafeString | str:
        return brief(call.at)
