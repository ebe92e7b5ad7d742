"""SSL certificates: the partner's `certificate` (partner-api.md §6.9). Ordered with a request (CSR), issued later."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from noc.client import PartnerClient
from noc.errors import AuthFailed, NotFound, ProtocolError, Rejected
from noc.kinds.base import Command, FieldSpec, Kind, OrderReply, OrderRequest
from noc.kinds.certificate_countries import number_of_country
from noc.kinds.certificate_fields import CONTACT, specs_of, traits_of
from noc.kinds.certificate_functions import CertificateFunctions
from noc.kinds.certificate_material import Material, MaterialForeign, MaterialUnreadable, read_material
from noc.kinds.certificate_request import (
    belongs_to_request,
    common_name_of,
    find_approver_fault,
    find_request_fault,
)
from noc.listing import read_rows
from noc.schemas import ItemStatus, RemoteService, read_service
from noc.wire import Node

GENERATE: Final = "generate"
SUBJECT: Final = ("CN", "altname", "altname_input", "field_country", "ST", "L", "O", "OU", "emailAddress")
PEOPLE: Final = tuple(f"{who}_{what}" for who in ("adm", "tech") for what in CONTACT)
COMPANY: Final = (
    *("org_name", "org_division", "org_duns", "org_address", "org_city", "org_state", "org_postcode", "org_phone"),
    *("org_incorporating_agency", "org_registration_number"),
)
SHORTEST_FILE: Final = 64  # letters; a shorter text holds no certificate


class IssueState(StrEnum):
    """How far the authority is, as the partner tells; PRESUMED: it tells nothing, and the service is active."""

    AWAITED = "awaited"
    ISSUED = "issued"
    REFUSED = "refused"
    PRESUMED = "presumed"


# The partner's `service_status` (partner-api.md §6.9); 0 to 2 are out of use.
ISSUE_STATES: Final[Mapping[str, IssueState]] = MappingProxyType(
    {"5": IssueState.ISSUED, "6": IssueState.REFUSED, **dict.fromkeys("01234", IssueState.AWAITED)}
)


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A CSR in PEM and the private key that made it; no key where the client keeps it."""

    csr: str
    private_key: str = field(default="", repr=False)


class CertificateKind(Kind):
    """A certificate is for one name or several; nothing about it can be changed later, it is made anew."""

    code = "certificate"
    label = _("SSL certificate")
    item_type = "certificate"
    is_issued_later = True
    commands = frozenset(set(Command) - {Command.CHANGE})
    client_commands = frozenset(
        {
            Command.RENEW,
            Command.TERMINATE,
            Command.DOWNLOAD_CERTIFICATE,
            Command.DOWNLOAD_CSR,
            Command.DOWNLOAD_KEY,
        }
    )
    change_fields = ()
    default_periods = frozenset({12, 24})
    order_fields = (*SUBJECT, *PEOPLE, *COMPANY, "approver_email_1", "crt_type", "csr", "key")
    key_fields = ("CN",)
    sole_fields = ("CN",)

    def fields_for(self, tariff_id: str, tariff_name: str = "") -> tuple[FieldSpec, ...]:
        """By what the tariff's name says of its certificates: one name, all below it, several, a checked company."""
        takes_own_request = bool(CertificateFunctions.configured().own_request)
        return specs_of(traits_of(tariff_id, tariff_name), takes_own_request=takes_own_request)

    def find_faults(self, tariff_id: str, fields: Mapping[str, str], tariff_name: str = "") -> dict[str, str | Promise]:
        """What is wrong with each field, and what does not fit the domain: the mailbox, the client's own request."""
        specs = (spec for spec in self.fields_for(tariff_id, tariff_name) if not spec.filled_by_partner)
        faults = {spec.key: fault for spec in specs if (fault := spec.find_fault(fields.get(spec.key, "")))}
        if "CN" in faults:
            return faults
        name = fields.get("CN", "")
        if "approver_email_1" not in faults and (fault := find_approver_fault(fields["approver_email_1"], name)):
            faults["approver_email_1"] = fault
        csr = fields.get("csr", "").strip()
        if csr and "csr" not in faults and (fault := find_request_fault(csr, name)):
            faults["csr"] = fault
        return faults

    def make_request(self, client: PartnerClient, request: OrderRequest) -> SigningRequest:
        """A new CSR with its key, made by the partner and shown this once. Buys nothing: a lost answer is asked again.

        Rejected where the partner refuses a field, or answers with something that is no request with its key.
        """
        reply = client.write(
            "certificate.order.csr",
            **pick(self._values(request), SUBJECT),
            pricelist=request.tariff_id,
            period=str(request.period),
            crt_type=GENERATE,
            snext="ok",
            out="bjson",
        )
        made = SigningRequest(read_pem(reply, "csr"), read_pem(reply, "key"))
        if fault := find_request_fault(made.csr, request.fields.get("CN", "")):
            raise Rejected(_("The partner made a request that cannot be used: %(fault)s") % {"fault": fault})
        if not belongs_to_request(made.private_key, made.csr):
            raise Rejected(_("The partner gave a private key that does not belong to its request."))
        return made

    def find_country(self, client: PartnerClient, tariff_id: str, period: int, country: str) -> str:
        """The partner's number for a country (ISO code), from its form, else as documented. Rejected if unknown."""
        if country.isdecimal():
            return country
        try:
            form = client.read("certificate.order.csr", pricelist=tariff_id, period=str(period), crt_type=GENERATE)
            entries = form.named_list("field_country")
        except (AuthFailed, ProtocolError, Rejected):
            entries = ()  # the form may be closed to us; the documented number still works
        number = number_of_country(country, entries)
        if not number:
            words = _("The partner's list of countries does not show %(country)s.") % {"country": country or "—"}
            raise Rejected(words, field="field_country")
        return number

    def order(self, client: PartnerClient, request: OrderRequest) -> OrderReply:
        """Buys with exactly the request in `csr`; without `key` it is the client's own. `field_country` is a number."""
        own_request = CertificateFunctions.configured().own_request
        is_own = not request.fields.get("key")
        if is_own and not own_request:
            raise Rejected(_("Orders with a request of the client's own are switched off."), field="csr")
        values = {**self._values(request), "crt_type": own_request if is_own else GENERATE}
        return super().order(client, replace(request, fields=values))

    def _values(self, request: OrderRequest) -> dict[str, str]:
        """The fields as the partner wants them: names in ASCII, the technical contact filled, `altname` twice."""
        values = {key: value.strip() for key, value in request.fields.items() if value.strip()}
        values["CN"] = common_name_of(values.get("CN", ""))
        if names := " ".join(map(common_name_of, values.pop("altname", "").split())):
            values |= {"altname": names, "altname_input": names}
        for what in CONTACT:
            values.setdefault(f"tech_{what}", values.get(f"adm_{what}", ""))
        return values

    def read(self, client: PartnerClient, remote_id: str) -> RemoteService:
        """By its form. Not issued yet is still being made, whatever else the partner calls it."""
        form = client.read("certificate.edit", elid=remote_id)
        return as_certificate(form, read_service(form, self.code, remote_id=remote_id), is_form=True)

    def list_all(self, client: PartnerClient) -> list[RemoteService]:
        """All certificates, deleted rows too; a row may not tell whether it is issued."""
        rows = read_rows(client, self.item_type)
        return [as_certificate(row, read_service(row, self.code), is_form=False) for row in rows]

    def read_material(self, client: PartnerClient, remote_id: str, csr: str) -> Material | None:
        """The issued certificate for `csr`, from the form or by the named function; None if neither holds it.

        Without a CSR of ours the one in the form counts. Raises MaterialForeign where all that is there was issued for
        another request.
        """
        form = client.read("certificate.edit", elid=remote_id)
        foreign: MaterialForeign | None = None
        for content in (*texts_of(form), *self._download(client, remote_id)):
            try:
                return read_material(content, csr=csr or form.text("csr"))
            except MaterialForeign as error:
                foreign = error
            except MaterialUnreadable:
                continue
        if foreign is not None:
            raise foreign
        return None

    def _download(self, client: PartnerClient, remote_id: str) -> Iterator[bytes]:
        function = CertificateFunctions.configured().file
        if not function:
            return
        try:
            answer = client.download(function, elid=remote_id)
        except (AuthFailed, NotFound, ProtocolError, Rejected):
            return  # not there yet, or the name is wrong: the form alone decides
        if isinstance(answer, bytes):
            yield answer
        else:
            yield from texts_of(answer)

    def can_reissue(self) -> bool:
        """Whether the partner's function for it has been named."""
        return bool(CertificateFunctions.configured().reissue)

    def reissue(self, client: PartnerClient, remote_id: str, csr: str) -> None:
        """Asks for the certificate anew, for the same request. Rejected where the partner refuses or no name is set."""
        function = CertificateFunctions.configured().reissue
        if not function:
            raise Rejected(_("The partner's function for a reissue is not named in the settings."))
        client.write(function, elid=remote_id, csr=csr)

    def change(self, client: PartnerClient, remote_id: str, fields: Mapping[str, str], reference: str) -> None:
        """Nothing can be changed; always Rejected, nothing is sent."""
        raise Rejected(_("A certificate cannot be changed, only issued anew."))


def pick(values: Mapping[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: values[key] for key in keys if values.get(key)}


def as_certificate(node: Node, read: RemoteService, *, is_form: bool) -> RemoteService:
    """`read` with its name and state of issue in `extra`; active only if it is issued."""
    state = read_issue_state(node, read.status, is_form=is_form)
    name = common_name_of(node.text("CN") or node.text("cn"))
    # Made anew: a form may show the private key under a name that other kinds read.
    extra = {key: value for key, value in (("CN", name), ("issue_state", state or "")) if value}
    is_unfinished = read.status == ItemStatus.ACTIVE and state in (IssueState.AWAITED, IssueState.REFUSED)
    status = ItemStatus.PROCESSING if is_unfinished else read.status
    return replace(read, status=status, extra=MappingProxyType(extra))


def read_issue_state(node: Node, status: ItemStatus | None, *, is_form: bool) -> IssueState | None:
    """By `service_status`; else a form that shows the certificate has it; None for a row that does not tell."""
    code = node.code("service_status") or node.text("service_status")
    if code in ISSUE_STATES:
        return ISSUE_STATES[code]
    if not is_form:
        return None
    if node.has("crt"):
        return IssueState.ISSUED if node.text("crt") else IssueState.AWAITED
    is_live = status in (ItemStatus.ACTIVE, ItemStatus.SUSPENDED)
    return IssueState.PRESUMED if is_live else IssueState.AWAITED


def read_pem(reply: Node, name: str) -> str:
    """A text of the reply, also one level down."""
    return next((found for place in (reply, *reply.children("doc")) if (found := place.text(name))), "")


def texts_of(node: Node) -> list[bytes]:
    """All texts long enough for a certificate, joined first: leaf and chain may stand apart."""
    texts = [text.encode() for text in walk_texts(node) if len(text) >= SHORTEST_FILE]
    pem = b"\n".join(text for text in texts if b"-----BEGIN " in text)
    return [pem, *texts] if pem else texts


def walk_texts(node: Node) -> list[str]:
    return [node.value, *(text for child in node.nodes for text in walk_texts(child))]
