from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class FindingSort(models.TextChoices):
    """Ways in which services, partner and money can disagree (L11)."""

    ORPHAN = "ORPHAN", _("We pay, nobody is billed")
    GHOST = "GHOST", _("The client pays, nothing is there")
    DOUBLE = "DOUBLE", _("Bought twice")
    UNPAID_ITEM = "UNPAID_ITEM", _("Left unpaid at the partner")
    NOT_COVERED = "NOT_COVERED", _("Paid for longer than the partner keeps it")
    DATE_DRIFT = "DATE_DRIFT", _("Another end date at the partner")
    STATUS_DRIFT = "STATUS_DRIFT", _("Another status at the partner")
    TARIFF_DRIFT = "TARIFF_DRIFT", _("Another Product ID at the partner")
    ADDRESS_DRIFT = "ADDRESS_DRIFT", _("Another name or IP at the partner")
    NODES_DRIFT = "NODES_DRIFT", _("Another number of servers at the partner")
    AUTO_RENEWAL = "AUTO_RENEWAL", _("The partner renews it by itself")
    PRICE_DRIFT = "PRICE_DRIFT", _("Sold below cost")
    POOL_DRIFT = "POOL_DRIFT", _("A license of the pool is not as it should be")


class FindingStatus(models.TextChoices):
    """OPEN until a remedy was given, somebody chose to ignore it, or the next run no longer sees it."""

    OPEN = "OPEN", _("Open")
    SOLVED = "SOLVED", _("Solved")
    IGNORED = "IGNORED", _("Ignored")
    GONE = "GONE", _("No longer there")


class Finding(models.Model):
    """One disagreement found by reconciliation. The same one is one row, however often it is seen."""

    sort = models.CharField(_("what"), max_length=20, choices=FindingSort)
    server = models.ForeignKey("noc.Server", on_delete=models.CASCADE, related_name="+", verbose_name=_("server"))
    service = models.ForeignKey(
        "billing.Service", on_delete=models.CASCADE, null=True, blank=True, related_name="findings"
    )
    kind = models.CharField(_("kind"), max_length=20, blank=True, default="")
    remote_id = models.CharField(_("ID at the partner"), max_length=50, blank=True, default="")
    # What both sides say, as text by name: {"ours": "2026-12-01", "theirs": "2026-11-01"}; never a secret.
    details = models.JSONField(_("details"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=FindingStatus, default=FindingStatus.OPEN)
    # Names the disagreement itself, with the values at odds: an ignored one comes back once they change.
    fingerprint = models.CharField(max_length=200)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-last_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(status__in=["OPEN", "IGNORED"]), name="one_row_per_open_finding"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_sort_display()} {self.remote_id}".strip()
