"""↻ Renewals, inside: the invoice lines of each service's next period, priced and taxed without a query a service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

from django.db.models import Count, F
from django.utils.translation import override

from billing.actions.invoicing import charge_values, discount_words
from billing.models import Client, InvoiceLine, LineKind, OrderLine, Service
from billing.queries.service_words import units_words
from billing.queries.taxes import TaxBook, place_of, read_tax_book
from catalog.models import Currency, Cycle, Product
from catalog.periods import CYCLE_MONTHS, add_months
from catalog.taxes import Taxation, is_tax_included

# All that is read of services while many are priced: most of the time goes into columns that become objects.
PRICED_BY = (
    "client_id",
    "order_line_id",
    "product_id",
    "currency_id",
    "cycle",
    "quantity",
    "domain",
    "recurring_amount",
    "anchor_day",
    "next_due_date",
    "expires_on",
)


class RenewalLine(NamedTuple):
    """A line of an invoice that is not written yet: columns of InvoiceLine. The end of the period is excluded; a
    discount has none. Amounts are those of the service's currency, the tax on top.

    No model: most drafts are counted in a plan and thrown away.
    """

    service_id: int
    kind: str
    description: str
    period_start: date
    period_end: date | None
    amount: Decimal
    tax: Decimal
    taxes: list[list[str]]
    tax_ground: str

    @property
    def total(self) -> Decimal:
        """With tax."""
        return self.amount + self.tax


class OrderTerms(NamedTuple):
    """What the order of a service settled for its renewals: columns of OrderLine and Order."""

    description: str
    later_discount: Decimal
    discounted_renewals: int | None
    taxation: Mapping[str, Any]
    payment_method: str
    promo_code: str


_TERMS = (
    "description",
    "later_discount",
    "discounted_renewals",
    "taxation",
    "order__payment_method",
    "order__promo_code",
)


@dataclass(frozen=True, slots=True)
class RenewalPrices:
    """All that the next periods of some services are priced by; answers without the database.

    `terms` by order line; `discounted`: how many renewals of each service had a promo code already.
    """

    clients: Mapping[int, Client]
    products: Mapping[int, Product]
    currencies: Mapping[str, Currency]
    terms: Mapping[int, OrderTerms]
    taxes: TaxBook
    discounted: Mapping[int, int]

    @classmethod
    def read(cls, services: Sequence[Service], *, on: date) -> Self:
        """Six queries, whatever the number. By keys, not joined: joining them makes the database walk whole tables."""
        starts = [service.next_due_date for service in services if service.next_due_date]
        return cls(
            clients=Client.objects.in_bulk({service.client_id for service in services}),
            products=Product.objects.in_bulk({service.product_id for service in services}),
            currencies=Currency.objects.in_bulk({service.currency_id for service in services}),
            terms=_read_terms({service.order_line_id for service in services}),
            taxes=read_tax_book(since=min(starts, default=on)),
            discounted=_count_discounted(services),
        )

    def lines_of(self, service: Service) -> list[RenewalLine]:
        """The lines of its next period; the first day of the period decides the tax.

        Raises ValueError for a service without a next due date.
        """
        start = service.next_due_date
        if start is None:
            raise ValueError(f"Service {service.pk} has no next due date.")
        terms = self.terms[service.order_line_id]
        taxation, precision = self._taxation(service, on=start), self.currencies[service.currency_id].precision
        end = add_months(start, CYCLE_MONTHS[Cycle(service.cycle)], anchor_day=service.anchor_day)
        words = units_words(service, ordered=terms.description)
        charge = charge_values(service.recurring_amount, taxation, precision=precision)
        lines = [RenewalLine(service.pk, LineKind.SERVICE.value, words, start, end, **charge)]
        if off := _discount_of(service, terms, given=self.discounted.get(service.pk, 0)):
            with override(self.clients[service.client_id].language):
                words = discount_words(words, code=terms.promo_code)
            charge = charge_values(-off, taxation, precision=precision)
            lines.append(RenewalLine(service.pk, LineKind.DISCOUNT.value, words, start, None, **charge))
        return lines

    def _taxation(self, service: Service, *, on: date) -> Taxation:
        """Today's rules; whether the price includes the tax was settled with the order."""
        place, treatment = place_of(self.clients[service.client_id]), self.products[service.product_id].tax_treatment
        found = self.taxes.find(place, treatment, on=on)
        is_included = is_tax_included(self.terms[service.order_line_id].taxation)
        return found if found.is_included == is_included else replace(found, is_included=is_included)


def _discount_of(service: Service, terms: OrderTerms, *, given: int) -> Decimal:
    """What the promo code of the order takes off this period: never more than all of it."""
    is_over = terms.discounted_renewals is not None and given >= terms.discounted_renewals
    return Decimal(0) if is_over else min(terms.later_discount, service.recurring_amount)


def _read_terms(order_line_ids: set[int]) -> dict[int, OrderTerms]:
    rows = OrderLine.objects.filter(pk__in=order_line_ids).order_by().values_list("pk", *_TERMS)
    return {pk: OrderTerms(*columns) for pk, *columns in rows}


def _count_discounted(services: Sequence[Service]) -> dict[int, int]:
    """Renewals with a promo code by service, cancelled invoices apart."""
    found = InvoiceLine.objects.filter(
        service__in=services, kind=LineKind.DISCOUNT, is_voided=False, period_start__gt=F("service__registered_on")
    )
    return dict(found.order_by().values_list("service").annotate(Count("pk")))
