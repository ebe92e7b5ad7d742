from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductGroup(models.Model):
    """A category of the store. A hidden group is not listed; its direct link works (guide B)."""

    name = models.CharField(_("name"), max_length=150)
    slug = models.SlugField(_("URL"), max_length=100, unique=True)
    headline = models.CharField(_("headline"), max_length=255, blank=True, default="")
    tagline = models.CharField(_("tagline"), max_length=255, blank=True, default="")
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
