"""Services that belong to another: modules on a license, addons of any product (P14)."""

from django.db.models import Q

from billing.models import Operation, OperationKind, Service
from billing.models.service import ServiceQuerySet
from noc.kinds import KINDS


def must_follow_parent(service: Service) -> bool:
    """Whether it is bought on its parent's license, and so on the account that holds it, and only once that is there.

    A license or other software sold as an addon has only its address from the parent: it is bought by itself.
    """
    kind = KINDS.get(service.kind)
    return service.parent_id is not None and kind is not None and "item" in kind.order_fields


def live_children(service: Service) -> ServiceQuerySet:
    """What belongs to it and is at the partner, or may be: a purchase was sent and is not settled."""
    sent = Operation.objects.unsettled().filter(kind=OperationKind.CREATE, first_sent_at__isnull=False)
    return service.children.not_ended().filter(~Q(remote_id="") | Q(pk__in=sent.values("service")))
