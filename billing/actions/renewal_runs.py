"""↻ Renewal invoices of a day, set by set: found, priced and written with the same few queries a batch.

What is drafted and not written is the plan of the night.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.actions.bulk_letters import tell_clients
from billing.actions.bulk_rows import insert_many, insert_values
from billing.actions.invoicing import frozen_parties
from billing.actions.ledger import post_issued
from billing.actions.locking import lock_clients
from billing.actions.payments import CREDIT, settle_empty_invoice
from billing.actions.renewal_lines import PRICED_BY, RenewalLine, RenewalPrices
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
from catalog.models import Currency
from catalog.periods import CYCLE_MONTHS

BATCH = 500
# What a renewal is paid by where the order was paid from credit.
OTHERWISE = "bank_transfer"


@dataclass(frozen=True, slots=True)
class RenewalDraft:
    """An invoice that could be written as it is: with its lines, without an id."""

    client: Client
    currency: Currency
    payment_method: str
    issue_date: date
    due_date: date
    lines: Sequence[RenewalLine]

    @property
    def subtotal(self) -> Decimal:
        """What it asks for without tax, in its currency."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """All taxes of it."""
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.subtotal + self.tax

    def as_invoice(self, snapshots: Snapshots) -> Invoice:
        """The invoice with what it keeps of this moment; not saved."""
        subtotal, tax = self.subtotal, self.tax
        return Invoice(
            client=self.client,
            currency=self.currency,
            payment_method=self.payment_method,
            issue_date=self.issue_date,
            due_date=self.due_date,
            subtotal=subtotal,
            tax=tax,
            total=subtotal + tax,
            **frozen_parties(self.client, self.currency, snapshots),
        )


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
    return list(found.only(*PRICED_BY))


def draft_renewals(services: Sequence[Service], *, today: date, on: date) -> list[RenewalDraft]:
    """The invoices for the next period of each; six queries, whatever the number, and writes nothing.

    `today` is the day of issue; `on` is earlier while missed nights are caught up.
    """
    prices = RenewalPrices.read(services, on=on)
    groups: defaultdict[_Group, list[RenewalLine]] = defaultdict(list)
    for service in services:
        groups[_group_of(service, prices, today=today)] += prices.lines_of(service)
    return [
        RenewalDraft(
            client=prices.clients[group.client_id],
            currency=prices.currencies[group.currency_id],
            payment_method=group.payment_method,
            issue_date=today,
            due_date=group.due_date,
            lines=lines,
        )
        for group, lines in groups.items()
    ]


class _Group(NamedTuple):
    """Services of one group share an invoice; `alone` is the service that wants one of its own, else 0."""

    client_id: int
    currency_id: str
    due_date: date
    payment_method: str
    alone: int


def _group_of(service: Service, prices: RenewalPrices, *, today: date) -> _Group:
    ordered_by = prices.terms[service.order_line_id].payment_method
    method = OTHERWISE if ordered_by == CREDIT else ordered_by
    alone = service.pk if prices.clients[service.client_id].separates_invoices else 0
    return _Group(service.client_id, service.currency_id, due_date_of(service, today=today), method, alone)


def due_date_of(service: Service, *, today: date) -> date:
    """No later than the partner's end date, so that the client pays before the service stops there."""
    dates = [day for day in (service.next_due_date, service.expires_on) if day is not None]
    return max(min(dates), today)


def write_renewals(drafts: Sequence[RenewalDraft], *, now: datetime) -> Sequence[Invoice]:
    """Writes invoices, lines, postings, events and letters, each kind at once. Call it in a transaction."""
    snapshots = Snapshots()
    invoices = insert_many([draft.as_invoice(snapshots) for draft in drafts])
    written = zip(invoices, drafts, strict=True)
    insert_values(
        InvoiceLine,
        [{"invoice_id": invoice.pk, **line._asdict()} for invoice, draft in written for line in draft.lines],
    )
    post_issued(invoices, now=now)
    tell_clients("invoice.issued", invoices, now=now)
    for invoice in invoices:
        if invoice.total == 0:
            settle_empty_invoice(invoice=invoice, now=now)
    return invoices
