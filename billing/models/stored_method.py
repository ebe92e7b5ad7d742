from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StoredMethod(models.Model):
    """A card that a client saved at a gateway; only the gateway knows its number."""

    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="stored_methods")
    gateway = models.CharField(_("gateway"), max_length=30)
    external_id = models.CharField(_("number at the gateway"), max_length=200)
    customer_id = models.CharField(_("customer at the gateway"), max_length=200, blank=True, default="")
    title = models.CharField(_("title"), max_length=100, blank=True, default="")
    brand = models.CharField(_("brand"), max_length=30, blank=True, default="")
    last4 = models.CharField(_("last digits"), max_length=4, blank=True, default="")
    expiry_month = models.PositiveSmallIntegerField(_("expires, month"), null=True, blank=True)
    expiry_year = models.PositiveSmallIntegerField(_("expires, year"), null=True, blank=True)
    is_default = models.BooleanField(_("used for automatic payments"), default=False)
    created_at = models.DateTimeField(_("saved at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("saved card")
        verbose_name_plural = _("saved cards")
        ordering = ["-is_default", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="one_stored_method_per_gateway_number"),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(is_default=True, removed_at=None),
                name="one_default_method_per_client",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.brand} •••• {self.last4}".strip()


class GatewayCustomer(models.Model):
    """Who a client is at a gateway that keeps customers: made once, so that their cards are found again."""

    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="gateway_customers")
    gateway = models.CharField(_("gateway"), max_length=30)
    external_id = models.CharField(_("number at the gateway"), max_length=200)

    class Meta:
        verbose_name = _("customer at a gateway")
        verbose_name_plural = _("customers at gateways")
        constraints = [
            models.UniqueConstraint(fields=["client", "gateway"], name="one_customer_per_client_and_gateway")
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id}"
