"""Whether the ledger agrees with invoices, payments and balances: sums only, per currency."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Round

from billing.models import Account, LedgerEntry, Posting
from billing.queries.books_documents import sums_of_documents


@dataclass(frozen=True)
class Difference:
    """A sum of the ledger that is not what the documents say."""

    currency: str
    account: str
    ledger: Decimal
    documents: Decimal


def find_differences() -> list[Difference]:
    """Accounts whose sums do not follow from the documents; [] when the books are right."""
    ledger, documents = ledger_sums(), sums_of_documents()
    return [
        Difference(currency, account, ledger[currency, account], documents[currency, account])
        for currency, account in sorted({*ledger, *documents})
        if ledger[currency, account] != documents[currency, account]
    ]


def unbalanced_postings() -> list[int]:
    """Ids of postings whose entries do not sum to zero in each currency."""
    # SQLite adds decimals as floats.
    exact = Round(Sum("amount"), precision=4)
    sums = LedgerEntry.objects.order_by().values("posting", "currency").annotate(sum=exact).exclude(sum=0)
    empty = Posting.objects.filter(entries=None).values_list("pk", flat=True)
    return sorted({*sums.values_list("posting", flat=True), *empty})


def ledger_sums() -> defaultdict[tuple[str, str], Decimal]:
    """(currency, account) → the sum of its entries; revenue and tax stand together under REVENUE."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in LedgerEntry.objects.order_by().values("currency_id", "account").annotate(sum=Sum("amount")):
        account = Account.REVENUE if row["account"] == Account.TAX else row["account"]
        found[row["currency_id"], str(account)] += row["sum"]
    return found
