"""Ending a service with all that hangs on it: at the partner where something is or may be there, else here at once."""

from datetime import datetime

from billing.actions.lifecycle import end_service
from billing.actions.queueing import cancel_waiting, queue_operation
from billing.models import Operation, OperationKind, Service, ServiceStatus

# What is no longer wanted of a service that ends.
UNWANTED = (OperationKind.CREATE, OperationKind.RENEW, OperationKind.CHANGE)


def end_whole(*, service: Service, status: ServiceStatus, now: datetime, actor: str = "") -> None:
    """Ends the service as `status`, its addons and modules before it. Call it in a transaction.

    Purchases that were never sent are not made; one that was sent is ended behind it. Ending twice changes nothing.
    """
    for child in service.children.not_ended().order_by("id"):
        end_whole(service=child, status=status, now=now, actor=actor)
    cancel_waiting(service=service, now=now, actor=actor, kinds=UNWANTED)
    if is_or_may_be_bought(service):
        queue_operation(service=service, kind=OperationKind.TERMINATE, now=now, actor=actor, params={"end_as": status})
    elif not service.is_ended:
        end_service(service=service, status=status, now=now, actor=actor)


def is_or_may_be_bought(service: Service) -> bool:
    """Whether something of it is at the partner, or a purchase was sent and nobody knows yet what came of it.

    What has ended keeps its number here; at the partner it may be someone else's by now (pool).
    """
    if Operation.objects.unsettled().filter(service=service, kind=OperationKind.CREATE).exists():
        return True
    return bool(service.remote_id) and not service.is_ended
