"""A client goes to the gateway's page to pay: one open page an invoice and gateway, however often they press."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from billing.actions.events import record_event
from billing.actions.gateways.calling import GatewayNotSetUp, call_gateway
from billing.actions.gateways.settling import close_attempt, lock_attempt, next_look, tell_of_refusal
from billing.actions.invoicing import change_payment_method
from billing.actions.locking import lock_invoice
from billing.actions.payments.checking import check_payable
from billing.gateways import ONLINE
from billing.gateways.base import Charge, GatewayMisconfigured, GatewayRejected, GatewayUnavailable
from billing.models import AttemptStatus, Client, GatewayCustomer, Invoice, PaymentAttempt
from billing.queries.fiscal_settings import read_fiscal_settings
from billing.queries.gateways import OfferedGateway
from billing.queries.pages_payment import invoice_gateways
from billing.receipts import ReceiptImpossible, receipt_for_payment

# A page that the gateway never opened is given up then.
UNOPENED: Final = timedelta(hours=1)
# A page is not given to a client who could hardly pay before it closes.
LEAST_LEFT: Final = timedelta(minutes=2)
# YooKassa does not say how long its page lives: an hour for cards.
USUAL_PAGE: Final = timedelta(minutes=50)
OPEN_PAGE: Final = (AttemptStatus.STARTING, AttemptStatus.PENDING)


class PaymentNotStarted(Exception):
    """The gateway gave no page; nothing was charged. The words are for the client."""


def start_payment(
    *, invoice: Invoice, gateway: str, saves_method: bool, actor: str, now: datetime, language: str
) -> PaymentAttempt:
    """An attempt with the page where the client pays; a page that is open already is given again.

    One over another amount than is due now is closed first. Raises InvoiceNotPayable, PaymentNotStarted.
    """
    attempt = _open_attempt(
        invoice=invoice, gateway=gateway, saves_method=saves_method, actor=actor, now=now, language=language
    )
    if attempt.redirect_url:
        return attempt
    try:
        charge = _charge_of(attempt, now=now)
        started = call_gateway(
            gateway, "start", lambda asked, keys: asked.start(keys, charge), now=now, attempt=attempt
        )
    except GatewayRejected as error:
        _give_up(attempt, error, now=now)
        raise PaymentNotStarted(
            _("This way to pay refused the payment. Choose another one, or write to us.")
        ) from error
    except (GatewayUnavailable, GatewayMisconfigured, GatewayNotSetUp) as error:
        words = _("This way to pay does not answer. Nothing was charged; try again, or choose another one.")
        raise PaymentNotStarted(words) from error
    opened = PaymentAttempt.objects.filter(pk=attempt.pk, status__in=OPEN_PAGE)
    opened.update(
        status=AttemptStatus.PENDING,
        external_id=started.external_id,
        redirect_url=started.redirect_url,
        expires_at=started.expires_at or now + USUAL_PAGE,
        run_after=next_look(0, now=now),
    )
    attempt.refresh_from_db()
    return attempt


def _open_attempt(
    *, invoice: Invoice, gateway: str, saves_method: bool, actor: str, now: datetime, language: str
) -> PaymentAttempt:
    offered = invoice_gateways(invoice).get(gateway)
    if offered is None or gateway not in ONLINE:
        raise PaymentNotStarted(_("This way to pay is not offered for this invoice."))
    try:
        with transaction.atomic():
            locked = lock_invoice(invoice)
            check_payable(locked)
            if fault := offered.find_fault(locked.balance, locked.currency_id):
                raise PaymentNotStarted(fault)
            change_payment_method(invoice=locked, method=gateway, actor=actor, now=now)
            known = _find_open(locked, offered, saves_method=saves_method, now=now)
            return known or _write(locked, offered, saves_method=saves_method, actor=actor, now=now, language=language)
    except IntegrityError:
        # A second click was faster.
        return PaymentAttempt.objects.get(invoice=invoice, gateway=gateway, charged_on=None, status__in=OPEN_PAGE)


def _find_open(
    invoice: Invoice, offered: OfferedGateway, *, saves_method: bool, now: datetime
) -> PaymentAttempt | None:
    """The page that is open, if it is over what is due now; else it is closed here and, by a worker, at the gateway."""
    known = PaymentAttempt.objects.filter(
        invoice=invoice, gateway=offered.code, charged_on=None, status__in=OPEN_PAGE
    ).first()
    if known is None:
        return None
    is_fresh = known.expires_at is None or known.expires_at > now + LEAST_LEFT
    if is_fresh and known.amount == _sum(invoice, offered) and known.saves_method == saves_method:
        return known
    known.status, known.reason, known.closed_at, known.run_after = AttemptStatus.CANCELLED, "superseded", now, now
    known.save(update_fields=["status", "reason", "closed_at", "run_after"])
    return None


def _sum(invoice: Invoice, offered: OfferedGateway) -> Decimal:
    return invoice.balance + offered.fee_for(invoice.balance, invoice.currency_id, precision=invoice.currency.precision)


def _write(
    invoice: Invoice, offered: OfferedGateway, *, saves_method: bool, actor: str, now: datetime, language: str
) -> PaymentAttempt:
    amount = _sum(invoice, offered)
    attempt = PaymentAttempt.objects.create(
        key=uuid.uuid4().hex,
        invoice=invoice,
        client=invoice.client,
        gateway=offered.code,
        status=AttemptStatus.STARTING,
        currency=invoice.currency,
        amount=amount,
        surcharge=amount - invoice.balance,
        language=language,
        saves_method=saves_method and offered.stores_methods,
        started_by=actor,
        created_at=now,
        run_after=now + UNOPENED,
    )
    data = {"gateway": offered.code, "amount": str(amount), "currency": invoice.currency_id}
    record_event("attempt.started", now=now, actor=actor, invoice=invoice, data=data)
    return attempt


def _charge_of(attempt: PaymentAttempt, *, now: datetime) -> Charge:
    customer_id = find_customer(attempt.client, attempt.gateway, now=now) if attempt.saves_method else ""
    return charge_of(attempt, customer_id=customer_id)


def charge_of(attempt: PaymentAttempt, *, customer_id: str = "", method_id: str = "") -> Charge:
    """What the gateway is asked for; the receipt is kept with the attempt, so that asking again sends the same."""
    invoice, client = attempt.invoice, attempt.client
    if ONLINE[attempt.gateway].needs_receipt and attempt.receipt is None:
        attempt.receipt = _receipt_of(attempt)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(receipt=attempt.receipt)
    with override(attempt.language):
        words = _("%(portal)s: invoice %(number)s")
    return Charge(
        key=attempt.key,
        amount=attempt.amount,
        currency=attempt.currency_id,
        description=words % {"portal": settings.PORTAL_NAME, "number": invoice.display_number},
        language=attempt.language,
        return_url=settings.PORTAL_URL + reverse("client:payment", args=[attempt.key]),
        email=client.email,
        invoice_id=invoice.pk,
        saves_method=attempt.saves_method,
        customer_id=customer_id,
        method_id=method_id,
        receipt=attempt.receipt,
    )


def _receipt_of(attempt: PaymentAttempt) -> dict[str, object] | None:
    if not read_fiscal_settings().sends_receipts:
        return None
    try:
        return receipt_for_payment(attempt.invoice, attempt.amount).to_yookassa()
    except ReceiptImpossible as error:
        raise GatewayRejected("receipt", str(error)) from error


def find_customer(client: Client, gateway: str, *, now: datetime) -> str:
    """The client's number at a gateway that keeps customers, made there once; "" where it keeps none."""
    known = GatewayCustomer.objects.filter(client=client, gateway=gateway).first()
    if known is None:
        made = call_gateway(
            gateway,
            "make_customer",
            lambda asked, keys: asked.make_customer(
                keys, client_id=client.pk, email=client.email, name=client.company or client.full_name
            ),
            now=now,
        )
        if not made:
            return ""
        known, _is_new = GatewayCustomer.objects.get_or_create(
            client=client, gateway=gateway, defaults={"external_id": made}
        )
    return known.external_id


def _give_up(attempt: PaymentAttempt, error: GatewayRejected, *, now: datetime) -> None:
    """The gateway refused to open a page: nobody can pay there, so operators have to know why."""
    with transaction.atomic():
        locked = lock_attempt(attempt)
        if locked.status == AttemptStatus.STARTING:
            close_attempt(locked, AttemptStatus.FAILED, reason=error.code, now=now)
            tell_of_refusal(locked, str(error), now=now)
