"""↻ The renewal invoice of one service, before its time."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from billing.actions.events import record_event
from billing.actions.locking import lock_client
from billing.actions.renewal_runs import RenewalDraft, draft_renewals, write_renewals
from billing.models import Invoice, Service
from billing.queries.commands import Audience
from billing.queries.on_demand import find_on_demand, next_invoice
from billing.queries.renewal_terms import why_no_next_period


class RenewalRefused(Exception):
    """There is no next period to invoice, or the client may not ask for it yet; the text says why."""


def issue_renewal_now(
    *, service: Service, actor: str, now: datetime, on: date, audience: Audience = "operator"
) -> Invoice:
    """The invoice for the next period of one service, before its time; the open one if there is one already.

    Clients may ask for it inside their window (P9), operators always. Raises RenewalRefused where there is no next
    period: ended, paid once, renewed up to its limit, at the end of a fixed term.
    """
    with transaction.atomic():
        lock_client(service.client_id)
        locked = _read_for_renewal(Service.objects.select_for_update(of=("self",), no_key=True), service)
        invoice = next_invoice(locked)
        if invoice is not None:
            return invoice
        (invoice,) = write_renewals([_draft(locked, on=on, audience=audience)], now=now)
        record_event("renewal.requested", now=now, actor=actor, service=locked, invoice=invoice)
    return invoice


def preview_renewal(*, service: Service, on: date, audience: Audience = "operator") -> RenewalDraft:
    """What `issue_renewal_now` would invoice, for showing it before; nothing is saved. Raises RenewalRefused."""
    return _draft(_read_for_renewal(Service.objects.all(), service), on=on, audience=audience)


def _read_for_renewal(services: QuerySet[Service], service: Service) -> Service:
    return services.select_related("product", "client").get(pk=service.pk)


def _draft(service: Service, *, on: date, audience: Audience) -> RenewalDraft:
    refusal = find_on_demand(service, on=on).refusal if audience == "client" else why_no_next_period(service)
    if refusal or service.next_due_date is None:
        raise RenewalRefused(refusal)
    (draft,) = draft_renewals([service], today=on, on=on)
    return draft
