"""Whether the ledger agrees with invoices, payments and balances: sums only, per currency."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import Round

from billing.models import (
    PAYABLE_STATUSES,
    Account,
    Affiliate,
    AffiliateEntry,
    Client,
    Invoice,
    InvoiceStatus,
    LedgerEntry,
    Payment,
    Posting,
    Withdrawal,
    WithdrawalStatus,
    WithdrawalWay,
)

STANDING_STATUSES = (*PAYABLE_STATUSES, InvoiceStatus.PAID)
CREDIT_ADDED = "credit.added"


@dataclass(frozen=True)
class Difference:
    """A sum of the ledger that is not what the documents say."""

    currency: str
    account: str
    ledger: Decimal
    documents: Decimal


def find_differences() -> list[Difference]:
    """Accounts whose sums do not follow from the documents; [] when the books are right."""
    ledger, documents = ledger_sums(), _sums_of_documents()
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


def wrong_affiliate_balances() -> list[str]:
    """Codes of affiliates whose balance does not follow from their statement."""
    sums = AffiliateEntry.objects.order_by().values_list("affiliate").annotate(sum=Round(Sum("amount"), precision=4))
    stated = dict(sums)
    affiliates = Affiliate.objects.order_by("code").values_list("pk", "code", "balance", "debt")
    return [code for pk, code, balance, debt in affiliates if balance - debt != stated.get(pk, 0)]


def ledger_sums() -> defaultdict[tuple[str, str], Decimal]:
    """(currency, account) → the sum of its entries; revenue and tax stand together under REVENUE."""
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in LedgerEntry.objects.order_by().values("currency_id", "account").annotate(sum=Sum("amount")):
        account = Account.REVENUE if row["account"] == Account.TAX else row["account"]
        found[row["currency_id"], str(account)] += row["sum"]
    return found


def _sums_of_documents() -> defaultdict[tuple[str, str], Decimal]:
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    standing = Invoice.objects.filter(status__in=STANDING_STATUSES).order_by().values("currency_id")
    for bills in standing.annotate(invoiced=Sum("total"), paid=Sum("amount_paid")):
        found[bills["currency_id"], Account.REVENUE.value] -= bills["invoiced"]
        found[bills["currency_id"], Account.RECEIVABLE.value] += bills["invoiced"] - bills["paid"]
    payments = Payment.objects.exclude(gateway="credit").order_by().values("currency_id")
    for row in payments.annotate(sum=Sum("amount")):
        found[row["currency_id"], Account.CLEARING.value] += row["sum"]
    advances = LedgerEntry.objects.filter(posting__kind=CREDIT_ADDED, account=Account.CLEARING).order_by()
    for advance in advances.values("currency_id").annotate(sum=Sum("amount")):
        found[advance["currency_id"], Account.CLEARING.value] += advance["sum"]
    payouts = Withdrawal.objects.filter(status=WithdrawalStatus.PAID).order_by().values("currency_id", "way")
    for payout in payouts.annotate(sum=Sum("amount")):
        found[payout["currency_id"], Account.AFFILIATE.value] += payout["sum"]
        if payout["way"] == WithdrawalWay.PAYMENT:
            found[payout["currency_id"], Account.CLEARING.value] -= payout["sum"]
    for client in Client.objects.order_by().values("currency_id").annotate(sum=Sum("credit_balance")):
        found[client["currency_id"], Account.CREDIT.value] -= client["sum"]
    return found
