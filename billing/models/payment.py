from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Payment(models.Model):
    """Money received for an invoice. The gateway's reference makes a second delivery of the same news harmless."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="payments")
    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="payments")
    gateway = models.CharField(_("gateway"), max_length=30)
    reference = models.CharField(_("reference"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    # What the gateway kept, and what of the amount went to the invoice (the rest became credit).
    fee = models.DecimalField(_("fee"), max_digits=19, decimal_places=4, default=0)
    applied_amount = models.DecimalField(_("applied"), max_digits=19, decimal_places=4, default=0)
    # Taken back by the bank (chargeback).
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("received at"))
    recorded_by = models.CharField(_("recorded by"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="one_payment_per_gateway_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0, fee__gte=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(applied_amount__gte=0) & Q(applied_amount__lte=F("amount")), name="payment_applied_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reference}"
