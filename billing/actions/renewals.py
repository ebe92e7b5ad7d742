"""↻ Renewals: invoices for the next period, issued ahead of time, set by set; and the nightly judgment of cover."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from billing.actions.events import record_event
from billing.actions.invoicing import frozen_parties
from billing.actions.ledger import invoice_amounts
from billing.actions.locking import lock_client, lock_clients
from billing.actions.payments import settle_empty_invoice
from billing.actions.queueing import queue_renewal_if_due
from billing.actions.renewal_lines import RELATED, count_discounted, write_renewal_lines
from billing.models import (
    Client,
    Email,
    Event,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    LineKind,
    Operation,
    Posting,
    Service,
)
from billing.queries.seller import Snapshots
from billing.queries.taxes import read_tax_book
from catalog.models import Currency

BATCH = 500


def issue_renewals(*, on: date, now: datetime, client: Client | None = None) -> int:
    """Issues the renewal invoices that are due RENEWAL_INVOICE_DAYS after `on`: one per client, currency and due date.

    Running it again issues nothing twice: one line not voided per service and period start. Returns invoices issued.
    """
    due_until = on + timedelta(days=settings.RENEWAL_INVOICE_DAYS)
    snapshots = Snapshots()
    after_client_id, issued = 0, 0
    while True:
        client_ids = _clients_with_due(due_until, after=after_client_id, only=client)
        if not client_ids:
            return issued
        after_client_id = client_ids[-1]
        with transaction.atomic():
            issued += _issue_batch(client_ids, snapshots, due_until=due_until, on=on, now=now)


def _due_services(due_until: date) -> QuerySet[Service]:
    lines = InvoiceLine.objects.filter(
        service=OuterRef("pk"), kind=LineKind.SERVICE, period_start=OuterRef("next_due_date"), is_voided=False
    )
    ending = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind="TERMINATE")
    return Service.objects.invoiced_for_renewal(due_until=due_until).filter(~Exists(lines), ~Exists(ending))


def _clients_with_due(due_until: date, *, after: int, only: Client | None) -> list[int]:
    found = _due_services(due_until).filter(client_id__gt=after)
    if only is not None:
        found = found.filter(client=only)
    return list(found.order_by("client_id").values_list("client_id", flat=True).distinct()[:BATCH])


def _issue_batch(client_ids: Sequence[int], snapshots: Snapshots, *, due_until: date, on: date, now: datetime) -> int:
    """One transaction: clients and services are locked, so that two runs at once cannot both take them."""
    clients = lock_clients(client_ids)
    locked = _due_services(due_until).filter(client_id__in=client_ids).order_by("id")
    if connection.features.has_select_for_update_skip_locked:
        locked = locked.select_for_update(of=("self",), skip_locked=True)
    services = list(locked.select_related(*RELATED))
    groups: defaultdict[tuple[int, str, date], list[Service]] = defaultdict(list)
    for service in services:
        groups[service.client_id, service.currency_id, _due_date(service, on=on)].append(service)
    book = read_tax_book(since=_first_start(services, on=on))
    given = count_discounted(services)
    lines = [
        [
            line
            for service in members
            for line in write_renewal_lines(service, clients=clients, book=book, discounted=given)
        ]
        for members in groups.values()
    ]
    invoices = Invoice.objects.bulk_create(
        [
            _invoice(clients[client_id], members[0].currency, of_invoice, snapshots, on=on, due=due)
            for ((client_id, _currency_id, due), members), of_invoice in zip(groups.items(), lines, strict=True)
        ],
        batch_size=BATCH,
    )
    for invoice, of_invoice in zip(invoices, lines, strict=True):
        for line in of_invoice:
            line.invoice = invoice
    InvoiceLine.objects.bulk_create([line for of_invoice in lines for line in of_invoice], batch_size=BATCH)
    _post_all(invoices, now=now)
    _tell_all(invoices, now=now)
    _settle_empty(invoices, now=now)
    return len(invoices)


def _settle_empty(invoices: Sequence[Invoice], *, now: datetime) -> None:
    for invoice in invoices:
        if invoice.total == 0:
            settle_empty_invoice(invoice=invoice, now=now)


def _first_start(services: Sequence[Service], *, on: date) -> date:
    return min((service.next_due_date for service in services if service.next_due_date), default=on)


def _invoice(
    client: Client, currency: Currency, lines: Sequence[InvoiceLine], snapshots: Snapshots, *, on: date, due: date
) -> Invoice:
    subtotal = sum((line.amount for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    return Invoice(
        client=client,
        currency=currency,
        payment_method="bank_transfer",
        issue_date=on,
        due_date=due,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        **frozen_parties(client, currency, snapshots),
    )


def _due_date(service: Service, *, on: date) -> date:
    """No later than the partner's end date, so that the client pays before the service stops there."""
    dates = [day for day in (service.next_due_date, service.expires_on) if day is not None]
    return max(min(dates), on)


def _post_all(issued: Sequence[Invoice], *, now: datetime) -> None:
    invoices = [invoice for invoice in issued if invoice.subtotal or invoice.tax]
    postings = Posting.objects.bulk_create(
        [Posting(kind="invoice.issued", client=i.client, invoice=i, posted_at=now) for i in invoices], batch_size=BATCH
    )
    LedgerEntry.objects.bulk_create(
        [
            LedgerEntry(
                posting=posting, account=account, client=invoice.client, currency_id=invoice.currency_id, amount=amount
            )
            for posting, invoice in zip(postings, invoices, strict=True)
            for account, amount in invoice_amounts(subtotal=invoice.subtotal, tax=invoice.tax).items()
            if amount
        ],
        batch_size=BATCH,
    )


def _tell_all(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Events and letters as rows; the sweep sends them."""
    events = Event.objects.bulk_create(
        [Event(name="invoice.issued", at=now, client=i.client, invoice=i) for i in invoices], batch_size=BATCH
    )
    Email.objects.bulk_create(
        [
            Email(
                event=event,
                client=invoice.client,
                letter=event.name,
                recipient=invoice.client.email,
                language=invoice.client.language,
                run_after=now,
            )
            for event, invoice in zip(events, invoices, strict=True)
        ],
        batch_size=BATCH,
    )


def judge_cover(*, now: datetime) -> int:
    """Queues a renewal for every live service whose paid time reaches further than the partner's end date."""
    queued = 0
    for batch in _batches(_uncovered().values_list("pk", flat=True)):
        with transaction.atomic():
            for service in Service.objects.select_for_update().filter(pk__in=batch).order_by("pk"):
                queued += queue_renewal_if_due(service=service, now=now) is not None
    return queued


def _uncovered() -> QuerySet[Service]:
    open_renewals = Operation.objects.unsettled().filter(service=OuterRef("pk"), kind="RENEW")
    return (
        Service.objects.live()
        .exclude(remote_id="")
        .filter(paid_until__gt=F("expires_on") + settings.RENEWAL_TOLERANCE)
        .filter(~Exists(open_renewals))
        .order_by("pk")
    )


def _batches(ids: QuerySet[Service, int]) -> Iterator[list[int]]:
    rows = iter(ids.iterator(chunk_size=BATCH))
    while batch := list(islice(rows, BATCH)):
        yield batch


def issue_renewal_now(*, service: Service, actor: str, now: datetime, on: date) -> Invoice | None:
    """The invoice for the next period of one service, before its time; the open one if there is one already."""
    with transaction.atomic():
        client = lock_client(service.client_id)
        locked = Service.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=service.pk)
        line = InvoiceLine.objects.filter(
            service=locked, kind=LineKind.SERVICE, period_start=locked.next_due_date, is_voided=False
        ).first()
        if line is not None:
            return line.invoice
        if locked.is_ended or locked.next_due_date is None or locked.recurring_amount == 0:
            return None
        clients = {client.pk: client}
        book, given = read_tax_book(since=locked.next_due_date), count_discounted([locked])
        lines = write_renewal_lines(locked, clients=clients, book=book, discounted=given)
        invoice = _invoice(client, locked.currency, lines, Snapshots(), on=on, due=_due_date(locked, on=on))
        invoice.save()
        for line in lines:
            line.invoice = invoice
        InvoiceLine.objects.bulk_create(lines)
        _post_all([invoice], now=now)
        _tell_all([invoice], now=now)
        _settle_empty([invoice], now=now)
        record_event("renewal.requested", now=now, actor=actor, service=locked, invoice=invoice)
    return invoice
