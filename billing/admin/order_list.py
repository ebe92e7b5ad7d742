"""The list of orders (O3): how far each is paid, what is in it, what the list comes to."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import CheckboxFilter, RangeNumericFilter

from billing.admin.invoices import is_overdue
from billing.models import PAYABLE_STATUSES, Invoice, InvoiceStatus, Order
from billing.queries.clock import business_date
from billing.templatetags.back_office import state
from billing.templatetags.portal import money

SHOWN: Final = 3
PAYMENT_STATES: Final[dict[str, str | Promise]] = {
    "paid": gettext_lazy("Paid"),
    "part": gettext_lazy("Paid in part"),
    "unpaid": gettext_lazy("Unpaid"),
    "overdue": gettext_lazy("Overdue"),
    "cancelled": gettext_lazy("Invoice cancelled"),
    "refunded": gettext_lazy("Refunded"),
    "none": gettext_lazy("Nothing to pay"),
}


class PaymentFilter(CheckboxFilter):  # type: ignore[misc]
    """Orders by how far they are paid."""

    title = gettext_lazy("payment")
    parameter_name = "payment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return list(PAYMENT_STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        chosen = [code for code in self.value() or [] if code in PAYMENT_STATES]
        wanted = Q()
        for code in chosen:
            wanted |= _condition(code)
        return queryset.filter(wanted) if chosen else queryset


class TotalFilter(RangeNumericFilter):  # type: ignore[misc]
    """Orders from and up to an amount, whatever the currency."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = _("total")


def _condition(code: str) -> Q:
    if code == "none":
        return Q(invoice__isnull=True)
    payable = Q(invoice__status__in=PAYABLE_STATUSES)
    if code == "overdue":
        overdue = Invoice.objects.overdue(on=business_date(timezone.now()))
        return Q(invoice__in=overdue)
    if code == "part":
        return payable & Q(invoice__amount_paid__gt=0, invoice__amount_paid__lt=F("invoice__total"))
    if code == "unpaid":
        return payable & Q(invoice__amount_paid=0)
    return Q(invoice__status=InvoiceStatus(code.upper()))


def payment_words(order: Order) -> SafeString | str:
    """The invoice as far as money goes: `Paid`, `Overdue`, `Unpaid` with what has come in so far."""
    invoice = getattr(order, "invoice", None)
    if invoice is None:
        return "—"
    badge = state(invoice.status, invoice.get_status_display())
    if is_overdue(invoice):
        badge = state("OVERDUE", _("Overdue"))
    if not invoice.is_payable or not invoice.amount_paid:
        return badge
    paid = money(invoice.amount_paid, invoice.currency_id)
    return format_html('{} <span class="bo-muted">{}</span>', badge, format_html(_("{} paid"), paid))


def item_words(order: Order) -> SafeString:
    """The first things ordered, and how many more."""
    lines = list(order.lines.all())
    shown = [(line.description if line.quantity == 1 else str(line),) for line in lines[:SHOWN]]
    words = format_html_join("", '<span class="order-item">{}</span>', shown)
    if len(lines) <= SHOWN:
        return words
    more = _("and %(count)s more") % {"count": len(lines) - SHOWN}
    return format_html('{}<span class="order-item bo-muted">{}</span>', words, more)
