"""Renewals paid with a saved card: the night writes what is to be charged, a worker charges it."""

import uuid
from datetime import date, datetime

from billing.actions.events import record_event
from billing.models import AttemptStatus, Invoice, PaymentAttempt, StoredMethod
from billing.queries.pages_payment import invoice_gateways
from billing.wakeups import wake_payment_attempt


def queue_automatic_payment(*, invoice: Invoice, day: date, now: datetime, actor: str) -> PaymentAttempt | None:
    """Asks for the balance of an invoice from the client's card; None where no card or gateway can pay it.

    Call it in a transaction with the client and the invoice locked. Constraints keep a second attempt of the same
    business day, or beside an open one, from being written.
    """
    method = StoredMethod.objects.filter(client=invoice.client_id, is_default=True, removed_at=None).first()
    offered = invoice_gateways(invoice).get(method.gateway) if method is not None else None
    if method is None or offered is None or not offered.is_online:
        return None
    fee = offered.fee_for(invoice.balance, invoice.currency_id, precision=invoice.currency.precision)
    attempt = PaymentAttempt.objects.create(
        key=uuid.uuid4().hex,
        invoice=invoice,
        client=invoice.client,
        gateway=method.gateway,
        status=AttemptStatus.QUEUED,
        currency_id=invoice.currency_id,
        amount=invoice.balance + fee,
        surcharge=fee,
        language=invoice.client.language,
        method=method,
        charged_on=day,
        started_by=actor,
        created_at=now,
        run_after=now,
    )
    data = {"gateway": method.gateway, "amount": str(attempt.amount), "currency": invoice.currency_id}
    record_event("attempt.started", now=now, actor=actor, invoice=invoice, data=data)
    wake_payment_attempt(attempt.pk)
    return attempt
