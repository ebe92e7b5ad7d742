from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RefundWay(models.TextChoices):
    """Where the money of a refund goes (WHMCS §4.8)."""

    GATEWAY = "GATEWAY", _("Back by the gateway")
    RECORDED = "RECORDED", _("Given back outside, recorded here")
    CREDIT = "CREDIT", _("To the client's credit")


class RefundStatus(models.TextChoices):
    """PENDING: asked of the gateway, which has not answered for good."""

    PENDING = "PENDING", _("Pending")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")


class Refund(models.Model):
    """Money of a payment given back. Those that have not failed never exceed it, which is checked under its lock."""

    payment = models.ForeignKey("billing.Payment", on_delete=models.PROTECT, related_name="refunds")
    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="refunds")
    credit_note = models.ForeignKey(
        "billing.CreditNote", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    # What of it no credit note takes back: overpaid, money in advance, or paid for what is not paid up.
    from_credit = models.DecimalField(_("from credit"), max_digits=19, decimal_places=4, default=0, db_default=0)
    way = models.CharField(_("way"), max_length=20, choices=RefundWay)
    status = models.CharField(_("status"), max_length=20, choices=RefundStatus, default=RefundStatus.PENDING)
    # What makes a second click harmless: the form's token or the caller's idempotency key.
    request_key = models.CharField(_("request key"), max_length=200, unique=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    error = models.TextField(_("error"), blank=True, default="")
    requested_by = models.CharField(_("requested by"), max_length=150, blank=True, default="")
    requested_at = models.DateTimeField(_("requested at"))
    # When a worker asks the gateway, or asks it again; None where no gateway has to be asked.
    run_after = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    tries = models.PositiveIntegerField(_("tries"), default=0, db_default=0)
    # The 54-FZ receipt as it was sent.
    receipt = models.JSONField(_("fiscal receipt"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
            models.CheckConstraint(
                condition=Q(from_credit__gte=0) & Q(from_credit__lte=F("amount")), name="refund_from_credit_within"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
