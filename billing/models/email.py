from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EmailStatus(models.TextChoices):
    """READY waits, SENDING is leased by a worker, SENT left the house, FAILED gave up, DROPPED came too late."""

    READY = "READY", _("Ready")
    SENDING = "SENDING", _("Sending")
    SENT = "SENT", _("Sent")
    FAILED = "FAILED", _("Failed")
    DROPPED = "DROPPED", _("No longer needed")


class EmailQuerySet(models.QuerySet["Email"]):
    """Named selections of letters."""

    def due(self, *, now: datetime) -> Self:
        """Waiting, or leased by a worker that never reported."""
        return self.filter(status__in=[EmailStatus.READY, EmailStatus.SENDING], run_after__lte=now)


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
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    # When it may be tried; while SENDING, when the lease ends.
    run_after = models.DateTimeField(_("due at"))
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

    def __str__(self) -> str:
        return f"{self.letter} #{self.pk}"
