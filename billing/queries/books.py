"""Whether the ledger agrees with every single document: one query a kind of document, however many there are.

What each kind has to come to stands in one table, DOCUMENTS. Both sides are compared inside one statement, so that
work under way meanwhile is seen whole or not at all and never looks like a difference.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Func,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from billing.append_only import find_missing
from billing.models import PAYABLE_STATUSES, Account, Client, Invoice, InvoiceStatus, LedgerEntry, Payment, Posting
from billing.queries.differences import Difference, Document, Fault

CREDIT = "credit"
STANDING_STATUSES: Final = (*PAYABLE_STATUSES, InvoiceStatus.PAID)
# Amounts are compared in whole ten-thousandths, the last decimal that is kept.
SCALE: Final = 10_000
CHUNK: Final = 2_000


class Units(Func):
    """An amount in ten-thousandths. SQLite keeps and adds decimals as floats: there it becomes an integer first."""

    template = f"(%(expressions)s) * {SCALE}"
    arity = 1
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = f"CAST(ROUND((%(expressions)s) * {SCALE}) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)


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


def _while(statuses: Sequence[str], expression: Any) -> Case:
    """Zero in every other status."""
    zero = Value(Decimal(0), output_field=DecimalField())
    return Case(When(status__in=statuses, then=expression), default=zero, output_field=DecimalField())


_OF_PAYMENTS: Final = Q(postings__payment__isnull=False)
DOCUMENTS: Final[tuple[Books, ...]] = (
    # A draft is not posted yet, what was cancelled or refunded was posted back: nothing is left of both.
    Books(
        Document.INVOICE,
        Invoice.objects.all,
        "postings__entries",
        (
            Rule(Account.RECEIVABLE, _while(PAYABLE_STATUSES, F("total") - F("amount_paid"))),
            Rule(Account.RECEIVABLE, -F("amount_paid"), of=_OF_PAYMENTS, fault=Fault.PAYMENTS),
            Rule(Account.REVENUE, _while(STANDING_STATUSES, -F("subtotal"))),
            Rule(Account.TAX, _while(STANDING_STATUSES, -F("tax"))),
        ),
        ("number",),
        lambda row: Invoice(pk=row["pk"], number=row["number"]).display_number,
    ),
    Books(
        Document.PAYMENT,
        lambda: Payment.objects.exclude(gateway=CREDIT),
        "postings__entries",
        (Rule(Account.CLEARING, F("amount")),),
        ("gateway", "reference", "invoice"),
        lambda row: str(Payment(gateway=row["gateway"], reference=row["reference"])),
    ),
    Books(
        Document.PAYMENT,
        lambda: Payment.objects.filter(gateway=CREDIT),
        "postings__entries",
        (Rule(Account.CREDIT, F("amount")), Rule(Account.RECEIVABLE, -F("amount"))),
        ("gateway", "reference", "invoice"),
        lambda row: str(Payment(gateway=row["gateway"], reference=row["reference"])),
    ),
    Books(
        Document.CLIENT,
        Client.objects.all,
        "ledger_entries",
        (Rule(Account.CREDIT, -F("credit_balance")),),
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
        Total(currency, Account(account), _amount(sum_), count)
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
                found=_amount(row["sum"]),
            )
        if row["strangers"]:
            yield Difference(Document.POSTING, Fault.OTHER_CLIENT, number, label)


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
        expected, found = _amount(row[f"expected_{place}"]), _amount(row[f"found_{place}"])
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


def _amount(units: int | Decimal) -> Decimal:
    return (Decimal(units) / SCALE).quantize(Decimal("0.0001"))
