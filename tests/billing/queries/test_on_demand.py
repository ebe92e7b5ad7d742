"""On-demand renewals (P9): when a client may renew, and why not."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.actions.commands import run_command
from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import RenewalRefused, issue_renewal_now
from billing.models import Service, StoreSettings
from billing.queries.on_demand import find_on_demand
from catalog.actions.products import update_product
from catalog.models import Product
from tests.builders import World, make_active_service, make_hosting, open_windows, pay, place
from tests.kept_scenes import kept_scene

NOW = datetime(2026, 5, 30, 12, tzinfo=UTC)
DUE = date(2026, 6, 30)


@pytest.fixture
def product(world: World) -> Product:
    return make_hosting(world.group)


@pytest.fixture
@kept_scene
def service(world: World, product: Product) -> Service:
    """Monthly, due on 30 June."""
    order = place(world.client, product, now=NOW)
    pay(order.invoice, now=NOW)
    Service.objects.filter(order_line__order=order).update(status="ACTIVE")
    return Service.objects.get(order_line__order=order)


def refusal(service: Service, day: date = DUE) -> str:
    service.refresh_from_db()
    return find_on_demand(service, on=day).refusal


@pytest.mark.parametrize(
    ("day", "is_open"),
    [(date(2026, 6, 19), False), (date(2026, 6, 20), True), (DUE, True), (date(2026, 7, 5), True)],
)
def test_the_first_day_is_so_many_before_the_due_date_and_counts(service: Service, day: date, is_open: bool) -> None:
    open_windows(10)
    words = refusal(service, day)
    assert words == ("" if is_open else "It can be renewed from Jun 20, 2026 on.")


def test_a_fresh_portal_offers_none(service: Service) -> None:
    assert "comes by itself" in refusal(service)


@pytest.mark.parametrize(
    ("store", "own", "first_day"),
    [
        ({"MONTHLY": 10}, {}, date(2026, 6, 20)),
        ({"MONTHLY": 0}, {}, None),
        ({"ANNUALLY": 10}, {}, None),
        ({"MONTHLY": 10}, {"on_demand": "OWN", "on_demand_days": {"MONTHLY": 3}}, date(2026, 6, 27)),
        ({"MONTHLY": 10}, {"on_demand": "OWN", "on_demand_days": {"MONTHLY": 0}}, None),
        ({"MONTHLY": 10}, {"on_demand": "OWN", "on_demand_days": {}}, None),
        ({"MONTHLY": 10}, {"on_demand": "DEFAULT", "on_demand_days": {"MONTHLY": 3}}, date(2026, 6, 20)),
    ],
)
def test_the_products_own_days_win_over_the_stores(
    service: Service, product: Product, store: dict[str, int], own: dict[str, Any], first_day: date | None
) -> None:
    StoreSettings.objects.create(pk=1, on_demand_days=store)
    update_product(product=product, values=own)
    service.refresh_from_db()
    found = find_on_demand(service, on=DUE)
    assert (found.first_day, bool(found.refusal)) == (first_day, first_day is None)


class TestRefusing:
    @pytest.fixture(autouse=True)
    def _window(self, world: World) -> None:
        open_windows()

    def test_an_invoice_that_is_there_is_the_one_to_pay(self, service: Service) -> None:
        issue_renewals(on=date(2026, 6, 16), now=NOW)
        service.refresh_from_db()
        found = find_on_demand(service, on=DUE)
        assert found.invoice is not None
        assert found.invoice.display_number in found.refusal

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"status": "TERMINATED"}, "has ended"),
            ({"status": "PENDING"}, "not been created"),
            ({"cycle": "ONE_TIME", "next_due_date": None}, "paid once"),
            ({"recurring_amount": 0, "next_due_date": None}, "costs nothing"),
            ({"term_ends_on": DUE}, "ends on Jun 30, 2026"),
        ],
    )
    def test_what_has_no_next_period(self, service: Service, changes: dict[str, Any], words: str) -> None:
        Service.objects.filter(pk=service.pk).update(**changes)
        assert words in refusal(service)
        with pytest.raises(RenewalRefused, match=words):
            issue_renewal_now(service=service, actor="client", now=NOW, on=DUE, audience="client")

    def test_what_was_renewed_up_to_its_limit(self, service: Service) -> None:
        Service.objects.filter(pk=service.pk).update(recurring_limit=1)
        pay(issue_renewal_now(service=service, actor="client", now=NOW, on=DUE, audience="client"), now=NOW)
        assert "as often" in refusal(service)

    def test_what_is_being_ended(self, world: World, service: Service) -> None:
        run_command(service=service, command="terminate", actor="test", now=NOW)
        assert "being ended" in refusal(service)
        license_service = make_active_service(world.client, world.lite, ip="192.0.2.1")
        assert refusal(license_service) == ""
        run_command(service=license_service, command="terminate", actor="test", now=NOW)
        assert "being ended" in refusal(license_service)


class TestIssuing:
    def test_clients_are_held_to_the_window_operators_are_not(self, service: Service) -> None:
        open_windows(10)
        early = {"service": service, "actor": "x", "now": NOW, "on": date(2026, 6, 1)}
        with pytest.raises(RenewalRefused, match="Jun 20, 2026"):
            issue_renewal_now(**early, audience="client")
        invoice = issue_renewal_now(**early)
        line = invoice.lines.get()
        assert (line.period_start, line.period_end, line.amount) == (DUE, date(2026, 7, 30), service.recurring_amount)
        assert issue_renewal_now(**early, audience="client") == invoice
