from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import AppendOnly, AppendOnlyQuerySet


class Event(AppendOnly):
    """Something that happened, named in the past tense (`invoice.paid`): the audit trail. Written by actions only."""

    name = models.CharField(_("event"), max_length=60, db_index=True)
    at = models.DateTimeField(_("at"), db_index=True)
    actor = models.CharField(_("by"), max_length=150, blank=True, default="")
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, null=True, related_name="events", verbose_name=_("client")
    )
    order = models.ForeignKey("billing.Order", on_delete=models.PROTECT, null=True, related_name="events")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, null=True, related_name="events")
    service = models.ForeignKey("billing.Service", on_delete=models.PROTECT, null=True, related_name="events")
    operation = models.ForeignKey("billing.Operation", on_delete=models.PROTECT, null=True, related_name="events")
    # Values before and after, never a secret.
    data = models.JSONField(_("details"), default=dict)
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"
