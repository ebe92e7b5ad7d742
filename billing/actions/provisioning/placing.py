"""Which partner account a new service is bought from (features S3–S5, L1)."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from billing.models import ENDED_STATUSES, Service
from billing.queries.children import must_follow_parent
from noc.allocation import Candidate, choose_server
from noc.models import FillType, Server
from noc.servers import can_pay


def place_service(service: Service) -> Server | None:
    """Gives the service its server and saves it. None if no server can take it: the purchase then waits and says why.

    A module goes to the account that holds its license, wherever that is now; else the group of the product decides,
    else the account of the service it was sold on, else the default server. A disabled default server is kept, so
    that the operation can name it as its reason to wait.
    """
    if must_follow_parent(service):
        server = _server_of_parent(service)
    else:
        server = _server_of_group(service) or _server_of_parent(service) or _default_server(service)
    if server is not None:
        service.server = server
        service.save(update_fields=["server"])
    return server


def _server_of_parent(service: Service) -> Server | None:
    """None where the parent is provisioned by something else."""
    if service.parent is None or service.parent.module != service.module:
        return None
    return service.parent.server


def _server_of_group(service: Service) -> Server | None:
    group = service.product.server_group
    if group is None:
        return None
    members = list(_with_use(Server.objects.filter(groups=group, module=service.module)))
    candidates = [
        Candidate(
            id=server.pk,
            name=server.name,
            used=server.used,
            maximum=server.max_accounts,
            is_enabled=server.is_enabled,
            is_default=server.is_default,
            has_money=can_pay(server),
        )
        for server in members
    ]
    default_id = next((server.pk for server in members if server.is_default), None)
    chosen = choose_server(candidates, FillType(group.fill_type), default_id, prefers_money=group.prefers_balance)
    return next((server for server in members if server.pk == chosen), None)


def _with_use(servers: QuerySet[Server]) -> QuerySet[Any]:
    """Fullness counts every service that is not ended, pending ones too."""
    alive = ~Q(services__status__in=ENDED_STATUSES) & Q(services__isnull=False)
    return servers.annotate(used=Count("services", filter=alive)).order_by("name")


def _default_server(service: Service) -> Server | None:
    if service.product.server_group_id is not None:
        return None
    return Server.objects.filter(module=service.module, is_default=True).first()
