"""DRAFT → UNPAID: the invoice is a document from now on."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.events import record_event
from billing.actions.invoicing.drafting import DraftInvalid, InvoiceNotDraft, tax_again
from billing.actions.invoicing.issuing import frozen_parties, post_issue
from billing.actions.locking import lock_invoice
from billing.actions.notifications import notify_client
from billing.actions.payments.settling import mark_paid
from billing.models import Invoice, InvoiceStatus
from billing.queries.clock import business_date
from billing.queries.seller import Snapshots


def publish_invoice(*, invoice: Invoice, actor: str, now: datetime, is_client_told: bool = True) -> Invoice:
    """Issues a draft today, at today's tax, with both parties as they are now; from now on its lines never change.

    It is due on its day, or today where that has passed; one over nothing is paid at once. `is_client_told`: the
    letter goes out. Raises InvoiceNotDraft, DraftInvalid for one without lines.
    """
    today = business_date(now)
    with transaction.atomic():
        locked = lock_invoice(invoice)
        if locked.status != InvoiceStatus.DRAFT:
            raise InvoiceNotDraft(_("Invoice %(number)s was issued already.") % {"number": locked.display_number})
        if not locked.lines.exists():
            raise DraftInvalid({"": [_("There is nothing on it yet: add a line.")]})
        tax_again(locked, on=today)
        changes = {
            "status": InvoiceStatus.UNPAID,
            "issue_date": today,
            "due_date": max(locked.due_date, today),
            **frozen_parties(locked.client, locked.currency, Snapshots()),
        }
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(changes))
        post_issue(locked, now=now)
        event = record_event("invoice.issued", now=now, actor=actor, invoice=locked, order=locked.order)
        if is_client_told:
            notify_client(event, client=locked.client, now=now)
        if locked.total == 0:
            mark_paid(locked, actor=actor, now=now)
    return locked
