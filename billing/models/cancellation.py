from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CancellationType(models.TextChoices):
    """When a service ends that its client wants to stop (WHMCS §3.3)."""

    IMMEDIATE = "IMMEDIATE", _("Now")
    END_OF_PERIOD = "END_OF_PERIOD", _("At the end of the paid period")


class CancellationStatus(models.TextChoices):
    """OPEN waits for its day, DONE ended the service, WITHDRAWN was taken back."""

    OPEN = "OPEN", _("Open")
    DONE = "DONE", _("Done")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class CancellationRequest(models.Model):
    """A client's wish to stop a service; one open one a service."""

    service = models.ForeignKey(
        "billing.Service", on_delete=models.PROTECT, related_name="cancellation_requests", verbose_name=_("service")
    )
    type = models.CharField(_("when"), max_length=20, choices=CancellationType)
    status = models.CharField(_("status"), max_length=20, choices=CancellationStatus, default=CancellationStatus.OPEN)
    reason = models.TextField(_("reason"), blank=True, default="")
    requested_by = models.CharField(_("requested by"), max_length=150, blank=True, default="")
    requested_at = models.DateTimeField(_("requested at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("cancellation request")
        verbose_name_plural = _("cancellation requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(status="OPEN"), name="one_open_cancellation_per_service"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
