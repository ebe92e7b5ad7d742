"""Which module commands fit a service's kind and state; pages, back office and API read this one table (L5)."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from billing.models import LIVE_STATUSES, UNDERWAY_STATUSES, Operation, OperationKind, Service, ServiceStatus
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import get_kind

Audience = Literal["operator", "client"]
COMMANDS = ("create", "renew", "terminate", "sync", "change")


@dataclass(frozen=True, slots=True)
class Command:
    """A button: what it is called, what it will do and to what, whether it needs a question first."""

    code: str
    label: str
    explanation: str
    is_destructive: bool = False


def available_commands(service: Service, *, audience: Audience = "operator") -> list[Command]:
    """The commands that may be run now. Clients renew (by paying), stop and change; operators do everything.

    A client stops what is live. Calling off a purchase may mean money back, so operators cancel the order.
    """
    open_kinds = set(Operation.objects.unsettled().filter(service=service).values_list("kind", flat=True))
    found = [command for command in all_commands(service) if _fits(command.code, service, open_kinds)]
    if audience == "client":
        codes = {"renew", "change", *(["terminate"] if service.status in LIVE_STATUSES else [])}
        return [command for command in found if command.code in codes]
    return found


def why_not(service: Service, code: str, *, audience: Audience = "operator") -> str:
    """Why `code` cannot be run now, in words; "" if it can."""
    if code in {command.code for command in available_commands(service, audience=audience)}:
        return ""
    if service.is_ended:
        return _("The service has ended.")
    if code == "create" and service.remote_id:
        return _("It is there already, as %(number)s at the partner.") % {"number": service.remote_id}
    if (code in ("renew", "sync", "change") or audience == "client") and not service.remote_id:
        return _("It has not been created yet.")
    running = Operation.objects.unsettled().filter(service=service, kind=code.upper()).first()
    if running is not None:
        return _("This is under way already: operation %(number)s.") % {"number": running.pk}
    return _("This command does not fit this service.")


def _fits(code: str, service: Service, open_kinds: set[str]) -> bool:
    if service.is_ended or code not in _commands_of_kind(service):
        return False
    if code == "create":
        is_running = Operation.objects.filter(service=service, kind="CREATE", status__in=UNDERWAY_STATUSES).exists()
        return not service.remote_id and service.status == ServiceStatus.PENDING and not is_running
    if code == "terminate":
        return OperationKind.TERMINATE not in open_kinds
    if not service.remote_id or not service.server_id:
        return False
    if code == "renew":
        return (
            service.expires_on is not None
            and Cycle(service.cycle) in CYCLE_MONTHS
            and not open_kinds & {OperationKind.RENEW, OperationKind.TERMINATE}
        )
    if code == "change":
        return bool(get_kind(service.kind).change_fields) and OperationKind.TERMINATE not in open_kinds
    return True


def _commands_of_kind(service: Service) -> frozenset[str]:
    if not service.module:
        return frozenset({"create", "terminate"})
    return frozenset(command.value for command in get_kind(service.kind).commands)


def all_commands(service: Service) -> list[Command]:
    """Every command with its words for this service, whether it fits or not."""
    where = service.server.name if service.server else _("the partner")
    what = {"number": service.remote_id or "—", "server": where, "tariff": service.tariff_id}
    return [
        Command("create", _("Create"), _("Buys Product ID %(tariff)s on %(server)s and pays for it.") % what),
        Command("renew", _("Renew"), _("Extends %(number)s on %(server)s by one period and pays for it.") % what),
        Command("sync", _("Sync"), _("Reads status, end date and key of %(number)s from %(server)s.") % what),
        Command("change", _("Change name and IP"), _("Changes %(number)s on %(server)s, then here.") % what),
        Command(
            "terminate",
            _("Terminate"),
            _("Deletes %(number)s on %(server)s; the client loses it now.") % what,
            is_destructive=True,
        ),
    ]
