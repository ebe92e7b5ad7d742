from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.wording import TranslationsField, Worded


class OrderForm(models.TextChoices):
    """How a group of the store is laid out (P2, order form template)."""

    STANDARD = "STANDARD", _("Standard cart")
    COMPARISON = "COMPARISON", _("Comparison table")
    SINGLE_PAGE = "SINGLE_PAGE", _("Single page")


class ProductGroup(Worded):
    """A category of the store. A hidden group is not listed; its direct link works (guide B)."""

    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("URL"), max_length=100, unique=True)
    headline = models.CharField(_("headline"), max_length=255, blank=True, default="")
    tagline = models.CharField(_("tagline"), max_length=255, blank=True, default="")
    features = models.TextField(_("group features"), blank=True, default="", help_text=_("One on each line."))
    translations = TranslationsField(texts=("name", "headline", "tagline", "features"))
    order_form = models.CharField(
        _("order form template"),
        max_length=20,
        choices=[("", _("As the store settings say")), *OrderForm.choices],
        blank=True,
        default="",
    )
    # Codes of the ways to pay that this group does not take.
    closed_payment_methods = models.JSONField(_("payment methods switched off"), default=list, blank=True)
    is_hidden = models.BooleanField(_("hidden"), default=False)
    # What old links call it (`cart.php?gid=`); told by an import from WHMCS.
    whmcs_id = models.PositiveIntegerField(_("number in WHMCS"), null=True, blank=True, unique=True)
    position = models.PositiveIntegerField(_("display order"), default=0)

    class Meta:
        verbose_name = _("product group")
        verbose_name_plural = _("product groups")
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name
