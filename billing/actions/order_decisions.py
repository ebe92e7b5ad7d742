"""What staff decide about an order: accepted, cancelled or marked as fraud, each once."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.ending import end_whole
from billing.actions.events import record_event
from billing.actions.invoicing import refund_invoice_to_credit
from billing.actions.locking import lock_client
from billing.actions.queueing import release_operation
from billing.actions.stock import return_stock
from billing.models import (
    HoldReason,
    Invoice,
    InvoiceStatus,
    Operation,
    OperationKind,
    OperationStatus,
    Order,
    OrderStatus,
    Service,
    ServiceStatus,
)


class OrderNotPending(Exception):
    """The order was accepted or cancelled already."""


class OrderClosed(Exception):
    """The order was cancelled or marked as fraud already."""


def accept_order(*, order: Order, actor: str, now: datetime) -> Order:
    """PENDING → ACTIVE; purchases that waited for acceptance go on. Raises OrderNotPending."""
    with transaction.atomic():
        locked = _leave_pending(order, OrderStatus.ACTIVE, now=now)
        record_event("order.accepted", now=now, actor=actor, order=locked)
        held = Operation.objects.filter(
            service__order_line__order=locked,
            status=OperationStatus.HELD,
            hold_reason=HoldReason.AWAITING_ACCEPTANCE,
        )
        for operation in held:
            release_operation(operation=operation, now=now)
    return locked


def cancel_order(*, order: Order, actor: str, now: datetime) -> Order:
    """PENDING → CANCELLED: unpaid money is no longer asked for, paid money becomes credit, what was bought ends.

    A purchase that was sent but is not settled ends behind it. Raises OrderNotPending.
    """
    with transaction.atomic():
        locked = _leave_pending(order, OrderStatus.CANCELLED, now=now)
        record_event("order.cancelled", now=now, actor=actor, order=locked)
        _take_money_back(locked, actor=actor, now=now)
        return_stock(locked)
        for service in Service.objects.select_for_update().filter(order_line__order=locked).order_by("-id"):
            end_whole(service=service, status=ServiceStatus.CANCELLED, actor=actor, now=now)
    return locked


def mark_order_fraud(*, order: Order, is_bought_ended: bool, actor: str, now: datetime) -> Order:
    """PENDING or ACTIVE → FRAUD: as after a cancellation, but services become FRAUD.

    What was bought ends only with `is_bought_ended`; without, those services stay as they are. A purchase that was
    never sent is cancelled either way. Raises OrderClosed.
    """
    with transaction.atomic():
        open_orders = Order.objects.filter(pk=order.pk, status__in=(OrderStatus.PENDING, OrderStatus.ACTIVE))
        if not open_orders.update(status=OrderStatus.FRAUD):
            raise OrderClosed(_("Only a pending or active order can be marked as fraud."))
        lock_client(order.client_id)
        locked = Order.objects.select_related("client").get(pk=order.pk)
        record_event("order.marked_fraud", now=now, actor=actor, order=locked, data={"bought_ended": is_bought_ended})
        _take_money_back(locked, actor=actor, now=now)
        return_stock(locked)
        for service in Service.objects.select_for_update().filter(order_line__order=locked).order_by("-id"):
            if is_bought_ended or not _is_bought(service):
                end_whole(service=service, status=ServiceStatus.FRAUD, actor=actor, now=now)
    return locked


def _leave_pending(order: Order, status: OrderStatus, *, now: datetime) -> Order:
    changes = {"status": status, **({"accepted_at": now} if status == OrderStatus.ACTIVE else {})}
    if not Order.objects.filter(pk=order.pk, status=OrderStatus.PENDING).update(**changes):
        raise OrderNotPending(_("Only a pending order can be accepted or cancelled."))
    lock_client(order.client_id)
    return Order.objects.select_related("client").get(pk=order.pk)


def _take_money_back(order: Order, *, actor: str, now: datetime) -> None:
    invoice = Invoice.objects.filter(order=order).first()
    if invoice is not None and invoice.status not in (InvoiceStatus.CANCELLED, InvoiceStatus.REFUNDED):
        refund_invoice_to_credit(invoice=invoice, now=now, actor=actor)


def _is_bought(service: Service) -> bool:
    """Whether it is at the partner, or may be: a purchase was sent and nobody knows yet what came of it."""
    sent = Operation.objects.unsettled().filter(service=service, kind=OperationKind.CREATE, first_sent_at__isnull=False)
    return bool(service.remote_id) or sent.exists()
