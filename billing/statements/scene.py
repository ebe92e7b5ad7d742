"""What the matching of transfers has to know, read at once: as many queries for one transfer as for thousands."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from django.db.models import F

from billing.models import (
    OPEN_TRANSFERS,
    PAYABLE_STATUSES,
    BankTransfer,
    Client,
    Invoice,
    InvoiceStatus,
    TransferShare,
    TransferStatus,
)
from billing.queries.bank_numbers import compact
from billing.queries.exact_sums import to_amount, units_of
from billing.statements.matching import OpenInvoice, Scene
from billing.statements.numbers import tokens_of

# Payers type what they see in the alphabet that is switched on.
_PROFORMAS: Final = ("PRO", "ПРО")
_PROFORMA_WORDS: Final = tuple(tokens_of(word)[0] for word in _PROFORMAS)
_MOST_NUMBERS: Final = 10_000
_LONGEST_ID: Final = 9


def read_scene(transfers: Sequence[BankTransfer]) -> Scene:
    """What these transfers may be for; five queries."""
    ids = [transfer.pk for transfer in transfers]
    return Scene(
        invoices=[_open_invoice(row) for row in _open_rows({transfer.currency for transfer in transfers})],
        closed=_closed_by_number(transfers),
        clients_by_tax_id=_clients_by_tax_id({transfer.payer_tax_id for transfer in transfers}),
        clients_by_account=_clients_by_account({transfer.payer_account for transfer in transfers}),
        taken=_taken_by_others(ids),
    )


def _open_rows(currencies: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    found = Invoice.objects.filter(status__in=PAYABLE_STATUSES, currency__in=list(currencies)).order_by()
    return found.annotate(order_number=F("order__number")).values(
        "pk",
        "client_id",
        "currency_id",
        "total",
        "amount_credited",
        "amount_written_off",
        "amount_paid",
        "due_date",
        "number",
        "order_number",
        "client__company",
        "client__first_name",
        "client__last_name",
    )


def _open_invoice(row: Mapping[str, Any]) -> OpenInvoice:
    balance: Decimal = row["total"] - row["amount_credited"] - row["amount_written_off"] - row["amount_paid"]
    numbers = (row["number"], *_proforma_numbers(row["pk"]), row["order_number"])
    person = f"{row['client__first_name']} {row['client__last_name']}".strip()
    return OpenInvoice(
        pk=row["pk"],
        client_id=row["client_id"],
        currency=row["currency_id"],
        balance=balance,
        due_date=row["due_date"],
        numbers=tuple(number for number in numbers if number),
        client_names=tuple(name for name in (row["client__company"], person) if name),
    )


def _closed_by_number(transfers: Iterable[BankTransfer]) -> dict[str, int]:
    """Proformas that are named and await nothing: number → client."""
    named = {
        int(number)
        for transfer in transfers
        for word, number in _pairs(transfer.purpose)
        if word in _PROFORMA_WORDS and number.isdigit() and len(number) <= _LONGEST_ID
    }
    closed = Invoice.objects.filter(pk__in=sorted(named)[:_MOST_NUMBERS]).exclude(status__in=PAYABLE_STATUSES)
    rows = closed.exclude(status=InvoiceStatus.DRAFT).order_by().values_list("pk", "client_id")
    return {number: client_id for pk, client_id in rows for number in _proforma_numbers(pk)}


def _proforma_numbers(invoice_id: int) -> list[str]:
    return [f"{word}-{invoice_id}" for word in _PROFORMAS]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return pairwise(tokens_of(text))


def _clients_by_tax_id(tax_ids: Iterable[str]) -> dict[str, int]:
    """Of clients that share a number, none."""
    wanted = [one for one in tax_ids if one]
    found: dict[str, set[int]] = {}
    for pk, tax_id in Client.objects.filter(tax_id__in=wanted).order_by().values_list("pk", "tax_id"):
        found.setdefault(compact(tax_id), set()).add(pk)
    return {tax_id: next(iter(clients)) for tax_id, clients in found.items() if len(clients) == 1}


def _clients_by_account(accounts: Iterable[str]) -> dict[str, int]:
    """Accounts from which only one client ever paid."""
    confirmed = BankTransfer.objects.filter(status=TransferStatus.CONFIRMED, client__isnull=False)
    rows = confirmed.filter(payer_account__in=[one for one in accounts if one]).order_by()
    found: dict[str, set[int]] = {}
    for account, client_id in rows.values_list("payer_account", "client_id").distinct():
        found.setdefault(account, set()).add(client_id)
    return {account: next(iter(clients)) for account, clients in found.items() if len(clients) == 1}


def _taken_by_others(ids: Sequence[int]) -> dict[int, Decimal]:
    """What proposals that wait already count on, by invoice."""
    waiting = TransferShare.objects.filter(transfer__status__in=OPEN_TRANSFERS).exclude(transfer__in=ids)
    rows = waiting.order_by().values("invoice_id").annotate(units=units_of("amount"))
    return {row["invoice_id"]: to_amount(row["units"]) for row in rows}
