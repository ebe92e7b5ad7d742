"""Duty: a client's credit pays renewal invoices by itself (whmcs-behaviour §4.6)."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.payments import apply_credit
from billing.automation.ends import ACTOR
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import Client, Invoice, InvoiceKind, InvoiceStatus


class AppliedCredit(Sweep[Invoice]):
    """Unpaid invoices of no order whose client has credit; an order was asked about credit when it was placed.

    Of several invoices of one client each is planned as if the others took nothing.
    """

    code = "applied_credit"
    label = gettext_lazy("Credit for renewals")
    words = gettext_lazy("Pays renewal invoices from the credit of their clients, in part where it is not enough.")
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Invoice]:
        """None while the setting is off."""
        if not night.settings.applies_credit:
            return Invoice.objects.none()
        return Invoice.objects.filter(
            kind=InvoiceKind.SALE, status=InvoiceStatus.UNPAID, order=None, client__credit_balance__gt=0
        ).select_related("client")

    def intend(self, night: Night, row: Invoice) -> Touched | None:
        """As much as there is and is needed."""
        amount = min(row.client.credit_balance, row.balance)
        return Touched("invoice", row.pk, _("Credit used"), amount, row.currency_id) if amount > 0 else None

    def do(self, night: Night, row: Invoice) -> bool:
        """An earlier invoice of the same client may have taken the last of it."""
        if not Client.objects.filter(pk=row.client_id, credit_balance__gt=0).exists():
            return False
        apply_credit(invoice=row, actor=ACTOR, now=night.now)
        return True
