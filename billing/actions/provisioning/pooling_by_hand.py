"""What operators do to the pool: delete a license of it, or have one deleted that could not go in."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.provisioning.pooling_in import is_without_owner
from billing.actions.provisioning.settling import OperationNotOpen
from billing.actions.queueing import queue_operation
from billing.models import (
    WAITING_STATUSES,
    Operation,
    OperationKind,
    OperationStatus,
    PooledLicense,
    PoolState,
    Service,
)
from noc.errors import NotFound, PartnerError
from noc.kinds import get_kind
from noc.schemas import ItemStatus
from noc.servers import connect

DELETED = gettext_noop("Deleted at the partner by an operator.")
KEPT = gettext_noop("An operator wanted it deleted; the partner did not do it.")


class PooledLicenseKept(Exception):
    """The license was not deleted; the text says why."""


def delete_pooled_license(*, pooled: PooledLicense, actor: str, now: datetime) -> None:
    """FREE → DROPPED, and deleted at the partner if it bears nobody's name there. Raises PooledLicenseKept.

    It leaves the pool first, so that no purchase takes it meanwhile; whatever goes wrong brings it back, and a later
    purchase or the night finds out what became of it.
    """
    _record_move(pooled, PoolState.FREE, PoolState.DROPPED, "license.deleted", DELETED, actor=actor, now=now)
    try:
        _delete(pooled)
    except PartnerError as error:
        _record_move(pooled, PoolState.DROPPED, PoolState.FREE, "license.kept", KEPT, actor=actor, now=now)
        raise PooledLicenseKept(_("It was not deleted: %(why)s") % {"why": error.message}) from error
    except PooledLicenseKept:
        _record_move(pooled, PoolState.DROPPED, PoolState.FREE, "license.kept", KEPT, actor=actor, now=now)
        raise


def _record_move(
    pooled: PooledLicense, before: PoolState, after: PoolState, name: str, note: str, *, actor: str, now: datetime
) -> None:
    with transaction.atomic():
        here = PooledLicense.objects.filter(pk=pooled.pk, state=before)
        if not here.update(state=after, changed_at=now, note=note):
            raise PooledLicenseKept(_("It is not free any more."))
        data = {"remote_id": pooled.remote_id, "server": pooled.server_id, "message": note}
        record_event(name, now=now, actor=actor, service=pooled.released_from, data=data)


def _delete(pooled: PooledLicense) -> None:
    """Reads it before: somebody may have given it a name at the partner by hand."""
    license_kind = get_kind("license")
    client = connect(pooled.server, reference=f"pool:{pooled.pk}", is_awaited=True)
    try:
        form = license_kind.read(client, pooled.remote_id)
        if form.status != ItemStatus.DELETED and not is_without_owner(form):
            words = _("It bears the name “%(name)s” at the partner: somebody may use it. Look there first.")
            raise PooledLicenseKept(words % {"name": form.name})
        license_kind.delete(client, pooled.remote_id)
    except NotFound:
        return
    finally:
        client.close()


def delete_instead(*, operation: Operation, actor: str, now: datetime) -> Operation:
    """A license that the partner did not let go into the pool is deleted. Raises OperationNotOpen."""
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=operation.service_id)
        failed = Operation.objects.select_for_update().get(pk=operation.pk)
        is_open = failed.kind == OperationKind.TERMINATE and failed.status == OperationStatus.FAILED
        if not is_open or service.is_ended:
            raise OperationNotOpen(_("This operation is finished."))
        params = {**failed.params, "delete": True}
        data = {"command": "terminate", "message": gettext_noop("It is deleted, not kept in the pool.")}
        record_event("command.given", now=now, actor=actor, service=service, operation=failed, data=data)
        queued = queue_operation(service=service, kind=OperationKind.TERMINATE, now=now, actor=actor, params=params)
        # One that waits already was to keep the license.
        Operation.objects.filter(pk=queued.pk, status__in=WAITING_STATUSES).update(params=params)
    return queued
