"""What affiliates earned, payment by payment (P17)."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.admin.objects import Chips, ReadOnlyAdmin
from billing.models import Commission, CommissionState
from billing.templatetags.back_office import amount_text, state
from billing.templatetags.portal import day, money
from catalog.models import AffiliatePay
from noc.day_range import DayRangeFilter


def rule_words(pay: str, amount: Any, currency: str) -> str:
    """`10 %`, `€25.00`."""
    if pay == AffiliatePay.PERCENT:
        return f"{amount.normalize():f} %"
    return amount_text(amount, currency)


def commission_words(commission: Commission) -> str:
    """How the amount came about: `10 % of €1,200.00`, `€25.00 for each payment`."""
    rule = rule_words(commission.pay, commission.pay_amount, commission.source_currency_id)
    if commission.pay != AffiliatePay.PERCENT:
        return _("%(amount)s for each payment") % {"amount": rule}
    base = amount_text(commission.base, commission.source_currency_id)
    return _("%(percent)s of %(base)s") % {"percent": rule, "base": base}


class CommissionChips(Chips):
    """Commissions by state, and those that wait for somebody to say what a currency is worth."""

    title = gettext_lazy("what to show")

    def chips(self) -> Iterable[tuple[str, Any]]:
        states = [(value.lower(), label) for value, label in CommissionState.choices]
        return [("all", gettext_lazy("All")), *states, ("unpriced", gettext_lazy("Without an exchange rate"))]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        if code == "unpriced":
            return queryset.filter(amount=None, state=CommissionState.PENDING)
        return queryset if code == "all" else queryset.filter(state=code.upper())


@admin.register(Commission)
class CommissionAdmin(ReadOnlyAdmin):
    """What affiliates earned, payment by payment."""

    list_display = ("state_badge", "service_words", "affiliate", "amount_words", "why", "invoice", "clears", "reason")
    list_display_links = ("service_words",)
    list_select_related = ("affiliate", "referred__service__product", "line__invoice")
    list_filter = (CommissionChips, ("clears_on", DayRangeFilter))
    list_before_template = "admin/chips.html"
    search_fields = ("affiliate__code", "=referred__service__id", "line__invoice__number")
    search_help_text = gettext_lazy("Code of the affiliate, number of the service or the invoice")
    fields = list_display
    readonly_fields = list_display

    @admin.display(description=gettext_lazy("status"), ordering="state")
    def state_badge(self, commission: Commission) -> SafeString:
        return state(commission.state, commission.get_state_display())

    @admin.display(description=gettext_lazy("service"), ordering="referred__service")
    def service_words(self, commission: Commission) -> str:
        service = commission.referred.service
        return f"{service.product.name} #{service.pk}"

    @admin.display(description=gettext_lazy("commission"), ordering="amount")
    def amount_words(self, commission: Commission) -> SafeString | str:
        if commission.amount is None:
            return _("no exchange rate")
        return money(commission.amount, commission.currency_id)

    @admin.display(description=gettext_lazy("rule"))
    def why(self, commission: Commission) -> str:
        return commission_words(commission)

    @admin.display(description=gettext_lazy("invoice"), ordering="line__invoice")
    def invoice(self, commission: Commission) -> SafeString:
        invoice = commission.line.invoice
        address = reverse("admin:billing_invoice_change", args=[invoice.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, invoice)

    @admin.display(description=gettext_lazy("clears on"), ordering="clears_on")
    def clears(self, commission: Commission) -> SafeString | str:
        return day(commission.clears_on)

    @admin.display(description=gettext_lazy("why voided"), ordering="void_reason")
    def reason(self, commission: Commission) -> str:
        return commission.get_void_reason_display() or "—"
