"""What remedies do. Each first speaks to the partner where it has to, then returns what is to be written here."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from billing.actions.adopting import AdoptionRefused, adopt_remote
from billing.actions.commands import change_service
from billing.actions.events import record_event
from billing.actions.lifecycle import apply_remote_state
from billing.actions.queueing import queue_operation, queue_renewal_if_due
from billing.models import (
    Finding,
    Operation,
    OperationKind,
    PooledLicense,
    PoolState,
    Service,
    ServiceOption,
)
from billing.queries.account_services import open_purchases
from catalog.models import ProductOption
from noc.account import remove_from_basket
from noc.errors import NotFound, PartnerError
from noc.kinds import get_kind
from noc.schemas import RemoteService
from noc.servers import connect


class RemedyNotFitting(Exception):
    """What was found has changed, or is in work: the text says why nothing was done."""


class RemedyFailed(Exception):
    """The partner refused or did not answer; the finding stays."""


class RemedyInvalid(Exception):
    """The remedy lacks something, or was given the wrong thing; `errors` maps fields to messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Order:
    """Which finding is to be put right, by whom and when; `chosen` is the service that adopts."""

    finding: Finding
    actor: str
    now: datetime
    chosen: Service | None = None

    @property
    def service(self) -> Service:
        """The service that the finding is about, as it is now. Raises RemedyNotFitting if it has ended."""
        if self.finding.service_id is None:
            raise RemedyNotFitting(_("No service of ours has it."))
        service = Service.objects.select_related("product", "server").get(pk=self.finding.service_id)
        if service.is_ended:
            raise RemedyNotFitting(_("The service has ended."))
        if (service.server_id, service.remote_id) != (self.finding.server_id, self.finding.remote_id):
            raise RemedyNotFitting(_("The service holds another number by now."))
        return service

    @property
    def reference(self) -> str:
        """The mark under which the partner calls are logged."""
        return f"finding:{self.finding.pk}"


type Write = Callable[[], object]
type Deed = Callable[[Order], Write]


def nothing() -> None:
    """All was done at the partner."""


def adopt(order: Order) -> Write:
    """Gives what was found to the chosen service."""
    finding = order.finding
    if order.chosen is None:
        raise RemedyInvalid({"service": [_("Choose the service that it belongs to.")]})
    if order.chosen.kind != finding.kind:
        raise RemedyInvalid({"service": [_("This service is of another kind.")]})
    try:
        adopt_remote(
            service=order.chosen,
            server=finding.server,
            remote_id=finding.remote_id,
            actor=order.actor,
            now=order.now,
        )
    except AdoptionRefused as refusal:
        raise RemedyInvalid(refusal.errors) from refusal
    return nothing


def sync(order: Order) -> Write:
    """The service's own SYNC reads the form: it ends what is gone, takes over the rest, turns auto-renewal off."""
    service = order.service
    return partial(queue_operation, service=service, kind=OperationKind.SYNC, now=order.now, actor=order.actor)


def change_there(order: Order) -> Write:
    """Name and address at the partner as they are here."""
    return partial(change_service, service=order.service, fields={}, actor=order.actor, now=order.now)


def renew_there(order: Order) -> Write:
    """The partner's end date first, then a period from there."""
    service = order.service
    _refuse_moving(service)
    with closing(connect(order.finding.server, reference=order.reference)) as client:
        try:
            remote = get_kind(service.kind).read(client, service.remote_id)
        except PartnerError as error:
            raise RemedyFailed(_("The partner could not be asked: %(why)s") % {"why": error.message}) from error
    return partial(_renew, order, service, remote)


def _renew(order: Order, service: Service, remote: RemoteService) -> None:
    _refuse_moving(service)
    apply_remote_state(service=service, remote=remote, now=order.now)
    operation = queue_renewal_if_due(service=service, now=order.now, actor=order.actor)
    if operation is not None and operation.is_settled:
        words = _("It was extended from this date before, by operation %(number)s: look at the partner what happened.")
        raise RemedyNotFitting(words % {"number": operation.pk})


def take_over_tariff(order: Order) -> Write:
    """The Product ID as the partner has it."""
    return partial(_write_tariff, order, order.service)


def _write_tariff(order: Order, service: Service) -> None:
    _refuse_moving(service)
    before, after = service.tariff_id, str(order.finding.details["theirs"])
    service.tariff_id = after
    service.save(update_fields=["tariff_id"])
    data = {"from": before, "to": after}
    record_event("service.tariff_changed", now=order.now, actor=order.actor, service=service, data=data)


def take_over_nodes(order: Order) -> Write:
    """As many additional servers as the partner counts, for no more money."""
    service = order.service
    addon = get_kind(service.kind).node_addon(service.tariff_id)
    option = ProductOption.objects.filter(product=service.product_id, addon_id=addon).first() if addon else None
    if option is None:
        raise RemedyNotFitting(_("The product has no option that counts its servers."))
    return partial(_write_nodes, order, service, option)


def _write_nodes(order: Order, service: Service, option: ProductOption) -> None:
    shown = int(order.finding.details["theirs"])
    quantity = max(shown - service.product.node_base, 0)
    held, is_new = ServiceOption.objects.get_or_create(
        service=service, option=option, defaults={"quantity": quantity, "unit_amount": 0}
    )
    data = {"from": 0 if is_new else held.quantity, "to": quantity}
    ServiceOption.objects.filter(pk=held.pk).update(quantity=quantity)
    service.remote_addons = {**service.remote_addons, option.addon_id: shown}
    service.save(update_fields=["remote_addons"])
    record_event("service.servers_counted", now=order.now, actor=order.actor, service=service, data=data)


def delete_there(order: Order) -> Write:
    """Ends at the partner what nobody here holds. Gone already is fine."""
    finding = order.finding
    _refuse_held(order)
    with closing(connect(finding.server, reference=order.reference)) as client:
        kind = get_kind(finding.kind)
        try:
            row = kind.read(client, finding.remote_id)
            if any(purchase.may_be(row) for purchase in open_purchases(finding.server)):
                raise RemedyNotFitting(_("A purchase whose outcome is open may have bought it: settle that first."))
            kind.delete(client, finding.remote_id)
        except NotFound:
            return nothing
        except PartnerError as error:
            raise RemedyFailed(_("The partner did not delete it: %(why)s") % {"why": error.message}) from error
    return nothing


def empty_basket(order: Order) -> Write:
    """Takes what was never paid for out of the basket, and deletes what is left of it."""
    finding = order.finding
    _refuse_held(order)
    with closing(connect(finding.server, reference=order.reference)) as client:
        try:
            remove_from_basket(client, item_id=finding.remote_id)
            get_kind(finding.kind).delete(client, finding.remote_id)
        except PartnerError as error:
            raise RemedyFailed(_("The partner did not delete it: %(why)s") % {"why": error.message}) from error
    return nothing


def delete_pooled(order: Order) -> Write:
    """Ends a license of the pool at the partner; a row that is being taken is refused."""
    write = forget_pooled(order)
    delete_there(order)
    return write


def forget_pooled(order: Order) -> Write:
    """The license is no longer ours to use again."""
    if _pooled(order).filter(state=PoolState.TAKEN).exists():
        raise RemedyNotFitting(_("A purchase is taking it out of the pool right now."))
    return partial(_drop, order)


def _drop(order: Order) -> None:
    _pooled(order).filter(state=PoolState.FREE).update(state=PoolState.DROPPED, changed_at=order.now)


def _pooled(order: Order) -> QuerySet[PooledLicense]:
    return PooledLicense.objects.filter(server=order.finding.server, remote_id=order.finding.remote_id)


def _refuse_held(order: Order) -> None:
    """Raises RemedyNotFitting if a service has it by now, or one that ended is still at work on it."""
    finding = order.finding
    holders = Service.objects.filter(server=finding.server, kind=finding.kind, remote_id=finding.remote_id)
    if holders.not_ended().exists() or Operation.objects.unsettled().filter(service__in=holders).exists():
        raise RemedyNotFitting(_("A service holds this number by now."))


def _refuse_moving(service: Service) -> None:
    if Operation.objects.unsettled().filter(service=service).exists():
        raise RemedyNotFitting(_("An operation of this service is not settled yet."))
