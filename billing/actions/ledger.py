"""The books: each business fact is a posting whose entries sum to zero. Nothing else writes to the ledger."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

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

    None where nothing moves: an invoice over nothing stands in no books.
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


def invoice_amounts(*, subtotal: Decimal, tax: Decimal) -> dict[Account, Decimal]:
    """What issuing an invoice posts: the client owes, revenue and tax are earned."""
    return {Account.RECEIVABLE: subtotal + tax, Account.REVENUE: -subtotal, Account.TAX: -tax}
