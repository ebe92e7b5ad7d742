"""Invoices: what is owed, and the money that arrived for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from billing.actions.payments import GATEWAYS, pay_with_credit, record_payment
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.forms import BackOfficeForm
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.models import PAYABLE_STATUSES, Invoice, InvoiceStatus
from billing.permissions import Permission
from billing.queries.clock import business_date
from billing.queries.documents import credit_notes_of
from billing.templatetags.back_office import GATEWAYS as GATEWAYS_IN_WORDS
from billing.templatetags.back_office import amount_text, gateway, state
from billing.templatetags.portal import day, money
from catalog.money import round_money


class PaymentForm(BackOfficeForm):
    """Money that arrived."""

    gateway = forms.ChoiceField(
        label=gettext_lazy("How it was paid"), choices=lambda: [(code, gateway(code)) for code in GATEWAYS]
    )
    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=15, decimal_places=4)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=200,
        help_text=gettext_lazy("Of the bank or the gateway. The same reference again records nothing twice."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RecordPayment(Button[Invoice]):
    """Money from outside."""

    code = "payment"
    label = gettext_lazy("Record payment")
    permission = Permission.MANAGE_INVOICES
    look = "primary"

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable

    def title(self, subject: Invoice | None) -> str:
        return _("Record payment for invoice %(number)s") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _(
            "%(client)s owes %(balance)s. Once that is here the invoice is paid and what it pays for is bought "
            "or renewed at the partner. More than that becomes credit."
        )
        return words % {"client": subject.client, "balance": amount_text(subject.balance, subject.currency_id)}

    def make_form(self, subject: Invoice | None, data: Any) -> forms.Form:
        assert subject is not None
        amount = round_money(subject.balance, precision=subject.currency.precision)
        return PaymentForm(data, initial={"amount": amount, "gateway": subject.payment_method})

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        payment = record_payment(
            invoice=subject,
            gateway=values["gateway"],
            reference=values["reference"],
            amount=values["amount"],
            actor=visit.actor,
            now=visit.now,
        )
        words = _("%(amount)s is recorded for invoice %(number)s.")
        subject.refresh_from_db()
        return Outcome(words % {"amount": amount_text(payment.amount, payment.currency_id), "number": subject})


class PayWithCredit(Button[Invoice]):
    """Money that the client paid in advance."""

    code = "credit"
    label = gettext_lazy("Pay with credit")
    permission = Permission.MANAGE_INVOICES

    def is_shown(self, subject: Invoice) -> bool:
        return subject.is_payable and subject.client.credit_balance >= subject.balance

    def title(self, subject: Invoice | None) -> str:
        return _("Pay invoice %(number)s with credit") % {"number": subject}

    def explanation(self, subject: Invoice | None) -> str:
        assert subject is not None
        words = _("Takes %(balance)s from the credit of %(client)s, who has %(credit)s.")
        return words % {
            "balance": amount_text(subject.balance, subject.currency_id),
            "client": subject.client,
            "credit": amount_text(subject.client.credit_balance, subject.currency_id),
        }

    def run(self, subject: Invoice | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        pay_with_credit(invoice=subject, actor=visit.actor, now=visit.now)
        subject.refresh_from_db()
        return Outcome(_("Invoice %(number)s is paid with credit.") % {"number": subject})


class InvoiceChips(Chips):
    """Invoices by state; overdue is not a state of its own."""

    title = gettext_lazy("status")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("all", gettext_lazy("All")),
            ("unpaid", gettext_lazy("Unpaid")),
            ("overdue", gettext_lazy("Overdue")),
            ("paid", InvoiceStatus.PAID.label),
            ("cancelled", InvoiceStatus.CANCELLED.label),
            ("refunded", InvoiceStatus.REFUNDED.label),
        ]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "all":
            return queryset
        if code == "unpaid":
            return queryset.filter(status__in=PAYABLE_STATUSES)
        if code == "overdue":
            return queryset.filter(pk__in=Invoice.objects.overdue(on=business_date(timezone.now())).values("pk"))
        return queryset.filter(status=code.upper())


@admin.register(Invoice)
class InvoiceAdmin(ObjectAdmin):
    """Bills."""

    page_template = "admin/billing/invoice/page.html"
    buttons = (RecordPayment(), PayWithCredit())
    page_related = ("client", "currency", "order")
    list_display = ("state", "shown_number", "client", "total_words", "balance_words", "issued", "due")
    list_display_links = ("shown_number",)
    list_select_related = ("client",)
    list_filter = (
        InvoiceChips,
        ("due_date", RangeDateFilter),
        ("issue_date", RangeDateFilter),
        words_filter("payment_method", gettext_lazy("payment method"), GATEWAYS_IN_WORDS),
    )
    list_before_template = "admin/chips.html"
    search_fields = ("number", "=id", "order__number", "client__email", "client__last_name", "payments__reference")
    search_help_text = gettext_lazy("Number, order, client or reference of a payment")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A proforma is found by the number that is printed on it, too."""
        return super().get_search_results(request, queryset, search_term.upper().removeprefix("PRO-") or search_term)  # type: ignore[no-any-return]

    def page_title(self, subject: Invoice) -> str:
        return _("Invoice %(number)s") % {"number": subject}

    def get_facts(self, request: HttpRequest, subject: Invoice) -> dict[str, Any]:
        return {
            "lines": list(subject.lines.select_related("service__product").order_by("id")),
            "payments": list(subject.payments.order_by("id")),
            "postings": list(subject.postings.prefetch_related("entries").order_by("id")),
            "credit_notes": list(credit_notes_of(subject)),
            "is_overdue": is_overdue(subject),
            "events": history(invoice=subject),
        }

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, invoice: Invoice) -> SafeString:
        if is_overdue(invoice):
            return state("OVERDUE", _("Overdue"))
        return state(invoice.status, invoice.get_status_display())

    @admin.display(description=gettext_lazy("number"), ordering="id")
    def shown_number(self, invoice: Invoice) -> str:
        return invoice.display_number

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def total_words(self, invoice: Invoice) -> SafeString:
        return money(invoice.total, invoice.currency_id)

    @admin.display(description=gettext_lazy("to pay"), ordering=F("total") - F("amount_paid"))
    def balance_words(self, invoice: Invoice) -> SafeString | str:
        return money(invoice.balance, invoice.currency_id) if invoice.is_payable else "—"

    @admin.display(description=gettext_lazy("issued"), ordering="issue_date")
    def issued(self, invoice: Invoice) -> SafeString | str:
        return day(invoice.issue_date)

    @admin.display(description=gettext_lazy("due"), ordering="due_date")
    def due(self, invoice: Invoice) -> SafeString | str:
        return day(invoice.due_date)


def is_overdue(invoice: Invoice) -> bool:
    """Unpaid past its due date, by the business day."""
    return invoice.status == InvoiceStatus.UNPAID and invoice.due_date < business_date(timezone.now())
