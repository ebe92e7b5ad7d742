from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DocumentState(models.TextChoices):
    """WAITING for a worker, MAKING is leased by one, READY holds the file, FAILED gave up."""

    WAITING = "WAITING", _("Waiting")
    MAKING = "MAKING", _("In progress")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Failed")


class StoredDocumentQuerySet(models.QuerySet["StoredDocument"]):
    """Named selections of stored documents."""

    def due(self, *, now: datetime) -> Self:
        """Waiting, or leased by a worker that never reported."""
        return self.filter(state__in=[DocumentState.WAITING, DocumentState.MAKING], run_after__lte=now)


class StoredDocument(models.Model):
    """The PDF of an invoice or a credit note, found by what it says: the same words in the same style are one row.

    Issued documents never change, but what becomes of them does (paid, refunded): each such state has a row of its own.
    It is a cache: a row may be deleted at any time, the next reader has it made again.
    """

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.CASCADE, null=True, related_name="stored_documents")
    credit_note = models.ForeignKey(
        "billing.CreditNote", on_delete=models.CASCADE, null=True, related_name="stored_documents"
    )
    language = models.CharField(_("language"), max_length=5)
    name = models.CharField(_("file name"), max_length=100)
    state = models.CharField(_("status"), max_length=10, choices=DocumentState, default=DocumentState.WAITING)
    # The HTML that it is made of, until it is made.
    source = models.TextField(blank=True, default="")
    content = models.BinaryField(null=True)
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    # When it may be tried; while MAKING, when the lease ends; when FAILED, when asking again starts it anew.
    run_after = models.DateTimeField(_("due at"))
    error = models.CharField(_("error"), max_length=200, blank=True, default="")
    asked_at = models.DateTimeField(_("first asked for"))
    # The last day that somebody wanted it: what nobody wants any more is deleted.
    wanted_on = models.DateField(_("last asked for"))

    objects = StoredDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=True) ^ Q(credit_note__isnull=True), name="document_of_one_thing"
            ),
            models.CheckConstraint(
                condition=~Q(state="READY") | Q(content__isnull=False), name="ready_document_has_content"
            ),
        ]
        indexes = [
            models.Index(
                fields=["run_after"], condition=Q(state__in=["WAITING", "MAKING"]), name="document_not_made_yet"
            ),
            models.Index(fields=["wanted_on"], name="document_last_wanted"),
        ]

    def __str__(self) -> str:
        return self.name
