from collections.abc import Mapping
from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Cycle
from vault.fields import EncryptedTextField


class ServiceStatus(models.TextChoices):
    """States of a service (WHMCS)."""

    PENDING = "PENDING", _("Pending")
    ACTIVE = "ACTIVE", _("Active")
    SUSPENDED = "SUSPENDED", _("Suspended")
    TERMINATED = "TERMINATED", _("Terminated")
    CANCELLED = "CANCELLED", _("Cancelled")
    FRAUD = "FRAUD", _("Fraud")
    COMPLETED = "COMPLETED", _("Completed")


class SuspensionCause(models.TextChoices):
    """Why we suspended a service. A payment lifts OVERDUE, only staff lifts BY_HAND."""

    OVERDUE = "OVERDUE", _("Unpaid")
    BY_HAND = "BY_HAND", _("By staff")


ENDED_STATUSES = (ServiceStatus.TERMINATED, ServiceStatus.CANCELLED, ServiceStatus.FRAUD, ServiceStatus.COMPLETED)
LIVE_STATUSES = (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)


class ServiceQuerySet(models.QuerySet["Service"]):
    """Named selections of services."""

    def not_ended(self) -> Self:
        """Everything that is or may become live."""
        return self.exclude(status__in=ENDED_STATUSES)

    def live(self) -> Self:
        """Provisioned and not ended."""
        return self.filter(status__in=LIVE_STATUSES)

    def invoiced_for_renewal(self, horizon: Mapping[str, date]) -> Self:
        """Live recurring services whose next period, or the partner's end date, comes by the day of their cycle."""
        is_due = Q()
        for day in sorted(set(horizon.values())):
            cycles = [cycle for cycle, until in horizon.items() if until == day]
            comes = Q(next_due_date__lte=day) | Q(expires_on__lte=day, paid_until__lte=F("expires_on"))
            is_due |= Q(cycle__in=cycles) & comes
        return self.live().filter(is_due, next_due_date__isnull=False, recurring_amount__gt=0)


class Service(models.Model):
    """Something a client has. `paid_until` is moved by payment only, `expires_on` by the partner only."""

    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, related_name="services", verbose_name=_("client")
    )
    order_line = models.ForeignKey("billing.OrderLine", on_delete=models.PROTECT, related_name="services")
    product = models.ForeignKey(
        "catalog.Product", on_delete=models.PROTECT, related_name="services", verbose_name=_("product")
    )
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    status = models.CharField(_("status"), max_length=20, choices=ServiceStatus, default=ServiceStatus.PENDING)
    cycle = models.CharField(_("cycle"), max_length=20, choices=Cycle)
    # Units of a scaling product; the amounts are those of all of them.
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    domain = models.CharField(_("domain"), max_length=253, blank=True, default="")
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    first_amount = models.DecimalField(_("first payment"), max_digits=19, decimal_places=4)
    recurring_amount = models.DecimalField(_("recurring amount"), max_digits=19, decimal_places=4, default=0)

    registered_on = models.DateField(_("registered on"))
    anchor_day = models.PositiveSmallIntegerField(_("billing day"))
    next_due_date = models.DateField(_("next due date"), null=True, blank=True)
    paid_until = models.DateField(_("paid until"), null=True, blank=True)
    expires_on = models.DateField(_("end date at the partner"), null=True, blank=True)

    # Unpaid services are left alone until this day: neither suspended nor ended.
    keep_until = models.DateField(_("left alone until"), null=True, blank=True)
    # Empty where the partner suspended it, and in every other status.
    suspension_cause = models.CharField(
        _("cause of the suspension"), max_length=10, choices=SuspensionCause, blank=True, default=""
    )
    suspension_reason = models.CharField(_("reason of the suspension"), max_length=255, blank=True, default="")
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True)
    # Frozen from the product at the order: 0 renewals is no limit; the day that a fixed term ends it, None for none.
    recurring_limit = models.PositiveSmallIntegerField(_("recurring cycles limit"), default=0)
    term_ends_on = models.DateField(_("fixed term ends on"), null=True, blank=True)
    term_letter = models.CharField(_("termination e-mail"), max_length=60, blank=True, default="")

    # What is bought, frozen from the product at the order; where it is bought, chosen once.
    module = models.CharField(_("module"), max_length=50, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=20, blank=True, default="")
    tariff_id = models.CharField(_("Product ID"), max_length=20, blank=True, default="")
    partner_period = models.SmallIntegerField(_("period bought"), null=True, blank=True)
    server = models.ForeignKey(
        "noc.Server", on_delete=models.PROTECT, null=True, blank=True, related_name="services", verbose_name=_("server")
    )
    remote_id = models.CharField(_("ID at the partner"), max_length=50, blank=True, default="")
    remote_status = models.PositiveSmallIntegerField(_("status at the partner"), null=True, blank=True)
    # {"55236": 4}: countable addons as the partner shows them.
    remote_addons = models.JSONField(_("addons at the partner"), default=dict, blank=True)
    dedicated_ip = models.GenericIPAddressField(_("dedicated IP"), null=True, blank=True)
    synced_at = models.DateTimeField(_("synced at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "kind", "remote_id"],
                condition=~Q(remote_id="") & ~Q(status__in=["TERMINATED", "CANCELLED", "FRAUD", "COMPLETED"]),
                name="one_service_per_remote_id",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="service_has_a_unit"),
            models.CheckConstraint(
                condition=Q(suspension_cause="", suspension_reason="", suspended_at=None) | Q(status="SUSPENDED"),
                name="only_suspended_has_cause",
            ),
            models.CheckConstraint(condition=Q(anchor_day__gte=1, anchor_day__lte=31), name="billing_day_in_month"),
        ]
        indexes = [
            models.Index(
                fields=["next_due_date"], condition=Q(status__in=["ACTIVE", "SUSPENDED"]), name="service_renewal_due"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_ended(self) -> bool:
        """True once nothing more will be billed or bought for it."""
        return self.status in ENDED_STATUSES

    @property
    def awaits_issue(self) -> bool:
        """True while it is bought and not yet issued: an authority decides, in minutes or days."""
        return self.status == ServiceStatus.PENDING and bool(self.remote_id)


class ServiceField(models.Model):
    """The value of a product's custom field for one service; a secret one is stored encrypted."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="field_values")
    field = models.ForeignKey("catalog.CustomField", on_delete=models.PROTECT, related_name="+")
    plain_value = models.TextField(_("value"), blank=True, default="")
    secret_value = EncryptedTextField(_("secret value"), blank=True, default="")

    class Meta:
        verbose_name = _("field value")
        verbose_name_plural = _("field values")
        constraints = [models.UniqueConstraint(fields=["service", "field"], name="one_value_per_service_and_field")]

    def __str__(self) -> str:
        return f"{self.service_id}:{self.field_id}"

    @property
    def value(self) -> str:
        """The value, wherever it is kept."""
        return self.secret_value or self.plain_value


class ServiceOption(models.Model):
    """A configurable option of a service with its price of the order; part of the service's recurring amount."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="options")
    option = models.ForeignKey("catalog.ProductOption", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_amount = models.DecimalField(_("amount of one"), max_digits=19, decimal_places=4)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        constraints = [models.UniqueConstraint(fields=["service", "option"], name="one_value_per_service_and_option")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.option_id}"
