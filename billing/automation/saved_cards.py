"""Duty: saved cards pay renewal invoices some days before they are due, again after some days where a bank refuses."""

from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.actions.gateways.automatic import queue_automatic_payment
from billing.automation.ends import ACTOR
from billing.automation.night import Night, Touched
from billing.automation.sweeps import Sweep
from billing.models import OPEN_ATTEMPTS, Invoice, InvoiceKind, InvoiceStatus, PaymentAttempt, StoredMethod


class SavedCards(Sweep[Invoice]):
    """Unpaid invoices of no order whose client has a saved card and lets it be charged."""

    code = "saved_cards"
    label = gettext_lazy("Saved cards")
    words = gettext_lazy("Charges the saved cards of clients for renewal invoices that are due soon.")
    client_path = "client_id"

    def candidates(self, night: Night) -> QuerySet[Invoice]:
        """None while the setting is off."""
        settings = night.settings
        if not settings.charges_cards:
            return Invoice.objects.none()
        cards = StoredMethod.objects.filter(client=OuterRef("client"), is_default=True, removed_at=None)
        tried = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), charged_on__isnull=False)
        lately = tried.filter(
            Q(status__in=OPEN_ATTEMPTS) | Q(charged_on__gt=night.day - timedelta(days=settings.card_retry_days))
        )
        often = tried.order_by().values("invoice").annotate(times=Count("pk")).filter(times__gt=settings.card_retries)
        return Invoice.objects.filter(
            Exists(cards),
            ~Exists(lately),
            ~Exists(often),
            kind=InvoiceKind.SALE,
            status=InvoiceStatus.UNPAID,
            order=None,
            due_date__lte=night.day + timedelta(days=settings.card_days),
            client__pays_automatically=True,
        ).select_related("client", "currency")

    def intend(self, night: Night, row: Invoice) -> Touched | None:
        """What the card is charged for, without the fee for paying so."""
        if row.balance <= 0:
            return None
        return Touched("invoice", row.pk, _("Card charged"), row.balance, row.currency_id)

    def do(self, night: Night, row: Invoice) -> bool:
        """A worker charges it; its outcome is a matter of minutes, not of this night."""
        attempt = queue_automatic_payment(invoice=row, day=night.day, now=night.now, actor=ACTOR)
        return attempt is not None
