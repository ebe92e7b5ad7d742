"""A person puts a finding right, or decides that it may stay: one remedy, one audited decision."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.reconciliation import correcting
from billing.actions.reconciliation.correcting import Deed, Order, RemedyFailed, RemedyInvalid, RemedyNotFitting
from billing.models import Finding, FindingSort, FindingStatus, Service
from billing.queries.findings import ADOPT, CORRECT_HERE, CORRECT_THERE, IGNORE, TERMINATE_THERE, remedies_for

__all__ = ["RemedyFailed", "RemedyInvalid", "RemedyNotFitting", "apply_remedy"]

# What a remedy of a sort does; which remedies there are is said in billing.queries.findings.
_DEEDS: dict[tuple[str, str], Deed] = {
    (FindingSort.ORPHAN, ADOPT): correcting.adopt,
    (FindingSort.ORPHAN, TERMINATE_THERE): correcting.delete_there,
    (FindingSort.GHOST, CORRECT_HERE): correcting.sync,
    (FindingSort.DOUBLE, ADOPT): correcting.adopt,
    (FindingSort.DOUBLE, TERMINATE_THERE): correcting.delete_there,
    (FindingSort.UNPAID_ITEM, TERMINATE_THERE): correcting.empty_basket,
    (FindingSort.NOT_COVERED, CORRECT_THERE): correcting.renew_there,
    (FindingSort.DATE_DRIFT, CORRECT_HERE): correcting.sync,
    (FindingSort.STATUS_DRIFT, CORRECT_HERE): correcting.sync,
    (FindingSort.TARIFF_DRIFT, CORRECT_HERE): correcting.take_over_tariff,
    (FindingSort.ADDRESS_DRIFT, CORRECT_HERE): correcting.sync,
    (FindingSort.ADDRESS_DRIFT, CORRECT_THERE): correcting.change_there,
    (FindingSort.NODES_DRIFT, CORRECT_HERE): correcting.take_over_nodes,
    (FindingSort.AUTO_RENEWAL, CORRECT_THERE): correcting.sync,
    (FindingSort.POOL_DRIFT, CORRECT_HERE): correcting.forget_pooled,
    (FindingSort.POOL_DRIFT, TERMINATE_THERE): correcting.delete_pooled,
}


def apply_remedy(
    *, finding: Finding, code: str, actor: str, now: datetime, service: Service | None = None, reason: str = ""
) -> Finding:
    """Does it and marks the finding SOLVED (IGNORED for *ignore*); should it not have helped, the next run opens it
    anew. `service` is for *adopt*, `reason` for *ignore*. What speaks to the partner does so before anything is
    written, and is safe to repeat.

    Raises RemedyNotFitting, RemedyInvalid, RemedyFailed, CommandNotAllowed, CommandInvalid.
    """
    finding = Finding.objects.select_related("server", "service").get(pk=finding.pk)
    _check(finding, code)
    if code == IGNORE:
        return _ignore(finding, reason.strip(), actor=actor, now=now)
    order = Order(finding, actor, now, service)
    write = _DEEDS[finding.sort, code](order)
    with transaction.atomic():
        if finding.service_id:
            Service.objects.select_for_update().get(pk=finding.service_id)
        locked = Finding.objects.select_for_update().get(pk=finding.pk)
        _check(finding, code, status=locked.status)
        write()
        _close(locked, FindingStatus.SOLVED, actor=actor, now=now)
        _tell(finding, "finding.remedied", code, actor=actor, now=now)
    return locked


def _check(finding: Finding, code: str, *, status: str = "") -> None:
    finding.status = status or finding.status
    if finding.status not in (FindingStatus.OPEN, FindingStatus.IGNORED):
        raise RemedyNotFitting(_("This finding is closed."))
    if code not in {remedy.code for remedy in remedies_for(finding)}:
        raise RemedyNotFitting(_("This remedy does not fit this finding."))


def _ignore(finding: Finding, reason: str, *, actor: str, now: datetime) -> Finding:
    if not reason:
        raise RemedyInvalid({"reason": [_("Say why it may stay as it is.")]})
    if len(reason) > 255:
        raise RemedyInvalid({"reason": [_("Enter at most 255 characters.")]})
    with transaction.atomic():
        locked = Finding.objects.select_for_update().get(pk=finding.pk)
        _check(finding, IGNORE, status=locked.status)
        _close(locked, FindingStatus.IGNORED, actor=actor, now=now, reason=reason)
        _tell(finding, "finding.ignored", IGNORE, actor=actor, now=now, reason=reason)
    return locked


def _close(finding: Finding, status: FindingStatus, *, actor: str, now: datetime, reason: str = "") -> None:
    finding.status, finding.closed_at, finding.closed_by, finding.reason = status, now, actor, reason
    finding.save(update_fields=["status", "closed_at", "closed_by", "reason"])


def _tell(finding: Finding, name: str, code: str, *, actor: str, now: datetime, reason: str = "") -> None:
    data = {
        "finding": finding.pk,
        "what": finding.sort,
        "remedy": code,
        "server": finding.server_id,
        "remote_id": finding.remote_id,
        "reason": reason,
    }
    record_event(name, now=now, actor=actor, service=finding.service, data=data)
