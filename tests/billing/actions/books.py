"""What the tests of money look at again and again."""

from decimal import Decimal

from django.db.models import Sum

from billing.actions.payments import add_credit
from billing.models import Client, Invoice, LedgerEntry
from billing.queries.books import find_differences
from billing.queries.clock import database_now


def balances(**about: object) -> dict[str, Decimal]:
    """Account → its sum, those of zero left out."""
    entries = LedgerEntry.objects.filter(**about).order_by().values_list("account")
    return {account: total for account, total in entries.annotate(total=Sum("amount")) if total}


def books_are_right() -> bool:
    return list(find_differences()) == []


def credit_of(client: Client) -> Decimal:
    return Client.objects.get(pk=client.pk).credit_balance


def give_credit(client: Client, amount: str) -> None:
    add_credit(client=client, amount=Decimal(amount), reason="in advance", actor="test", now=database_now())


def fresh(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)
