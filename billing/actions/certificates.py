"""Certificates: the request is kept before it is ordered, what the authority says is noted, each download recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.actions.events import record_event
from billing.actions.lifecycle import activate_service, apply_remote_state
from billing.actions.notifications import notify_client, notify_operators
from billing.actions.queueing import queue_operation
from billing.models import Certificate, CertificateState, OperationKind, Service, ServiceStatus
from billing.queries.commands import Audience, available_downloads
from billing.queries.services import field_values
from noc.kinds import get_kind
from noc.kinds.certificate import CertificateKind, IssueState, SigningRequest
from noc.kinds.certificate_material import Material
from noc.kinds.certificate_request import common_name_of
from noc.schemas import RemoteService

SOONEST_LOOK: Final = timedelta(minutes=1)
LATEST_LOOK: Final = timedelta(hours=12)


class PartMissing(Exception):
    """There is no such part of this certificate (yet), or it is not for this audience."""


@dataclass(frozen=True, slots=True)
class IssueReading:
    """What the partner told of a certificate. `is_foreign`: what it holds was issued for another request."""

    state: IssueState
    material: Material | None = None
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A part of a certificate as a file; `content` is PEM."""

    name: str
    content: str


def keep_request(*, service: Service, request: SigningRequest, now: datetime) -> None:
    """What will be ordered, with its key, encrypted. Call it in the transaction that makes sure of the claim."""
    Certificate.objects.update_or_create(
        service=service,
        defaults={
            "csr": request.csr,
            "private_key": request.private_key,
            "state": CertificateState.REQUESTED,
            "changed_at": now,
        },
    )


def await_certificate(*, service: Service, remote: RemoteService, now: datetime) -> None:
    """Bought: the number is kept, the service stays PENDING until the authority has issued; looks for that follow.

    Raises IntegrityError if another service holds this number.
    """
    Service.objects.select_for_update().get(pk=service.pk)
    service.remote_id = remote.id
    service.save(update_fields=["remote_id", "server"])
    apply_remote_state(service=service, remote=remote, now=now)
    record_event("certificate.ordered", now=now, service=service, data={"remote_id": remote.id})
    _await_issue(service, now=now)


def await_reissue(*, service: Service, now: datetime) -> None:
    """The authority was asked again: the certificate that is there stays until the new one is."""
    Service.objects.select_for_update().get(pk=service.pk)
    record_event("certificate.reissue_asked", now=now, service=service)
    _await_issue(service, now=now)


def follow_renewal(*, service: Service, remote: RemoteService, now: datetime) -> None:
    """A renewed certificate has to be issued anew: by the partner itself, by its named function, or by hand."""
    kind = get_kind(service.kind) if service.kind else None
    if not isinstance(kind, CertificateKind):
        return
    if remote.extra.get("issue_state") != IssueState.AWAITED:
        if kind.can_reissue():
            queue_operation(service=service, kind=OperationKind.REISSUE, now=now)
            return
        words = gettext_noop("It is renewed. Ask the partner by hand to issue it anew; it is then read by itself.")
        _tell_operators(service, words, now=now)
    _await_issue(service, now=now)


def _await_issue(service: Service, *, now: datetime) -> None:
    Certificate.objects.update_or_create(
        service=service, defaults={"state": CertificateState.AWAITING, "changed_at": now}
    )
    queue_operation(service=service, kind=OperationKind.SYNC, now=now, run_after=now)


def note_issue(*, service: Service, remote: RemoteService, reading: IssueReading, now: datetime) -> None:
    """Takes over how far the authority is; an issued certificate makes its service ACTIVE. Under the service's lock."""
    if service.is_ended:
        return
    Certificate.objects.get_or_create(service=service, defaults={"changed_at": now})
    known = Certificate.objects.select_for_update().defer("private_key").get(service=service)
    if reading.state == IssueState.REFUSED:
        _refuse(known, now=now)
    elif reading.is_foreign:
        words = gettext_noop("The partner holds a certificate that was not issued for our request.")
        _tell_operators(service, words, now=now, is_once=True)
    elif reading.state == IssueState.AWAITED:
        _set_state(known, CertificateState.AWAITING, now=now)
    elif not _is_old(known, reading.material):
        _take_over(known, service, remote, reading.material, now=now)


def _refuse(known: Certificate, *, now: datetime) -> None:
    if known.state == CertificateState.FAILED:
        return
    _set_state(known, CertificateState.FAILED, now=now)
    words = gettext_noop("The authority refused it. Settle it with the partner, then run Sync; or end the service.")
    _tell_operators(known.service, words, now=now)


def _is_old(known: Certificate, material: Material | None) -> bool:
    """Whether a new certificate is awaited and the partner still shows the one from before."""
    is_known = material is None or material.certificate == known.certificate
    return known.state == CertificateState.AWAITING and bool(known.certificate) and is_known


def _take_over(
    known: Certificate, service: Service, remote: RemoteService, material: Material | None, *, now: datetime
) -> None:
    had = known.certificate
    if material is not None and material.certificate != had:
        known.certificate, known.chain, known.issued_at = material.certificate, material.chain, now
        known.save(update_fields=["certificate", "chain", "issued_at"])
        data = {"until": material.expires_on.isoformat()}
        event = record_event(
            "certificate.reissued" if had else "certificate.issued", now=now, service=service, data=data
        )
        if had:
            notify_client(event, client=service.client, now=now)
    elif material is None and not had:
        words = gettext_noop("It is issued, and cannot be read from the partner: send it to the client by hand.")
        _tell_operators(service, words, now=now, is_once=True)
    _set_state(known, CertificateState.ISSUED, now=now)
    if service.status == ServiceStatus.PENDING:
        activate_service(service=service, remote=remote, now=now)


def _set_state(known: Certificate, state: CertificateState, *, now: datetime) -> None:
    if known.state != state:
        known.state, known.changed_at = state, now
        known.save(update_fields=["state", "changed_at"])


def look_again(*, service: Service, now: datetime) -> None:
    """While the authority is awaited, a sync asks for the next one, at growing intervals, until patience ends."""
    waits = Certificate.objects.filter(service=service, state=CertificateState.AWAITING)
    since = waits.values_list("changed_at", flat=True).first()
    if since is None or service.is_ended:
        return
    waited = now - since
    if waited > settings.NOC_CERTIFICATE_PATIENCE:
        words = gettext_noop("The authority has not issued it since %(date)s. Ask the client, or the partner.")
        _tell_operators(service, words, now=now, values={"date": since.date().isoformat()}, is_once=True)
        return
    run_after = now + min(max(waited / 4, SOONEST_LOOK), LATEST_LOOK)
    queue_operation(service=service, kind=OperationKind.SYNC, now=now, run_after=run_after)


def _tell_operators(
    service: Service, message: str, *, now: datetime, values: dict[str, str] | None = None, is_once: bool = False
) -> None:
    """A letter and an entry in the history; `is_once`: not again while nothing else was told of this service."""
    latest = service.events.filter(name="certificate.needs_person").order_by("-id").first()
    if is_once and latest is not None and latest.data["message"] == message:
        return
    data = {"message": message, "values": values or {}}
    notify_operators(record_event("certificate.needs_person", now=now, service=service, data=data), now=now)


def _full_chain(known: Certificate) -> str:
    return known.certificate.rstrip("\n") + "\n" + known.chain


_CONTENTS: Final[dict[str, tuple[str, Callable[[Certificate], str]]]] = {
    "certificate": ("crt", _full_chain),
    "csr": ("csr", lambda known: known.csr),
    "key": ("key", lambda known: known.private_key),
}


def download_certificate(
    *, service: Service, part: str, actor: str, now: datetime, audience: Audience = "operator"
) -> CertificateFile:
    """One part as a file: certificate (with its chain), csr or key, which is decrypted only here. Recorded each time.

    The caller has made sure that `actor` may see this service's secrets. Raises PartMissing.
    """
    if part not in {download.part for download in available_downloads(service, audience=audience)}:
        raise PartMissing(_("There is no such file for this service."))
    ending, read = _CONTENTS[part]
    columns = ("certificate", "chain") if part == "certificate" else ("csr",) if part == "csr" else ("private_key",)
    with transaction.atomic():
        content = read(Certificate.objects.only(*columns).get(service=service))
        record_event("certificate.downloaded", now=now, actor=actor, service=service, data={"part": part})
    domain = common_name_of(field_values(service).get("CN", "")).replace("*", "_")
    name = "".join(letter for letter in domain if letter.isascii() and (letter.isalnum() or letter in "._-"))
    return CertificateFile(f"{name or service.pk}.{ending}", content)
