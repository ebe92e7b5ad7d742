from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.price import Cycle


class Rounding(models.TextChoices):
    """Where a price made from a cost ends. Always up, never down."""

    NONE = "NONE", _("Not rounded")
    WHOLE = "WHOLE", _("Up to a whole amount")
    ENDING_90 = "ENDING_90", _("Up to .90")
    ENDING_99 = "ENDING_99", _("Up to .99")


class TariffCost(models.Model):
    """What a price was made from: the cost that an operator last took note of, and the rule.

    The cost is in the currency of the account's price list, the fixed markup in that of the price. A price without
    such a row was typed by hand and is never proposed to change.
    """

    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, related_name="tariff_costs", verbose_name=_("product")
    )
    currency = models.ForeignKey(
        "catalog.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    cycle = models.CharField(_("cycle"), max_length=20, choices=Cycle)
    # The account whose list was read; without it there is nothing left to compare with.
    server = models.ForeignKey(
        "noc.Server", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("server")
    )
    cost = models.DecimalField(_("cost"), max_digits=19, decimal_places=4)
    cost_currency = models.CharField(_("currency of the cost"), max_length=3)
    percent = models.DecimalField(_("markup, percent"), max_digits=9, decimal_places=4, default=Decimal(0))
    fixed = models.DecimalField(_("markup, fixed"), max_digits=19, decimal_places=4, default=Decimal(0))
    rounding = models.CharField(_("rounding"), max_length=20, choices=Rounding, default=Rounding.NONE)
    accepted_at = models.DateTimeField(_("accepted at"))

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price changes")
        ordering = ["product", "currency", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "currency", "cycle"], name="one_cost_per_price"),
            models.CheckConstraint(
                condition=Q(cost__gte=0) & Q(percent__gte=0) & Q(fixed__gte=0), name="cost_and_markup_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.cycle} {self.cost} {self.cost_currency}"


class TariffImport(models.Model):
    """One press of *Create products*: the same form sent twice makes its products once."""

    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of the price list")
        verbose_name_plural = _("imports of the price list")

    def __str__(self) -> str:
        return self.token
