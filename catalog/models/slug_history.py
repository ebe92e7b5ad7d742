from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SlugHistory(models.Model):
    """An address that `product`, or `group` itself where no product is named, once had: links to it still lead there.

    Of a product, `group` is the one that it stood in then.
    """

    group = models.ForeignKey("catalog.ProductGroup", on_delete=models.CASCADE, related_name="old_slugs")
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="old_slugs"
    )
    slug = models.SlugField(_("URL"), max_length=100)

    class Meta:
        verbose_name = _("old URL")
        verbose_name_plural = _("old URLs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=Q(product__isnull=True), name="one_group_per_old_slug"),
            models.UniqueConstraint(
                fields=["group", "slug"],
                condition=Q(product__isnull=False),
                name="one_product_per_group_and_old_slug",
            ),
        ]

    def __str__(self) -> str:
        return self.slug
