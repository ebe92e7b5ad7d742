from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GatewayEventStatus(models.TextChoices):
    """RECEIVED waits for a worker; IGNORED is nothing for us, kept; REFUSED contradicts what we know."""

    RECEIVED = "RECEIVED", _("Received")
    DONE = "DONE", _("Processed")
    IGNORED = "IGNORED", _("Not for us")
    REFUSED = "REFUSED", _("Refused")
    FAILED = "FAILED", _("Failed")


class GatewayEventQuerySet(models.QuerySet["GatewayEvent"]):
    """Named selections of notifications."""

    def due(self, *, now: datetime) -> Self:
        """Waiting, or leased by a worker that never reported."""
        return self.filter(status=GatewayEventStatus.RECEIVED, run_after__lte=now)


class GatewayEvent(models.Model):
    """A notification of a gateway as it came, its signature checked before: each once, whatever is sent again."""

    gateway = models.CharField(_("gateway"), max_length=30)
    event_id = models.CharField(_("number of the notification"), max_length=200)
    name = models.CharField(_("notification"), max_length=100)
    body = models.TextField(_("as received"))
    status = models.CharField(
        _("status"), max_length=20, choices=GatewayEventStatus, default=GatewayEventStatus.RECEIVED
    )
    attempt = models.ForeignKey(
        "billing.PaymentAttempt", on_delete=models.PROTECT, null=True, blank=True, related_name="gateway_events"
    )
    received_at = models.DateTimeField(_("received at"))
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)
    run_after = models.DateTimeField(_("due at"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    error = models.TextField(_("error"), blank=True, default="")

    objects = GatewayEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("gateway notification")
        verbose_name_plural = _("gateway notifications")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="one_gateway_event")]
        indexes = [models.Index(fields=["run_after"], condition=Q(status="RECEIVED"), name="gateway_event_due")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.name}"


class GatewayCall(models.Model):
    """One call to a gateway: what was asked and answered, secrets removed."""

    gateway = models.CharField(_("gateway"), max_length=30)
    action = models.CharField(_("call"), max_length=40)
    attempt = models.ForeignKey(
        "billing.PaymentAttempt", on_delete=models.PROTECT, null=True, blank=True, related_name="calls"
    )
    refund = models.ForeignKey(
        "billing.Refund", on_delete=models.PROTECT, null=True, blank=True, related_name="gateway_calls"
    )
    at = models.DateTimeField(_("at"), db_index=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    is_good = models.BooleanField(_("answered"))
    answer = models.TextField(_("answer"), blank=True, default="")

    class Meta:
        verbose_name = _("gateway call")
        verbose_name_plural = _("gateway calls")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.gateway} {self.action}"
