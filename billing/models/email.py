from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EmailStatus(models.TextChoices):
    """READY waits, SENDING is leased by a worker, SENT left the house, FAILED gave up.

    BOUNCED was refused for good by the recipient's server, DROPPED came too late or is not wanted.
    """

    READY = "READY", _("Waiting")
    SENDING = "SENDING", _("Sending")
    SENT = "SENT", _("Sent")
    BOUNCED = "BOUNCED", _("Undeliverable")
    FAILED = "FAILED", _("Failed")
    DROPPED = "DROPPED", _("Not sent")


# What an operator may send once more.
RESENDABLE_STATUSES = (EmailStatus.SENT, EmailStatus.BOUNCED, EmailStatus.FAILED)


class EmailQuerySet(models.QuerySet["Email"]):
    """Named selections of letters."""

    def due(self, *, now: datetime) -> Self:
        """Waiting, or leased by a worker that never reported."""
        return self.filter(status__in=[EmailStatus.READY, EmailStatus.SENDING], run_after__lte=now)

    def undelivered(self) -> Self:
        """Given up, or refused by the recipient's server."""
        return self.filter(status__in=[EmailStatus.FAILED, EmailStatus.BOUNCED])


class Email(models.Model):
    """One letter to one recipient about one event: written with the fact, sent by a worker."""

    event = models.ForeignKey("billing.Event", on_delete=models.PROTECT, related_name="emails")
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, null=True, related_name="emails", verbose_name=_("client")
    )
    letter = models.CharField(_("letter"), max_length=60)
    recipient = models.EmailField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=5)
    status = models.CharField(_("status"), max_length=20, choices=EmailStatus, default=EmailStatus.READY)
    subject = models.CharField(_("subject"), max_length=255, blank=True, default="")
    # The text as it was sent; empty where it held a secret.
    body = models.TextField(_("text"), blank=True, default="")
    # The part of its Message-ID that nobody can guess: given with the first lease, new when an operator sends it again.
    token = models.CharField(max_length=32, blank=True, default="")
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    resend_count = models.PositiveSmallIntegerField(_("sent again"), default=0)
    # When it may be tried; while SENDING, when the lease ends.
    run_after = models.DateTimeField(_("due at"))
    # The words of the mail server, or why it was not sent.
    error = models.TextField(_("error"), blank=True, default="")
    # The PDF that it waits for or was sent with; the file name stays when the cache lets the document go.
    document = models.ForeignKey(
        "billing.StoredDocument", on_delete=models.SET_NULL, null=True, blank=True, related_name="emails"
    )
    attachment = models.CharField(_("attached file"), max_length=100, blank=True, default="")
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = EmailQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("letter", "e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "letter", "recipient"], name="one_email_per_event_letter_recipient"
            )
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(status__in=["READY", "SENDING"]), name="email_due"),
            models.Index(fields=["status"], condition=Q(status__in=["FAILED", "BOUNCED"]), name="email_undelivered"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} #{self.pk}"


class DeliveryOutcome(models.TextChoices):
    """What became of one attempt. LOST: its worker never reported, so the server may have taken the letter."""

    SENT = "SENT", _("Taken by the mail server")
    DELAYED = "DELAYED", _("Put off")
    FAILED = "FAILED", _("Given up")
    REFUSED = "REFUSED", _("Refused for good")
    BOUNCED = "BOUNCED", _("Came back")
    LOST = "LOST", _("The worker never reported")


class EmailDelivery(models.Model):
    """One attempt to deliver a letter, or a report that it came back: added, never changed."""

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("e-mail"))
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=DeliveryOutcome)
    token = models.CharField(max_length=32)
    # What the other side said.
    words = models.TextField(_("answer"), blank=True, default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.outcome} #{self.email_id}"
