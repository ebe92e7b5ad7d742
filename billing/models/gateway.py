from decimal import Decimal
from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from vault.fields import EncryptedTextField

LONGEST_LABEL: Final = 60


class PaymentGateway(models.Model):
    """One way to take money from clients, as operators set it up. What it can do is told by `billing.gateways`."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    is_active = models.BooleanField(_("offered"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    # {"ru": "Картой"}: what clients read instead of the gateway's own name.
    labels = models.JSONField(_("names for clients"), default=dict, blank=True)
    # A JSON object of the keys that the gateway asks for; never shown again.
    keys = EncryptedTextField(_("keys"), blank=True, default="")
    # Part of the address that the gateway sends its notifications to.
    hook_token = models.CharField(_("secret of the notification address"), max_length=64, unique=True)
    stores_methods = models.BooleanField(_("clients may save a card for automatic payments"), default=False)
    # Answers that failed in a row, and whether operators were told.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment gateway")
        verbose_name_plural = _("payment gateways")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.code


class GatewayCurrency(models.Model):
    """A currency that a gateway takes, with its limits and what paying so costs the client.

    A gateway without any takes every currency, without fee and limits.
    """

    gateway = models.ForeignKey(PaymentGateway, on_delete=models.CASCADE, related_name="currencies")
    currency = models.ForeignKey("catalog.Currency", on_delete=models.CASCADE, related_name="+")
    minimum = models.DecimalField(_("least payment"), max_digits=19, decimal_places=4, null=True, blank=True)
    maximum = models.DecimalField(_("largest payment"), max_digits=19, decimal_places=4, null=True, blank=True)
    fee_percent = models.DecimalField(
        _("fee, percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(50)],
    )
    fee_fixed = models.DecimalField(
        _("fee, amount"), max_digits=19, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("currency of a gateway")
        verbose_name_plural = _("currencies of gateways")
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "currency"], name="one_row_per_gateway_and_currency"),
            models.CheckConstraint(
                condition=Q(fee_percent__gte=0, fee_percent__lte=50, fee_fixed__gte=0), name="gateway_fee_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(maximum=None) | Q(maximum__gte=F("minimum")),
                name="gateway_maximum_not_below_minimum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway_id} {self.currency_id}"
