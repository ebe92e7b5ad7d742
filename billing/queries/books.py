"""Whether the ledger agrees with every single document: one query a kind of document, however many there are.

What each kind has to come to stands in one table, DOCUMENTS. Both sides are compared inside one statement, so that
work under way meanwhile is seen whole or not at all and never looks like a difference.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DecimalField,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from billing.append_only import find_missing
from billing.models import (
    Account,
    Affiliate,
    Client,
    CreditNote,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    LedgerEntry,
    Payment,
    Posting,
    Refund,
    RefundStatus,
    RefundWay,
    Withdrawal,
    WithdrawalStatus,
)
from billing.queries.differences import Difference, Document, Fault
from billing.queries.exact_sums import Units, to_amount

CREDIT = "credit"
CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Rule:
    """What entries on `account` have to come to, as an expression over the document's columns. `of`: only these."""

    account: Account
    expected: Any
    of: Q = field(default_factory=Q)
    fault: Fault = Fault.AMOUNT


@dataclass(frozen=True, slots=True)
class Books:
    """What the entries of one kind of document have to come to; accounts without a rule are left to other kinds.

    `entries`: the way from the document to its entries. `columns` are read for `label`, which names it.
    """

    document: Document
    documents: Callable[[], QuerySet[Any]]
    entries: str
    rules: tuple[Rule, ...]
    columns: tuple[str, ...]
    label: Callable[[Mapping[str, Any]], str]


_MONEY: Final = DecimalField(max_digits=19, decimal_places=4)
_ZERO: Final = Value(Decimal(0), output_field=_MONEY)


def _if(condition: Q, expression: Any, otherwise: Any = _ZERO) -> Case:
    return Case(When(condition, then=expression), default=otherwise, output_field=_MONEY)


def _sum_of(rows: QuerySet[Any], link: str, name: str) -> Coalesce:
    """The sum of a column of the rows that point at the document by `link`; 0 where there are none."""
    mine = rows.filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Coalesce(Subquery(mine.annotate(sum=Sum(name)).values("sum")), _ZERO, output_field=_MONEY)


# Only sales are booked, and a sale that was cancelled only as far as it was written off: a loss stays sold.
_IS_SALE: Final = Q(kind=InvoiceKind.SALE)
_IS_STANDING: Final = (
    _IS_SALE & ~Q(status=InvoiceStatus.DRAFT) & (~Q(status=InvoiceStatus.CANCELLED) | Q(amount_written_off__gt=0))
)
_OF_PAYMENTS: Final = Q(postings__payment__isnull=False)
_OF_SALES: Final = Q(invoice__kind=InvoiceKind.SALE)
_SENT_BACK: Final = Refund.objects.filter(status=RefundStatus.DONE).exclude(way=RefundWay.CREDIT)
_PROMISED: Final = Refund.objects.exclude(way=RefundWay.CREDIT).exclude(status=RefundStatus.FAILED)
_KEPT: Final = Refund.objects.filter(way=RefundWay.CREDIT, status=RefundStatus.DONE, credit_note__to_refund__gt=0)
_NOTES: Final = CreditNote.objects.all()
_PAYOUTS: Final = Withdrawal.objects.filter(status=WithdrawalStatus.PAID)
DOCUMENTS: Final[tuple[Books, ...]] = (
    # A draft is not posted yet, what was cancelled was posted back: nothing is left of both. What asks for money in
    # advance is never posted: its payment is credit from the start.
    Books(
        Document.INVOICE,
        Invoice.objects.all,
        "postings__entries",
        (
            Rule(
                Account.RECEIVABLE,
                _if(
                    _IS_STANDING & ~Q(status=InvoiceStatus.PAID),
                    F("total") - F("amount_credited") - F("amount_written_off") - F("amount_paid"),
                ),
            ),
            Rule(Account.RECEIVABLE, _if(_IS_SALE, -F("amount_paid")), of=_OF_PAYMENTS, fault=Fault.PAYMENTS),
            Rule(Account.REVENUE, _if(_IS_STANDING, _sum_of(_NOTES, "invoice", "subtotal") - F("subtotal"))),
            Rule(Account.TAX, _if(_IS_STANDING, _sum_of(_NOTES, "invoice", "tax") - F("tax"))),
            Rule(Account.WRITE_OFF, F("amount_written_off"), of=~_OF_PAYMENTS),
        ),
        ("number",),
        lambda row: Invoice(pk=row["pk"], number=row["number"]).display_number,
    ),
    Books(
        Document.PAYMENT,
        lambda: Payment.objects.exclude(gateway=CREDIT),
        "postings__entries",
        (
            Rule(
                Account.CLEARING,
                _if(
                    Q(reversed_at__isnull=True),
                    F("amount") - F("fee") - _sum_of(_SENT_BACK, "payment", "amount"),
                    -F("fee"),
                ),
            ),
            Rule(Account.FEES, F("fee")),
            Rule(Account.RECEIVABLE, _if(_OF_SALES, -F("applied_amount"))),
        ),
        ("gateway", "reference", "invoice"),
        lambda row: str(Payment(gateway=row["gateway"], reference=row["reference"])),
    ),
    Books(
        Document.PAYMENT,
        lambda: Payment.objects.filter(gateway=CREDIT),
        "postings__entries",
        (
            # A refund of it is a movement of credit, too.
            Rule(Account.CREDIT, F("applied_amount"), of=~Q(postings__kind__startswith="refund.")),
            Rule(Account.RECEIVABLE, -F("applied_amount")),
        ),
        ("gateway", "reference", "invoice"),
        lambda row: str(Payment(gateway=row["gateway"], reference=row["reference"])),
    ),
    Books(
        Document.CLIENT,
        Client.objects.all,
        "ledger_entries",
        (
            Rule(Account.CREDIT, -F("credit_balance")),
            # What credit notes and refunds promised and what has not left yet.
            Rule(
                Account.REFUNDS,
                _sum_of(_SENT_BACK, "client", "amount")
                + _sum_of(_KEPT, "client", "amount")
                - _sum_of(_NOTES, "client", "to_refund")
                - _sum_of(_PROMISED, "client", "from_credit"),
            ),
            Rule(Account.AFFILIATE, _sum_of(_PAYOUTS, "affiliate__client", "amount")),
        ),
        ("first_name", "last_name", "company"),
        lambda row: str(Client(**{name: row[name] for name in ("pk", "first_name", "last_name", "company")})),
    ),
)


def find_differences() -> Iterator[Difference]:
    """Everything in the ledger that is not as it should be, one after the other; nothing when it is clean."""
    for name in find_missing(connection):
        yield Difference(Document.TRIGGER, Fault.UNPROTECTED, 0, name)
    yield from _faulty_postings()
    for books in DOCUMENTS:
        yield from _differences_of(books)
    yield from _wrong_affiliates()


@dataclass(frozen=True, slots=True)
class Total:
    """All entries of one account in one currency."""

    currency: str
    account: Account
    sum: Decimal
    count: int


def ledger_totals() -> list[Total]:
    """What stands on each account, in the order of currencies and accounts."""
    rows = LedgerEntry.objects.order_by().values_list("currency_id", "account")
    found = [
        Total(currency, Account(account), to_amount(sum_), count)
        for currency, account, sum_, count in rows.annotate(sum=Sum(Units(F("amount"))), count=Count("pk"))
    ]
    return sorted(found, key=lambda total: (total.currency, list(Account).index(total.account)))


def _faulty_postings() -> Iterator[Difference]:
    """Postings without entries, out of balance in a currency, or with entries of another client."""
    rows = Posting.objects.order_by("pk").values("pk", "kind", currency=F("entries__currency"))
    sums = rows.annotate(
        sum=Coalesce(Sum(Units(F("entries__amount"))), 0, output_field=BigIntegerField()),
        strangers=Count("entries", filter=~Q(entries__client=F("client"))),
    )
    for row in sums.filter(Q(currency=None) | ~Q(sum=0) | Q(strangers__gt=0)).iterator(CHUNK):
        number, label = row["pk"], f"{row['kind']} #{row['pk']}"
        if row["currency"] is None:
            yield Difference(Document.POSTING, Fault.EMPTY, number, label)
        if row["sum"]:
            yield Difference(
                Document.POSTING,
                Fault.UNBALANCED,
                number,
                label,
                currency=row["currency"],
                expected=Decimal(0),
                found=to_amount(row["sum"]),
            )
        if row["strangers"]:
            yield Difference(Document.POSTING, Fault.OTHER_CLIENT, number, label)


def _wrong_affiliates() -> Iterator[Difference]:
    """Affiliates whose balance does not follow from their statement."""
    balances = Affiliate.objects.order_by("pk").annotate(
        stated=Coalesce(Sum(Units(F("entries__amount"))), 0, output_field=BigIntegerField()),
        held=Units(F("balance") - F("debt")),
    )
    rows = balances.exclude(stated=F("held")).values_list("pk", "code", "client__currency", "held", "stated")
    for number, code, currency, held, stated in rows.iterator(CHUNK):
        yield Difference(
            Document.AFFILIATE,
            Fault.STATEMENT,
            number,
            code,
            currency=currency,
            expected=to_amount(held),
            found=to_amount(stated),
        )


def _differences_of(books: Books) -> Iterator[Difference]:
    """Documents of one kind whose entries, in their own currency, do not come to what is expected."""
    accounts = {rule.account for rule in books.rules}
    of_these = FilteredRelation(books.entries, condition=Q(**{f"{books.entries}__account__in": accounts}))
    documents = books.documents().order_by("pk").alias(entry=of_these).values("pk", "currency_id", *books.columns)
    compared = documents.annotate(
        **{f"found_{place}": _found(rule) for place, rule in enumerate(books.rules)},
        **{f"expected_{place}": Units(rule.expected) for place, rule in enumerate(books.rules)},
    )
    differ = (~Q(**{f"found_{place}": F(f"expected_{place}")}) for place in range(len(books.rules)))
    for row in compared.filter(reduce(or_, differ)).iterator(CHUNK):
        yield from _differences_in(row, books)


def _differences_in(row: Mapping[str, Any], books: Books) -> Iterator[Difference]:
    for place, rule in enumerate(books.rules):
        expected, found = to_amount(row[f"expected_{place}"]), to_amount(row[f"found_{place}"])
        if expected != found:
            yield Difference(
                books.document,
                rule.fault,
                row["pk"],
                books.label(row),
                account=rule.account.value,
                currency=row["currency_id"],
                expected=expected,
                found=found,
                invoice=row.get("invoice"),
            )


def _found(rule: Rule) -> Coalesce:
    entries = Q(entry__account=rule.account, entry__currency=F("currency")) & rule.of
    return Coalesce(Sum(Units(F("entry__amount")), filter=entries), 0, output_field=BigIntegerField())
