from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PoolState(models.TextChoices):
    """FREE → TAKEN → USED, or back to FREE when the taking failed; DROPPED once it cannot be used any more."""

    FREE = "FREE", _("Free")
    TAKEN = "TAKEN", _("Being taken")
    USED = "USED", _("Used again")
    DROPPED = "DROPPED", _("Dropped")


class PooledLicense(models.Model):
    """A license kept at the partner under the name free.lic, for a later order (partner-api.md §12)."""

    server = models.ForeignKey(
        "noc.Server", on_delete=models.PROTECT, related_name="pooled_licenses", verbose_name=_("server")
    )
    tariff_id = models.CharField(_("Product ID"), max_length=20)
    # {"55236": 4}: a license with other counts cannot stand in for an order.
    addons = models.JSONField(_("addons at the partner"), default=dict, blank=True)
    remote_id = models.CharField(_("ID at the partner"), max_length=50)
    state = models.CharField(_("status"), max_length=10, choices=PoolState, default=PoolState.FREE)
    expires_on = models.DateField(_("end date at the partner"), null=True, blank=True)
    released_from = models.ForeignKey(
        "billing.Service", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    released_at = models.DateTimeField(_("released at"))
    # The purchase that takes it; it keeps the license to itself until it is settled.
    taken_by = models.ForeignKey(
        "billing.Operation", on_delete=models.PROTECT, null=True, blank=True, related_name="pooled_licenses"
    )
    changed_at = models.DateTimeField(_("changed at"))
    note = models.CharField(_("note"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("license in the pool")
        verbose_name_plural = _("licenses in the pool")
        ordering = ["released_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "remote_id"],
                condition=Q(state__in=["FREE", "TAKEN"]),
                name="one_place_in_pool_per_license",
            ),
            models.UniqueConstraint(
                fields=["taken_by"], condition=Q(state="TAKEN"), name="one_pooled_license_per_purchase"
            ),
            models.CheckConstraint(
                condition=~Q(state="TAKEN") | Q(taken_by__isnull=False), name="taken_license_names_purchase"
            ),
        ]

    def __str__(self) -> str:
        return self.remote_id
