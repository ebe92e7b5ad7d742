"""↻ Renewal invoices of a day, set by set: found, priced and written with the same few queries a batch.

What is drafted and not written is the plan of the night.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.actions.bulk_letters import tell_clients
from billing.actions.bulk_rows import insert_many
from billing.actions.invoicing import frozen_parties
from billing.actions.ledger import post_issued
from billing.actions.locking import lock_clients
from billing.actions.payments import CREDIT, settle_empty_invoice
from billing.actions.renewal_lines import PRICED_BY, RELATED, count_discounted, share_products, write_renewal_lines
from billing.models import (
    AutomationSettings,
    CancellationRequest,
    CancellationStatus,
    Client,
    Invoice,
    InvoiceLine,
    LineKind,
    Operation,
    Service,
)
from billing.queries.billing_settings import invoiced_until, read_automation_settings
from billing.queries.clock import business_date
from billing.queries.renewal_terms import with_next_period
from billing.queries.seller import Snapshots
from billing.queries.taxes import read_tax_book
from catalog.periods import CYCLE_MONTHS

BATCH = 500
# What a renewal is paid by where the order was paid from credit.
OTHERWISE = "bank_transfer"


@dataclass(frozen=True, slots=True)
class RenewalDraft:
    """An invoice that could be written as it is: with its lines, without an id."""

    invoice: Invoice
    lines: list[InvoiceLine]


def issue_renewals(*, on: date, now: datetime, client: Client | None = None) -> int:
    """Issues the renewal invoices that the night of `on` issues; returns how many.

    One for each client, currency, due date and way to pay, unless the client wants one a service. Running it again
    issues nothing twice: one line not voided per service and period start.
    """
    horizon = renewal_horizon(read_automation_settings(), on=on)
    after, issued = 0, 0
    while client_ids := clients_with_due(horizon, after=after, limit=BATCH, only=client):
        after = client_ids[-1]
        with transaction.atomic():
            drafts = draft_renewals(read_due(horizon, client_ids, is_locked=True), today=business_date(now), on=on)
            issued += len(write_renewals(drafts, now=now))
    return issued


def renewal_horizon(settings: AutomationSettings, *, on: date) -> dict[str, date]:
    """Cycle → the last due date that is invoiced on that day."""
    return {cycle.value: invoiced_until(settings, cycle=cycle, on=on) for cycle in CYCLE_MONTHS}


def due_services(horizon: Mapping[str, date]) -> QuerySet[Service]:
    """Services whose next period is to be invoiced: not yet invoiced, not to be ended, within their limit and term."""
    lines = InvoiceLine.objects.filter(
        service=OuterRef("pk"), kind=LineKind.SERVICE, period_start=OuterRef("next_due_date"), is_voided=False
    )
    ending = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind="TERMINATE")
    stopping = CancellationRequest.objects.filter(service=OuterRef("pk"), status=CancellationStatus.OPEN)
    due = Service.objects.invoiced_for_renewal(horizon)
    return with_next_period(due.filter(~Exists(lines), ~Exists(ending), ~Exists(stopping)))


def clients_with_due(horizon: Mapping[str, date], *, after: int, limit: int, only: Client | None = None) -> list[int]:
    """The next clients by id that have such services."""
    found = due_services(horizon).filter(client_id__gt=after)
    if only is not None:
        found = found.filter(client=only)
    return list(found.order_by("client_id").values_list("client_id", flat=True).distinct()[:limit])


def read_due(horizon: Mapping[str, date], client_ids: Sequence[int], *, is_locked: bool) -> list[Service]:
    """Their services with what pricing needs and no more; locked, so that two runs at once cannot both take them."""
    found = due_services(horizon).filter(client_id__in=client_ids).order_by("id")
    if is_locked and connection.features.has_select_for_update_skip_locked:
        lock_clients(client_ids)
        found = found.select_for_update(of=("self",), skip_locked=True, no_key=True)
    services = list(found.select_related(*RELATED).only(*PRICED_BY))
    share_products(services)
    return services


def draft_renewal(service: Service, lines: list[InvoiceLine], *, today: date) -> RenewalDraft:
    """The invoice of these lines of one service (its client loaded with it)."""
    _client, _currency, due, method, _alone = _group_of(service, service.client, today=today)
    return RenewalDraft(draft_invoice(service.client, service, lines, today=today, due=due, method=method), lines)


def draft_renewals(services: Sequence[Service], *, today: date, on: date) -> list[RenewalDraft]:
    """The invoices for the next period of each; reads three times, whatever the number, and writes nothing.

    `today` is the day of issue; `on` is earlier while missed nights are caught up.
    """
    clients = Client.objects.in_bulk({service.client_id for service in services})
    starts = [service.next_due_date for service in services if service.next_due_date]
    book = read_tax_book(since=min(starts, default=on))
    given = count_discounted(services)
    groups: defaultdict[tuple[int, str, date, str, int], list[Service]] = defaultdict(list)
    for service in services:
        groups[_group_of(service, clients[service.client_id], today=today)].append(service)
    drafts = []
    for (client_id, _currency, due, method, _alone), members in groups.items():
        lines = [
            line
            for service in members
            for line in write_renewal_lines(service, clients=clients, book=book, discounted=given)
        ]
        invoice = draft_invoice(clients[client_id], members[0], lines, today=today, due=due, method=method)
        drafts.append(RenewalDraft(invoice, lines))
    return drafts


def _group_of(service: Service, client: Client, *, today: date) -> tuple[int, str, date, str, int]:
    """Services of one group share an invoice."""
    ordered_by = service.order_line.order.payment_method
    method = OTHERWISE if ordered_by == CREDIT else ordered_by
    alone = service.pk if client.separates_invoices else 0
    return client.pk, service.currency_id, due_date_of(service, today=today), method, alone


def due_date_of(service: Service, *, today: date) -> date:
    """No later than the partner's end date, so that the client pays before the service stops there."""
    dates = [day for day in (service.next_due_date, service.expires_on) if day is not None]
    return max(min(dates), today)


def draft_invoice(
    client: Client, service: Service, lines: Sequence[InvoiceLine], *, today: date, due: date, method: str
) -> Invoice:
    """The invoice of these lines, in the currency of `service`; not saved, without its snapshots."""
    subtotal = sum((line.amount for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    return Invoice(
        client=client,
        currency=service.currency,
        payment_method=method,
        issue_date=today,
        due_date=due,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
    )


def write_renewals(drafts: Sequence[RenewalDraft], *, now: datetime) -> list[Invoice]:
    """Writes invoices, lines, postings, events and letters, each kind at once. Call it in a transaction."""
    snapshots = Snapshots()
    invoices = [draft.invoice for draft in drafts]
    for invoice in invoices:
        for name, value in frozen_parties(invoice.client, invoice.currency, snapshots).items():
            setattr(invoice, name, value)
    insert_many(invoices)
    for draft in drafts:
        for line in draft.lines:
            line.invoice = draft.invoice
    insert_many([line for draft in drafts for line in draft.lines])
    post_issued(invoices, now=now)
    tell_clients("invoice.issued", invoices, now=now)
    for invoice in invoices:
        if invoice.total == 0:
            settle_empty_invoice(invoice=invoice, now=now)
    return invoices
