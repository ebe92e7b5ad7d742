"""What has to be true after each day and at the end, worked out from rows and from what the simulation itself knows."""

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Max, Q, Sum

from billing.models import (
    AutomationRun,
    CancellationRequest,
    CancellationStatus,
    Client,
    CreditNote,
    DutyItem,
    Email,
    Invoice,
    InvoiceLine,
    LedgerAudit,
    LedgerEntry,
    LineKind,
    Operation,
    Service,
    ServiceStatus,
)
from billing.queries.books import find_differences
from billing.queries.clock import business_date
from billing.queries.operations import operation_words
from billing.simulation.shop import INVOICE_DAYS, NEW_RATE, OLD_RATE, TAXED_COUNTRY, TERMINATE_DAYS, Shop
from billing.simulation.till import Till
from billing.simulation.working import LONGEST_OUTAGE
from noc.sandbox.items import Status
from noc.sandbox.server import Sandbox

MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "SEMIANNUALLY": 6, "ANNUALLY": 12}
# Missed nights, then a brake that an operator skipped for a day.
SLACK = timedelta(days=LONGEST_OUTAGE + 3)
GRACE = timedelta(days=TERMINATE_DAYS) + SLACK
Breaches = Iterator["Breach"]


class Breach(NamedTuple):
    """A promise that was broken, the object that shows it, and how."""

    promise: str
    what: str
    how: str


def judge_day(day: date) -> Breaches:
    """What may never be, not even for a day."""
    for service in Service.objects.live().filter(paid_until__lt=day - GRACE):
        how = f"paid until {service.paid_until}, {service.status} on {day}"
        yield Breach("nothing is active past what was paid", f"service {service.pk}", how)
    for audit in LedgerAudit.objects.filter(day=day).exclude(difference_count=0):
        yield Breach("the ledger is clean every night", f"audit {audit.pk}", str(audit.differences[:3]))
    for item in DutyItem.objects.filter(is_failed=True, duty_run__run__day=day).select_related("duty_run"):
        yield Breach("duties do not fail", f"{item.duty_run.duty} {item.object_type} {item.object_id}", item.outcome)


def judge_year(till: Till, shop: Shop, sandbox: Sandbox, *, first: date, last: date) -> Breaches:
    """Everything, whatever was seen by day."""
    for difference in find_differences():
        yield Breach("the ledger is clean", "ledger", str(difference))
    yield from _judge_money(till)
    yield from judge_numbers()
    yield from judge_periods(till, last)
    yield from _judge_taxes(shop)
    yield from _judge_ends(till, last)
    yield from _judge_notices()
    yield from _judge_nights(first, last)
    yield from _judge_partner(sandbox)


def _judge_money(till: Till) -> Breaches:
    sums = dict(LedgerEntry.objects.order_by().values_list("account").annotate(total=Sum("amount")))
    credit = Client.objects.aggregate(sum=Sum("credit_balance"))["sum"] or Decimal(0)
    unsettled = Invoice.objects.filter(kind="SALE", status__in=["UNPAID", "COLLECTIONS"])
    owed = sum((invoice.balance for invoice in unsettled), Decimal(0))
    for account, expected in (("CLEARING", till.money), ("CREDIT", -credit), ("RECEIVABLE", owed)):
        # SQLite adds decimals as floats.
        if round(sums.get(account, Decimal(0)) - expected, 4):
            yield Breach("balances are equal", account, f"ledger {sums.get(account)}, counted {expected}")


def judge_numbers() -> Breaches:
    """Each series of documents is 1, 2, 3 and so on."""
    for name, numbers in (
        ("invoices", Invoice.objects.exclude(number=None).order_by("paid_at").values_list("number", flat=True)),
        ("credit notes", CreditNote.objects.values_list("number", flat=True)),
    ):
        series: defaultdict[str, list[int]] = defaultdict(list)
        for number in numbers:
            prefix, _dash, tail = str(number).rpartition("-")
            series[prefix].append(int(tail))
        for prefix, found in series.items():
            if sorted(found) != list(range(1, len(found) + 1)):
                missing = sorted(set(range(1, max(found) + 1)) - set(found))
                yield Breach("numbers have no gap", f"{name} {prefix}", f"missing {missing[:5]} of {max(found)}")


def judge_periods(till: Till, last: date) -> Breaches:
    """Every service's periods follow one another from its first day, each as long as its cycle, none twice."""
    lines: defaultdict[int, list[InvoiceLine]] = defaultdict(list)
    # A period that was paid and given back later stays one that was billed.
    is_billed = Q(is_voided=False) | Q(invoice__number__isnull=False)
    kept = InvoiceLine.objects.filter(is_billed, kind=LineKind.SERVICE).select_related("invoice")
    for line in kept.order_by("service_id", "period_start"):
        lines[line.service_id or 0].append(line)
    for service in Service.objects.select_related("product").order_by("pk"):
        for how in _find_period_faults(service, lines[service.pk], till, last):
            yield Breach("every period is billed once", f"service {service.pk}", how)


def _find_period_faults(service: Service, lines: list[InvoiceLine], till: Till, last: date) -> Iterator[str]:
    start = service.registered_on
    anchor = 1 if service.product.is_prorata else start.day
    for line in lines:
        months = MONTHS[till.cycle_on(service.pk, start)]
        is_prorated = service.product.is_prorata and start == service.registered_on
        end = line.period_end if is_prorated else _later(start, months, anchor)
        if (line.period_start, line.period_end) != (start, end):
            yield f"{line.period_start}–{line.period_end} billed, {start}–{end} expected"
            return
        start = end or start
    paid = max((line.period_end for line in lines if line.invoice.number and line.period_end), default=None)
    if service.paid_until != paid:
        yield f"paid until {service.paid_until}, by its invoices {paid}"
    is_running = service.status in ("ACTIVE", "SUSPENDED") and lines and lines[-1].invoice.number
    if is_running and start <= last + timedelta(days=INVOICE_DAYS) and _is_to_be_renewed(service, lines, start):
        yield f"the period from {start} is not billed"


def _is_to_be_renewed(service: Service, lines: list[InvoiceLine], start: date) -> bool:
    """Nothing ends it first."""
    is_stopping = CancellationRequest.objects.filter(service=service, status=CancellationStatus.OPEN).exists()
    is_ending = Operation.objects.unsettled().filter(service=service, kind="TERMINATE").exists()
    renewals = [line for line in lines[1:] if not line.is_voided]
    is_over = bool(service.recurring_limit) and len(renewals) >= service.recurring_limit
    is_at_term = service.term_ends_on is not None and service.term_ends_on <= start
    return not (is_stopping or is_ending or is_over or is_at_term or service.recurring_amount == 0)


def _later(start: date, months: int, anchor: int) -> date:
    year, month = start.year, start.month + months
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(anchor, calendar.monthrange(year, month)[1]))


def _judge_taxes(shop: Shop) -> Breaches:
    """The first day of a period decides, whenever it was billed."""
    charged = InvoiceLine.objects.filter(kind__in=["SERVICE", "DISCOUNT"]).exclude(amount=0)
    for line in charged.select_related("invoice__client"):
        on = line.period_start or line.invoice.issue_date
        rate = NEW_RATE if on >= shop.new_rate_from else OLD_RATE
        expected = rate if line.invoice.client.country == TAXED_COUNTRY else Decimal(0)
        tax = (line.amount * expected / 100).quantize(Decimal("0.01"))
        if abs(line.tax - tax) > Decimal("0.01"):
            yield Breach("each line has the tax of its day", f"line {line.pk}", f"{on}: {line.tax} of {line.amount}")


def _judge_ends(till: Till, last: date) -> Breaches:
    """What was asked to end ended on its day."""
    for wish in CancellationRequest.objects.exclude(status=CancellationStatus.WITHDRAWN).select_related("service"):
        service = wish.service
        # Some ask only when what they paid for is over already.
        due = till.stopped.get(service.pk) or max(service.paid_until or last, business_date(wish.requested_at))
        ended = business_date(service.ended_at) if service.ended_at else None
        if ended is None and due + SLACK <= last:
            yield Breach("cancelled services end at their date", f"service {service.pk}", f"due {due}, still there")
        elif ended is not None and service.status == ServiceStatus.CANCELLED and not due <= ended <= due + SLACK:
            yield Breach("cancelled services end at their date", f"service {service.pk}", f"due {due}, ended {ended}")


def _judge_notices() -> Breaches:
    told = Counter(
        Email.objects.filter(letter__startswith="invoice.").values_list("letter", "event__invoice", "recipient")
    )
    for (letter, invoice, _recipient), times in told.items():
        if times > 1 and letter != "invoice.paid":
            yield Breach("nobody is told the same twice", f"invoice {invoice}", f"{letter} {times} times")


def _judge_nights(first: date, last: date) -> Breaches:
    nights = dict(AutomationRun.objects.exclude(started_at=None).values_list("day", "finished_at"))
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if nights.get(day) is None and min(nights) <= day:
            yield Breach("every night is done in the end", str(day), "left open" if day in nights else "left out")
    for one in Operation.objects.filter(status__in=["RUNNING", "CHECKING", "NEEDS_CHECK", "FAILED"]):
        what = f"operation {one.pk} {one.kind} of service {one.service_id}"
        yield Breach("operations come to an end", what, f"{one.status}: {operation_words(one)}")


def _judge_partner(sandbox: Sandbox) -> Breaches:
    """Bought once each, renewed as far as was paid, gone with the service."""
    with sandbox.state.lock:
        items: dict[str, Any] = {str(item.id): item for item in sandbox.state.items.values()}
        charges = Counter((str(charge.item_id), charge.act) for charge in sandbox.state.charges)
    held = {one.remote_id: one for one in Service.objects.exclude(remote_id="")}
    renewals = dict(
        Operation.objects.filter(kind="RENEW", status="DONE").order_by().values_list("service").annotate(Max("pk"))
    )
    for number, item in items.items():
        service = held.get(number)
        is_there = item.status in (Status.ACTIVE, Status.SUSPENDED)
        if service is None or (is_there and service.is_ended):
            yield Breach("what is bought belongs to a service", f"item {number}", f"service {service}")
        elif not is_there and service.status == ServiceStatus.ACTIVE:
            yield Breach("what is active is at the partner", f"service {service.pk}", f"item {number} {item.status}")
    for (number, act), times in charges.items():
        if act == "order" and times != 1:
            yield Breach("everything is bought once", f"item {number}", f"{times} times")
    if set(renewals) - {service.pk for service in held.values()}:
        yield Breach("renewals are of what was bought", "operations", str(set(renewals)))
