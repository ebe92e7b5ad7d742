"""Orders: what clients asked for, decided one by one or many at once, and placed for them (O3)."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedCheckboxFilter

from billing.actions.order_decisions import OrderNotPending, accept_order, cancel_order
from billing.admin.deciding import decide_each
from billing.admin.objects import Chips, ObjectAdmin, history, words_filter
from billing.admin.order_buttons import AcceptOrder, CancelOrder, MarkFraud
from billing.admin.order_list import PaymentFilter, TotalFilter, item_words, payment_words
from billing.admin.order_placing import PlaceOrder, place_view, sums_view
from billing.admin.order_words import DecisionWords, accepting_words, cancelling_words
from billing.models import Order, OrderLine, OrderStatus, Service, ServiceStatus
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.order_effects import OrderEffects, effects_of
from billing.queries.order_totals import order_totals
from billing.templatetags.back_office import brief, gateway, state
from billing.templatetags.event_words import GATEWAYS as GATEWAYS_IN_WORDS
from billing.templatetags.portal import money
from noc.day_range import DayRangeFilter


class OrderChips(Chips):
    """Orders by state."""

    title = gettext_lazy("status")

    def chips(self) -> Iterable[tuple[str, Any]]:
        return [("all", gettext_lazy("All")), *((status.value.lower(), status.label) for status in OrderStatus)]

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        return queryset if code == "all" else queryset.filter(status=code.upper())


class ProductFilter(AutocompleteSelectFilter):  # type: ignore[misc]
    """Orders with a line of a product."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.title = _("product")


@admin.register(Order)
class OrderAdmin(ObjectAdmin):
    """What clients ordered."""

    page_template = "admin/billing/order/page.html"
    add_button = PlaceOrder()
    buttons = (AcceptOrder(), CancelOrder(), MarkFraud())
    page_related = ("client", "currency", "invoice")
    list_display = (
        "state",
        "number",
        "client",
        "items",
        "total_words",
        "payment",
        "method",
        "service_states",
        "placed",
    )
    list_display_links = ("number",)
    list_filter = (
        OrderChips,
        ("client", AutocompleteSelectFilter),
        ("lines__product", ProductFilter),
        ("placed_at", DayRangeFilter),
        PaymentFilter,
        ("total", TotalFilter),
        ("currency", RelatedCheckboxFilter),
        words_filter("payment_method", gettext_lazy("payment method"), GATEWAYS_IN_WORDS),
    )
    list_before_template = "admin/billing/order/list_above.html"
    search_fields = (
        "number",
        "invoice__number",
        "promo_code",
        "client__email",
        "client__first_name",
        "client__last_name",
        "client__company",
    )
    search_help_text = gettext_lazy("Number, invoice, promo code, e-mail or name of the client")
    actions = ("accept_selected", "cancel_selected")

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        own = [path("add/sums/", inside(sums_view), name="billing_order_sums")]
        return own + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page on which an operator orders for a client."""
        return place_view(request, self.frame(request, self._list_crumb))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        services = Service.objects.order_by("id")
        lines = OrderLine.objects.prefetch_related(Prefetch("services", queryset=services))
        found: QuerySet[Order] = super().get_queryset(request)
        return found.select_related("client", "invoice").prefetch_related(Prefetch("lines", queryset=lines))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With what the orders found come to."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["totals"] = order_totals(context["cl"].queryset)
        return response

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

    @admin.action(description=gettext_lazy("Accept…"))
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Asks with a list of what happens to each order, then accepts one by one."""
        return self._decide(request, queryset, "accept_selected", accepting_words, accept_order)

    @admin.action(description=gettext_lazy("Cancel…"))
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Asks with a list of what happens to each order, then cancels one by one."""
        return self._decide(request, queryset, "cancel_selected", cancelling_words, cancel_order)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[Order],
        code: str,
        words_of: Callable[[OrderEffects], DecisionWords],
        decide: Callable[..., Order],
    ) -> HttpResponse | None:
        if not request.user.has_perm(Permission.MANAGE_ORDERS):
            raise PermissionDenied
        chosen = list(queryset.order_by("id").values_list("pk", flat=True))
        if "confirmed" in request.POST:
            self._decide_each(request, chosen, code, decide)
            return None
        rows = [(effects.order, words_of(effects)) for effects in effects_of(chosen)]
        context = {
            **self.frame(request, self._list_crumb),
            "title": _title_of(code, len(rows)),
            "rows": rows,
            "count": sum(not words.why_not for _order, words in rows),
            "code": code,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/billing/order/decide_selected.html", context)

    def _decide_each(self, request: HttpRequest, chosen: list[int], code: str, decide: Callable[..., Order]) -> None:
        now = database_now()
        done = decide_each(
            request,
            Order.objects.filter(pk__in=chosen).order_by("id"),
            lambda order: decide(order=order, actor=str(request.user), now=now),
            refused=OrderNotPending,
            name_of=lambda order: _("Order %(number)s") % {"number": order},
        )
        if done:
            messages.success(request, _done_words(code, done))

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, order: Order) -> SafeString:
        return state(order.status, order.get_status_display())

    @admin.display(description=gettext_lazy("total"), ordering="total")
    def total_words(self, order: Order) -> SafeString:
        return money(order.total, order.currency_id)

    @admin.display(description=gettext_lazy("items"))
    def items(self, order: Order) -> SafeString:
        return item_words(order)

    @admin.display(description=gettext_lazy("payment"), ordering="invoice__status")
    def payment(self, order: Order) -> SafeString | str:
        return payment_words(order)

    @admin.display(description=gettext_lazy("payment method"), ordering="payment_method")
    def method(self, order: Order) -> str:
        return gateway(order.payment_method)

    @admin.display(description=gettext_lazy("services"))
    def service_states(self, order: Order) -> SafeString:
        counts = Counter(service.status for line in order.lines.all() for service in line.services.all())
        words = ((state(status, f"{count} × {ServiceStatus(status).label}"),) for status, count in counts.items())
        return format_html_join(" ", "{}", words)

    @admin.display(description=gettext_lazy("placed"), ordering="placed_at")
    def placed(self, order: Order) -> SafeString | str:
        return brief(order.placed_at)


def _title_of(code: str, count: int) -> str:
    if code == "accept_selected":
        return ngettext("Accept %(count)s order", "Accept %(count)s orders", count) % {"count": count}
    return ngettext("Cancel %(count)s order", "Cancel %(count)s orders", count) % {"count": count}


def _done_words(code: str, count: int) -> str:
    if code == "accept_selected":
        return ngettext("%(count)s order is accepted.", "%(count)s orders are accepted.", count) % {"count": count}
    return ngettext("%(count)s order is cancelled.", "%(count)s orders are cancelled.", count) % {"count": count}
