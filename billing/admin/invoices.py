"""Invoices: what is owed, and the money that arrived for it."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.contrib import admin
from django.db.models import F, Prefetch, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RangeDateFilter

from billing.admin.buttons import Button
from billing.admin.invoice_corrections import (
    CancelInvoice,
    IssueCreditNote,
    MoveToCollections,
    ReissueInvoice,
    WriteOff,
)
from billing.admin.invoice_drafts import AddLine, ChangeDraft, ChangeLine, Publish, RemoveLine
from billing.admin.invoice_payments import (
    MarkFailed,
    MarkPending,
    PayWithCredit,
    RecordPayment,
    RecordStrayPayment,
    TakeCreditBack,
)
from billing.admin.invoice_refunds import ConfirmRefund, FailRefund, RefundPayment, ReversePayment
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.models import PAYABLE_STATUSES, Invoice, InvoiceKind, InvoiceStatus, Payment, Refund, RefundStatus
from billing.queries.clock import business_date
from billing.queries.refunds import owed_notes
from billing.templatetags.back_office import state
from billing.templatetags.event_words import GATEWAYS as GATEWAYS_IN_WORDS
from billing.templatetags.portal import day, money

# Buttons on a row of the page: what they are on, and which one it is.
ROW_BUTTON: Final = re.compile(r"(line|refund)-([0-9]{1,18})-(change|remove|done|failed)")
ROW_BUTTONS: Final[Mapping[tuple[str, str], Callable[[Any], Button[Invoice]]]] = {
    ("line", "change"): ChangeLine,
    ("line", "remove"): RemoveLine,
    ("refund", "done"): ConfirmRefund,
    ("refund", "failed"): FailRefund,
}


class InvoiceChips(Chips):
    """Invoices by state; overdue is not a state of its own."""

    title = gettext_lazy("status")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [
            ("all", gettext_lazy("All")),
            ("draft", InvoiceStatus.DRAFT.label),
            ("unpaid", gettext_lazy("Unpaid")),
            ("overdue", gettext_lazy("Overdue")),
            ("collections", InvoiceStatus.COLLECTIONS.label),
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
    buttons = (
        Publish(),
        AddLine(),
        ChangeDraft(),
        RecordPayment(),
        PayWithCredit(),
        TakeCreditBack(),
        MarkPending(),
        MarkFailed(),
        MoveToCollections(),
        RefundPayment(),
        IssueCreditNote(),
        ReissueInvoice(),
        RecordStrayPayment(),
        ReversePayment(),
        WriteOff(),
        CancelInvoice(),
    )
    page_related = ("client", "currency", "order")
    list_display = ("state", "shown_number", "client", "total_words", "balance_words", "issued", "due")
    list_display_links = ("shown_number",)
    list_select_related = ("client",)
    list_filter = (
        InvoiceChips,
        ("due_date", RangeDateFilter),
        ("issue_date", RangeDateFilter),
        ("kind", ChoicesCheckboxFilter),
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

    def get_page_queryset(self) -> QuerySet[Invoice]:
        """Buttons look at the payments and their refunds."""
        refunds = Refund.objects.select_related("credit_note").order_by("pk")
        payments = Payment.objects.order_by("pk").prefetch_related(Prefetch("refunds", refunds))
        found: QuerySet[Invoice] = super().get_page_queryset()
        return found.prefetch_related(Prefetch("payments", payments))

    def find_button(self, code: str, subject: Invoice) -> Button[Any]:
        """Those on a line of a draft and on a pending refund have the number of the row in their code."""
        found = ROW_BUTTON.fullmatch(code)
        if found is None:
            return super().find_button(code, subject)
        kind, number, deed = found.groups()
        make = ROW_BUTTONS.get((kind, deed))
        row: Any = subject.lines.filter(pk=number).first() if kind == "line" else _pending_refund(subject, int(number))
        if make is None or row is None:
            raise Http404
        return make(row)

    def get_facts(self, request: HttpRequest, subject: Invoice) -> dict[str, Any]:
        payments = list(subject.payments.all())
        return {
            "lines": list(subject.lines.select_related("service__product", "about").order_by("id")),
            "payments": payments,
            "refunds": [refund for payment in payments for refund in payment.refunds.all()],
            "notes": list(subject.credit_notes.order_by("id")),
            "owed_notes": owed_notes(subject),
            "is_draft": subject.status == InvoiceStatus.DRAFT,
            "is_sale": subject.kind == InvoiceKind.SALE,
            "postings": list(subject.postings.prefetch_related("entries").order_by("id")),
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

    @admin.display(description=gettext_lazy("to pay"), ordering=F("total") - F("amount_credited") - F("amount_paid"))
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


def _pending_refund(invoice: Invoice, number: int) -> Refund | None:
    return Refund.objects.filter(payment__invoice=invoice, pk=number, status=RefundStatus.PENDING).first()
