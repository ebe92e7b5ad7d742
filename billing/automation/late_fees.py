"""Duty: late fees for invoices that are overdue by so many days (whmcs-behaviour §4.10)."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.late_fees import charge_late_fee, late_fee_of
from billing.automation.ends import ACTOR
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import Invoice, InvoiceKind, InvoiceLine, InvoiceStatus, LineKind


class LateFees(Sweep[Invoice]):
    """Each overdue sale once; an invoice of a fee has no fee of its own, an order that nobody paid is no debt."""

    code = "late_fees"
    label = gettext_lazy("Late fees")
    words = gettext_lazy("Charges a fee for renewal invoices that are long overdue.")
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Invoice]:
        """None while the setting is off; clients may be exempt."""
        if not night.settings.late_fee_days:
            return Invoice.objects.none()
        fees = InvoiceLine.objects.filter(kind=LineKind.LATE_FEE)
        overdue = Invoice.objects.filter(
            kind=InvoiceKind.SALE,
            status=InvoiceStatus.UNPAID,
            order=None,
            due_date__lte=night.day - timedelta(days=night.settings.late_fee_days),
            client__is_late_fee_exempt=False,
        )
        # One that an operator took back is not charged again.
        charged, own = fees.filter(about=OuterRef("pk")), fees.filter(invoice=OuterRef("pk"))
        return overdue.filter(~Exists(charged), ~Exists(own)).select_related("client", "currency")

    def intend(self, night: Night, row: Invoice) -> Touched | None:
        """None where the fee rounds to nothing."""
        fee = late_fee_of(row, night.settings)
        return Touched("invoice", row.pk, _("Late fee"), fee, row.currency_id) if fee > 0 else None

    def do(self, night: Night, row: Invoice) -> bool:
        """An invoice of its own."""
        charge_late_fee(invoice=row, fee=late_fee_of(row, night.settings), now=night.now, actor=ACTOR)
        return True
