from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import AffiliatePay


class CommissionState(models.TextChoices):
    """PENDING until it clears; VOIDED if the service ended before that, or the payment was given back."""

    PENDING = "PENDING", _("Pending")
    CLEARED = "CLEARED", _("Cleared")
    VOIDED = "VOIDED", _("Voided")


class VoidReason(models.TextChoices):
    """Why a commission is not paid."""

    SERVICE_ENDED = "SERVICE_ENDED", _("The service has ended")
    REFUNDED = "REFUNDED", _("The payment was given back")


class Commission(models.Model):
    """What an affiliate earns on one paid period of a service: one for each invoice line, whatever comes twice.

    `base` is what was paid for the period without tax, in the currency of the invoice. The rule (`pay`, `pay_amount`)
    is frozen; so is `amount`, in the affiliate's currency. It is None while nobody has said what a currency is worth.
    """

    affiliate = models.ForeignKey(
        "billing.Affiliate", on_delete=models.PROTECT, related_name="commissions", verbose_name=_("affiliate")
    )
    referred = models.ForeignKey("billing.ReferredService", on_delete=models.PROTECT, related_name="commissions")
    line = models.OneToOneField("billing.InvoiceLine", on_delete=models.PROTECT, related_name="commission")
    base = models.DecimalField(_("paid without tax"), max_digits=19, decimal_places=4)
    pay = models.CharField(
        _("rule"), max_length=10, choices=[(one.value, one.label) for one in (AffiliatePay.PERCENT, AffiliatePay.FIXED)]
    )
    pay_amount = models.DecimalField(_("percent or amount"), max_digits=19, decimal_places=4)
    # The currency that the rule gives an amount in: the invoice's for a percentage.
    source_currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("commission"), max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("status"), max_length=10, choices=CommissionState, default=CommissionState.PENDING)
    void_reason = models.CharField(_("why voided"), max_length=20, choices=VoidReason, blank=True, default="")
    earned_at = models.DateTimeField(_("earned at"))
    clears_on = models.DateField(_("clears on"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("commission")
        verbose_name_plural = _("commissions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="commission_not_negative"),
            models.CheckConstraint(
                condition=~Q(state="CLEARED") | Q(amount__isnull=False), name="cleared_commission_has_amount"
            ),
            models.CheckConstraint(condition=Q(state="VOIDED") ^ Q(void_reason=""), name="voided_commission_says_why"),
        ]
        indexes = [models.Index(fields=["clears_on"], condition=Q(state="PENDING"), name="commission_clearing")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def gross(self) -> Decimal:
        """What the rule gives, in `source_currency`, not rounded."""
        return self.base * self.pay_amount / 100 if self.pay == AffiliatePay.PERCENT else self.pay_amount


class WithdrawalWay(models.TextChoices):
    """Where an affiliate's money goes."""

    CREDIT = "CREDIT", _("Credit")
    PAYMENT = "PAYMENT", _("Payment")


class WithdrawalStatus(models.TextChoices):
    """A payment is REQUESTED until an operator has paid or refused it; credit is given at once."""

    REQUESTED = "REQUESTED", _("Requested")
    PAID = "PAID", _("Paid out")
    REFUSED = "REFUSED", _("Refused")


class Withdrawal(models.Model):
    """Money that left an affiliate's balance; a refused one went back. The reference makes recording twice harmless."""

    affiliate = models.ForeignKey(
        "billing.Affiliate", on_delete=models.PROTECT, related_name="withdrawals", verbose_name=_("affiliate")
    )
    way = models.CharField(_("how"), max_length=10, choices=WithdrawalWay)
    status = models.CharField(_("status"), max_length=10, choices=WithdrawalStatus)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    details = models.CharField(_("where to"), max_length=500, blank=True, default="")
    reference = models.CharField(_("reference"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    requested_at = models.DateTimeField(_("requested at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=150, blank=True, default="")

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["affiliate", "reference"], condition=~Q(reference=""), name="one_withdrawal_per_reference"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="withdrawal_positive"),
            models.CheckConstraint(condition=Q(way="PAYMENT") | Q(status="PAID"), name="credit_is_given_at_once"),
            models.CheckConstraint(
                condition=Q(status="REQUESTED") ^ Q(settled_at__isnull=False), name="settled_withdrawal_says_when"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
