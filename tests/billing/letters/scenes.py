"""Events of every kind that a letter tells of, each with the facts that the portal writes with it."""

from typing import Any, Final

from billing.actions.events import record_event
from billing.models import Affiliate, Event, Invoice, LedgerAudit, Operation, Service
from billing.queries.clock import database_now
from tests.builders import World, make_active_service

MONEY: Final = {"amount": "12.00", "currency": "EUR"}
DAY: Final = "2026-12-31"
DUTY: Final = {"day": DAY, "duty": "notices", "status": "DONE", "count": 3, "failed": 1, "brake": "Too many"}


def make_events(world: World) -> dict[str, Event]:
    """Name → an event, for every letter."""
    now = database_now()
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    invoice = Invoice.objects.filter(client=world.client).latest("id")
    Affiliate.objects.create(client=world.client, code="anna", joined_at=now)
    operation = Operation.objects.filter(service=service).latest("id")
    found = {event.name: event for event in Event.objects.order_by("id")}
    for name, about in _told(world, service, invoice, operation).items():
        found.setdefault(name, record_event(name, now=now, **about))
    return found


def _told(world: World, service: Service, invoice: Invoice, operation: Operation) -> dict[str, dict[str, Any]]:
    audit = LedgerAudit.objects.create(
        at=operation.created_at, duration=operation.created_at - operation.created_at, entry_count=1, difference_count=1
    )
    of_invoice: dict[str, Any] = {"invoice": invoice}
    of_service: dict[str, Any] = {"service": service}
    withdrawal = {"client": world.client, "data": {**MONEY, "withdrawal": 1, "way": "CREDIT", "reason": "why"}}
    broken = {**of_service, "operation": operation}
    return {
        **{f"invoice.{name}": of_invoice for name in ("reminder", "overdue_first", "overdue_second", "overdue_third")},
        "credit_note.issued": {**of_invoice, "data": {"number": "CN-1", "amount": "3.00", "reason": "why"}},
        "refund.done": {**of_invoice, "data": {**MONEY, "way": "CREDIT"}},
        "refund.failed": {**of_invoice, "data": {**MONEY, "reason": "why"}},
        "payment.not_applied": {**of_invoice, "data": MONEY},
        "payment.reversed": {**of_invoice, "data": {**MONEY, "lost": "2.00", "fee": "", "reason": "why"}},
        "service.renewed": of_service,
        "service.suspended": {**of_service, **of_invoice, "data": {"cause": "OVERDUE", "until": DAY}},
        "service.unsuspended": of_service,
        "service.terminated": of_service,
        "service.term_ended": {**of_service, "data": {"ended_on": DAY}},
        "service.gone_at_partner": of_service,
        "cancellation.requested": {**of_service, "data": {"type": "END_OF_PERIOD", "reason": "why", "until": DAY}},
        "cancellation.withdrawn": of_service,
        "certificate.reissued": {**of_service, "data": {"until": DAY}},
        "certificate.needs_person": {
            **of_service,
            "data": {
                "message": "The authority has not issued it since %(date)s. Ask the client, or the partner.",
                "values": {"date": DAY},
            },
        },
        "operation.failed": broken,
        "operation.held": broken,
        "operation.needs_check": broken,
        "affiliate.joined": {"client": world.client, "data": {"code": "anna"}},
        "withdrawal.requested": withdrawal,
        "withdrawal.paid": withdrawal,
        "withdrawal.refused": withdrawal,
        "server.low_balance": {
            "data": {
                "server": world.server.pk,
                "name": "EU account",
                "balance": "4.00",
                "currency": "EUR",
                "below": "",
                "runs_out_on": DAY,
                "top_up": "50.00",
            }
        },
        "automation.finished": {"data": {"day": DAY, "duties": [{**DUTY, "amounts": {"EUR": "5.00"}}]}},
        "automation.braked": {"data": {"day": DAY, "duty": "notices", "label": "x", "brake": "Too many"}},
        "automation.failed": {"data": {"day": DAY, "duty": "gone", "error": "OperationalError"}},
        "automation.missed": {"data": {"day": DAY, "duties": ["notices", "gone"], "started": True}},
        "attempt.failed": {**of_invoice, "data": {"gateway": "stripe", "attempt": 1, "reason": "expired_card"}},
        "attempt.needs_check": {**of_invoice, "data": {"gateway": "stripe", "attempt": 1, "reason": "why"}},
        "attempt.refused": {**of_invoice, "data": {"gateway": "stripe", "attempt": 1, "reason": "why"}},
        "refund.unanswered": {
            **of_invoice,
            "data": {**MONEY, "gateway": "stripe", "reference": "pi_1", "reason": "why"},
        },
        "gateway.failing": {"data": {"gateway": "yookassa", "reason": "HTTP 503"}},
        "gateway_event.refused": {**of_invoice, "data": {"gateway": "stripe", "notice": 1, "reason": "why"}},
        "payment.disputed": {**of_invoice, "data": {"gateway": "stripe", "reference": "pi_1", "reason": "why"}},
        "refund.made_outside": {**of_invoice, "data": {"gateway": "stripe", "reference": "pi_1", "reason": "why"}},
        **{
            f"invoices.{name}": {"client": world.client, "data": {"invoices": [invoice.pk]}}
            for name in ("issued", "reminder", "overdue_first", "overdue_second", "overdue_third")
        },
        "client.email_unconfirmed": {"client": world.client},
        "client.email_changed": {"client": world.client, "data": {"to": "new@example.com"}},
        "client.email_bounced": {"client": world.client, "data": {"email": "a@example.com", "reason": "550 no"}},
        "client.news": {"client": world.client, "data": {"subject": "News", "text": "Prices stay."}},
        "user.password_forgotten": {"client": world.client, "data": {"user": world.client.users.get().pk}},
        "user.password_changed": {"client": world.client, "data": {"user": world.client.users.get().pk}},
        "ledger.not_clean": {"data": {"audit": audit.pk, "differences": 1}},
        "letter.incomplete": {**of_service, "data": {"email": 1, "letter": "service.activated", "fields": ["lickey"]}},
    }
