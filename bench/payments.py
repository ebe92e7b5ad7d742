"""Invoices paid by several processes, beside the same statements by bare psycopg and by Django's ORM alone.

All three take turns, each with as many invoices of its own: a machine that is slow for a while is slow for all.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from typing import Any, NamedTuple, Self

import psycopg
from celery import current_app
from django.db import connection

from bench.ceilings.payments import pay
from bench.meeting import set_up, wait_for_all
from bench.renewals import forget_invoices, know_sizes, make_services
from bench.renewing import NOW, issue
from bench.replay import Recording, move_ids_apart
from billing.actions.payments import record_payment
from billing.models import Email, Invoice, LedgerEntry, Operation, Payment, Service
from catalog.models import Product

PROCESSES, ROUNDS = 4, 10
# Paid before anything is timed. Sessions that first meet empty tables check references by reading them whole, and go on
# so until the tables are analyzed again: each commit would take longer than the one before.
BEFOREHAND = 400


class Done(NamedTuple):
    """What one process did: when it began and ended by the clock of the machine, and how much it worked itself."""

    started: float
    ended: float
    cpu_seconds: float


class Round(NamedTuple):
    """A part of a process's share in each of the three ways."""

    action: Done
    orm: Done
    bare: Done
    statements: int


class Share(NamedTuple):
    """Ids of invoices: for the action, for the ORM alone, for the action while it is recorded, for what was recorded.

    Recording takes time, so what is recorded is not what is timed.
    """

    action: Sequence[int]
    orm: Sequence[int]
    recorded: Sequence[int]
    bare: Sequence[int]

    def part(self, number: int, *, of: int) -> Self:
        """Every `of`-th of each, from one of the first."""
        return type(self)(*(ids[number::of] for ids in self))


def time_payments(product: Product, *, count: int) -> Mapping[str, Any]:
    """`count` renewal invoices in each way; a multiple of the processes."""
    move_ids_apart()
    make_services(product, first=10**7, count=len(Share._fields) * count + BEFOREHAND)
    issue()
    unpaid = list(Invoice.objects.filter(status="UNPAID").order_by("pk"))
    for invoice in unpaid[:BEFOREHAND]:
        _record(invoice)
    know_sizes()
    ids = [invoice.pk for invoice in unpaid[BEFOREHAND:]]
    share = Share(*(ids[number :: len(Share._fields)] for number in range(len(Share._fields))))
    context = get_context("spawn")
    together = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=set_up, initargs=(together,)) as pool:
        done = list(pool.map(_pay_share, [share.part(number, of=PROCESSES) for number in range(PROCESSES)]))
    _compare_rows(share)
    are_gapless = _are_gapless([*share.action, *share.orm, *share.recorded])
    _forget()
    rounds = list(zip(*done, strict=True))
    action = _rate([[one.action for one in at_once] for at_once in rounds], count)
    orm = _rate([[one.orm for one in at_once] for at_once in rounds], count)
    bare = _rate([[one.bare for one in at_once] for at_once in rounds], count)
    return {
        "processes": PROCESSES,
        "invoices": count,
        "per_second": action["per_second"],
        "orm_per_second": orm["per_second"],
        "bare_per_second": bare["per_second"],
        "share_of_orm": round(action["per_second"] / orm["per_second"], 2),
        "share_of_bare": round(action["per_second"] / bare["per_second"], 2),
        "statements_per_payment": round(sum(one.statements for share in done for one in share) / count, 1),
        "cpu_ms_per_payment": action["cpu_ms"],
        "orm_cpu_ms_per_payment": orm["cpu_ms"],
        "bare_cpu_ms_per_payment": bare["cpu_ms"],
        "numbers_are_gapless": are_gapless,
    }


def _compare_rows(share: Share) -> None:
    """Whoever writes less is not to be compared with."""
    written = {name: _count_rows(ids) for name, ids in share._asdict().items()}
    if any(rows != written["action"] for rows in written.values()):
        raise RuntimeError(f"Not the same rows: {written}")


def _forget() -> None:
    """What comes later meets neither these books nor their operations nor the wake-ups of workers."""
    current_app.control.purge()
    forget_invoices()
    Operation.objects.all().delete()
    Service.objects.filter(order_line__order__checkout_key__startswith="renewal-").update(status="CANCELLED")


def _rate(rounds: Sequence[Sequence[Done]], count: int) -> dict[str, float]:
    """Of each round from the first start to the last end."""
    seconds = sum(max(one.ended for one in done) - min(one.started for one in done) for done in rounds)
    cpu = sum(one.cpu_seconds for done in rounds for one in done)
    return {"per_second": round(count / seconds, 1), "cpu_ms": round(cpu / count * 1000, 1)}


def _pay_share(share: Share) -> list[Round]:
    connection.ensure_connection()
    with psycopg.connect(**{**connection.get_connection_params(), "autocommit": True}) as bare:
        return [_pay_round(share.part(number, of=ROUNDS), bare) for number in range(ROUNDS)]


def _pay_round(share: Share, bare: psycopg.Connection[Any]) -> Round:
    invoices = _read(share.action)
    action = _timed(lambda: [_record(invoice) for invoice in invoices])
    rows = _with_rows(share.orm)
    orm = _timed(lambda: [_pay_by_orm(row) for row in rows])
    recording = Recording()
    _pay_recorded(_read(share.recorded), recording)
    pairs = zip(_with_rows(share.recorded), _with_rows(share.bare), strict=True)
    pieces = [_standing_for(one, other) for one, other in pairs]
    sent = _timed(partial(recording.replay, bare, pieces))
    return Round(action, orm, sent, sum(map(len, recording.pieces)))


def _timed(act: Callable[[], Any]) -> Done:
    """Begins when every process is ready."""
    wait_for_all()
    started, cpu = time.time(), time.process_time()
    act()
    return Done(started, time.time(), time.process_time() - cpu)


def _read(invoice_ids: Sequence[int]) -> list[Invoice]:
    return list(Invoice.objects.filter(pk__in=invoice_ids).order_by("pk"))


def _pay_recorded(invoices: Sequence[Invoice], recording: Recording) -> None:
    """Every payment is a piece of work of its own, as if its news came alone."""
    with recording.running():
        for invoice in invoices:
            recording.begin()
            _record(invoice)


def _record(invoice: Invoice) -> None:
    record_payment(
        invoice=invoice,
        gateway="bank_transfer",
        reference=_reference(invoice.pk),
        amount=invoice.total,
        actor="bench",
        now=NOW,
    )


def _pay_by_orm(row: Mapping[str, Any]) -> None:
    pay(
        row["pk"],
        row["client_id"],
        reference=_reference(row["pk"]),
        paid_until=row["lines__period_end"],
        now=NOW,
    )


def _with_rows(invoice_ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = Invoice.objects.filter(pk__in=invoice_ids).order_by("pk")
    return list(rows.values("pk", "client_id", "number", "lines__pk", "lines__service_id", "lines__period_end"))


def _standing_for(mine: Mapping[str, Any], other: Mapping[str, Any]) -> dict[Any, Any]:
    return {
        mine["pk"]: other["pk"],
        mine["client_id"]: other["client_id"],
        mine["lines__pk"]: other["lines__pk"],
        mine["lines__service_id"]: other["lines__service_id"],
        mine["number"]: f"B{mine['number']}",
        _reference(mine["pk"]): _reference(other["pk"]),
    }


def _reference(invoice_id: int) -> str:
    return f"bench-{invoice_id}"


def _count_rows(invoice_ids: Sequence[int]) -> dict[str, int]:
    """What stands in each table for these invoices."""
    services = Service.objects.filter(invoice_lines__invoice__in=invoice_ids)
    return {
        "paid": Invoice.objects.filter(pk__in=invoice_ids, status="PAID").count(),
        "payments": Payment.objects.filter(invoice__in=invoice_ids).count(),
        "entries": LedgerEntry.objects.filter(posting__invoice__in=invoice_ids).count(),
        "letters": Email.objects.filter(event__invoice__in=invoice_ids).count(),
        "operations": Operation.objects.filter(service__in=services, kind="RENEW").count(),
    }


def _are_gapless(invoice_ids: Sequence[int]) -> bool:
    """One after another within a round; at its end the bare statements count the counter on.

    By the last digits, whatever the format.
    """
    numbers = Invoice.objects.filter(pk__in=invoice_ids).values_list("number", flat=True)
    ordered = sorted(int("".join(filter(str.isdigit, number or ""))[-6:]) for number in numbers)
    gaps = sum(later - earlier != 1 for earlier, later in pairwise(ordered))
    return len(set(ordered)) == len(invoice_ids) and gaps < ROUNDS
