"""Recurring limit (P6) and fixed term (P7): frozen with the order, and nothing is invoiced beyond them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.invoicing import cancel_invoice
from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import RenewalRefused, issue_renewal_now, preview_renewal
from billing.models import Invoice, InvoiceLine, Service
from billing.queries.renewal_terms import count_renewals_left, renewals_left_words, why_no_next_period
from catalog.actions.products import update_product
from catalog.models import Product
from tests.builders import World, make_client, make_hosting, pay, place

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATE = date(2027, 12, 31)


def buy(world: World, product: Product, **fields: str) -> Service:
    """Paid and live."""
    order = place(world.client, product, now=NOW, **fields)
    pay(order.invoice, now=NOW)
    Service.objects.filter(order_line__order=order).update(status="ACTIVE")
    return Service.objects.get(order_line__order=order)


def renew(service: Service) -> bool:
    """The nightly run long after it is due; what it issues is paid. Whether it issued anything."""
    issued = issue_renewals(on=LATE, now=NOW)
    for invoice in Invoice.objects.filter(lines__service=service, status="UNPAID"):
        pay(invoice, now=NOW)
    service.refresh_from_db()
    return bool(issued)


def limited(world: World, limit: int, **values: Any) -> Product:
    return make_hosting(world.group, recurring_limit=limit, **values)


class TestLimit:
    def test_the_first_invoice_is_no_renewal(self, world: World) -> None:
        service = buy(world, limited(world, 2))
        left = []
        while renew(service):
            left.append(count_renewals_left(service))
        assert left == [1, 0]
        assert service.paid_until == date(2026, 6, 10)
        assert InvoiceLine.objects.filter(service=service, kind="SERVICE").count() == 3

    def test_it_is_frozen_with_the_order(self, world: World) -> None:
        product = limited(world, 1)
        service = buy(world, product)
        update_product(product=product, values={"recurring_limit": 0})
        assert [renew(service), renew(service)] == [True, False]

    def test_a_cancelled_invoice_is_no_renewal(self, world: World) -> None:
        service = buy(world, limited(world, 1))
        issue_renewals(on=LATE, now=NOW)
        assert renewals_left_words(service) == "No renewals left"
        cancel_invoice(invoice=Invoice.objects.get(status="UNPAID"), now=NOW)
        assert renewals_left_words(service) == "1 of 1 renewal left"
        assert renew(service)

    def test_a_longer_first_period_is_still_the_first(self, world: World) -> None:
        service = buy(world, limited(world, 1, is_prorata=True, prorata_next_after=0))
        assert [renew(service), renew(service)] == [True, False]

    def test_one_by_one_ends_there_too(self, world: World) -> None:
        service = buy(world, limited(world, 1))
        invoice = issue_renewal_now(service=service, actor="test", now=NOW, on=LATE)
        assert issue_renewal_now(service=service, actor="test", now=NOW, on=LATE) == invoice
        pay(invoice, now=NOW)
        for ask in (issue_renewal_now, preview_renewal):
            extra = {"actor": "test", "now": NOW} if ask is issue_renewal_now else {}
            with pytest.raises(RenewalRefused, match="as often as it was sold for"):
                ask(service=service, on=LATE, **extra)

    def test_without_a_limit_nothing_is_counted(self, world: World) -> None:
        service = buy(world, limited(world, 0))
        assert (count_renewals_left(service), renewals_left_words(service)) == (None, "")
        assert all(renew(service) for _month in range(4))

    def test_one_time_products_have_none(self, world: World) -> None:
        Product.objects.filter(pk=world.lite.pk).update(recurring_limit=3)
        service = buy(world, limited(world, 3))
        Service.objects.filter(pk=service.pk).update(cycle="ONE_TIME")
        service.refresh_from_db()
        assert "paid once" in why_no_next_period(service)


class TestFixedTerm:
    @pytest.mark.parametrize(
        ("days", "renewals"),
        # Periods begin on 10 April and 10 May; the term ends 31, 32, 61 and 62 days after 10 March.
        [(31, 0), (32, 1), (61, 1), (62, 2)],
    )
    def test_a_period_that_begins_at_its_end_or_later_is_not_invoiced(
        self, world: World, days: int, renewals: int
    ) -> None:
        service = buy(world, make_hosting(world.group, fixed_term_days=days, term_letter="service.term_ended"))
        assert service.term_letter == "service.term_ended"
        issued = 0
        while renew(service):
            issued += 1
        assert issued == renewals

    def test_it_counts_from_the_order_and_is_frozen_there(self, world: World) -> None:
        product = make_hosting(world.group, fixed_term_days=30)
        service = buy(world, product)
        update_product(product=product, values={"fixed_term_days": 300})
        assert (service.term_ends_on, service.next_due_date) == (date(2026, 4, 9), date(2026, 4, 10))
        assert "Apr 9, 2026" in why_no_next_period(service)
        with pytest.raises(RenewalRefused, match="Apr 9, 2026"):
            issue_renewal_now(service=service, actor="test", now=NOW, on=LATE)


def test_limits_of_many_services_cost_no_more_queries(world: World) -> None:
    def issue(size: int) -> int:
        product = limited(world, 3, name=f"Limited {size}")
        for _unit in range(size):
            client = make_client()
            order = place(client, product, now=NOW)
            pay(order.invoice, now=NOW)
        Service.objects.filter(product=product).update(status="ACTIVE")
        with CaptureQueriesContext(connection) as seen:
            assert issue_renewals(on=date(2026, 4, 10), now=NOW) == size
        return len(seen)

    assert issue(2) == issue(9)
