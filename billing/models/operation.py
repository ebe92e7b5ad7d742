from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OperationKind(models.TextChoices):
    """What an operation does to its service at the partner."""

    CREATE = "CREATE", pgettext_lazy("operation", "Create")
    RENEW = "RENEW", pgettext_lazy("operation", "Renew")
    TERMINATE = "TERMINATE", pgettext_lazy("operation", "Terminate")
    SYNC = "SYNC", pgettext_lazy("operation", "Sync")
    CHANGE = "CHANGE", pgettext_lazy("operation", "Change")
    REISSUE = "REISSUE", pgettext_lazy("operation", "Reissue")


class OperationStatus(models.TextChoices):
    """QUEUED → RUNNING → DONE, FAILED or CHECKING → DONE or NEEDS_CHECK; QUEUED ↔ HELD; CANCELLED: nothing sent."""

    QUEUED = "QUEUED", _("Queued")
    RUNNING = "RUNNING", _("Running")
    CHECKING = "CHECKING", _("Checking")
    NEEDS_CHECK = "NEEDS_CHECK", _("Needs a person")
    HELD = "HELD", _("On hold")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELLED = "CANCELLED", _("Cancelled")


class HoldReason(models.TextChoices):
    """Why a HELD operation waits, and so what lets it go."""

    SERVER_DISABLED = "SERVER_DISABLED", _("The server is disabled")
    NO_SERVER = "NO_SERVER", _("No enabled server can take it")
    NO_MONEY = "NO_MONEY", _("The partner account is out of money")
    ACCOUNT_REFUSED = "ACCOUNT_REFUSED", _("The partner refuses the login")
    AWAITING_ACCEPTANCE = "AWAITING_ACCEPTANCE", _("The order waits for acceptance")
    PARENT_MISSING = "PARENT_MISSING", _("The license it belongs to is not there")
    CHILDREN_FIRST = "CHILDREN_FIRST", _("Modules on it end first")


SETTLED_STATUSES = (OperationStatus.DONE, OperationStatus.FAILED, OperationStatus.CANCELLED)
UNDERWAY_STATUSES = (OperationStatus.RUNNING, OperationStatus.CHECKING, OperationStatus.NEEDS_CHECK)
WAITING_STATUSES = (OperationStatus.QUEUED, OperationStatus.HELD)
PAYING_KINDS = (OperationKind.CREATE, OperationKind.RENEW)


class OperationQuerySet(models.QuerySet["Operation"]):
    """Named selections of operations."""

    def unsettled(self) -> Self:
        """Everything that may still change something."""
        return self.exclude(status__in=SETTLED_STATUSES)

    def due(self, *, now: datetime) -> Self:
        """What a worker may claim: waiting to run or to look again, with no lease that is alive."""
        return self.filter(
            Q(status__in=[OperationStatus.QUEUED, OperationStatus.CHECKING], run_after__lte=now)
            & (Q(lease_expires_at=None) | Q(lease_expires_at__lte=now))
        )

    def lease_expired(self, *, now: datetime) -> Self:
        """Claimed by a worker that has not reported in time."""
        return self.filter(status=OperationStatus.RUNNING, lease_expires_at__lte=now)

    def in_flight(self, *, now: datetime) -> Self:
        """Being worked on right now."""
        return self.filter(status__in=[OperationStatus.RUNNING, OperationStatus.CHECKING], lease_expires_at__gt=now)


class Operation(models.Model):
    """One thing to do at the partner for one service. The row is the truth; Celery messages only wake workers."""

    service = models.ForeignKey("billing.Service", on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(_("kind"), max_length=20, choices=OperationKind)
    status = models.CharField(_("status"), max_length=20, choices=OperationStatus, default=OperationStatus.QUEUED)
    hold_reason = models.CharField(_("hold reason"), max_length=30, choices=HoldReason, blank=True, default="")
    # A msgid and the values that fill it: each reader sees it in their own language (`queries.operations.words`).
    message = models.TextField(_("message"), blank=True, default="")
    message_values = models.JSONField(_("values of the message"), default=dict, blank=True)
    # CHANGE: {"licname": …, "ip": …}; RENEW: {"period": 1}
    params = models.JSONField(_("parameters"), default=dict, blank=True)
    # RENEW: the partner's end date that this operation extends.
    extends_from = models.DateField(_("extends from"), null=True, blank=True)

    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    run_after = models.DateTimeField(_("due at"))
    lease_expires_at = models.DateTimeField(_("lease until"), null=True, blank=True)

    # The intent, written before a call with effects. `snapshot` holds the ids that looked alike beforehand.
    server = models.ForeignKey(
        "noc.Server",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="operations",
        verbose_name=_("server"),
    )
    match_key = models.CharField(_("match key"), max_length=400, blank=True, default="")
    snapshot = models.JSONField(_("look-alikes before sending"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    sent_attempt = models.PositiveIntegerField(_("attempt that sent"), null=True, blank=True)
    first_sent_at = models.DateTimeField(_("first sent at"), null=True, blank=True)
    looks = models.PositiveIntegerField(_("looks without a find"), default=0)
    looked_at = models.DateTimeField(_("latest look that counts"), null=True, blank=True)
    resends = models.PositiveIntegerField(_("sent again"), default=0)
    remote_id = models.CharField(_("ID at the partner"), max_length=50, blank=True, default="")

    requested_by = models.CharField(_("requested by"), max_length=150, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "kind"],
                condition=Q(status__in=["QUEUED", "HELD"]),
                name="one_waiting_operation_per_kind",
            ),
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(status__in=["RUNNING", "CHECKING", "NEEDS_CHECK"]),
                name="one_operation_under_way_per_service",
            ),
            models.UniqueConstraint(
                fields=["service", "extends_from"],
                condition=Q(kind="RENEW") & ~Q(status__in=["FAILED", "CANCELLED"]),
                name="one_renewal_per_end_date",
            ),
            models.UniqueConstraint(
                fields=["match_key"],
                condition=~Q(match_key="") & Q(status__in=["QUEUED", "HELD", "RUNNING", "CHECKING", "NEEDS_CHECK"]),
                name="one_open_purchase_per_match_key",
            ),
            models.CheckConstraint(condition=~Q(status="HELD") | ~Q(hold_reason=""), name="held_operation_says_why"),
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(status__in=["QUEUED", "CHECKING"]), name="operation_due"),
            models.Index(fields=["lease_expires_at"], condition=Q(status="RUNNING"), name="operation_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_settled(self) -> bool:
        """True once it can change nothing any more."""
        return self.status in SETTLED_STATUSES

    @property
    def was_sent(self) -> bool:
        """True once a call with effects may have reached the partner."""
        return self.first_sent_at is not None


class OperationAttempt(models.Model):
    """One claim of an operation by a worker: when, how it ended, in words."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="history")
    number = models.PositiveIntegerField(_("attempt"))
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=30, blank=True, default="")
    message = models.TextField(_("message"), blank=True, default="")
    message_values = models.JSONField(_("values of the message"), default=dict, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["operation", "number"]
        constraints = [models.UniqueConstraint(fields=["operation", "number"], name="one_row_per_attempt")]

    def __str__(self) -> str:
        return f"{self.operation_id}/{self.number}"

    @property
    def call_reference(self) -> str:
        """The mark under which this attempt's partner calls are logged."""
        return f"operation:{self.operation_id}/{self.number}"
