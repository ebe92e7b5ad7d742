"""The plan of moving in, and carrying it out: services here take over the licenses that they had. Nothing is bought."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from billing.actions.adopting import AdoptionRefused, adopt_remote, fill_empty_fields
from billing.actions.field_names import take_module_key
from billing.models import Service
from billing.queries.services import service_specs
from catalog.actions.field_names import propose_renames
from catalog.actions.products import create_missing_fields
from catalog.models import Product
from noc.errors import PartnerError
from noc.kinds import get_kind
from noc.kinds.base import has_other_tariff
from noc.models import Server
from noc.schemas import ItemStatus, RemoteService
from noc.servers import connect
from whmcs.matching import Match
from whmcs.old_services import OldService


class Outcome(StrEnum):
    """What becomes of an old service."""

    LINK = "link"
    LINKED = "linked"
    LINKED_ALREADY = "linked already"
    NO_SERVICE = "no service here"
    AMBIGUOUS = "ambiguous"
    NO_NUMBER = "no number"
    NOT_AT_PARTNER = "not at the partner"
    CONFLICT = "conflict"
    REFUSED = "refused"
    ENDED = "ended in WHMCS"


@dataclass(frozen=True, slots=True)
class Line:
    """One old service: what becomes of it and why. `filled` are keys whose values come from WHMCS."""

    old: OldService
    outcome: Outcome
    service: Service | None = None
    remote_id: str = ""
    words: str = ""
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of a product of ours that gets its module's key; `conflicts` are services with two different values."""

    product: str
    old_key: str
    key: str
    is_merged: bool
    conflicts: tuple[int, ...] = ()


@dataclass(slots=True)
class Plan:
    """Everything that would be done, or was."""

    lines: list[Line]
    fields: list[FieldLine] = field(default_factory=list)
    is_applied: bool = False


@dataclass(slots=True)
class Account:
    """What the partner account has, by kind and number: each list is read once."""

    server: Server
    lists: dict[str, Mapping[str, RemoteService]] = field(default_factory=dict)

    def find(self, kind: str, number: str) -> RemoteService | None:
        """The row of a number that is not deleted. Raises the tree of noc.errors."""
        if kind not in self.lists:
            with connect(self.server, reference="import") as client:
                self.lists[kind] = {row.id: row for row in get_kind(kind).list_all(client)}
        row = self.lists[kind].get(number)
        return row if row is not None and row.status != ItemStatus.DELETED else None


def make_plan(*, old_services: Iterable[OldService], matches: Mapping[str, Match], server: Server) -> Plan:
    """Compares old records, our services and the account's lists. Writes nothing; raises the tree of noc.errors."""
    account = Account(server)
    lines = [judge(old, matches[old.key], account) for old in old_services]
    products = {line.service.product_id: line.service.product for line in lines if is_ours(line) and line.service}
    return Plan(lines=forbid_doubles(lines), fields=[one for product in products.values() for one in renames(product)])


def is_ours(line: Line) -> bool:
    return line.outcome in (Outcome.LINK, Outcome.LINKED_ALREADY)


def judge(old: OldService, match: Match, account: Account) -> Line:
    """What becomes of one old service, as far as lists tell."""
    if old.is_ended:
        return Line(old, Outcome.ENDED, words=old.status)
    if match.service is None:
        return Line(old, Outcome.AMBIGUOUS if match.is_ambiguous else Outcome.NO_SERVICE, words=match.why_not)
    service, numbers = match.service, ", ".join(old.numbers)
    if not old.numbers:
        return Line(old, Outcome.NO_NUMBER, service, words=_("No record names its number at the partner."))
    rows = [row for number in old.numbers if (row := account.find(service.kind, number)) is not None]
    if not rows:
        words = _("%(server)s has no %(numbers)s.") % {"server": account.server.name, "numbers": numbers}
        return Line(old, Outcome.NOT_AT_PARTNER, service, words=words)
    if len(rows) > 1:
        words = _("Its records name several numbers that are all there: %(numbers)s.") % {"numbers": numbers}
        return Line(old, Outcome.CONFLICT, service, words=words)
    return judge_row(old, service, rows[0], account)


def judge_row(old: OldService, service: Service, row: RemoteService, account: Account) -> Line:
    """The one row that is there: whether our service may have it, and what WHMCS adds to it."""
    line = Line(old, Outcome.LINK, service, row.id, filled=missing_keys(service, old.values))
    if (service.server_id, service.remote_id) == (account.server.pk, row.id):
        return replace(line, outcome=Outcome.LINKED_ALREADY)
    if service.server_id == account.server.pk and account.find(service.kind, service.remote_id):
        words = _("The service has %(number)s at the partner, which is still there.") % {"number": service.remote_id}
        return replace(line, outcome=Outcome.CONFLICT, words=words, filled=())
    if has_other_tariff(row, service.tariff_id):
        shown = {"shown": row.tariff_id or row.tariff_name, "wanted": service.tariff_id}
        words = _("It has the Product ID %(shown)s at the partner, the service has %(wanted)s.") % shown
        return replace(line, outcome=Outcome.CONFLICT, words=words, filled=())
    return line


def missing_keys(service: Service, values: Mapping[str, str]) -> tuple[str, ...]:
    """Fields of the service's kind that are empty here and that WHMCS has a value for."""
    held = {row.field.key for row in service.field_values.all() if row.value}
    return tuple(
        spec.key
        for spec in service_specs(service)
        if values.get(spec.key) and spec.key not in held and spec.key != "order_id"
    )


def forbid_doubles(lines: Sequence[Line]) -> list[Line]:
    """One number of the partner for two services is a contradiction: neither is linked."""
    numbers = Counter((line.service.kind, line.remote_id) for line in lines if is_ours(line) and line.service)
    words = _("Another old service names the same number.")
    return [
        replace(line, outcome=Outcome.CONFLICT, words=words, filled=())
        if line.service and is_ours(line) and numbers[line.service.kind, line.remote_id] > 1
        else line
        for line in lines
    ]


def renames(product: Product) -> list[FieldLine]:
    return [
        FieldLine(product.name, rename.field.key, rename.key, is_merged=rename.target is not None)
        for rename in propose_renames(product)
    ]


def apply_plan(*, plan: Plan, server: Server, actor: str, now: datetime) -> Plan:
    """Carries it out, one service at a time; each is read at the partner once more. Safe to stop and to repeat."""
    products = {line.service.product_id: line.service.product for line in plan.lines if is_ours(line) and line.service}
    fields = [one for product in products.values() for one in bring_into_shape(product, actor=actor, now=now)]
    lines = [take_over(line, server, actor=actor, now=now) if is_ours(line) else line for line in plan.lines]
    return Plan(lines=lines, fields=fields, is_applied=True)


def bring_into_shape(product: Product, *, actor: str, now: datetime) -> list[FieldLine]:
    """Keys as the module reads them, and fields that were missing."""
    done: list[FieldLine] = []
    for rename in propose_renames(product):
        old_key = rename.field.key
        conflicts = take_module_key(field=rename.field, key=rename.key, actor=actor, now=now)
        services = tuple(conflict.service_id for conflict in conflicts)
        done.append(FieldLine(product.name, old_key, rename.key, rename.target is not None, services))
    create_missing_fields(product)
    return done


def take_over(line: Line, server: Server, *, actor: str, now: datetime) -> Line:
    service = line.service
    if service is None:
        return line
    try:
        if line.outcome == Outcome.LINK:
            adopt_remote(service=service, server=server, remote_id=line.remote_id, actor=actor, now=now)
    except AdoptionRefused as refusal:
        return replace(line, outcome=Outcome.REFUSED, words=str(refusal), filled=())
    except PartnerError as error:
        return replace(line, outcome=Outcome.REFUSED, words=error.message, filled=())
    values = {key: line.old.values[key] for key in line.filled}
    filled = fill_empty_fields(service=service, values=values, actor=actor, now=now)
    outcome = Outcome.LINKED if line.outcome == Outcome.LINK else line.outcome
    return replace(line, outcome=outcome, filled=tuple(filled))
