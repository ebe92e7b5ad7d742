"""Duty: renewal invoices, issued so many days before they fall due (whmcs-behaviour §4.2)."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy, ngettext

from billing.actions.renewal_runs import (
    RenewalDraft,
    clients_with_due,
    draft_renewals,
    read_due,
    renewal_horizon,
    write_renewals,
)
from billing.automation.duty import Batch, Duty, Intent
from billing.automation.night import Night, Touched
from billing.models import Service


class RenewalInvoices(Duty[Service, RenewalDraft]):
    """Batches are of clients, so that what shares an invoice is never parted; a deed is an invoice in draft."""

    code = "renewal_invoices"
    label = gettext_lazy("Renewal invoices")
    words = gettext_lazy("Issues the invoices of periods that begin soon.")

    def find(self, night: Night, *, after: int, limit: int, is_locked: bool) -> Batch[Service] | None:
        """The due services of the next clients."""
        horizon = renewal_horizon(night.settings, on=night.day)
        client_ids = clients_with_due(horizon, after=after, limit=limit)
        if not client_ids:
            return None
        return Batch(read_due(horizon, client_ids, is_locked=is_locked), client_ids[-1])

    def judge(self, night: Night, rows: Sequence[Service]) -> list[Intent[RenewalDraft]]:
        """Priced by the one engine."""
        drafts = draft_renewals(rows, today=night.today, on=night.day)
        return [Intent(draft, _touched(draft)) for draft in drafts]

    def act(self, night: Night, intents: Sequence[Intent[RenewalDraft]]) -> list[Touched]:
        """Writes them all at once."""
        invoices = write_renewals([intent.deed for intent in intents], now=night.now)
        return [replace(one.touched, object_id=invoice.pk) for one, invoice in zip(intents, invoices, strict=True)]


def _touched(draft: RenewalDraft) -> Touched:
    """The invoice, which has no id yet."""
    count = len({line.service_id for line in draft.lines})
    words = ngettext("%(count)s service of client %(client)s", "%(count)s services of client %(client)s", count)
    outcome = words % {"count": count, "client": draft.client.pk}
    return Touched("invoice", 0, outcome, draft.total, draft.currency.pk)
