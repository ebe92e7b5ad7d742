"""A payment's rows by Django's ORM alone: the statements of `record_payment` in their order, with nothing decided.

Frozen, as `renewals.sql` is: what an action costs that is built on the ORM and does nothing else.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from billing.models import (
    BillingSettings,
    Client,
    Email,
    Event,
    Invoice,
    LedgerEntry,
    Operation,
    Payment,
    Posting,
    ReferredService,
    Service,
)

_COUNT_ON = (
    "UPDATE billing_invoicecounter SET next_number = next_number + 1 "
    "WHERE series = %s AND pattern = %s RETURNING next_number - 1"
)
_SETTINGS = ("number_format", "credit_note_format", "number_digits", "number_reset")


def pay(invoice_id: int, client_id: int, *, reference: str, paid_until: date, now: datetime) -> None:
    """One renewal invoice of one service, paid up by bank transfer."""
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
        locked = Invoice.objects.select_for_update(of=("self",), no_key=True).select_related("currency")
        (invoice,) = locked.filter(pk=invoice_id).order_by("pk")
        _write_payment(invoice, client, reference, now)
        service = _lock_service(invoice)
        event = _write_event("invoice.paid", client, now, invoice=invoice)
        email = Email(
            event=event,
            letter=event.name,
            recipient=client.email,
            client=client,
            language=client.language,
            run_after=now,
        )
        one_letter = ["event", "letter", "recipient"]
        Email.objects.bulk_create([email], update_conflicts=True, unique_fields=one_letter, update_fields=["letter"])
        expires_on, service.paid_until, service.next_due_date = service.expires_on, paid_until, paid_until
        service.save(update_fields=["paid_until", "next_due_date"])
        _write_operation(service, client, expires_on, now)
        BillingSettings.objects.only(*_SETTINGS).filter(pk=1).first()
        invoice.number = _take_number(now)
        invoice.status, invoice.paid_at, invoice.amount_paid = "PAID", now, invoice.total
        invoice.save(update_fields=["status", "paid_at", "number", "amount_paid"])


def _write_payment(invoice: Invoice, client: Client, reference: str, now: datetime) -> None:
    payment = Payment.objects.create(
        invoice=invoice,
        client=client,
        gateway="bank_transfer",
        reference=reference,
        amount=invoice.total,
        fee=Decimal(0),
        applied_amount=invoice.total,
        currency=invoice.currency,
        received_at=now,
        recorded_by="bench",
    )
    data = {"gateway": "bank_transfer", "reference": reference, "amount": str(invoice.total)}
    _write_event("payment.received", client, now, invoice=invoice, data=data)
    posting = Posting.objects.create(
        kind="payment.received", client=client, invoice=invoice, payment=payment, posted_at=now
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(posting=posting, account=account, client=client, currency_id=invoice.currency_id, amount=amount)
        for account, amount in (("CLEARING", invoice.total), ("RECEIVABLE", -invoice.total))
    )


def _lock_service(invoice: Invoice) -> Service:
    paid = Service.objects.filter(invoice_lines__invoice=invoice, invoice_lines__kind="SERVICE").annotate(
        paid_period_end=F("invoice_lines__period_end"),
        auto_setup=F("product__auto_setup"),
        is_referred=Exists(ReferredService.objects.filter(service=OuterRef("pk"))),
    )
    (service,) = paid.select_for_update(of=("self",), no_key=True).order_by("pk")
    return service


def _write_operation(service: Service, client: Client, expires_on: date | None, now: datetime) -> None:
    renewals = Operation.objects.filter(service=service, kind="RENEW")
    list(renewals.filter(Q(status__in=["QUEUED", "HELD"]) | Q(params__given_up=True)).order_by("pk"))
    with transaction.atomic():
        operation = Operation.objects.create(
            service=service,
            server_id=service.server_id,
            kind="RENEW",
            status="QUEUED",
            params={"period": 1},
            extends_from=expires_on,
            run_after=now,
            requested_by="bench",
            created_at=now,
        )
    _write_event("operation.queued", client, now, service=service, operation=operation, data={"kind": "RENEW"})


def _write_event(name: str, client: Client, now: datetime, **about: object) -> Event:
    return Event.objects.create(name=name, at=now, actor="bench", client=client, **{"data": {}, **about})


def _take_number(now: datetime) -> str:
    pattern = f"INV-{now:%Y}-{{NUMBER}}"
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_ON, [f"INVOICE-{now:%Y}", pattern])
        return pattern.replace("{NUMBER}", str(cursor.fetchone()[0]).zfill(5))
