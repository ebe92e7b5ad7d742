"""`manage.py check_books`: does the ledger agree with invoices, payments and balances? For cron and monitoring."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from billing.queries.books import find_differences, ledger_sums, unbalanced_postings, wrong_affiliate_balances


class Command(BaseCommand):
    help = "Prints the sums of the ledger; fails, naming what differs, if they do not follow from the documents."

    def handle(self, *arguments: Any, **options: Any) -> None:
        with transaction.atomic():
            sums, differences, unbalanced = ledger_sums(), find_differences(), unbalanced_postings()
            affiliates = wrong_affiliate_balances()
        faults = [
            *(
                f"{one.account} {one.currency}: ledger {one.ledger:f}, documents {one.documents:f}"
                for one in differences
            ),
            *(f"Posting {number} does not sum to zero" for number in unbalanced),
            *(f"Affiliate {code}: the balance does not follow from the statement" for code in affiliates),
        ]
        if faults:
            raise CommandError("The books are wrong. " + "; ".join(faults))
        for currency in sorted({currency for currency, _account in sums}):
            held = sorted(account for owner, account in sums if owner == currency)
            parts = [f"{account.lower()} {sums[currency, account]:.2f}" for account in held]
            self.stdout.write(f"ledger {currency}: {', '.join(parts)}")
