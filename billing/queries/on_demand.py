"""On-demand renewals (P9): from which day a client may ask for the invoice of the next period, before it comes."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.models import (
    LIVE_STATUSES,
    Invoice,
    InvoiceLine,
    LineKind,
    Operation,
    OperationKind,
    Service,
    SuspensionCause,
)
from billing.queries.commands import why_not
from billing.queries.operations import words
from billing.queries.renewal_terms import why_no_next_period
from billing.queries.store_settings import read_store_settings
from catalog.models import OnDemand


@dataclass(frozen=True, slots=True)
class OnDemandRenewal:
    """`refusal`: why the client cannot renew now, "" if nothing speaks against it.

    `invoice` of the next period is there already: it is what is to be paid. `first_day`: the first one of the window,
    None where there is none.
    """

    refusal: str
    invoice: Invoice | None = None
    first_day: date | None = None


def find_on_demand(service: Service, *, on: date) -> OnDemandRenewal:
    """Whether the client may renew on that day: from the first day of the window, included, until the invoice."""
    invoice = next_invoice(service)
    if invoice is not None:
        message = _("Invoice %(number)s for the next period is there already: pay that one.")
        return OnDemandRenewal(message % {"number": invoice.display_number}, invoice)
    refusal = why_no_next_period(service) or _why_not_now(service)
    if refusal:
        return OnDemandRenewal(refusal)
    first_day = _first_day(service)
    if first_day is None:
        return OnDemandRenewal(_("It is renewed by paying its invoice, which comes by itself in time."))
    if on < first_day:
        refusal = words(gettext_noop("It can be renewed from %(date)s on."), {"date": str(first_day)})
    return OnDemandRenewal(refusal, first_day=first_day)


def next_invoice(service: Service) -> Invoice | None:
    """The invoice of the next period, where it is issued and not paid yet."""
    lines = InvoiceLine.objects.filter(
        service=service, kind=LineKind.SERVICE, period_start=service.next_due_date, is_voided=False
    )
    line = lines.select_related("invoice").first() if service.next_due_date and not service.is_ended else None
    return line.invoice if line is not None else None


def _why_not_now(service: Service) -> str:
    if service.suspension_cause == SuspensionCause.BY_HAND:
        return _("Our staff suspended it: ask them before you renew it.")
    if service.module:
        return why_not(service, "renew", audience="client")
    if service.status not in LIVE_STATUSES:
        return _("It has not been created yet.")
    ending = Operation.objects.unsettled().filter(service=service, kind=OperationKind.TERMINATE)
    return _("It is being ended.") if ending.exists() else ""


def _first_day(service: Service) -> date | None:
    """`days` before the due date: the product's own, else the store's; 0 or none: never."""
    product = service.product
    is_own = product.on_demand == OnDemand.OWN
    days = (product.on_demand_days if is_own else read_store_settings().on_demand_days).get(service.cycle, 0)
    return service.next_due_date - timedelta(days=days) if days and service.next_due_date else None
