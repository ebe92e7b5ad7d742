from datetime import date
from decimal import Decimal
from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.taxes import Charge, TaxAmount, TaxGround, sum_taxes


class InvoiceStatus(models.TextChoices):
    """States of an invoice (WHMCS §4.1)."""

    DRAFT = "DRAFT", _("Draft")
    UNPAID = "UNPAID", _("Unpaid")
    PAYMENT_PENDING = "PAYMENT_PENDING", _("Payment pending")
    PAID = "PAID", _("Paid")
    CANCELLED = "CANCELLED", _("Cancelled")
    REFUNDED = "REFUNDED", _("Refunded")
    COLLECTIONS = "COLLECTIONS", _("Collections")


class InvoiceKind(models.TextChoices):
    """A SALE is booked when it is issued and numbered when it is paid; the others only ask for money.

    ADD_FUNDS becomes credit when paid; MASS_PAY becomes credit and pays the invoices that its lines name.
    """

    SALE = "SALE", _("Sale")
    ADD_FUNDS = "ADD_FUNDS", _("Add funds")
    MASS_PAY = "MASS_PAY", _("Several invoices at once")


PAYABLE_STATUSES = (InvoiceStatus.UNPAID, InvoiceStatus.PAYMENT_PENDING, InvoiceStatus.COLLECTIONS)


# Less than the last decimal that is kept: SQLite adds decimals as floats.
HAIR: Final = Decimal("0.00005")


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Named selections of invoices."""

    def overdue(self, *, on: date) -> Self:
        """Unpaid with a due date in the past; not a status."""
        return self.filter(status=InvoiceStatus.UNPAID, due_date__lt=on)


class Invoice(models.Model):
    """A bill. Amounts are frozen when it is issued; it is a proforma until payment gives it a gapless number."""

    # Two indexes below begin with it.
    client = models.ForeignKey(
        "billing.Client", on_delete=models.PROTECT, related_name="invoices", verbose_name=_("client"), db_index=False
    )
    order = models.OneToOneField(
        "billing.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=InvoiceKind, default=InvoiceKind.SALE)
    number = models.CharField(_("number"), max_length=50, null=True, blank=True, unique=True)
    status = models.CharField(_("status"), max_length=20, choices=InvoiceStatus, default=InvoiceStatus.UNPAID)
    currency = models.ForeignKey("catalog.Currency", on_delete=models.PROTECT, related_name="+")
    payment_method = models.CharField(_("payment method"), max_length=30, blank=True, default="")
    issue_date = models.DateField(_("issued on"))
    due_date = models.DateField(_("due date"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    subtotal = models.DecimalField(_("subtotal"), max_digits=19, decimal_places=4)
    tax = models.DecimalField(_("tax"), max_digits=19, decimal_places=4, default=0)
    total = models.DecimalField(_("total"), max_digits=19, decimal_places=4)
    amount_paid = models.DecimalField(_("paid"), max_digits=19, decimal_places=4, default=0)
    # Taken off by credit notes before it was paid; given back of what was paid.
    amount_credited = models.DecimalField(_("credited"), max_digits=19, decimal_places=4, default=0)
    amount_refunded = models.DecimalField(_("refunded"), max_digits=19, decimal_places=4, default=0)
    # A loss: the sale stands, nobody asks for it any more.
    amount_written_off = models.DecimalField(_("written off"), max_digits=19, decimal_places=4, default=0, db_default=0)
    # Both parties and the language as they were when it was issued; empty while it is a draft.
    seller = models.JSONField(_("seller"), default=dict, blank=True)
    buyer = models.JSONField(_("buyer"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    # One unit of the default currency in this one, on the day of issue.
    exchange_rate = models.DecimalField(_("exchange rate"), max_digits=19, decimal_places=8, default=1)
    notes = models.TextField(_("notes"), blank=True, default="")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paid__gte=0, amount_credited__gte=0, amount_written_off__gte=0)
                & Q(amount_paid__lt=F("total") - F("amount_credited") - F("amount_written_off") + HAIR),
                name="invoice_paid_within_total",
            ),
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0) & Q(amount_refunded__lte=F("amount_paid")),
                name="invoice_refunded_within_paid",
            ),
            models.CheckConstraint(
                condition=~Q(status="PAID") | ~Q(kind="SALE") | Q(number__isnull=False), name="paid_invoice_has_number"
            ),
        ]
        indexes = [
            models.Index(fields=["client", "-id"], name="invoice_of_client_newest"),
            models.Index(fields=["client", "status", "-id"], name="invoice_of_client_by_status"),
            models.Index(fields=["due_date"], condition=Q(status="UNPAID"), name="invoice_unpaid_due"),
        ]

    def __str__(self) -> str:
        return self.display_number

    @property
    def balance(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.amount_credited - self.amount_written_off - self.amount_paid

    @property
    def proforma_number(self) -> str:
        """What it goes by until it is paid."""
        return f"PRO-{self.pk}"

    @property
    def display_number(self) -> str:
        """The number on the document: proforma until paid."""
        return self.number or self.proforma_number

    @property
    def taxes(self) -> tuple[TaxAmount, ...]:
        """What the lines hold of each tax."""
        charges = [
            Charge(line.amount, tuple(TaxAmount(name, Decimal(rate), Decimal(sum)) for name, rate, sum in line.taxes))
            for line in self.lines.all()
        ]
        return sum_taxes((charge, 1) for charge in charges)

    @property
    def is_payable(self) -> bool:
        """True while money is awaited."""
        return self.status in PAYABLE_STATUSES


class LineKind(models.TextChoices):
    """What a line charges for."""

    SERVICE = "SERVICE", _("Service")
    SETUP = "SETUP", _("Setup")
    DISCOUNT = "DISCOUNT", _("Discount")
    LATE_FEE = "LATE_FEE", _("Late fee")
    PAYMENT_FEE = "PAYMENT_FEE", _("Fee for paying so")
    MANUAL = "MANUAL", _("Item")
    ADD_FUNDS = "ADD_FUNDS", _("Add funds")
    INVOICE = "INVOICE", _("Invoice")


class InvoiceLine(models.Model):
    """One charge: `amount` without tax, `taxes` as [name, percent, amount].

    A SERVICE line carries the half-open period that it pays for; voided lines free that period.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    service = models.ForeignKey(
        "billing.Service", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    # The invoice that a LATE_FEE is for or that an INVOICE line pays.
    about = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="lines_about_it")
    kind = models.CharField(_("kind"), max_length=20, choices=LineKind)
    description = models.CharField(_("description"), max_length=255)
    period_start = models.DateField(_("from"), null=True, blank=True)
    period_end = models.DateField(_("until"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=19, decimal_places=4)
    tax = models.DecimalField(_("tax"), max_digits=19, decimal_places=4, default=0)
    taxes = models.JSONField(_("taxes"), default=list, blank=True)
    tax_ground = models.CharField(_("why taxed so"), max_length=20, choices=TaxGround, default=TaxGround.RULES)
    is_voided = models.BooleanField(_("voided"), default=False)
    # What was typed in, at the price list's terms; None for a line that nobody typed.
    price = models.DecimalField(_("price"), max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["invoice", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "period_start", "kind"],
                condition=Q(is_voided=False),
                name="one_line_per_service_period",
            ),
            models.UniqueConstraint(
                fields=["about"], condition=Q(is_voided=False, kind="LATE_FEE"), name="one_late_fee_per_invoice"
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def total(self) -> Decimal:
        """The amount with its tax."""
        return self.amount + self.tax


class InvoiceCounter(models.Model):
    """The next number of a series of invoices or credit notes; who takes one locks its row, so that there are no gaps.

    `pattern` is the format that the last one was taken for, dates filled in: what another series has already used of
    it is passed over before the first number of a new pattern.
    """

    series = models.CharField(_("series"), max_length=20, primary_key=True)
    next_number = models.PositiveIntegerField(_("next number"), default=1)
    pattern = models.CharField(_("pattern"), max_length=60, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("invoice counter")
        verbose_name_plural = _("invoice counters")

    def __str__(self) -> str:
        return self.series
