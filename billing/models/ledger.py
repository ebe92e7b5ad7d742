from typing import NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerImmutable(Exception):
    """Postings are never changed or removed; post a correction instead."""


class Account(models.TextChoices):
    """Accounts of the ledger. Debits are positive: what clients owe and what gateways hold; credits negative."""

    RECEIVABLE = "RECEIVABLE", _("Receivable")
    REVENUE = "REVENUE", _("Revenue")
    TAX = "TAX", _("Tax")
    CREDIT = "CREDIT", _("Client credit")
    CLEARING = "CLEARING", _("Gateway clearing")
    REFUNDS = "REFUNDS", _("Refunds to pay")
    FEES = "FEES", _("Gateway fees")
    WRITE_OFF = "WRITE_OFF", _("Write-off")
    AFFILIATE = "AFFILIATE", _("Affiliate commissions")


class AppendOnlyQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows may be added and read; every way to change or remove them is refused."""

    def update(self, **values: object) -> NoReturn:
        raise LedgerImmutable("Ledger entries are never changed.")

    def delete(self) -> NoReturn:
        raise LedgerImmutable("Ledger entries are never removed.")

    def bulk_update(self, *arguments: object, **options: object) -> NoReturn:
        raise LedgerImmutable("Ledger entries are never changed.")


class AppendOnly(models.Model):
    """Base of rows that are written once. The database refuses changes too: see `billing.append_only`."""

    class Meta:
        abstract = True

    def save(self, *arguments: object, **options: object) -> None:
        if self.pk is not None and not self._state.adding:
            raise LedgerImmutable("Ledger entries are never changed.")
        super().save(*arguments, **options)  # type: ignore[arg-type]

    def delete(self, *arguments: object, **options: object) -> NoReturn:
        raise LedgerImmutable("Ledger entries are never removed.")


class Posting(AppendOnly):
    """One business fact in the books. Its entries sum to zero in each currency, and there is at least one."""

    kind = models.CharField(_("kind"), max_length=40)
    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="+", verbose_name=_("client"))
    invoice = models.ForeignKey(
        "billing.Invoice", on_delete=models.PROTECT, null=True, related_name="postings", verbose_name=_("invoice")
    )
    payment = models.ForeignKey(
        "billing.Payment", on_delete=models.PROTECT, null=True, related_name="postings", verbose_name=_("payment")
    )
    posted_at = models.DateTimeField(_("posted at"))
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class LedgerEntry(AppendOnly):
    """One side of a posting: debits positive, credits negative, in one currency."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(_("account"), max_length=20, choices=Account)
    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="ledger_entries")
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        indexes = [models.Index(fields=["client", "account"], name="ledger_client_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
