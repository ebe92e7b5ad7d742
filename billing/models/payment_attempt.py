from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AttemptStatus(models.TextChoices):
    """How far paying by a gateway has come.

    QUEUED waits for a worker to charge a saved card; STARTING was asked of the gateway, which has not answered; PENDING
    waits for the client; PROCESSING has money on its way; NEEDS_CHECK: the gateway says something else than we asked.
    """

    QUEUED = "QUEUED", _("Queued")
    STARTING = "STARTING", _("Starting")
    PENDING = "PENDING", _("Waiting for the client")
    PROCESSING = "PROCESSING", _("On its way")
    SUCCEEDED = "SUCCEEDED", _("Paid")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")
    NEEDS_CHECK = "NEEDS_CHECK", _("Needs a person")


OPEN_ATTEMPTS = (AttemptStatus.QUEUED, AttemptStatus.STARTING, AttemptStatus.PENDING, AttemptStatus.PROCESSING)


class AttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    """Named selections of attempts."""

    def due(self, *, now: datetime) -> Self:
        """To be charged or looked at, or leased by a worker that never reported."""
        return self.filter(run_after__lte=now)

    def open(self) -> Self:
        """Money may still come by them."""
        return self.filter(status__in=OPEN_ATTEMPTS)


class PaymentAttempt(models.Model):
    """One try to pay an invoice by a gateway: by the client on its page, or by a worker with a saved card.

    `key` makes asking the gateway twice harmless. Money that comes late is taken whatever the status.
    """

    key = models.CharField(_("key"), max_length=32, unique=True)
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="attempts")
    client = models.ForeignKey("billing.Client", on_delete=models.PROTECT, related_name="attempts")
    gateway = models.CharField(_("gateway"), max_length=30)
    status = models.CharField(_("status"), max_length=20, choices=AttemptStatus)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    # What is asked for in all; `surcharge` of it is the fee for paying so.
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    surcharge = models.DecimalField(_("fee"), max_digits=19, decimal_places=4, default=Decimal(0))
    language = models.CharField(_("language"), max_length=5)
    method = models.ForeignKey("billing.StoredMethod", on_delete=models.PROTECT, null=True, blank=True)
    # The business day of an automatic attempt; None where the client pays.
    charged_on = models.DateField(_("automatic, on"), null=True, blank=True)
    saves_method = models.BooleanField(_("saves the card"), default=False)
    # The 54-FZ receipt as it was sent.
    receipt = models.JSONField(_("fiscal receipt"), null=True, blank=True)
    external_id = models.CharField(_("number at the gateway"), max_length=200, blank=True, default="")
    redirect_url = models.TextField(_("page of the gateway"), blank=True, default="")
    payment = models.OneToOneField(
        "billing.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="attempt_made"
    )
    # The gateway's code of why it failed, and words for people.
    reason = models.CharField(_("reason"), max_length=100, blank=True, default="")
    error = models.TextField(_("error"), blank=True, default="")
    started_by = models.CharField(_("started by"), max_length=150, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("open until"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    # When a worker looks at it; while it does, when its lease ends; None: no more.
    run_after = models.DateTimeField(_("next look"), null=True, blank=True, db_index=True)
    looks = models.PositiveIntegerField(_("looks"), default=0)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, surcharge__gte=0) & Q(amount__gt=models.F("surcharge")),
                name="attempt_amount_positive",
            ),
            models.UniqueConstraint(
                fields=["gateway", "external_id"], condition=~Q(external_id=""), name="one_attempt_per_gateway_number"
            ),
            models.UniqueConstraint(
                fields=["invoice", "gateway"],
                condition=Q(charged_on=None, status__in=["STARTING", "PENDING"]),
                name="one_open_page_per_invoice_and_gateway",
            ),
            models.UniqueConstraint(
                fields=["invoice", "charged_on"],
                condition=~Q(charged_on=None),
                name="one_automatic_attempt_per_invoice_and_day",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=~Q(charged_on=None) & Q(status__in=["QUEUED", "STARTING", "PENDING", "PROCESSING"]),
                name="one_automatic_attempt_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} #{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether money may still come by it."""
        return self.status in OPEN_ATTEMPTS

    @property
    def is_automatic(self) -> bool:
        """Whether a worker pays with a saved card."""
        return self.charged_on is not None
