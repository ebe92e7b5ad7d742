"""Orders: accept or cancel what clients asked for (O3)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.ordering import accept_order, cancel_order
from billing.admin.buttons import Button, Outcome, Visit
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.models import HoldReason, Invoice, Operation, Order, OrderLine, OrderStatus, Service, ServiceStatus
from billing.permissions import Permission
from billing.templatetags.back_office import GATEWAYS as GATEWAYS_IN_WORDS
from billing.templatetags.back_office import amount_text, brief, state
from billing.templatetags.portal import money
from noc.day_range import DayRangeFilter


class AcceptOrder(Button[Order]):
    """PENDING → ACTIVE."""

    code = "accept"
    label = gettext_lazy("Accept")
    permission = Permission.MANAGE_ORDERS
    look = "primary"

    def is_shown(self, subject: Order) -> bool:
        return subject.status == OrderStatus.PENDING

    def title(self, subject: Order | None) -> str:
        return _("Accept order %(number)s") % {"number": subject}

    def explanation(self, subject: Order | None) -> str:
        waiting = Operation.objects.filter(
            service__order_line__order=subject, hold_reason=HoldReason.AWAITING_ACCEPTANCE
        ).count()
        if waiting:
            return _("What waited for you is bought at the partner now: %(count)s. No money of the client moves.") % {
                "count": waiting
            }
        return _("The order becomes active. Nothing waits for this: nothing is bought and no money moves.")

    def run(self, subject: Order | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        accept_order(order=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Order %(number)s is accepted.") % {"number": subject})


class CancelOrder(Button[Order]):
    """PENDING → CANCELLED."""

    code = "cancel"
    label = gettext_lazy("Cancel order")
    permission = Permission.MANAGE_ORDERS
    look = "danger"

    def is_shown(self, subject: Order) -> bool:
        return subject.status == OrderStatus.PENDING

    def title(self, subject: Order | None) -> str:
        return _("Cancel order %(number)s") % {"number": subject}

    def explanation(self, subject: Order | None) -> str:
        assert subject is not None
        return " ".join(filter(None, [_money_words(subject), _license_words(subject)]))

    def run(self, subject: Order | None, values: Mapping[str, Any], visit: Visit) -> Outcome:
        assert subject is not None
        cancel_order(order=subject, actor=visit.actor, now=visit.now)
        return Outcome(_("Order %(number)s is cancelled.") % {"number": subject})


def _money_words(order: Order) -> str:
    invoice = Invoice.objects.filter(order=order).select_related("currency").first()
    if invoice is None:
        return ""
    if invoice.amount_paid > 0:
        return _("%(amount)s that was paid becomes the credit of %(client)s.") % {
            "amount": amount_text(invoice.amount_paid, invoice.currency_id),
            "client": order.client,
        }
    return _("Invoice %(number)s is cancelled: %(amount)s is no longer asked for.") % {
        "number": invoice,
        "amount": amount_text(invoice.total, invoice.currency_id),
    }


def _license_words(order: Order) -> str:
    services = Service.objects.not_ended().filter(order_line__order=order)
    bought = [service.remote_id for service in services if service.remote_id]
    if bought:
        return _("Deleted at the partner, the client loses them now: %(numbers)s.") % {"numbers": ", ".join(bought)}
    return _("Nothing was bought yet; what waits is not bought.")


class OrderChips(Chips):
    """Orders by state."""

    title = gettext_lazy("status")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [("all", gettext_lazy("All")), *((status.value.lower(), status.label) for status in OrderStatus)]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        return queryset if code == "all" else queryset.filter(status=code.upper())


@admin.register(Order)
class OrderAdmin(ObjectAdmin):
    """What clients ordered."""

    page_template = "admin/billing/order/page.html"
    buttons = (AcceptOrder(), CancelOrder())
    page_related = ("client", "currency", "invoice")
    list_display = ("state", "number", "client", "total_words", "invoice_state", "service_states", "placed")
    list_display_links = ("number",)
    list_filter = (
        OrderChips,
        ("placed_at", DayRangeFilter),
        words_filter("payment_method", gettext_lazy("payment method"), GATEWAYS_IN_WORDS),
    )
    list_before_template = "admin/chips.html"
    search_fields = ("number", "client__email", "client__first_name", "client__last_name", "client__company")
    search_help_text = gettext_lazy("Number, e-mail or name of the client")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        services = Service.objects.order_by("id")
        lines = OrderLine.objects.prefetch_related(Prefetch("services", queryset=services))
        found: QuerySet[Order] = super().get_queryset(request)
        return found.select_related("client", "invoice").prefetch_related(Prefetch("lines", queryset=lines))

    def page_title(self, subject: Order) -> str:
        return _("Order %(number)s") % {"number": subject.number}

    def get_facts(self, request: HttpRequest, subject: Order) -> dict[str, Any]:
        services = Service.objects.select_related("product", "server").order_by("id")
        lines = subject.lines.select_related("product").prefetch_related(Prefetch("services", queryset=services))
        return {
            "lines": list(lines),
            "invoice": getattr(subject, "invoice", None),
            "events": history(order=subject),
        }

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, order: Order) -> SafeString:
        return state(order.status, order.get_status_display())

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def total_words(self, order: Order) -> SafeString:
        return money(order.total, order.currency_id)

    @admin.display(description=gettext_lazy("invoice"))
    def invoice_state(self, order: Order) -> SafeString | str:
        invoice = getattr(order, "invoice", None)
        return state(invoice.status, invoice.get_status_display()) if invoice else "—"

    @admin.display(description=gettext_lazy("services"))
    def service_states(self, order: Order) -> SafeString:
        counts = Counter(service.status for line in order.lines.all() for service in line.services.all())
        words = ((state(status, f"{count} × {ServiceStatus(status).label}"),) for status, count in counts.items())
        return format_html_join(" ", "{}", words)

    @admin.display(description=gettext_lazy("placed"), ordering="placed_at")
    def placed(self, order: Order) -> SafeString | str:
        return brief(order.placed_at)
