"""↻ Renewals, inside: the invoice lines of each service's next period, priced and taxed without a query a service."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import Count, F
from django.utils.translation import override

from billing.actions.invoicing import charge_values, discount_words
from billing.models import Client, InvoiceLine, LineKind, Service
from billing.queries.service_words import charged_words
from billing.queries.taxes import TaxBook, place_of
from catalog.models import Currency, Cycle, Product
from catalog.periods import CYCLE_MONTHS, add_months
from catalog.taxes import Taxation, thaw_taxation

# What the services need to have loaded; products and currencies are few and shared (`share_products`).
RELATED = ("order_line__order",)
# All that is read of them while many are priced: most of the time goes into columns that become objects.
PRICED_BY = (
    "client_id",
    "product_id",
    "currency_id",
    "cycle",
    "quantity",
    "domain",
    "recurring_amount",
    "anchor_day",
    "next_due_date",
    "expires_on",
    "order_line__description",
    "order_line__later_discount",
    "order_line__discounted_renewals",
    "order_line__taxation",
    "order_line__order__payment_method",
    "order_line__order__promo_code",
)


def share_products(services: Sequence[Service]) -> None:
    """Loads each product and currency once, whatever the number of services; two queries."""
    products = Product.objects.in_bulk({service.product_id for service in services})
    currencies = Currency.objects.in_bulk({service.currency_id for service in services})
    for service in services:
        service.product, service.currency = products[service.product_id], currencies[service.currency_id]


def write_renewal_lines(
    service: Service, *, clients: Mapping[int, Client], book: TaxBook, discounted: Mapping[int, int]
) -> list[InvoiceLine]:
    """The lines of the next period, not saved and of no invoice yet; the first day of the period decides the tax.

    `discounted`: how many renewals of each service had a promo code already.
    """
    start = service.next_due_date
    if start is None:
        raise ValueError(f"Service {service.pk} has no next due date.")
    taxation = _tax(service, clients[service.client_id], book, on=start)
    months = CYCLE_MONTHS[Cycle(service.cycle)]
    precision = service.currency.precision
    lines = [
        InvoiceLine(
            service=service,
            kind=LineKind.SERVICE,
            description=charged_words(service),
            period_start=start,
            period_end=add_months(start, months, anchor_day=service.anchor_day),
            **charge_values(service.recurring_amount, taxation, precision=precision),
        )
    ]
    off = _discount_of(service, discounted.get(service.pk, 0))
    if off:
        with override(clients[service.client_id].language):
            words = discount_words(service, code=service.order_line.order.promo_code)
        lines.append(
            InvoiceLine(
                service=service,
                kind=LineKind.DISCOUNT,
                description=words,
                period_start=start,
                **charge_values(-off, taxation, precision=precision),
            )
        )
    return lines


def _discount_of(service: Service, given: int) -> Decimal:
    """What the promo code of the order takes off this period: never more than all of it."""
    line = service.order_line
    is_over = line.discounted_renewals is not None and given >= line.discounted_renewals
    return Decimal(0) if is_over else min(line.later_discount, service.recurring_amount)


def count_discounted(services: Sequence[Service]) -> dict[int, int]:
    """How many renewals of each service had a promo code, cancelled invoices apart; one query."""
    found = InvoiceLine.objects.filter(
        service__in=services, kind=LineKind.DISCOUNT, is_voided=False, period_start__gt=F("service__registered_on")
    )
    return dict(found.order_by().values_list("service").annotate(Count("pk")))


def _tax(service: Service, client: Client, book: TaxBook, *, on: date) -> Taxation:
    """Today's rules; whether the price includes the tax was settled with the order."""
    found = book.find(place_of(client), service.product.tax_treatment, on=on)
    return replace(found, is_included=thaw_taxation(service.order_line.taxation).is_included)
