from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs
from django.db.models.lookups import LessThan
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import HAIR
from catalog.taxes import Charge, TaxAmount, TaxGround, sum_taxes


class CreditNoteTo(models.TextChoices):
    """Where the money of a credit note goes that was paid already."""

    CREDIT = "CREDIT", _("To the client's credit")
    REFUND = "REFUND", _("To be given back")


class CreditNote(models.Model):
    """Corrects a numbered invoice, which never changes itself. Amounts are positive: what is taken back.

    Of `total`, `to_balance` was not paid yet, `to_credit` became the client's credit, `to_refund` is to leave by a
    refund of a payment.
    """

    number = models.CharField(_("number"), max_length=50, unique=True)
    invoice = models.ForeignKey(
        "billing.Invoice", on_delete=models.PROTECT, related_name="credit_notes", verbose_name=_("invoice")
    )
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, related_name="credit_notes", verbose_name=_("client")
    )
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    issue_date = models.DateField(_("issued on"))
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.CharField(_("issued by"), max_length=150, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=255)
    subtotal = models.DecimalField(_("subtotal"), max_digits=19, decimal_places=4)
    tax = models.DecimalField(_("tax"), max_digits=19, decimal_places=4, default=0)
    total = models.DecimalField(_("total"), max_digits=19, decimal_places=4)
    to_balance = models.DecimalField(_("off the balance"), max_digits=19, decimal_places=4, default=0)
    to_credit = models.DecimalField(_("to credit"), max_digits=19, decimal_places=4, default=0)
    to_refund = models.DecimalField(_("to refund"), max_digits=19, decimal_places=4, default=0)

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__gt=0, to_balance__gte=0, to_credit__gte=0, to_refund__gte=0)
                & LessThan(Abs(F("total") - F("to_balance") - F("to_credit") - F("to_refund")), HAIR)
                & LessThan(Abs(F("total") - F("subtotal") - F("tax")), HAIR),
                name="credit_note_goes_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def taxes(self) -> tuple[TaxAmount, ...]:
        """What the lines hold of each tax."""
        charges = [
            Charge(line.amount, tuple(TaxAmount(name, Decimal(rate), Decimal(sum)) for name, rate, sum in line.taxes))
            for line in self.lines.all()
        ]
        return sum_taxes((charge, 1) for charge in charges)


class CreditNoteLine(models.Model):
    """What is taken back of one line of the invoice; a discount is taken back below zero."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    invoice_line = models.ForeignKey("billing.InvoiceLine", on_delete=models.PROTECT, related_name="credit_note_lines")
    description = models.CharField(_("description"), max_length=255)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    tax = models.DecimalField(_("tax"), max_digits=19, decimal_places=4, default=0)
    taxes = models.JSONField(_("taxes"), default=list, blank=True)
    tax_ground = models.CharField(_("why taxed so"), max_length=20, choices=TaxGround, default=TaxGround.RULES)

    class Meta:
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        ordering = ["credit_note", "id"]

    def __str__(self) -> str:
        return self.description
