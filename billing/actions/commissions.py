"""Commissions: earned with a payment, cleared some days later if the service is still live, voided otherwise (P17)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Sum

from billing.actions.affiliate_balances import book
from billing.models import (
    ENDED_STATUSES,
    LIVE_STATUSES,
    AffiliateEntry,
    AffiliateSettings,
    Commission,
    CommissionState,
    EntryKind,
    Event,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    LineKind,
    ServiceStatus,
    VoidReason,
)
from billing.queries.affiliates import (
    BASE_KINDS,
    Exchange,
    Rule,
    commission_rule,
    read_affiliate_settings,
    read_exchange,
)
from billing.queries.clock import business_date
from catalog.markups import RateUnknown
from catalog.models import AffiliatePay

BATCH: Final = 500
# A service that ran its whole term was sold like that, and earns as if it lived on.
UNPAID_ENDS: Final = tuple(status for status in ENDED_STATUSES if status != ServiceStatus.COMPLETED)


def earn_commissions(*, invoice: Invoice, actor: str, now: datetime) -> list[Commission]:
    """What affiliates earn on the invoice that has just become PAID: one commission for each service and period.

    The base is the price, the setup fee and what a promo code took off, without tax. A period for which nothing was
    paid earns nothing, by a fixed rule neither. Call it in the transaction that marks the invoice paid, its row locked.
    """
    lines = _referred_lines(invoice)
    settings = read_affiliate_settings() if lines else None
    if settings is None or not settings.is_on:
        return []
    groups: defaultdict[tuple[int | None, date | None], list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        groups[line.service_id, line.period_start].append(line)
    exchange, paid_before = read_exchange(), _paid_before(invoice, lines)
    earned = []
    for (service_id, _start), group in groups.items():
        commission = _commission(group, settings, exchange, is_first=service_id not in paid_before, now=now)
        if commission is not None:
            earned.append(commission)
        paid_before.add(service_id)
    Commission.objects.bulk_create(earned)
    _tell("commission.earned", earned, actor=actor, now=now, invoice=invoice)
    return earned


def _referred_lines(invoice: Invoice) -> list[InvoiceLine]:
    """The lines that count, each with its commission where there is one from an earlier time that it was paid."""
    lines = InvoiceLine.objects.filter(invoice=invoice, kind__in=BASE_KINDS, service__referred__isnull=False)
    related = ("service__product", "service__referred__referral__affiliate__client", "commission")
    return list(lines.select_related(*related).order_by("period_start", "id"))


def _paid_before(invoice: Invoice, lines: Iterable[InvoiceLine]) -> set[int | None]:
    """Services of these lines for which something was paid with another invoice already."""
    others = InvoiceLine.objects.filter(
        service__in={line.service_id for line in lines}, kind__in=BASE_KINDS, invoice__status=InvoiceStatus.PAID
    ).exclude(invoice=invoice)
    sums = others.order_by().values_list("service").annotate(paid=Sum("amount"))
    return {service_id for service_id, paid in sums if paid > 0}


def _commission(
    group: Sequence[InvoiceLine], settings: AffiliateSettings, exchange: Exchange, *, is_first: bool, now: datetime
) -> Commission | None:
    line = next((one for one in group if one.kind == LineKind.SERVICE), None)
    base = sum((one.amount for one in group), Decimal(0))
    if line is None or line.service is None or base <= 0 or getattr(line, "commission", None) is not None:
        return None
    referred = line.service.referred
    affiliate = referred.referral.affiliate
    rule = commission_rule(line.service.product, affiliate, settings, default_currency=exchange.default)
    if not affiliate.is_active or rule is None or (rule.is_once and not is_first):
        return None
    commission = Commission(
        affiliate=affiliate,
        referred=referred,
        line=line,
        base=base,
        pay=rule.pay,
        pay_amount=rule.amount,
        source_currency_id=_source(rule, line),
        currency_id=affiliate.client.currency_id,
        earned_at=now,
        clears_on=business_date(now) + timedelta(days=settings.clearing_days),
    )
    commission.amount = _converted(commission, exchange)
    return None if commission.amount == 0 else commission


def _source(rule: Rule, line: InvoiceLine) -> str:
    """The currency that the rule gives an amount in; services are billed in their own."""
    assert line.service is not None
    return line.service.currency_id if rule.pay == AffiliatePay.PERCENT else rule.currency


def _converted(commission: Commission, exchange: Exchange) -> Decimal | None:
    """None while nobody has said what one of the currencies is worth: a payment does not wait for that."""
    try:
        return exchange.convert(commission.gross, commission.source_currency_id, commission.currency_id)
    except RateUnknown:
        return None


def void_commissions(*, invoice: Invoice, actor: str, now: datetime) -> int:
    """The payment was given back: its commissions are voided, and what had cleared is taken off the balance again.

    Call it in the transaction that gives the money back. Returns how many were voided.
    """
    rows = Commission.objects.select_for_update(of=("self",)).filter(line__invoice=invoice)
    live = rows.exclude(state=CommissionState.VOIDED).select_related("affiliate", "referred").order_by("pk")
    commissions = list(live)
    if not commissions:
        return 0
    cleared = [one for one in commissions if one.state == CommissionState.CLEARED]
    _settle(commissions, CommissionState.VOIDED, VoidReason.REFUNDED, now=now)
    _book(cleared, EntryKind.REVERSAL, now=now)
    _tell("commission.voided", commissions, actor=actor, now=now, invoice=invoice)
    return len(commissions)


def clear_commissions(*, on: date, now: datetime) -> int:
    """PENDING → CLEARED what clears by `on` and whose service is live, → VOIDED where it has ended; set by set.

    What waits for its service to become live, or for an exchange rate, stays PENDING. Running it again, or in two
    workers at once, settles nothing twice. Returns how many were settled.
    """
    _price_waiting()
    settled = 0
    while batch := _clear_batch(on=on, now=now):
        settled += batch
    return settled


def _price_waiting() -> None:
    """Gives an amount to what was earned before an exchange rate was known."""
    exchange = read_exchange()
    with transaction.atomic():
        waiting = Commission.objects.select_for_update(skip_locked=True).filter(
            state=CommissionState.PENDING, amount=None
        )
        priced = []
        for commission in waiting.order_by("pk"):
            commission.amount = _converted(commission, exchange)
            if commission.amount is not None:
                priced.append(commission)
        Commission.objects.bulk_update(priced, ["amount"], batch_size=BATCH)


def _clear_batch(*, on: date, now: datetime) -> int:
    with transaction.atomic():
        due = Commission.objects.select_for_update(of=("self",), skip_locked=True).filter(
            state=CommissionState.PENDING,
            clears_on__lte=on,
            amount__isnull=False,
            referred__service__status__in=(*LIVE_STATUSES, *ENDED_STATUSES),
        )
        rows = list(due.select_related("affiliate", "referred__service").order_by("clears_on", "pk")[:BATCH])
        ended = [row for row in rows if row.referred.service.status in UNPAID_ENDS]
        cleared = [row for row in rows if row.referred.service.status not in UNPAID_ENDS]
        _settle(ended, CommissionState.VOIDED, VoidReason.SERVICE_ENDED, now=now)
        _settle(cleared, CommissionState.CLEARED, "", now=now)
        _book(cleared, EntryKind.COMMISSION, now=now)
        _tell("commission.voided", ended, now=now)
        _tell("commission.cleared", cleared, now=now)
    return len(rows)


def _settle(commissions: Sequence[Commission], state: CommissionState, reason: str, *, now: datetime) -> None:
    """The caller holds the rows' locks and has seen their states."""
    for commission in commissions:
        commission.state, commission.void_reason, commission.settled_at = state, reason, now
    Commission.objects.bulk_update(commissions, ["state", "void_reason", "settled_at"])


def _book(commissions: Iterable[Commission], kind: EntryKind, *, now: datetime) -> None:
    sign = -1 if kind == EntryKind.REVERSAL else 1
    book(
        [
            AffiliateEntry(affiliate=one.affiliate, kind=kind, amount=sign * one.amount, commission=one, at=now)
            for one in commissions
            if one.amount
        ]
    )


def _tell(
    name: str, commissions: Iterable[Commission], *, now: datetime, actor: str = "", invoice: Invoice | None = None
) -> None:
    """An event for each. None names the affiliate's client, whose row may be locked by whoever waits for us."""
    Event.objects.bulk_create(
        [
            Event(
                name=name,
                at=now,
                actor=actor,
                client_id=invoice.client_id if invoice else None,
                invoice=invoice,
                service_id=one.referred.service_id,
                data={
                    "affiliate": one.affiliate.code,
                    "amount": "" if one.amount is None else f"{one.amount.normalize():f}",
                    "currency": one.currency_id,
                    "reason": one.void_reason,
                },
            )
            for one in commissions
        ],
        batch_size=BATCH,
    )
