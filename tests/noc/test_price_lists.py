from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from noc.errors import AuthFailed, Unavailable
from noc.models import PriceListEntry, Server, ServerGroup
from noc.price_lists import find_tariff, find_tariffs, list_tariffs, refresh_price_list
from noc.sandbox.server import Sandbox
from noc.tariffs import BUILT_IN

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRIAL = -100


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def make_server(
    name: str, *, hostname: str = "eu.ispmanager.com", is_default: bool = False, **fields: object
) -> Server:
    return Server.objects.create(
        name=name, hostname=hostname, username=name, password="sandbox-password", is_default=is_default
    )


def put_on_list(server: Server, tariff_id: str, prices: object, *, kind: str = "license", name: str = "lite") -> None:
    PriceListEntry.objects.create(
        server=server, kind=kind, tariff_id=tariff_id, name=name, currency="EUR", prices=prices, read_at=NOW
    )


class TestRefresh:
    def test_replaces_the_stored_list_by_what_the_account_sells(self, sandbox: Sandbox) -> None:
        server = make_server("reseller", hostname=sandbox.url)
        put_on_list(server, "424242", {"1": "1.00"})
        count = refresh_price_list(server, now=NOW)
        assert count == PriceListEntry.objects.filter(server=server).count() > 20
        assert not PriceListEntry.objects.filter(tariff_id="424242").exists()
        entry = PriceListEntry.objects.get(server=server, tariff_id="55227")
        assert (entry.kind, entry.currency, entry.read_at) == ("license", "EUR", NOW)
        assert set(entry.prices) == {"1", "12"}

    def test_twice_gives_the_same_list(self, sandbox: Sandbox) -> None:
        server = make_server("reseller", hostname=sandbox.url)
        assert refresh_price_list(server, now=NOW) == refresh_price_list(server, now=NOW)

    def test_leaves_other_accounts_alone(self, sandbox: Sandbox) -> None:
        other = make_server("other")
        put_on_list(other, "424242", {"1": "1.00"})
        refresh_price_list(make_server("reseller", hostname=sandbox.url), now=NOW)
        assert list(other.price_list.values_list("tariff_id", flat=True)) == ["424242"]

    def test_keeps_the_stored_list_when_the_login_is_refused(self, sandbox: Sandbox) -> None:
        server = make_server("reseller", hostname=sandbox.url)
        server.password = "wrong"
        put_on_list(server, "424242", {"1": "1.00"})
        with pytest.raises(AuthFailed):
            refresh_price_list(server, now=NOW)
        assert server.price_list.count() == 1

    def test_a_trial_of_the_live_list_can_be_bought_as_a_trial(self, sandbox: Sandbox) -> None:
        refresh_price_list(make_server("reseller", hostname=sandbox.url, is_default=True), now=NOW)
        trial, module = find_tariff("55239"), find_tariff("990011")
        assert trial is not None
        assert (trial.source, trial.periods) == ("live", {TRIAL})
        assert module is not None
        assert module.periods == {1, 6, 12, TRIAL}

    def test_what_became_of_it_is_kept_on_the_server(self, sandbox: Sandbox) -> None:
        server = make_server("reseller", hostname=sandbox.url)
        refresh_price_list(server, now=NOW)
        server.refresh_from_db()
        assert (server.price_list_tried_at, server.price_list_trouble) == (NOW, "")
        server.password = "wrong"
        with pytest.raises(AuthFailed):
            refresh_price_list(server, now=NOW)
        server.refresh_from_db()
        assert server.price_list_trouble == "REFUSED"
        with pytest.raises(Unavailable):
            refresh_price_list(make_server("gone", hostname="http://127.0.0.1:1"), now=NOW)
        assert Server.objects.get(name="gone").price_list_trouble == "SILENT"

    def test_an_account_that_may_not_read_the_list_is_told_from_one_that_was_not_asked(self, sandbox: Sandbox) -> None:
        httpx.post(f"{sandbox.url}/admin/faults", json={"name": "pricelist_access"}).raise_for_status()
        server = make_server("reseller", hostname=sandbox.url)
        assert server.price_list_tried_at is None
        assert refresh_price_list(server, now=NOW) == 0
        httpx.request("DELETE", f"{sandbox.url}/admin/faults").raise_for_status()
        assert Server.objects.get().price_list_trouble == "CLOSED"


class TestListing:
    def test_the_built_in_table_fills_what_the_live_list_does_not_name(self) -> None:
        server = make_server("reseller")
        put_on_list(server, "55227", {"1": "4.00"}, name="ispmanager 6 lite")
        put_on_list(server, "990001", {"1": "12.00"}, kind="software", name="Imunify360")
        found = {tariff.id: tariff for tariff in list_tariffs(server)}
        assert (found["55227"].source, found["990001"].source, found["55228"].source) == ("live", "live", "built-in")
        assert len(found) == len(BUILT_IN) + 1
        assert found["55230"].addons == ("55236",)

    def test_addons_of_the_live_list_win_over_the_built_in_ones(self) -> None:
        server = make_server("reseller")
        put_on_list(server, "55230", {"1": "15.00"})
        PriceListEntry.objects.update(addons=["77001"])
        assert next(tariff for tariff in list_tariffs(server) if tariff.id == "55230").addons == ("77001",)

    def test_lists_of_other_accounts_do_not_count(self) -> None:
        put_on_list(make_server("other"), "990001", {"1": "1.00"}, kind="software")
        assert "990001" not in {tariff.id for tariff in list_tariffs(make_server("mine"))}


class TestFind:
    def test_falls_back_to_the_built_in_table_without_a_live_list(self) -> None:
        found = find_tariff("55227")
        assert found is not None
        assert (found.source, found.kind, found.periods) == ("built-in", "license", {1, 12})

    def test_falls_back_for_an_id_that_the_live_list_leaves_out(self) -> None:
        put_on_list(make_server("eu", is_default=True), "55228", {"1": "7.00"})
        found = find_tariff("55227")
        assert found is not None
        assert found.source == "built-in"

    def test_is_none_when_no_list_names_the_id(self) -> None:
        put_on_list(make_server("eu", is_default=True), "55228", {"1": "7.00"})
        assert find_tariff("424242") is None
        assert find_tariff("") is None

    def test_lets_the_live_list_decide_on_periods(self) -> None:
        put_on_list(make_server("eu", is_default=True), "55227", {"1": "4.00", "3": "12.00"}, name="Lite, live")
        found = find_tariff("55227")
        assert found is not None
        assert (found.source, found.name, found.periods) == ("live", "Lite, live", {1, 3})

    @pytest.mark.parametrize(
        "prices", [{}, [], None, "1", {"1": ""}, {"month": "4.00"}, {"1": "free"}, {"7": "4.00"}, {"-50": "0.20"}]
    )
    def test_does_not_let_empty_or_odd_prices_hide_the_built_in_periods(self, prices: object) -> None:
        put_on_list(make_server("eu", is_default=True), "55227", prices if prices is not None else "")
        found = find_tariff("55227")
        assert found is not None
        assert (found.source, found.periods, dict(found.prices)) == ("live", {1, 12}, {})

    def test_takes_the_usual_periods_of_the_kind_for_an_unknown_id_without_prices(self) -> None:
        put_on_list(make_server("eu", is_default=True), "424242", {}, kind="addition", name="New module")
        found = find_tariff("424242")
        assert found is not None
        assert found.periods == {1, 6, 12}

    def test_without_a_group_asks_the_default_server_only(self) -> None:
        make_server("eu", is_default=True)
        put_on_list(make_server("ru", hostname="my.ispmanager.ru"), "424242", {"1": "1.00"})
        assert find_tariff("424242") is None

    def test_without_a_default_server_asks_all(self) -> None:
        put_on_list(make_server("ru", hostname="my.ispmanager.ru"), "424242", {"1": "1.00"})
        assert find_tariff("424242") is not None

    def test_with_a_group_asks_its_members_only(self) -> None:
        member, outsider = make_server("member"), make_server("outsider", is_default=True)
        group = ServerGroup.objects.create(name="Europe")
        group.servers.add(member)
        put_on_list(member, "424242", {"1": "1.00"})
        put_on_list(outsider, "434343", {"1": "1.00"})
        assert find_tariff("424242", server_group=group) is not None
        assert find_tariff("434343", server_group=group) is None

    def test_counts_only_periods_that_all_members_sell(self) -> None:
        first, second = make_server("first"), make_server("second")
        group = ServerGroup.objects.create(name="Europe")
        group.servers.add(first, second)
        put_on_list(first, "55227", {"1": "4.00", "12": "44.00"})
        put_on_list(second, "55227", {"1": "5.00"})
        found = find_tariff("55227", server_group=group)
        assert found is not None
        assert found.periods == {1}


class TestFindMany:
    def test_says_what_finding_each_alone_says(self) -> None:
        member, outsider = make_server("member"), make_server("outsider", is_default=True)
        group, empty = ServerGroup.objects.create(name="Europe"), ServerGroup.objects.create(name="Nobody")
        group.servers.add(member, make_server("second"))
        put_on_list(member, "424242", {"1": "1.00", "12": "9.00"})
        put_on_list(Server.objects.get(name="second"), "424242", {"1": "1.00"})
        put_on_list(outsider, "55227", {"1": "4.00", "3": "12.00"}, name="Lite, live")
        ids, groups = ("424242", "55227", "55228", "999", ""), (None, group, empty)
        found = find_tariffs((tariff_id, one.pk if one else None) for tariff_id in ids for one in groups)
        for tariff_id in ids:
            for one in groups:
                expected = find_tariff(tariff_id, server_group=one)
                assert found[tariff_id, one.pk if one else None] == expected, (tariff_id, one)

    def test_without_a_default_server_asks_all(self) -> None:
        put_on_list(make_server("ru", hostname="my.ispmanager.ru"), "424242", {"1": "1.00"})
        assert find_tariffs([("424242", None)])["424242", None] == find_tariff("424242")

    def test_asks_nothing_about_nothing(self) -> None:
        assert find_tariffs([]) == {}
