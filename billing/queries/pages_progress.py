"""How far a purchase or a command is, in words for the client: true, without names of accounts at the partner.

An operation's own message is for operators only: it may name servers and repeat what the partner answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models import (
    LIVE_STATUSES,
    HoldReason,
    Invoice,
    Operation,
    OperationKind,
    OperationStatus,
    Order,
    OrderStatus,
    Service,
)
from billing.queries.certificates import pending_words
from billing.queries.changes import refusal_words
from catalog.models import AutoSetup

StepState = Literal["done", "current", "waiting", "failed", "ahead"]
Words = str | Promise
# How long a success stays on the page.
NEWS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of something that takes time. waiting: for a person or a payment; current: goes on by itself."""

    name: str
    state: StepState
    words: str = ""


@dataclass(frozen=True, slots=True)
class ServiceProgress:
    """A service on its way: its state and what happens next."""

    service: Service
    state: StepState
    words: str


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """`is_moving`: something may still change by itself or by a person, so that it is worth looking again."""

    steps: tuple[Step, ...]
    services: tuple[ServiceProgress, ...]
    is_moving: bool

    @property
    def is_working(self) -> bool:
        """Something goes on by itself right now."""
        return any(part.state == "current" for part in self.services)


@dataclass(frozen=True, slots=True)
class OperationProgress:
    """The latest command on a service, for its client."""

    name: str
    state: StepState
    words: str
    is_moving: bool


_PAUSED: Final = _("Purchases are paused at the moment. Our staff has been told and will continue this one.")
_HELD: Final[dict[str, Words]] = {
    HoldReason.SERVER_DISABLED: _PAUSED,
    HoldReason.NO_SERVER: _PAUSED,
    HoldReason.NO_MONEY: _PAUSED,
    HoldReason.ACCOUNT_REFUSED: _PAUSED,
    HoldReason.AWAITING_ACCEPTANCE: _("Our staff looks at this order before anything is bought."),
    HoldReason.PARENT_MISSING: _("It is bought as soon as the license that it belongs to is active."),
    HoldReason.CHILDREN_FIRST: _("The modules on this license are ended first."),
}
_NAMES: Final[dict[str, Words]] = {
    OperationKind.CREATE: _("Buying"),
    OperationKind.RENEW: _("Renewal"),
    OperationKind.TERMINATE: _("Stopping"),
    OperationKind.SYNC: _("Refreshing the data"),
    OperationKind.CHANGE: _("Changing the name and IP"),
    OperationKind.REISSUE: _("Issuing anew"),
}
_GOING_ON: Final[dict[str, Words]] = {
    OperationKind.CREATE: _("This usually takes less than a minute."),
    OperationKind.RENEW: _("The new end date appears here, usually within a minute."),
    OperationKind.TERMINATE: _("The license is being deleted, usually within a minute."),
    OperationKind.SYNC: _("Fresh data appears here, usually within a minute."),
    OperationKind.CHANGE: _("The license is being changed, usually within a minute. The old values work until then."),
    OperationKind.REISSUE: _("The authority is being asked, usually within a minute."),
}
_DONE: Final[dict[str, Words]] = {
    OperationKind.CREATE: _("It is ready."),
    OperationKind.RENEW: _("The license is renewed."),
    OperationKind.TERMINATE: _("The license is deleted."),
    OperationKind.SYNC: _("The data is fresh."),
    OperationKind.CHANGE: _("The name and IP are changed."),
    OperationKind.REISSUE: _("The authority was asked. The new certificate appears here once it is issued."),
}
_FAILED: Final[dict[str, Words]] = {
    OperationKind.CREATE: _("It could not be bought. Our staff has been told; your payment is not lost."),
    OperationKind.RENEW: _("It could not be renewed. Our staff has been told; your payment is not lost."),
    OperationKind.TERMINATE: _("It could not be stopped. Our staff has been told."),
    OperationKind.SYNC: _("The data could not be refreshed; what you see is what was known last."),
    OperationKind.CHANGE: _("The change was refused, the old values stay. Check them and try again."),
    OperationKind.REISSUE: _("It was not issued anew. Our staff has been told; the certificate that you have goes on."),
}
_CHECKING: Final = _(
    "No confirmation has come yet. We check by ourselves whether it went through, so that nothing is done twice; "
    "this can take up to a quarter of an hour."
)
_NEEDS_CHECK: Final = _(
    "It is not certain whether this went through. Our staff is checking it, so that nothing is done twice."
)
_CANCELLED: Final = _("This was called off; nothing was changed.")
_RETRYING: Final = _("The connection failed for the moment. It is tried again by itself.")


def operation_state(operation: Operation) -> tuple[StepState, str]:
    """(state, what happens next) of an operation, for its client."""
    kind, status = operation.kind, operation.status
    state: StepState
    words: Words
    if status == OperationStatus.DONE and kind == OperationKind.CREATE and operation.service.awaits_issue:
        state, words = "waiting", pending_words(operation.service)
    elif status == OperationStatus.DONE:
        state, words = "done", _DONE[kind]
    elif status == OperationStatus.HELD:
        state, words = "waiting", _HELD.get(operation.hold_reason, _PAUSED)
    elif status == OperationStatus.NEEDS_CHECK:
        state, words = "waiting", _NEEDS_CHECK
    elif status == OperationStatus.CHECKING:
        state, words = "current", _CHECKING
    elif status == OperationStatus.FAILED:
        state, words = "failed", refusal_words(operation) or _FAILED[kind]
    elif status == OperationStatus.CANCELLED:
        state, words = "ahead", _CANCELLED
    elif status == OperationStatus.QUEUED and operation.attempt > 1:
        state, words = "current", _RETRYING
    else:
        state, words = "current", _GOING_ON[kind]
    return state, str(words)


def operation_progress(operation: Operation) -> OperationProgress:
    """The whole of an operation's progress in words for the client."""
    state, words = operation_state(operation)
    return OperationProgress(str(_NAMES[operation.kind]), state, words, not operation.is_settled)


def latest_progress(service: Service, *, now: datetime) -> OperationProgress | None:
    """The progress of what was last done with a service; None where nothing is, or once a success is old news."""
    latest = service.operations.exclude(status=OperationStatus.CANCELLED).order_by("-id").first()
    if latest is None or (latest.kind == OperationKind.SYNC and latest.requested_by == ""):
        latest = service.operations.unsettled().exclude(kind=OperationKind.SYNC).order_by("-id").first()
    if latest is None:
        return None
    is_old = latest.finished_at is not None and latest.finished_at < now - NEWS
    return None if latest.status == OperationStatus.DONE and is_old else operation_progress(latest)


def get_order(*, client_id: int, number: str) -> Order:
    """A client's order with what its page shows. Raises Order.DoesNotExist, for other people's orders too."""
    return (
        Order.objects.select_related("currency", "client")
        .prefetch_related("lines__product", "lines__services__product", "lines__services__operations")
        .get(client_id=client_id, number=number)
    )


def order_progress(order: Order, invoice: Invoice | None) -> OrderProgress:
    """Placed → paid → bought → ready, for an order read with get_order."""
    services = [service for line in order.lines.all() for service in line.services.all()]
    is_paid = invoice is None or not invoice.is_payable
    parts = tuple(_service_progress(service, order, is_paid=is_paid) for service in services)
    if order.status in (OrderStatus.CANCELLED, OrderStatus.FRAUD):
        gone = Step(gettext("Cancelled"), "failed", gettext("This order was cancelled; nothing more will be bought."))
        return OrderProgress((Step(gettext("Order placed"), "done"), gone), parts, is_moving=False)
    steps = [Step(gettext("Order placed"), "done")]
    if invoice is not None:
        steps.append(_payment_step(is_paid=is_paid))
    steps += [_buying_step(parts, is_paid=is_paid), _ready_step(parts)]
    return OrderProgress(
        tuple(steps), parts, is_moving=any(part.state in ("current", "waiting", "ahead") for part in parts)
    )


def _service_progress(service: Service, order: Order, *, is_paid: bool) -> ServiceProgress:
    if service.status in LIVE_STATUSES:
        return ServiceProgress(service, "done", gettext("Ready."))
    if service.is_ended:
        return ServiceProgress(service, "failed", service.get_status_display())
    purchases = [operation for operation in service.operations.all() if operation.kind == OperationKind.CREATE]
    if purchases:
        return ServiceProgress(service, *operation_state(max(purchases, key=lambda operation: operation.pk)))
    if not is_paid:
        return ServiceProgress(service, "ahead", gettext("Bought as soon as the payment is here."))
    if service.module and service.product.auto_setup in (AutoSetup.ORDER, AutoSetup.PAYMENT):
        return ServiceProgress(service, "current", str(_GOING_ON[OperationKind.CREATE]))
    if not service.module:
        return ServiceProgress(
            service, "waiting", gettext("Our staff does this by hand; you get a letter once it is done.")
        )
    return ServiceProgress(service, "waiting", str(_HELD[HoldReason.AWAITING_ACCEPTANCE]))


def _payment_step(*, is_paid: bool) -> Step:
    if is_paid:
        return Step(gettext("Paid"), "done")
    return Step(gettext("Payment"), "waiting", gettext("We are waiting for your payment."))


def _buying_step(parts: Sequence[ServiceProgress], *, is_paid: bool) -> Step:
    states = [part.state for part in parts]
    if all(state == "done" for state in states):
        is_bought = any(part.service.module for part in parts)
        return Step(gettext("Bought") if is_bought else gettext("Prepared"), "done")
    order_of_concern: tuple[StepState, ...] = ("failed", "waiting", "current", "ahead")
    state = next(state for state in order_of_concern if state in states)
    words = next(part.words for part in parts if part.state == state)
    if len(parts) > 1 and "done" in states:
        counts = gettext("%(done)s of %(all)s are ready.") % {"done": states.count("done"), "all": len(states)}
        words = f"{counts} {words}"
    is_bought = any(part.service.module for part in parts)
    name = gettext("Buying from the vendor") if is_bought else gettext("Preparing")
    return Step(name, state, "" if state == "ahead" and not is_paid else words)


def _ready_step(parts: Sequence[ServiceProgress]) -> Step:
    if all(part.state == "done" for part in parts):
        words = gettext("The key is on the page of the service.") if any(part.service.module for part in parts) else ""
        return Step(gettext("Ready"), "done", words)
    return Step(gettext("Ready"), "ahead")
