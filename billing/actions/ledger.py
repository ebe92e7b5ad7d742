"""The books: each business fact is a posting whose entries sum to zero. Nothing else writes to the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from billing.actions.bulk_rows import insert_values
from billing.models import Account, Client, Invoice, LedgerEntry, Payment, Posting


class UnbalancedPosting(Exception):
    """Debits and credits differ: a defect, never to be stored."""


def post(
    kind: str,
    *,
    client: Client,
    currency_id: str,
    amounts: Mapping[Account, Decimal],
    now: datetime,
    invoice: Invoice | None = None,
    payment: Payment | None = None,
) -> Posting | None:
    """Writes one posting: debits positive, credits negative; accounts with 0 are left out. Raises UnbalancedPosting.

    What moves no money at all, such as an invoice whose discount takes all of it, is not posted: None.
    """
    if sum(amounts.values(), Decimal(0)) != 0:
        raise UnbalancedPosting(f"{kind}: {dict(amounts)}")
    if not any(amounts.values()):
        return None
    posting = Posting.objects.create(kind=kind, client=client, invoice=invoice, payment=payment, posted_at=now)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(posting=posting, account=account, client=client, currency_id=currency_id, amount=amount)
        for account, amount in amounts.items()
        if amount
    )
    return posting


def post_issued(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """The postings of many invoices that were issued at once. Call it in the transaction that writes them.

    What moves no money is not posted.
    """
    invoices = [invoice for invoice in invoices if invoice.subtotal or invoice.tax]
    postings = insert_values(
        Posting,
        [
            {"kind": "invoice.issued", "client_id": one.client_id, "invoice_id": one.pk, "posted_at": now}
            for one in invoices
        ],
    )
    insert_values(
        LedgerEntry,
        [
            {
                "posting_id": posting,
                "account": account.value,
                "client_id": invoice.client_id,
                "currency_id": invoice.currency_id,
                "amount": amount,
            }
            for posting, invoice in zip(postings, invoices, strict=True)
            for account, amount in invoice_amounts(subtotal=invoice.subtotal, tax=invoice.tax).items()
            if amount
        ],
    )


def invoice_amounts(*, subtotal: Decimal, tax: Decimal) -> dict[Account, Decimal]:
    """What issuing an invoice posts: the client owes, revenue and tax are earned."""
    return {Account.RECEIVABLE: subtotal + tax, Account.REVENUE: -subtotal, Account.TAX: -tax}
