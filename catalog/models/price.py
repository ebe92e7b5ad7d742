from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Cycle(models.TextChoices):
    """Billing cycles. A partner product sells no others (guide B)."""

    ONE_TIME = "ONE_TIME", _("One time")
    MONTHLY = "MONTHLY", _("Monthly")
    QUARTERLY = "QUARTERLY", _("Quarterly")
    SEMIANNUALLY = "SEMIANNUALLY", _("Semi-annually")
    ANNUALLY = "ANNUALLY", _("Annually")


_CYCLE_WORDS = dict(Cycle.choices)


class Price(models.Model):
    """Price and setup fee of a product for one cycle in one currency. A cycle without a row is not offered."""

    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="prices")
    currency = models.ForeignKey(
        "catalog.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    cycle = models.CharField(_("cycle"), max_length=20, choices=Cycle)
    price = models.DecimalField(_("price"), max_digits=19, decimal_places=4)
    setup_fee = models.DecimalField(_("setup fee"), max_digits=19, decimal_places=4, default=0)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["product", "currency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "cycle"], name="one_price_per_product_currency_cycle"
            ),
            models.CheckConstraint(condition=Q(price__gte=0) & Q(setup_fee__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.cycle} {self.price} {self.currency_id}"

    def get_cycle_display(self) -> str:  # type: ignore[no-redef]
        """The cycle in words. Django's own translates the words of every cycle to find those of one."""
        return str(_CYCLE_WORDS.get(self.cycle, self.cycle))
