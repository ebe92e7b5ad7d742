"""Module commands: the buttons of a service, for operators and clients (L2–L6, O5, O6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.queueing import cancel_waiting, queue_create, queue_operation
from billing.models import Operation, OperationKind, Service
from billing.queries.commands import COMMANDS, Audience, change_keys, why_not
from billing.queries.services import field_values
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import get_kind

RENEWAL_PERIODS: Final = (1, 3, 6, 12, 24, 36)  # months (partner-api.md §7)


class UnknownCommand(Exception):
    """There is no command of this name."""


class CommandNotAllowed(Exception):
    """The command does not fit the service's kind or state; the text says why."""


class CommandInvalid(Exception):
    """What came with a command is wrong; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


class ChangeInvalid(CommandInvalid):
    """New values are wrong."""


def run_command(
    *,
    service: Service,
    command: str,
    actor: str,
    now: datetime,
    audience: Audience = "operator",
    period: int | None = None,
) -> Operation:
    """Queues what the button asks for, if that audience may. `period`: months to renew for, else one billing cycle.

    Raises UnknownCommand, CommandNotAllowed, CommandInvalid.
    """
    if command not in COMMANDS or command == "change":
        words = {"command": command, "known": ", ".join(code for code in COMMANDS if code != "change")}
        raise UnknownCommand(_("Unknown command “%(command)s”. Known: %(known)s.") % words)
    _check_period(command, period)
    with transaction.atomic():
        locked = _lock(service, command, audience)
        data = {"command": command} | ({"period": period} if period else {})
        record_event("command.given", now=now, actor=actor, service=locked, data=data)
        if command == "create":
            return queue_create(service=locked, now=now, actor=actor, is_automatic=False)
        if command == "renew":
            return _queue_renewal(locked, period, actor=actor, now=now)
        if command == "terminate":
            return _queue_end(locked, actor=actor, now=now)
        return queue_operation(service=locked, kind=OperationKind(command.upper()), now=now, actor=actor)


def change_service(
    *, service: Service, fields: Mapping[str, str], actor: str, now: datetime, audience: Audience = "operator"
) -> Operation:
    """Queues a change of name and IP: the partner first, ours after. Raises ChangeInvalid, CommandNotAllowed."""
    with transaction.atomic():
        locked = _lock(service, "change", audience)
        values = _clean_change(locked, fields)
        data = {"command": "change", "fields": sorted(values)}
        record_event("command.given", now=now, actor=actor, service=locked, data=data)
        return queue_operation(service=locked, kind=OperationKind.CHANGE, now=now, actor=actor, params=values)


def _check_period(command: str, period: int | None) -> None:
    if period is None:
        return
    if command != "renew":
        raise CommandInvalid({"period": [_("Only a renewal is for a period.")]})
    if period not in RENEWAL_PERIODS:
        words = ", ".join(map(str, RENEWAL_PERIODS))
        raise CommandInvalid({"period": [_("Nothing is renewed for that many months; possible are: %s.") % words]})


def _queue_renewal(service: Service, period: int | None, *, actor: str, now: datetime) -> Operation:
    """The partner's own form decides whether it renews for this period, before anything is paid."""
    return queue_operation(
        service=service,
        kind=OperationKind.RENEW,
        now=now,
        actor=actor,
        params={"period": period or CYCLE_MONTHS[Cycle(service.cycle)]},
        extends_from=service.expires_on,
    )


def _lock(service: Service, command: str, audience: Audience) -> Service:
    locked = Service.objects.select_for_update(of=("self",)).select_related("product", "server").get(pk=service.pk)
    refusal = why_not(locked, command, audience=audience)
    if refusal:
        raise CommandNotAllowed(refusal)
    return locked


def _queue_end(service: Service, *, actor: str, now: datetime) -> Operation:
    """Modules end before the license they are on; a purchase that was never sent is not made."""
    cancel_waiting(service=service, now=now, actor=actor, kinds=(OperationKind.CREATE, OperationKind.RENEW))
    for child in service.children.not_ended().order_by("id"):
        _queue_end(child, actor=actor, now=now)
    return queue_operation(service=service, kind=OperationKind.TERMINATE, now=now, actor=actor)


def _clean_change(service: Service, fields: Mapping[str, str]) -> dict[str, str]:
    """The whole set of changeable values: what is not given stays as it is. Both are always sent (O6)."""
    keys = change_keys(service)
    errors = {key: [_("This cannot be changed.")] for key in fields if key not in keys}
    current = field_values(service)
    values = {key: str(fields.get(key, current.get(key, ""))).strip() for key in keys}
    for spec in get_kind(service.kind).fields_for(service.tariff_id):
        value = values.get(spec.key)
        if value is None:
            continue
        fault = spec.find_fault(value)
        if fault:
            errors[spec.key] = [str(fault)]
        elif "\x00" in value:
            errors[spec.key] = [_("Remove the characters that cannot be printed.")]
    if errors:
        raise ChangeInvalid(errors)
    return {key: value for key, value in values.items() if value}
