"""Duty: orders that nobody paid are cancelled, their stock goes back."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.order_decisions import cancel_order
from billing.automation.ends import ACTOR
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import InvoiceStatus, Operation, OperationKind, Order, OrderStatus, Service


class StaleOrders(Sweep[Order]):
    """Pending orders whose invoice is long overdue and of which nothing was bought."""

    code = "stale_orders"
    label = gettext_lazy("Unpaid orders")
    words = gettext_lazy("Cancels orders that were not paid for long; nothing of them was bought.")

    def candidates(self, night: Night) -> QuerySet[Order]:
        """Nothing paid, nothing bought, nothing on its way."""
        days = night.settings.stale_order_days
        if not days:
            return Order.objects.none()
        services = Service.objects.filter(order_line__order=OuterRef("pk"))
        sent = Operation.objects.unsettled().filter(
            service__order_line__order=OuterRef("pk"), kind=OperationKind.CREATE, first_sent_at__isnull=False
        )
        unpaid = Order.objects.filter(
            status=OrderStatus.PENDING,
            invoice__status=InvoiceStatus.UNPAID,
            invoice__amount_paid=0,
            invoice__due_date__lte=night.day - timedelta(days=days),
        )
        return unpaid.filter(~Exists(services.exclude(remote_id="")), ~Exists(sent))

    def intend(self, night: Night, row: Order) -> Touched:
        """Cancelled; its money is no longer awaited."""
        return Touched("order", row.pk, _("Cancelled unpaid"), -row.total, row.currency_id)

    def do(self, night: Night, row: Order) -> bool:
        """As an operator would."""
        cancel_order(order=row, actor=ACTOR, now=night.now)
        return True
