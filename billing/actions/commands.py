"""Module commands: the buttons of a service, for operators and clients (L2–L6, O5, O6)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.queueing import cancel_waiting, queue_create, queue_operation
from billing.models import Operation, OperationKind, Service
from billing.queries.commands import COMMANDS, Audience, why_not
from billing.queries.services import field_values
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS
from noc.kinds import get_kind


class UnknownCommand(Exception):
    """There is no command of this name."""


class CommandNotAllowed(Exception):
    """The command does not fit the service's kind or state; the text says why."""


class ChangeInvalid(Exception):
    """New values are wrong; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def run_command(
    *, service: Service, command: str, actor: str, now: datetime, audience: Audience = "operator"
) -> Operation:
    """Queues what the button asks for, if that audience may. Raises UnknownCommand, CommandNotAllowed."""
    if command not in COMMANDS or command == "change":
        words = {"command": command, "known": ", ".join(code for code in COMMANDS if code != "change")}
        raise UnknownCommand(_("Unknown command “%(command)s”. Known: %(known)s.") % words)
    with transaction.atomic():
        locked = _lock(service, command, audience)
        record_event("command.given", now=now, actor=actor, service=locked, data={"command": command})
        if command == "create":
            return queue_create(service=locked, now=now, actor=actor, is_automatic=False)
        if command == "renew":
            return queue_operation(
                service=locked,
                kind=OperationKind.RENEW,
                now=now,
                actor=actor,
                params={"period": CYCLE_MONTHS[Cycle(locked.cycle)]},
                extends_from=locked.expires_on,
            )
        if command == "terminate":
            return _queue_end(locked, actor=actor, now=now)
        return queue_operation(service=locked, kind=OperationKind.SYNC, now=now, actor=actor)


def change_service(*, service: Service, fields: Mapping[str, str], actor: str, now: datetime) -> Operation:
    """Queues a change of name and IP: the partner first, ours after. Raises ChangeInvalid, CommandNotAllowed."""
    with transaction.atomic():
        locked = _lock(service, "change")
        values = _clean_change(locked, fields)
        data = {"command": "change", "fields": sorted(values)}
        record_event("command.given", now=now, actor=actor, service=locked, data=data)
        return queue_operation(service=locked, kind=OperationKind.CHANGE, now=now, actor=actor, params=values)


def _lock(service: Service, command: str, audience: Audience = "operator") -> Service:
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
    kind = get_kind(service.kind)
    errors = {key: [_("This cannot be changed.")] for key in fields if key not in kind.change_fields}
    current = field_values(service)
    values = {key: str(fields.get(key, current.get(key, ""))).strip() for key in kind.change_fields}
    for spec in kind.fields_for(service.tariff_id):
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
