"""Certificates of services: what was requested, how far the authority is, what can be downloaded."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Certificate, CertificateState, Service
from billing.queries.commands import Audience, Download, available_downloads
from billing.queries.services import field_values
from noc.kinds import get_kind
from noc.kinds.certificate import SigningRequest
from noc.kinds.certificate_request import common_name_of, name_in_request

_WORDS: dict[str, str | Promise] = {
    CertificateState.NEW: gettext_lazy("It is requested as soon as the certificate is bought."),
    CertificateState.REQUESTED: gettext_lazy("The request is made; the certificate is being bought."),
    CertificateState.ISSUED: gettext_lazy("The certificate is issued. Install it on your server with its private key."),
    CertificateState.FAILED: gettext_lazy("The authority refused this certificate. Our staff has been told."),
}


@dataclass(frozen=True, slots=True)
class CertificateCard:
    """What a service's page says of its certificate; `downloads` are the files that are there."""

    state: str
    label: str
    words: str
    downloads: list[Download]


def certificate_card(service: Service, *, audience: Audience) -> CertificateCard | None:
    """None for services that are no certificates."""
    if not service.kind or not get_kind(service.kind).is_issued_later:
        return None
    state = _state_of(service)
    words = "" if service.is_ended else _words_for(service, state)
    return CertificateCard(state, str(state.label), words, available_downloads(service, audience=audience))


def pending_words(service: Service) -> str:
    """What a bought service that is not active yet waits for, for its client."""
    return _words_for(service, _state_of(service))


def _state_of(service: Service) -> CertificateState:
    found = Certificate.objects.filter(service=service).values_list("state", flat=True).first()
    return CertificateState(found or CertificateState.NEW)


def _words_for(service: Service, state: CertificateState) -> str:
    """While the authority waits: what the client has to do, and which mailbox its letter went to."""
    if state != CertificateState.AWAITING:
        return str(_WORDS[state])
    approver = field_values(service).get("approver_email_1", "")
    if not approver:
        return _("The authority has the request. The certificate appears here once it is issued.")
    words = _("Awaiting issue: confirm the letter that the authority sent to %(approver)s. It may take some days.")
    return words % {"approver": approver}


def stored_request(service: Service, *, common_name: str) -> SigningRequest | None:
    """The request for this name that was kept before, with its key decrypted; None if there is none."""
    found = Certificate.objects.filter(service=service).exclude(csr="").only("csr", "private_key").first()
    if found is None or name_in_request(found.csr) != common_name_of(common_name):
        return None
    return SigningRequest(found.csr, found.private_key)


def stored_csr(service: Service) -> str:
    """The request that was ordered; "" if none is kept here. Leaves the key encrypted."""
    return Certificate.objects.filter(service=service).values_list("csr", flat=True).first() or ""
