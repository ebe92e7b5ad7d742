"""↻ The renewal invoice of one service, before its time."""

from datetime import date, datetime

from django.db import transaction

from billing.actions.events import record_event
from billing.actions.renewal_lines import RELATED, count_discounted, write_renewal_lines
from billing.actions.renewal_runs import draft_renewal, write_renewals
from billing.models import Invoice, InvoiceLine, LineKind, Service
from billing.queries.taxes import read_tax_book


def issue_renewal_now(*, service: Service, actor: str, now: datetime, on: date) -> Invoice | None:
    """The invoice for the next period of one service, before its time; the open one if there is one already."""
    with transaction.atomic():
        locked = (
            Service.objects.select_for_update(of=("self",))
            .select_related(*RELATED, "client", "product", "currency")
            .get(pk=service.pk)
        )
        line = InvoiceLine.objects.filter(
            service=locked, kind=LineKind.SERVICE, period_start=locked.next_due_date, is_voided=False
        ).first()
        if line is not None:
            return line.invoice
        if locked.is_ended or locked.next_due_date is None or locked.recurring_amount == 0:
            return None
        clients = {locked.client_id: locked.client}
        book, given = read_tax_book(since=locked.next_due_date), count_discounted([locked])
        lines = write_renewal_lines(locked, clients=clients, book=book, discounted=given)
        draft = draft_renewal(locked, lines, today=on)
        (invoice,) = write_renewals([draft], now=now)
        record_event("renewal.requested", now=now, actor=actor, service=locked, invoice=invoice)
    return invoice
