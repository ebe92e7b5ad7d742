from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerAudit(models.Model):
    """One look at the whole ledger: whether every document equals its entries, and what does not."""

    at = models.DateTimeField(_("at"))
    # Of the nightly audit only: there is one a business day, however often it is asked for.
    day = models.DateField(_("night of"), null=True, blank=True, unique=True)
    actor = models.CharField(_("by"), max_length=150, blank=True, default="")
    duration = models.DurationField(_("took"))
    entry_count = models.BigIntegerField(_("entries"))
    # [currency, account, sum as text], in display order.
    totals = models.JSONField(_("totals"), default=list)
    difference_count = models.PositiveIntegerField(_("differences"), default=0)
    # The first of them, as `billing.queries.differences.Difference` writes itself down.
    differences = models.JSONField(_("differences"), default=list)

    class Meta:
        verbose_name = _("ledger audit")
        verbose_name_plural = _("ledger audits")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"

    @property
    def is_clean(self) -> bool:
        """True if nothing differed."""
        return self.difference_count == 0


class AuditRequestQuerySet(models.QuerySet["AuditRequest"]):
    """Named selections of requests."""

    def open(self) -> Self:
        """Not answered yet."""
        return self.filter(audit=None)

    def due(self, *, now: datetime) -> Self:
        """Waiting for a worker, or leased by one that never reported."""
        return self.open().filter(run_after__lte=now)


class AuditRequest(models.Model):
    """Somebody's wish for an audit without waiting for the night; a worker answers it."""

    actor = models.CharField(_("by"), max_length=150)
    asked_at = models.DateTimeField(_("at"))
    # While a worker reads: when another one may take it over.
    run_after = models.DateTimeField(_("due at"))
    audit = models.OneToOneField(
        LedgerAudit, on_delete=models.PROTECT, null=True, related_name="request", verbose_name=_("ledger audit")
    )
    objects = AuditRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit request")
        verbose_name_plural = _("audit requests")
        ordering = ["id"]
        indexes = [models.Index(fields=["run_after"], condition=models.Q(audit=None), name="auditrequest_open")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"
