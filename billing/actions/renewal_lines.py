"""↻ Renewals, inside: the invoice lines of each service's next period, priced and taxed without a query a service."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from billing.actions.invoicing import charge_values
from billing.models import Client, InvoiceLine, LineKind, Service
from billing.queries.taxes import TaxBook, place_of
from catalog.models import Cycle
from catalog.periods import CYCLE_MONTHS, add_months
from catalog.taxes import Taxation, thaw_taxation

# What the services need to have loaded.
RELATED = ("order_line", "product", "currency")


def write_renewal_lines(service: Service, *, clients: Mapping[int, Client], book: TaxBook) -> list[InvoiceLine]:
    """The lines of the next period, not saved and of no invoice yet; the first day of the period decides the tax."""
    start = service.next_due_date
    if start is None:
        raise ValueError(f"Service {service.pk} has no next due date.")
    taxation = _tax(service, clients[service.client_id], book, on=start)
    months = CYCLE_MONTHS[Cycle(service.cycle)]
    return [
        InvoiceLine(
            service=service,
            kind=LineKind.SERVICE,
            description=service.order_line.description,
            period_start=start,
            period_end=add_months(start, months, anchor_day=service.anchor_day),
            **charge_values(service.recurring_amount, taxation, precision=service.currency.precision),
        )
    ]


def _tax(service: Service, client: Client, book: TaxBook, *, on: date) -> Taxation:
    """Today's rules; whether the price includes the tax was settled with the order."""
    found = book.find(place_of(client), service.product.tax_treatment, on=on)
    return replace(found, is_included=thaw_taxation(service.order_line.taxation).is_included)
