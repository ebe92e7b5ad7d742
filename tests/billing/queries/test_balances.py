from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Operation, OperationKind, Service
from billing.queries.balances import HORIZON, TOP_UP_FOR, Upcoming, forecasts, known_cost, make_forecast
from billing.queries.clock import business_date, database_now
from noc.models import PriceListEntry, Server
from noc.sandbox.server import Sandbox
from tests.builders import World, make_server, place

TODAY = date(2026, 1, 30)


def monthly(day: date, cost: str | None, services: int = 1, months: int = 1) -> Upcoming:
    return Upcoming(day, months, None if cost is None else Decimal(cost), services, "55227")


class TestForecast:
    def test_each_service_is_renewed_when_it_ends_and_every_period_after(self) -> None:
        found = make_forecast(funds=Decimal(100), upcoming=[monthly(date(2026, 1, 31), "4.00")], today=TODAY)
        # The end date keeps its day: 31 January, 28 February, 31 March.
        assert [spent.day for spent in found.days] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
        assert [spent.left for spent in found.days] == [Decimal("96"), Decimal("92"), Decimal("88")]
        assert found.runs_out_on is None
        assert (found.cost, found.top_up) == (Decimal("8.00"), Decimal(0))

    def test_it_runs_out_on_the_first_day_that_is_not_covered(self) -> None:
        groups = [monthly(date(2026, 2, 2), "4.00", 2), monthly(date(2026, 2, 5), "3.00", 1, 12)]
        found = make_forecast(funds=Decimal("8.00"), upcoming=groups, today=TODAY)
        assert [(spent.day.day, spent.renewals) for spent in found.days][:2] == [(2, 2), (5, 1)]
        assert [spent.left for spent in found.days][:2] == [Decimal(0), Decimal(-3)]
        assert found.runs_out_on == date(2026, 2, 5)
        assert found.top_up == Decimal("3.00")

    def test_what_is_overdue_is_paid_today_once(self) -> None:
        found = make_forecast(funds=Decimal(50), upcoming=[monthly(date(2025, 11, 15), "4.00")], today=TODAY)
        assert [spent.day for spent in found.days] == [TODAY, *(date(2026, month, 15) for month in (2, 3, 4))]

    def test_an_account_in_debt_beyond_its_credit_runs_out_with_the_first_renewal(self) -> None:
        found = make_forecast(funds=Decimal(-5), upcoming=[monthly(TODAY, "4.00", 1, 12)], today=TODAY)
        assert (found.runs_out_on, found.top_up) == (TODAY, Decimal("9.00"))

    def test_unknown_prices_are_counted_apart_and_never_guessed(self) -> None:
        groups = [monthly(TODAY, None, 3), monthly(TODAY + timedelta(days=1), None), monthly(TODAY, "0.00")]
        found = make_forecast(funds=Decimal(0), upcoming=groups, today=TODAY)
        assert found.unpriced == (("55227", 4),)
        assert found.runs_out_on is None

    def test_without_a_balance_the_cost_is_still_known(self) -> None:
        found = make_forecast(funds=None, upcoming=[monthly(TODAY, "4.00", 1, 12)], today=TODAY)
        assert (found.cost, found.top_up, found.runs_out_on, found.days[0].left) == (Decimal("4.00"), None, None, None)


groups = st.lists(
    st.builds(
        Upcoming,
        day=st.dates(TODAY - timedelta(days=400), TODAY + timedelta(days=400)),
        months=st.sampled_from([1, 3, 6, 12]),
        cost=st.none() | st.decimals(0, 500, places=2),
        services=st.integers(1, 500),
        tariff_id=st.sampled_from(["55227", "55228"]),
    ),
    max_size=8,
)
amounts = st.decimals(-500, 5000, places=2)


@given(groups, amounts)
def test_the_figures_of_a_forecast_agree_with_each_other(upcoming: list[Upcoming], funds: Decimal) -> None:
    found = make_forecast(funds=funds, upcoming=upcoming, today=TODAY)
    days = [spent.day for spent in found.days]
    assert days == sorted(set(days))
    assert all(TODAY <= day < TODAY + HORIZON for day in days)
    assert found.days == () or found.days[-1].left == funds - sum(spent.amount for spent in found.days)
    assert found.runs_out_on == next((spent.day for spent in found.days if (spent.left or 0) < 0), None)
    assert found.cost == sum(spent.amount for spent in found.days if spent.day < TODAY + TOP_UP_FOR)
    assert sum(services for _tariff, services in found.unpriced) == sum(g.services for g in upcoming if g.cost is None)
    assert found.top_up is not None


@given(groups, amounts)
def test_the_amount_to_top_up_is_just_enough(upcoming: list[Upcoming], funds: Decimal) -> None:
    lacking = make_forecast(funds=funds, upcoming=upcoming, today=TODAY).top_up
    assert lacking is not None
    topped = make_forecast(funds=funds + lacking, upcoming=upcoming, today=TODAY)
    assert topped.top_up == 0
    assert topped.runs_out_on is None or topped.runs_out_on >= TODAY + TOP_UP_FOR or topped.cost == 0
    if lacking > 0:
        assert make_forecast(funds=funds + lacking - Decimal("0.01"), upcoming=upcoming, today=TODAY).top_up


@given(groups, groups, amounts)
def test_splitting_the_services_into_groups_changes_nothing(
    some: list[Upcoming], more: list[Upcoming], funds: Decimal
) -> None:
    one = make_forecast(funds=funds, upcoming=[*some, *more], today=TODAY)
    assert one == make_forecast(funds=funds, upcoming=[*more, *some], today=TODAY)


def put_price(server: Server, tariff_id: str, prices: dict[str, str], currency: str = "EUR") -> None:
    PriceListEntry.objects.create(
        server=server,
        kind="license",
        tariff_id=tariff_id,
        name="lite",
        currency=currency,
        prices=prices,
        read_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def make_services(world: World, number: int, *, start: int = 0) -> list[Service]:
    """Live services of the world's account that end today: copies of an ordered one, none of them bought."""
    ordered = Service.objects.get(order_line__order=place(world.client, world.lite, ip=f"192.0.2.{start + 1}"))
    copied = {field.attname: getattr(ordered, field.attname) for field in Service._meta.concrete_fields}
    del copied["id"]
    live = {"status": "ACTIVE", "server_id": world.server.pk, "expires_on": business_date(database_now())}
    copies = (Service(**{**copied, **live, "remote_id": str(start + index)}) for index in range(1, number + 1))
    return Service.objects.bulk_create(copies, batch_size=1000)


@pytest.mark.django_db
class TestForecasts:
    def test_live_services_are_priced_by_the_accounts_own_list(self, world: World, sandbox: Sandbox) -> None:
        other = make_server(sandbox, name="Other", username="other")
        put_price(world.server, "55227", {"1": "4.00", "12": "44.00"})
        put_price(other, "55227", {"1": "99.00"})
        make_services(world, 3)
        Server.objects.update(balance="10", balance_credit="1", balance_currency="EUR")
        found = forecasts(list(Server.objects.all()), now=database_now())
        mine = found[world.server.pk]
        assert (mine.funds, mine.days[0].amount, mine.days[0].left) == (Decimal(11), Decimal("12.00"), Decimal(-1))
        assert found[other.pk].days == ()

    def test_what_ends_or_never_comes_again_is_left_out(self, world: World) -> None:
        put_price(world.server, "55227", {"1": "4.00"})
        live, ending, *_rest = make_services(world, 3)
        Operation.objects.create(
            service=ending, kind=OperationKind.TERMINATE, run_after=database_now(), created_at=database_now()
        )
        Service.objects.filter(pk=live.pk + 2).update(status="TERMINATED")
        assert forecasts([world.server], now=database_now())[world.server.pk].days[0].renewals == 1
        Service.objects.filter(pk=live.pk).update(cycle="ONE_TIME")
        assert forecasts([world.server], now=database_now())[world.server.pk].days == ()

    def test_prices_in_another_currency_than_the_balance_are_not_known(self, world: World) -> None:
        put_price(world.server, "55227", {"1": "400.00"}, currency="RUB")
        make_services(world, 2)
        world.server.balance, world.server.balance_currency = Decimal(10), "EUR"
        assert forecasts([world.server], now=database_now())[world.server.pk].unpriced == (("55227", 2),)

    def test_a_thousand_services_cost_as_many_queries_as_ten(self, world: World) -> None:
        put_price(world.server, "55227", {"1": "4.00"})
        make_services(world, 10)
        with CaptureQueriesContext(connection) as few:
            forecasts([world.server], now=database_now())
        make_services(world, 990, start=10)
        with CaptureQueriesContext(connection) as many:
            found = forecasts([world.server], now=database_now())
        assert len(many) == len(few) <= 3
        assert found[world.server.pk].days[0].renewals == 1_000

    def test_the_cost_of_a_purchase_is_that_of_its_period(self, world: World) -> None:
        put_price(world.server, "55227", {"1": "4.00", "12": "44.00"})
        (service,) = make_services(world, 1)
        purchase = Operation(service=service, server=world.server, kind="CREATE", params={})
        renewal = Operation(service=service, server=world.server, kind="RENEW", params={"period": 12})
        unknown = Operation(service=service, server=world.server, kind="RENEW", params={"period": 6})
        assert (known_cost(purchase), known_cost(renewal), known_cost(unknown)) == (Decimal(4), Decimal(44), None)
