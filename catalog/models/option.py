from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.price import Cycle
from catalog.models.wording import TranslationsField, WordedByPortal


class ProductOption(WordedByPortal):
    """A configurable option counted by number, such as *additional servers* (P13).

    Its price is part of the service's own amount. `addon_id` is the partner's addon that the count is sent as.
    """

    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(_("key"), max_length=60)
    label = models.CharField(_("label"), max_length=150)
    translations = TranslationsField(texts=("label",))
    addon_id = models.CharField(_("addon of the partner"), max_length=20, blank=True, default="")
    minimum = models.PositiveIntegerField(_("least"), default=0)
    maximum = models.PositiveIntegerField(_("most"), default=100)
    is_hidden = models.BooleanField(_("hidden"), default=False, help_text=_("Not offered to clients."))
    position = models.PositiveIntegerField(_("display order"), default=0)

    class Meta:
        verbose_name = _("configurable option")
        verbose_name_plural = _("configurable options")
        ordering = ["product", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "key"], name="one_option_per_product_and_key"),
            models.CheckConstraint(condition=Q(minimum__lte=F("maximum")), name="option_least_within_most"),
        ]

    def __str__(self) -> str:
        return self.label


class OptionPrice(models.Model):
    """What one unit of an option adds to each period. A cycle without a row: the option is not offered for it."""

    option = models.ForeignKey(ProductOption, on_delete=models.CASCADE, related_name="prices")
    currency = models.ForeignKey(
        "catalog.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    cycle = models.CharField(_("cycle"), max_length=20, choices=Cycle)
    price = models.DecimalField(_("price"), max_digits=19, decimal_places=4)
    setup_fee = models.DecimalField(_("setup fee"), max_digits=19, decimal_places=4, default=0)

    class Meta:
        verbose_name = _("option price")
        verbose_name_plural = _("option prices")
        ordering = ["option", "currency", "id"]
        constraints = [
            models.UniqueConstraint(fields=["option", "currency", "cycle"], name="one_price_per_option_currency_cycle"),
            models.CheckConstraint(condition=Q(price__gte=0) & Q(setup_fee__gte=0), name="option_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.option_id} {self.cycle} {self.price} {self.currency_id}"
