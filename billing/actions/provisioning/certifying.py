"""Certificates on their way: the request before the purchase, looks for what was issued, REISSUE."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_noop

from billing.actions.certificates import IssueReading, await_reissue, keep_request
from billing.actions.provisioning.claiming import Claim
from billing.actions.provisioning.outcomes import change_claimed, fail, finish, requeue, words_of
from billing.models import OperationStatus, Service
from billing.provisioners.ispmanager_noc import NOTHING_MORE, RemoteSide, open_remote_side
from billing.queries.certificates import stored_csr, stored_request
from noc.errors import NotFound, OutcomeUnknown, Rejected, Unavailable
from noc.kinds.certificate import CertificateKind, IssueState, SigningRequest
from noc.kinds.certificate_functions import CertificateFunctions
from noc.kinds.certificate_material import MaterialForeign
from noc.schemas import RemoteService

Clock = Callable[[], datetime]

# Tries of a call that the partner answers with something we do not know; about an hour in all.
TRIES: Final = 10


def prepare_purchase(claim: Claim, side: RemoteSide, clock: Clock) -> Mapping[str, str] | None:
    """What an order needs besides the service's fields; None once the operation has been put where it belongs.

    A certificate's request and key are kept before anything is ordered with them, and ordered again after a crash.
    """
    if not isinstance(side.kind, CertificateKind):
        return NOTHING_MORE
    try:
        country = side.kind.find_country(
            side.client, side.service.tariff_id, side.period, side.fields.get("field_country", "")
        )
        request = _find_request(claim, side, {"field_country": country}, clock)
    except Rejected as error:
        message = gettext_noop("The certificate cannot be requested: %(detail)s")
        fail(claim, now=clock(), message=message, values=words_of(error))
        return None
    except OutcomeUnknown as error:
        message = gettext_noop("The request for a certificate was not answered; nothing was bought. %(detail)s")
        _try_again(claim, clock, message, words_of(error))
        return None
    return {"csr": request.csr, "key": request.private_key, "field_country": country}


def _find_request(claim: Claim, side: RemoteSide, country: Mapping[str, str], clock: Clock) -> SigningRequest:
    """The client's own, else the one kept before, else a new one. A key whose answer was lost was never used."""
    known = stored_request(side.service, common_name=side.fields.get("CN", ""))
    own = side.fields.get("csr", "").strip()
    if own and known is not None and known.csr.strip() == own:
        return known
    if not own and known is not None:
        return known
    assert isinstance(side.kind, CertificateKind)
    request = SigningRequest(own) if own else side.kind.make_request(side.client, side.order_request(country))
    with transaction.atomic():
        Service.objects.select_for_update().get(pk=side.service.pk)
        change_claimed(claim, message="")  # a worker that comes back late must not replace a request in use
        keep_request(service=side.service, request=request, now=clock())
    return request


def _try_again(claim: Claim, clock: Clock, message: str, values: dict[str, str]) -> None:
    if claim.attempt.number >= TRIES:
        fail(claim, now=clock(), message=message, values=values)
    else:
        requeue(claim, now=clock(), message=message, values=values)


def read_issue(side: RemoteSide, remote: RemoteService) -> IssueReading | None:
    """How far the authority is, with the certificate once it is issued; None for what is no certificate."""
    if not isinstance(side.kind, CertificateKind):
        return None
    state = IssueState(remote.extra.get("issue_state", IssueState.AWAITED))
    if state not in (IssueState.ISSUED, IssueState.PRESUMED):
        return IssueReading(state)
    try:
        material = side.kind.read_material(side.client, remote.id, stored_csr(side.service))
    except MaterialForeign:
        return IssueReading(state, is_foreign=True)
    if material is None and state == IssueState.PRESUMED and CertificateFunctions.configured().file:
        state = IssueState.AWAITED  # nothing says that it is issued, and where it would be it is not
    return IssueReading(state, material)


def perform_reissue(claim: Claim, clock: Clock) -> None:
    """One attempt. What the partner is at already is not asked again, so a lost answer is harmless."""
    service, server = claim.service, claim.operation.server
    if server is None or not service.remote_id:
        fail(claim, now=clock(), message=gettext_noop("There is nothing at a partner to issue anew."))
        return
    with open_remote_side(service, server, reference=claim.attempt.call_reference) as side:
        try:
            _ask_anew(side)
        except NotFound:
            message = gettext_noop("There is no service %(number)s at the partner any more.")
            fail(claim, now=clock(), message=message, values={"number": service.remote_id})
            return
        except Rejected as error:
            message = gettext_noop("The partner refused to issue it anew: %(detail)s")
            fail(claim, now=clock(), message=message, values=words_of(error))
            return
        except OutcomeUnknown as error:
            message = gettext_noop("The partner did not answer; asking again. %(detail)s")
            _try_again(claim, clock, message, words_of(error))
            return
        except Unavailable as error:
            message = gettext_noop("The partner did not answer; asking again. %(detail)s")
            requeue(claim, now=clock(), message=message, values=words_of(error))
            return
    now = clock()
    with transaction.atomic():
        await_reissue(service=service, now=now)
        message = gettext_noop("The authority is to issue it anew.")
        finish(claim, status=OperationStatus.DONE, now=now, message=message)


def _ask_anew(side: RemoteSide) -> None:
    kind = side.kind
    if not isinstance(kind, CertificateKind):
        raise Rejected(gettext_noop("Only certificates are issued anew."))
    remote = side.read(side.service.remote_id)
    if remote.extra.get("issue_state") != IssueState.AWAITED:
        kind.reissue(side.client, side.service.remote_id, stored_csr(side.service))
