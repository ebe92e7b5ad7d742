"""Which events operators are alerted of, and what each is about."""

from typing import Final

from billing.models import AlertKind, Event

GATEWAY_FAILING: Final = "gateway.failing"
_KINDS: Final = {
    "attempt.needs_check": AlertKind.PAYMENT,
    "attempt.refused": AlertKind.PAYMENT,
    "automation.braked": AlertKind.BRAKED,
    "automation.failed": AlertKind.NIGHT_MISSED,
    "automation.missed": AlertKind.NIGHT_MISSED,
    "certificate.needs_person": AlertKind.NEEDS_PERSON,
    "client.email_bounced": AlertKind.BOUNCED,
    GATEWAY_FAILING: AlertKind.GATEWAY_FAILING,
    "gateway_event.refused": AlertKind.PAYMENT,
    "ledger.not_clean": AlertKind.LEDGER,
    "operation.failed": AlertKind.NEEDS_PERSON,
    "operation.held": AlertKind.HELD,
    "operation.needs_check": AlertKind.NEEDS_PERSON,
    "payment.disputed": AlertKind.PAYMENT,
    "payment.not_applied": AlertKind.PAYMENT,
    "payment.reversed": AlertKind.PAYMENT,
    "refund.made_outside": AlertKind.PAYMENT,
    "refund.failed": AlertKind.REFUND_FAILED,
    "refund.unanswered": AlertKind.REFUND_FAILED,
    "server.low_balance": AlertKind.LOW_BALANCE,
    "service.gone_at_partner": AlertKind.NEEDS_PERSON,
}
# What an event without an object of its own is about, by a name in its data.
_BY_DATA: Final = ("server", "duty", "day", "gateway")


def kind_of(event: Event) -> AlertKind | None:
    """None for an event that nobody is alerted of."""
    return _KINDS.get(event.name)


def subject_of(event: Event) -> str:
    """What it is about, so that more of the same can be counted: "operation 12", "gateway stripe"."""
    for name in ("operation", "service", "invoice", "client"):
        number = getattr(event, f"{name}_id")
        if number is not None:
            return f"{name} {number}"
    return next((f"{name} {event.data[name]}"[:100] for name in _BY_DATA if event.data.get(name)), "")
