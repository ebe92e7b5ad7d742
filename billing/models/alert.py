from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vault.fields import EncryptedTextField


class ChannelKind(models.TextChoices):
    """Where alerts go besides OPERATOR_EMAILS."""

    TELEGRAM = "TELEGRAM", _("Telegram bot")
    WEBHOOK = "WEBHOOK", _("Webhook")


class AlertKind(models.TextChoices):
    """What operators can be alerted of."""

    NEEDS_PERSON = "NEEDS_PERSON", _("An operation needs a person")
    HELD = "HELD", _("An operation is on hold")
    LOW_BALANCE = "LOW_BALANCE", _("The balance of a partner account is low")
    BRAKED = "BRAKED", _("A brake stopped a nightly duty")
    NIGHT_MISSED = "NIGHT_MISSED", _("The night was missed or failed")
    GATEWAY_FAILING = "GATEWAY_FAILING", _("A way to pay does not work")
    LEDGER = "LEDGER", _("The ledger is not clean")
    PAYMENT = "PAYMENT", _("A payment was not applied or was reversed")
    REFUND_FAILED = "REFUND_FAILED", _("A refund failed")
    BOUNCED = "BOUNCED", _("Letters to a client come back")


class AlertChannel(models.Model):
    """A Telegram chat or a URL that alerts are sent to."""

    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind)
    name = models.CharField(_("name"), max_length=100)
    # A chat's id, or the address that is posted to.
    target = models.CharField(_("chat or address"), max_length=500)
    # The bot's token, or what signatures are made with.
    secret = EncryptedTextField(_("secret"), blank=True, default="")
    # Codes of AlertKind; empty: all.
    alert_kinds: Any = models.JSONField(_("alerts"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def takes(self, kind: str) -> bool:
        """Whether alerts of that kind are wanted here."""
        return self.is_active and (not self.alert_kinds or kind in self.alert_kinds)


class AlertStatus(models.TextChoices):
    """WAITING was not tried yet, and more of the same only counts it up; SENDING is leased or backs off."""

    WAITING = "WAITING", _("Waiting")
    SENDING = "SENDING", _("Sending")
    SENT = "SENT", _("Sent")
    FAILED = "FAILED", _("Failed")


class AlertQuerySet(models.QuerySet["Alert"]):
    """Named selections of alerts."""

    def due(self, *, now: datetime) -> Self:
        """To be sent, or leased by a worker that never reported."""
        return self.filter(status__in=[AlertStatus.WAITING, AlertStatus.SENDING], run_after__lte=now)


class Alert(models.Model):
    """One message about an event to one channel; sent by a worker."""

    channel = models.ForeignKey(
        AlertChannel, on_delete=models.CASCADE, related_name="alerts", verbose_name=_("alert channel")
    )
    event = models.ForeignKey("billing.Event", on_delete=models.PROTECT, related_name="alerts", verbose_name=_("event"))
    kind = models.CharField(_("alert"), max_length=20, choices=AlertKind)
    # What it is about, so that more of the same is counted instead of sent: "operation 12", "server 3".
    subject = models.CharField(_("about"), max_length=100)
    count = models.PositiveIntegerField(_("times"), default=1)
    status = models.CharField(_("status"), max_length=10, choices=AlertStatus, default=AlertStatus.WAITING)
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    run_after = models.DateTimeField(_("due at"))
    error = models.TextField(_("error"), blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "channel"], name="one_alert_per_event_and_channel"),
            models.UniqueConstraint(
                fields=["channel", "kind", "subject"], condition=Q(status="WAITING"), name="one_waiting_alert_of_a_kind"
            ),
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(status__in=["WAITING", "SENDING"]), name="alert_due"),
            models.Index(fields=["channel", "kind", "subject", "-created_at"], name="alert_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
