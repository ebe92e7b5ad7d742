"""Taking over what exists at the partner already: moving in, and putting right what reconciliation found.

Nothing is bought and nothing is changed at the partner; it is read there, then written here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.fields import save_field_values
from billing.actions.lifecycle import apply_remote_state
from billing.actions.queueing import cancel_waiting, queue_operation
from billing.models import (
    ENDED_STATUSES,
    UNDERWAY_STATUSES,
    WAITING_STATUSES,
    Operation,
    OperationKind,
    PooledLicense,
    PoolState,
    Service,
)
from billing.queries.services import field_values
from noc.errors import NotFound, PartnerError
from noc.kinds import KINDS
from noc.kinds.base import Kind, has_other_tariff
from noc.models import Server
from noc.schemas import ItemStatus, RemoteService
from noc.servers import connect


class AdoptionRefused(Exception):
    """The service cannot take this over; `errors` maps `service`, `server` and `remote_id` to messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = errors


def adopt_remote(*, service: Service, server: Server, remote_id: str, actor: str, now: datetime) -> None:
    """Makes `remote_id` of the account `server` the partner's side of `service`, after reading it there.

    It must exist, be bought and not deleted, have the service's Product ID and belong to nobody else here. A number
    that the service holds already is given up only if the partner no longer has it. A purchase that still waits is
    called off; the partner's auto-renewal, if on, is turned off by a sync. Adopting the same number again only brings
    our record up to date. Raises AdoptionRefused.
    """
    number = remote_id.strip()
    service = Service.objects.select_related("product", "server").get(pk=service.pk)
    kind = _check_before(service, server, number)
    remote = _read_there(service, server, kind, number)
    _check_remote(service, remote)
    try:
        with transaction.atomic():
            locked = Service.objects.select_for_update(of=("self",)).select_related("product").get(pk=service.pk)
            _check_before(locked, server, number)
            if locked.remote_id != service.remote_id:
                raise AdoptionRefused({"service": [_("The service was changed meanwhile. Try again.")]})
            _take_over(locked, server, remote, actor=actor, now=now)
    except IntegrityError as error:
        raise AdoptionRefused({"remote_id": [_("Another service holds this number.")]}) from error


def _check_before(service: Service, server: Server, number: str) -> Kind:
    """What our own records say against it. Raises AdoptionRefused."""
    errors: dict[str, list[str]] = {}
    kind = KINDS.get(service.kind)
    if kind is None or not service.module:
        errors["service"] = [_("This service has nothing at a partner.")]
    elif service.is_ended:
        errors["service"] = [_("The service has ended.")]
    elif is_being_decided(service):
        errors["service"] = [_("An operation of this service is not settled yet.")]
    if server.module != service.module:
        errors["server"] = [_("This account belongs to another module.")]
    if not number.isascii() or not number.isdecimal():
        errors["remote_id"] = [_("Enter the number of the license at the partner.")]
    elif holder := find_holder(service, server, number):
        errors["remote_id"] = [holder]
    if errors or kind is None:
        raise AdoptionRefused(errors)
    return kind


def is_being_decided(service: Service) -> bool:
    """Whether something was sent for it whose outcome is open, or it is about to end."""
    operations = Operation.objects.filter(service=service)
    sent = operations.filter(status__in=WAITING_STATUSES, kind=OperationKind.CREATE, first_sent_at__isnull=False)
    ending = operations.filter(status__in=WAITING_STATUSES, kind=OperationKind.TERMINATE)
    return (operations.filter(status__in=UNDERWAY_STATUSES) | sent | ending).exists()


def find_holder(service: Service, server: Server, number: str) -> str:
    """Who else has this number, in words; "" if nobody."""
    others = Service.objects.filter(server=server, kind=service.kind, remote_id=number).exclude(pk=service.pk)
    if others.exclude(status__in=ENDED_STATUSES).exists():
        return _("Another service holds this number.")
    on_their_way = Operation.objects.unsettled().filter(server=server, service__kind=service.kind)
    if on_their_way.filter(service__in=others).exists():
        return _("A service that has ended is still being ended there.")
    if on_their_way.filter(remote_id=number).exclude(service=service).exists():
        return _("Another service is about to take this number.")
    pool = PooledLicense.objects.filter(server=server, remote_id=number, state__in=[PoolState.FREE, PoolState.TAKEN])
    return _("It is kept in the pool for a later order.") if service.kind == "license" and pool.exists() else ""


def _read_there(service: Service, server: Server, kind: Kind, number: str) -> RemoteService:
    """The form of `number`; before that, proof that a number held until now is gone. No transaction is open."""
    is_held_elsewhere = bool(service.remote_id) and (service.server_id, service.remote_id) != (server.pk, number)
    try:
        if is_held_elsewhere and service.server is not None and not _is_gone(service, service.server, kind):
            words = _("The service has %(number)s at the partner, which is still there.")
            raise AdoptionRefused({"service": [words % {"number": service.remote_id}]})
        with connect(server, reference=f"adopt:{service.pk}") as client:
            # The number asked for counts, whatever the form calls itself.
            return replace(kind.read(client, number), id=number)
    except NotFound as error:
        words = _("There is no service %(number)s at the partner.") % {"number": number}
        raise AdoptionRefused({"remote_id": [words]}) from error
    except PartnerError as error:
        words = _("The partner could not be asked: %(why)s") % {"why": error.message}
        raise AdoptionRefused({"server": [words]}) from error


def _is_gone(service: Service, server: Server, kind: Kind) -> bool:
    with connect(server, reference=f"adopt:{service.pk}") as client:
        try:
            return kind.read(client, service.remote_id).status == ItemStatus.DELETED
        except NotFound:
            return True


def _check_remote(service: Service, remote: RemoteService) -> None:
    """What the partner shows must be bought, alive and the same product. Raises AdoptionRefused."""
    if remote.status == ItemStatus.DELETED:
        raise AdoptionRefused({"remote_id": [_("It is deleted at the partner.")]})
    if remote.status == ItemStatus.ORDERED:
        raise AdoptionRefused({"remote_id": [_("It is ordered at the partner but not paid.")]})
    if has_other_tariff(remote, service.tariff_id):
        shown: Mapping[str, str] = {"shown": remote.tariff_id or remote.tariff_name, "wanted": service.tariff_id}
        words = _("It has the Product ID %(shown)s at the partner, the service has %(wanted)s.") % shown
        raise AdoptionRefused({"remote_id": [words]})


def _take_over(service: Service, server: Server, remote: RemoteService, *, actor: str, now: datetime) -> None:
    before = {"server": service.server_id, "remote_id": service.remote_id}
    after = {"server": server.pk, "remote_id": remote.id}
    cancel_waiting(service=service, now=now, actor=actor, kinds=(OperationKind.CREATE,))
    if before != after:
        service.server, service.remote_id = server, remote.id
        service.save(update_fields=["server", "remote_id"])
        record_event("service.adopted", now=now, actor=actor, service=service, data={"from": before, "to": after})
    apply_remote_state(service=service, remote=remote, now=now)
    if remote.auto_renewal or service.awaits_issue:
        queue_operation(service=service, kind=OperationKind.SYNC, now=now, actor=actor)


def fill_empty_fields(*, service: Service, values: Mapping[str, str], actor: str, now: datetime) -> list[str]:
    """Writes values (key → text) into fields of the service that are empty; returns the keys that were."""
    with transaction.atomic():
        locked = Service.objects.select_for_update(of=("self",)).select_related("product").get(pk=service.pk)
        held = field_values(locked)
        known = set(locked.product.custom_fields.values_list("key", flat=True))
        empty = {key: text for key, text in values.items() if text and key in known and not held.get(key)}
        if empty:
            save_field_values(service=locked, values=empty)
            record_event("service.fields_filled", now=now, actor=actor, service=locked, data={"fields": sorted(empty)})
    return sorted(empty)
