from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class AutomationRun(models.Model):
    """The nightly run of one business day; a missed day is caught up as a run of its own."""

    day = models.DateField(_("day"), unique=True)
    # A run is planned before it is started.
    planned_at = models.DateTimeField(_("planned at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    # Operators were told that it was not done in time.
    missed_at = models.DateTimeField(_("missed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("nightly run")
        verbose_name_plural = _("nightly runs")
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)


class DutyStatus(models.TextChoices):
    """BRAKED waits for an operator; FAILED is tried again with the next wake-up; SKIPPED is left to the next day."""

    WAITING = "WAITING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    BRAKED = "BRAKED", _("Stopped by a brake")
    FAILED = "FAILED", _("Failed")
    SKIPPED = "SKIPPED", _("Skipped")


class DutyRun(models.Model):
    """One duty of one night. A lease keeps two workers from doing it at once; its items keep it from being done twice.

    Amounts are {currency: "12.00"}.
    """

    run = models.ForeignKey(AutomationRun, on_delete=models.CASCADE, related_name="duties", verbose_name=_("run"))
    duty = models.CharField(_("duty"), max_length=40)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    status = models.CharField(_("status"), max_length=10, choices=DutyStatus, default=DutyStatus.WAITING)
    planned_count = models.PositiveIntegerField(_("planned"), default=0)
    planned_amounts: Any = models.JSONField(_("planned amounts"), default=dict, blank=True)
    done_count = models.PositiveIntegerField(_("done"), default=0)
    done_amounts: Any = models.JSONField(_("amounts"), default=dict, blank=True)
    failed_count = models.PositiveIntegerField(_("failed"), default=0)
    # Why a brake stopped it; who let it go.
    brake = models.CharField(_("brake"), max_length=255, blank=True, default="")
    released_by = models.CharField(_("let go by"), max_length=150, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_expires_at = models.DateTimeField(_("lease ends at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True, default="")

    class Meta:
        verbose_name = _("duty of a night")
        verbose_name_plural = _("duties of a night")
        ordering = ["run", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "duty"], name="one_run_per_duty_and_day")]

    def __str__(self) -> str:
        return self.duty


class DutyItem(models.Model):
    """An object that a duty of a night touched: written in the transaction of what was done to it."""

    duty_run = models.ForeignKey(DutyRun, on_delete=models.CASCADE, related_name="items")
    # "service", "invoice", "order", "client": the model's name in lower case.
    object_type = models.CharField(_("kind"), max_length=20)
    object_id = models.BigIntegerField(_("number"))
    outcome = models.CharField(_("outcome"), max_length=255, blank=True, default="")
    is_failed = models.BooleanField(_("failed"), default=False)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4, null=True, blank=True)
    currency_id = models.CharField(_("currency"), max_length=3, blank=True, default="")

    class Meta:
        verbose_name = _("object of a duty")
        verbose_name_plural = _("objects of duties")
        ordering = ["duty_run", "id"]
        constraints = [
            models.UniqueConstraint(fields=["duty_run", "object_type", "object_id"], name="each_object_once_a_duty")
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
