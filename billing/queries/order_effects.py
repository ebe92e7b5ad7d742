"""What a decision on orders would do: to money, to services, at the partner. The same few queries for any number."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from billing.models import (
    PAYABLE_STATUSES,
    SETTLED_STATUSES,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Operation,
    OperationKind,
    OperationStatus,
    Order,
    OrderLine,
    OrderStatus,
    Service,
)

_CREATES = "open_creates"


@dataclass(frozen=True, slots=True)
class OrderEffects:
    """An order with what hangs on it.

    `awaiting` wait for acceptance and are bought then; `bought` are at the partner; `under_way` were sent there and
    are not settled; `unbought` are neither and have not ended.
    """

    order: Order
    invoice: Invoice | None
    awaiting: tuple[Service, ...]
    bought: tuple[Service, ...]
    under_way: tuple[Service, ...]
    unbought: tuple[Service, ...]

    @property
    def is_pending(self) -> bool:
        """Whether it can be accepted or cancelled."""
        return self.order.status == OrderStatus.PENDING

    @property
    def to_credit(self) -> Decimal:
        """What was paid and becomes credit when the order is undone."""
        is_kept = self.invoice is not None and self.invoice.status not in _TAKEN_BACK
        return self.invoice.amount_paid if self.invoice is not None and is_kept else Decimal(0)

    @property
    def unasked(self) -> Invoice | None:
        """The invoice that is no longer asked for when the order is undone."""
        invoice = self.invoice
        return invoice if invoice and invoice.status in PAYABLE_STATUSES and not invoice.amount_paid else None


_TAKEN_BACK = (InvoiceStatus.CANCELLED, InvoiceStatus.REFUNDED)


def effects_of(order_ids: Collection[int]) -> list[OrderEffects]:
    """The orders that are there, oldest first."""
    creates = Operation.objects.filter(kind=OperationKind.CREATE).exclude(status__in=SETTLED_STATUSES)
    services = (
        Service.objects.select_related("product", "server")
        .prefetch_related(Prefetch("operations", creates, to_attr=_CREATES))
        .order_by("id")
    )
    lines = OrderLine.objects.order_by("id").prefetch_related(Prefetch("services", services))
    orders = Order.objects.filter(pk__in=order_ids).select_related("client", "invoice")
    return [_effects(order) for order in orders.prefetch_related(Prefetch("lines", lines)).order_by("id")]


def _effects(order: Order) -> OrderEffects:
    services = [service for line in order.lines.all() for service in line.services.all() if not service.is_ended]
    bought = [service for service in services if service.remote_id]
    under_way = [service for service in services if not service.remote_id and any(map(_was_sent, _creates(service)))]
    return OrderEffects(
        order=order,
        invoice=getattr(order, "invoice", None),
        awaiting=tuple(service for service in services if any(map(_awaits_acceptance, _creates(service)))),
        bought=tuple(bought),
        under_way=tuple(under_way),
        unbought=tuple(service for service in services if service not in bought and service not in under_way),
    )


def _creates(service: Service) -> list[Operation]:
    found: list[Operation] = getattr(service, _CREATES)
    return found


def _was_sent(operation: Operation) -> bool:
    return operation.first_sent_at is not None


def _awaits_acceptance(operation: Operation) -> bool:
    return operation.status == OperationStatus.HELD and operation.hold_reason == HoldReason.AWAITING_ACCEPTANCE
