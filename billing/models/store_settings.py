from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import OrderForm
from catalog.renewal_windows import validate_window_days

ONLY: Final = 1


class StoreSettings(models.Model):
    """What operators decide about the whole store: one row, read with `queries.store_settings.read_store_settings`."""

    order_form = models.CharField(
        _("default order form template"), max_length=20, choices=OrderForm, default=OrderForm.STANDARD
    )
    has_cross_sells = models.BooleanField(
        _("cross-sells"), default=True, help_text=_("Recommended products are offered while ordering.")
    )
    # {"MONTHLY": 10}: how many days before the due date a client may renew; absent or 0: never.
    on_demand_days = models.JSONField(
        _("on-demand renewals, days before due"), default=dict, blank=True, validators=[validate_window_days]
    )
    terms_url = models.URLField(
        _("address of the terms of service"),
        blank=True,
        default="",
        help_text=_("If given, clients have to agree to them when they order."),
    )

    class Meta:
        verbose_name = _("store settings")
        verbose_name_plural = _("store settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=ONLY), name="one_row_of_store_settings")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
