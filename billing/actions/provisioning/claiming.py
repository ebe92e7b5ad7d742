"""Step ⑤: a worker takes an operation under a lease, after judging once more whether it may run at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.provisioning.placing import place_service
from billing.models import (
    ENDED_STATUSES,
    PAYING_KINDS,
    UNDERWAY_STATUSES,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Operation,
    OperationAttempt,
    OperationKind,
    OperationStatus,
    Order,
    OrderStatus,
    Service,
)
from billing.queries.balances import refusal_mark
from billing.queries.children import live_children, must_follow_parent
from billing.queries.pool import taken_license
from catalog.models import AutoSetup
from noc.models import AccountHealth, Server

BUSY_WAIT = timedelta(seconds=20)


@dataclass(frozen=True)
class Claim:
    """A worker's right to act on an operation: only this attempt may report an outcome."""

    operation: Operation
    attempt: OperationAttempt

    @property
    def service(self) -> Service:
        """The service that the operation is for."""
        return self.operation.service


@dataclass(frozen=True)
class Hold:
    """Why an operation waits, with the words shown for it."""

    reason: HoldReason
    message: str


def claim_operation(*, operation_id: int, now: datetime) -> Claim | None:
    """Takes the operation if it is due and may run; None if not (held, cancelled, taken, too many in flight).

    Locks in the order service → server → operation, as everything does that writes them.
    """
    found = Operation.objects.filter(pk=operation_id).values("service_id").first()
    if found is None:
        return None
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=found["service_id"])
        if Operation.objects.due(now=now).filter(pk=operation_id).exists():
            _give_server(service, operation_id)
        server = Server.objects.select_for_update().filter(pk=service.server_id).first() if service.server_id else None
        operation = Operation.objects.select_for_update().due(now=now).filter(pk=operation_id).first()
        if operation is None:
            return None
        operation.service, operation.server = service, server
        if operation.status == OperationStatus.QUEUED and not _may_start(operation, server, now=now):
            return None
        if server is not None and _in_flight(server, now=now) >= settings.NOC_CALLS_IN_FLIGHT:
            return None
        return _take(operation, now=now)


def _give_server(service: Service, operation_id: int) -> None:
    """A purchase without an enabled server gets one now, under the lock of its service, unless it was sent already."""
    if not service.module or service.remote_id or _is_well_placed(service):
        return
    if not Operation.objects.filter(pk=operation_id, first_sent_at=None, kind=OperationKind.CREATE).exists():
        return
    place_service(service)
    Operation.objects.filter(pk=operation_id).update(server_id=service.server_id)


def _is_well_placed(service: Service) -> bool:
    """A module has moved with its license; anything else stays where it is while that server is enabled."""
    if must_follow_parent(service):
        return service.parent is not None and service.server_id == service.parent.server_id
    return service.server is not None and service.server.is_enabled


def _in_flight(server: Server, *, now: datetime) -> int:
    return Operation.objects.in_flight(now=now).filter(server=server).count()


def _may_start(operation: Operation, server: Server | None, *, now: datetime) -> bool:
    rivals = Operation.objects.filter(service=operation.service, status__in=UNDERWAY_STATUSES).exclude(pk=operation.pk)
    if rivals.exists() or _waits_behind_purchase(operation):
        Operation.objects.filter(pk=operation.pk).update(run_after=now + BUSY_WAIT)
        return False
    if is_moot(operation):
        if taken_license(operation) is not None:
            return True  # to put it back; nothing is bought
        _drop(operation, now=now)
        return False
    hold = judge_hold(operation, server)
    if hold is not None:
        _hold(operation, hold, now=now)
        return False
    return True


def _waits_behind_purchase(operation: Operation) -> bool:
    """A service ends behind a purchase that was sent: what it bought has to be known first."""
    if operation.kind != OperationKind.TERMINATE:
        return False
    purchases = Operation.objects.unsettled().filter(service=operation.service, kind=OperationKind.CREATE)
    return purchases.filter(first_sent_at__isnull=False).exists()


def is_moot(operation: Operation) -> bool:
    """A purchase that nobody wants any more: order cancelled, payment taken back, or it (or its parent) is to end."""
    if operation.kind != OperationKind.CREATE:
        return False
    service = operation.service
    if _has_lost_parent(service):
        return True
    if Operation.objects.unsettled().filter(service=service, kind=OperationKind.TERMINATE).exists():
        return True
    order = Order.objects.get(lines__services=service)
    if order.status in (OrderStatus.CANCELLED, OrderStatus.FRAUD) or service.is_ended:
        return True
    if service.product.auto_setup != AutoSetup.PAYMENT or not operation.params.get("automatic"):
        return False
    return Invoice.objects.filter(order=order).exclude(status=InvoiceStatus.PAID).exists()


def _has_lost_parent(service: Service) -> bool:
    """What belongs to a service that has ended is not bought. One that could not be bought may still come."""
    if service.parent_id is None:
        return False
    return Service.objects.filter(pk=service.parent_id, status__in=ENDED_STATUSES).exists()


def judge_hold(operation: Operation, server: Server | None) -> Hold | None:
    """Whether the operation has to wait, and why. S5: a disabled server buys nothing new; the rest goes on."""
    service = operation.service
    if not service.module:
        return None
    if server is None:
        return Hold(HoldReason.NO_SERVER, gettext_noop("No enabled server can take this service."))
    if operation.kind == OperationKind.CREATE and not server.is_enabled and operation.params.get("automatic", True):
        return Hold(
            HoldReason.SERVER_DISABLED,
            gettext_noop("The server is disabled: nothing is bought on it. Enable it, or create the service by hand."),
        )
    if server.health == AccountHealth.REFUSED:
        return Hold(HoldReason.ACCOUNT_REFUSED, gettext_noop("The partner refuses the login of this account."))
    is_tried = operation.params.get("tries_account") == refusal_mark(server)
    if operation.kind in PAYING_KINDS and server.health == AccountHealth.NO_MONEY and not is_tried:
        return Hold(HoldReason.NO_MONEY, gettext_noop("The partner account is out of money."))
    if operation.kind == OperationKind.CREATE and must_follow_parent(service) and not service.parent.remote_id:  # type: ignore[union-attr]
        return Hold(HoldReason.PARENT_MISSING, _missing_parent_words(service))
    if operation.kind == OperationKind.TERMINATE and live_children(service).exists():
        return Hold(HoldReason.CHILDREN_FIRST, gettext_noop("The modules on this license end first."))
    return None


def _missing_parent_words(service: Service) -> str:
    purchases = Operation.objects.filter(service=service.parent_id, kind=OperationKind.CREATE)
    if purchases.filter(status=OperationStatus.FAILED).exists() and not purchases.unsettled().exists():
        return gettext_noop("The license it belongs to could not be bought: it waits until that is there.")
    return gettext_noop("The license it belongs to is not there yet.")


def _hold(operation: Operation, hold: Hold, *, now: datetime) -> None:
    Operation.objects.filter(pk=operation.pk).update(
        status=OperationStatus.HELD, hold_reason=hold.reason, message=hold.message, message_values={}
    )
    record_event(
        "operation.held", now=now, service=operation.service, operation=operation, data={"reason": hold.reason}
    )


def _drop(operation: Operation, *, now: datetime) -> None:
    """CANCELLED; FAILED if it was sent once and proven not bought, since only what was never sent is cancelled."""
    if operation.was_sent:
        message = gettext_noop("Not bought, and no longer wanted.")
    elif _has_lost_parent(operation.service):
        message = gettext_noop("The service it belongs to has ended: there is nothing to buy it for.")
    else:
        message = gettext_noop("The order was cancelled or is no longer paid.")
    status = OperationStatus.FAILED if operation.was_sent else OperationStatus.CANCELLED
    Operation.objects.filter(pk=operation.pk).update(status=status, finished_at=now, message=message, message_values={})
    name = "operation.failed" if operation.was_sent else "operation.cancelled"
    record_event(name, now=now, service=operation.service, operation=operation, data={"kind": operation.kind})


def _take(operation: Operation, *, now: datetime) -> Claim:
    operation.attempt += 1
    operation.lease_expires_at = now + settings.OPERATION_LEASE
    if operation.status == OperationStatus.QUEUED:
        operation.status = OperationStatus.RUNNING
    operation.server_id = operation.service.server_id
    operation.save(update_fields=["attempt", "lease_expires_at", "status", "server"])
    # A worker that looked and died reported nothing: its attempt must not seem to run for ever.
    OperationAttempt.objects.filter(operation=operation, ended_at=None).update(ended_at=now, outcome="LOST")
    attempt = OperationAttempt.objects.create(operation=operation, number=operation.attempt, started_at=now)
    return Claim(operation=operation, attempt=attempt)
