"""Which module commands fit a service's kind and state; pages, back office and API read this one table (L5).

The kinds declare what there is for operators and for clients; here is judged what of it can be done now, and why not.
"""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import (
    LIVE_STATUSES,
    UNDERWAY_STATUSES,
    Certificate,
    CertificateState,
    Operation,
    OperationKind,
    Service,
    ServiceStatus,
)
from billing.queries.pool import is_pooled
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import Command as Declared
from noc.kinds import Kind, get_kind
from noc.kinds.certificate import CertificateKind

Audience = Literal["operator", "client"]
# In the order in which they are offered; the harmful one is last.
COMMANDS: Final = ("create", "renew", "reissue", "sync", "change", "terminate")
_BY_HAND: Final = frozenset({Declared.CREATE, Declared.TERMINATE})
_DOWNLOADS: Final[tuple[tuple[Declared, str, str | Promise], ...]] = (
    (Declared.DOWNLOAD_CERTIFICATE, "certificate", gettext_lazy("Certificate")),
    (Declared.DOWNLOAD_CSR, "csr", gettext_lazy("Certificate request (CSR)")),
    (Declared.DOWNLOAD_KEY, "key", gettext_lazy("Private key")),
)
# Where each part is kept in `Certificate`.
_MATERIAL: Final = {"certificate": "certificate", "csr": "csr", "key": "private_key"}


@dataclass(frozen=True, slots=True)
class Command:
    """A button: what it is called, what it will do and to what, whether it needs a question first."""

    code: str
    label: str
    explanation: str
    is_destructive: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file of a service; `part` names it in addresses: certificate, csr or key."""

    part: str
    label: str | Promise


def available_commands(service: Service, *, audience: Audience = "operator") -> list[Command]:
    """The commands that may be run now. Clients renew by paying; operators do everything that the kind knows.

    A client stops what is live. Calling off a purchase may mean money back, so operators cancel the order.
    """
    open_operations = _open_operations(service)
    return [
        command
        for command in all_commands(service)
        if not _find_refusal(command.code, service, audience, open_operations)
    ]


def why_not(service: Service, code: str, *, audience: Audience = "operator") -> str:
    """Why `code` cannot be run now, in words; "" if it can."""
    return _find_refusal(code, service, audience, _open_operations(service))


def available_downloads(service: Service, *, audience: Audience = "operator") -> list[Download]:
    """The files that there are to download: what the kind declares and what has been made so far."""
    declared = _declared(service, audience)
    wanted = [(part, label) for command, part, label in _DOWNLOADS if command in declared]
    return [Download(part, label) for part, label in wanted if _is_made(service, part)]


def change_keys(service: Service) -> tuple[str, ...]:
    """Our keys that may change at the partner: some software is bound to no address."""
    if not service.module:
        return ()
    kind = get_kind(service.kind)
    known = {spec.key for spec in kind.fields_for(service.tariff_id)}
    return tuple(key for key in kind.change_fields if key in known)


def all_commands(service: Service) -> list[Command]:
    """Every command with its words for this service, whether it fits or not."""
    where = service.server.name if service.server else _("the partner")
    what = {"number": service.remote_id or "—", "server": where, "tariff": service.tariff_id}
    words = {
        "create": (_("Create"), _("Buys Product ID %(tariff)s on %(server)s and pays for it.")),
        "renew": (_("Renew"), _("Extends %(number)s on %(server)s and pays for it.")),
        "reissue": (_("Reissue"), _("Asks the authority for %(number)s anew on %(server)s; nothing is paid.")),
        "sync": (_("Sync"), _("Reads status, end date and key of %(number)s from %(server)s.")),
        "change": (_change_label(service), _("Changes %(number)s on %(server)s, then here.")),
        "terminate": (_("Terminate"), _end_words(service)),
    }
    return [
        Command(code, words[code][0], words[code][1] % what, is_destructive=code == "terminate") for code in COMMANDS
    ]


def _change_label(service: Service) -> str:
    return _("Change name") if change_keys(service) == ("licname",) else _("Change name and IP")


def _end_words(service: Service) -> str:
    if service.remote_id and is_pooled(service):
        return _("Keeps %(number)s on %(server)s as free.lic for a later order; the client loses it now.")
    return _("Deletes %(number)s on %(server)s; the client loses it now.")


def _declared(service: Service, audience: Audience) -> frozenset[Declared]:
    """What the service's kind knows for this audience; what is done by hand is created and ended."""
    if not service.module:
        return _BY_HAND if audience == "operator" else frozenset({Declared.TERMINATE})
    kind = get_kind(service.kind)
    return kind.commands if audience == "operator" else kind.client_commands


def _is_made(service: Service, part: str) -> bool:
    return Certificate.objects.filter(service=service).exclude(**{_MATERIAL[part]: ""}).exists()


def _open_operations(service: Service) -> dict[str, Operation]:
    return {operation.kind: operation for operation in Operation.objects.unsettled().filter(service=service)}


def _find_refusal(code: str, service: Service, audience: Audience, running: dict[str, Operation]) -> str:
    if service.is_ended:
        return _("The service has ended.")
    if code not in _declared(service, audience):
        return _undeclared_words(service, code, audience)
    if code == "create":
        return _why_not_create(service, running)
    if code == "terminate":
        if audience == "client" and service.status not in LIVE_STATUSES:
            return _("It has not been created yet.")
        return _busy_words(running, OperationKind.TERMINATE)
    if code == "renew" and not get_kind(service.kind).is_renewable(service.tariff_id):
        return _("The partner does not extend Product ID %(tariff)s: a trial ends on its last day.") % {
            "tariff": service.tariff_id
        }
    if not service.remote_id or not service.server_id:
        return _("It has not been created yet.")
    if code != "sync" and OperationKind.TERMINATE in running:
        words = _("It is being ended by operation %(number)s.")
        return words % {"number": running[OperationKind.TERMINATE].pk}
    if code == "renew":
        return _why_not_renew(service) or _busy_words(running, OperationKind.RENEW)
    if code == "reissue":
        return _why_not_reissue(service) or _busy_words(running, OperationKind.REISSUE)
    return ""


def _undeclared_words(service: Service, code: str, audience: Audience) -> str:
    if audience == "client" and code in _declared(service, "operator"):
        return _("Only our staff can do this.")
    if not service.module:
        return _("This product has no module that could do this.")
    kind: Kind = get_kind(service.kind)
    return _("This command does not exist for this kind of service (%(kind)s).") % {"kind": kind.label}


def _why_not_create(service: Service, running: dict[str, Operation]) -> str:
    purchase = running.get(OperationKind.CREATE)
    if service.remote_id:
        return _("It is there already, as %(number)s at the partner.") % {"number": service.remote_id}
    if purchase is not None and purchase.status in UNDERWAY_STATUSES:
        return _busy_words(running, OperationKind.CREATE)
    if service.status != ServiceStatus.PENDING:
        return _("Only a pending service can be created.")
    if service.module and not get_kind(service.kind).is_on_sale(service.tariff_id):
        return _("The partner no longer sells Product ID %(tariff)s.") % {"tariff": service.tariff_id}
    return ""


def _why_not_renew(service: Service) -> str:
    if Cycle(service.cycle) not in CYCLE_MONTHS:
        return _("It was paid once and has no next period.")
    if service.awaits_issue:
        return _("The authority has not issued it yet.")
    if service.expires_on is None:
        return _("Its end date is not known yet: run Sync first.")
    return ""


def _why_not_reissue(service: Service) -> str:
    kind = get_kind(service.kind)
    if not isinstance(kind, CertificateKind) or not kind.can_reissue():
        return _("The partner's function for a reissue is not named in the settings.")
    if Certificate.objects.filter(service=service, state=CertificateState.ISSUED).exists():
        return ""
    return _("Only an issued certificate can be issued anew.")


def _busy_words(running: dict[str, Operation], kind: OperationKind) -> str:
    operation = running.get(kind)
    return _("This is under way already: operation %(number)s.") % {"number": operation.pk} if operation else ""
