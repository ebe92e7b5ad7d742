"""The money of partner accounts, against the sandbox."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.core import mail

from billing.actions.accounts import probe_held_accounts, save_account
from billing.actions.accounts import test_account as press_test
from billing.actions.balances import read_every_balance, take_reading
from billing.actions.notifications import send_email
from billing.actions.price_lists import refresh_one_price_list
from billing.actions.provisioning import run_operation
from billing.models import Email, Event, Operation, Service
from billing.queries.clock import business_date
from noc.models import AccountHealth, CallLog, Server
from noc.sandbox.server import Sandbox
from noc.schemas import Balance
from tests.builders import World, make_active_service, place_paid_order, run_due_operations
from tests.clocks import MovingClock

ORDER = "soft.order.param"
Tell = Callable[..., None]


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def partner(sandbox: Sandbox) -> Tell:
    """`partner("balance", balance=5)`: changes something at the partner."""

    def tell(what: str, **values: Any) -> None:
        httpx.post(f"{sandbox.url}/admin/{what}", json=values).raise_for_status()

    return tell


@pytest.fixture(autouse=True)
def _operators(settings: Any) -> None:
    settings.OPERATOR_EMAILS = ["ops@example.com"]


def account() -> Server:
    return Server.objects.get()


def read(clock: Callable[[], Any]) -> Server:
    read_every_balance(now=clock())
    return account()


def purchases() -> int:
    return CallLog.objects.filter(func=ORDER).count()


def letters() -> int:
    return Email.objects.filter(letter="operator.server.low_balance").count()


class TestReading:
    def test_balance_credit_and_currency_are_kept_with_the_moment(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        partner("balance", login="reseller", balance="12.50", credit="7")
        now = clock()
        read_every_balance(now=now)
        server = account()
        assert (server.balance, server.balance_credit) == (Decimal("12.50"), Decimal(7))
        assert server.balance_currency == "EUR"
        assert server.balance_read_at == now

    def test_an_account_that_may_not_read_it_keeps_what_is_known(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        before = read(clock)
        partner("faults", name="balance_access")
        clock.skip(hours=1)
        after = read(clock)
        assert (after.balance, after.balance_read_at, after.health) == (before.balance, before.balance_read_at, "OK")

    def test_a_refused_login_is_remembered_and_not_tried_by_the_next_reading(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        partner("accounts", login="reseller", password="another")
        assert read(clock).health == AccountHealth.REFUSED
        calls = CallLog.objects.count()
        read(clock)
        assert CallLog.objects.count() == calls

    def test_a_partner_that_does_not_answer_changes_nothing(self, world: World, clock: MovingClock) -> None:
        Server.objects.update(hostname="http://127.0.0.1:9", balance="3")
        server = read(clock)
        assert (server.balance, server.health) == (Decimal(3), "OK")

    def test_a_reading_that_comes_late_does_not_win_over_a_newer_one(self, world: World, clock: MovingClock) -> None:
        now = clock()
        take_reading(server_id=world.server.pk, balance=Balance(Decimal(9), "EUR"), now=now)
        late = now - timedelta(seconds=1)
        take_reading(server_id=world.server.pk, balance=Balance(Decimal(1), "EUR"), now=late)
        assert (account().balance, account().balance_read_at) == (Decimal(9), now)

    def test_the_test_of_the_connection_reads_it_too(self, world: World, clock: MovingClock) -> None:
        assert press_test(server=world.server, actor="boss", now=clock()).ok
        assert account().balance == 10_000
        assert account().balance_read_at is not None


def out_of_money(world: World, clock: MovingClock, *, ip: str = "192.0.2.10") -> Operation:
    """A paid purchase that the partner refuses for money."""
    service = place_paid_order(world.client, world.lite, ip=ip)
    operation = service.operations.get()
    run_operation(operation_id=operation.pk, clock=clock)
    operation.refresh_from_db()
    assert (operation.status, operation.hold_reason) == ("HELD", "NO_MONEY")
    return operation


class TestAfterATopUp:
    def test_a_balance_that_rose_lets_everything_go_at_once(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        partner("balance", login="reseller", balance="1")
        read(clock)
        out_of_money(world, clock)
        place_paid_order(world.client, world.lite, ip="192.0.2.11")
        run_due_operations(clock)
        assert read(clock).health == AccountHealth.NO_MONEY
        partner("balance", login="reseller", balance="50")
        clock.skip(minutes=5)
        assert read(clock).health == AccountHealth.OK
        run_due_operations(clock)
        assert list(Service.objects.values_list("status", flat=True)) == ["ACTIVE", "ACTIVE"]

    def test_a_top_up_that_does_not_cover_the_next_purchase_lets_nothing_go(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        refresh_one_price_list(server_id=world.server.pk, now=clock())
        partner("balance", login="reseller", balance="1")
        read(clock)
        out_of_money(world, clock)
        partner("balance", login="reseller", balance="3.99")
        assert read(clock).health == AccountHealth.NO_MONEY
        partner("balance", login="reseller", balance="4.00")
        assert read(clock).health == AccountHealth.OK

    def test_a_top_up_is_seen_though_the_last_reading_was_before_the_money_went(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        refresh_one_price_list(server_id=world.server.pk, now=clock())
        read(clock)
        partner("balance", login="reseller", balance="1")
        out_of_money(world, clock)
        partner("balance", login="reseller", balance="60")
        assert read(clock).health == AccountHealth.OK

    def test_a_balance_that_was_refused_as_it_is_is_not_believed(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        refresh_one_price_list(server_id=world.server.pk, now=clock())
        read(clock)
        partner("faults", name="no_money")
        out_of_money(world, clock)
        for _probe in range(3):
            clock.skip(minutes=5)
            probe_held_accounts(now=clock())
            run_due_operations(clock)
        assert purchases() == 1

    def test_credit_counts_as_money(self, world: World, partner: Tell, clock: MovingClock) -> None:
        partner("balance", login="reseller", balance="0")
        read(clock)
        out_of_money(world, clock)
        partner("balance", login="reseller", balance="0", credit="10")
        assert read(clock).health == AccountHealth.OK


class TestAccountsThatShowNoBalance:
    @pytest.fixture
    def held(self, world: World, partner: Tell, clock: MovingClock) -> list[Operation]:
        """Three purchases on hold; the account may not read its balance."""
        partner("faults", name="balance_access")
        partner("balance", login="reseller", balance="1")
        held = [out_of_money(world, clock)]
        held += [place_paid_order(world.client, world.lite, ip=f"192.0.2.{n}").operations.get() for n in (21, 22)]
        run_due_operations(clock)
        assert purchases() == 1
        return held

    def test_one_is_tried_after_a_while_not_all(self, held: list[Operation], clock: MovingClock) -> None:
        self.probe(clock)
        assert purchases() == 1, "not before the time"
        clock.skip(minutes=31)
        self.probe(clock)
        assert purchases() == 2
        self.probe(clock)
        assert purchases() == 2, "a refusal begins the wait anew"
        assert set(Operation.objects.values_list("status", flat=True)) == {"HELD"}
        clock.skip(minutes=31)
        self.probe(clock)
        assert purchases() == 3

    def test_its_success_lets_the_others_go(self, held: list[Operation], partner: Tell, clock: MovingClock) -> None:
        partner("balance", login="reseller", balance="100")
        clock.skip(minutes=31)
        self.probe(clock)
        assert sorted(Operation.objects.values_list("status", flat=True)) == ["DONE", "HELD", "HELD"]
        self.probe(clock)
        assert account().health == AccountHealth.OK
        assert set(Operation.objects.values_list("status", flat=True)) == {"DONE"}
        assert set(Service.objects.values_list("status", flat=True)) == {"ACTIVE"}

    @staticmethod
    def probe(clock: MovingClock) -> None:
        probe_held_accounts(now=clock())
        run_due_operations(clock)


class TestAlert:
    def test_below_the_limit_one_letter_until_it_recovers(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        Server.objects.update(balance_alert_below="100")
        partner("balance", login="reseller", balance="99.99")
        for _reading in range(3):
            clock.skip(minutes=30)
            read(clock)
        assert letters() == 1
        partner("balance", login="reseller", balance="100")
        clock.skip(minutes=30)
        assert read(clock).balance_alerted_at is None
        partner("balance", login="reseller", balance="5")
        clock.skip(minutes=30)
        read(clock)
        assert letters() == 2
        assert Event.objects.filter(name="server.balance_recovered").count() == 1

    def test_the_letter_names_account_balance_day_and_amount(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.10")
        refresh_one_price_list(server_id=world.server.pk, now=clock())
        soon = business_date(clock()) + timedelta(days=3)
        Service.objects.filter(pk=service.pk).update(expires_on=soon)
        partner("balance", login="reseller", balance="1.50")
        read(clock)
        send_email(email_id=Email.objects.get(letter="operator.server.low_balance").pk, now=clock())
        (message,) = mail.outbox
        assert "EU account" in message.subject
        for part in ("€1.50", f"{soon:%B} {soon.day}, {soon.year}", f"/server/{world.server.pk}/change/"):
            assert part in message.body, message.body
        assert "top it up by €2.50" in message.body
        assert "&" not in message.body

    def test_money_that_lasts_longer_than_the_days_set_brings_no_letter(
        self, world: World, partner: Tell, clock: MovingClock, settings: Any
    ) -> None:
        service = make_active_service(world.client, world.lite, ip="192.0.2.10")
        refresh_one_price_list(server_id=world.server.pk, now=clock())
        day = business_date(clock()) + settings.BALANCE_ALERT_DAYS
        Service.objects.filter(pk=service.pk).update(expires_on=day)
        partner("balance", login="reseller", balance="1")
        read(clock)
        assert letters() == 0
        Service.objects.filter(pk=service.pk).update(expires_on=day - timedelta(days=1))
        read(clock)
        assert letters() == 1

    def test_a_balance_without_a_currency_can_be_written_about(self, world: World, clock: MovingClock) -> None:
        Server.objects.update(balance_alert_below="100")
        take_reading(server_id=world.server.pk, balance=Balance(Decimal(5)), now=clock())
        send_email(email_id=Email.objects.get(letter="operator.server.low_balance").pk, now=clock())
        assert "has 5.00." in mail.outbox[0].body

    def test_an_account_that_shows_no_balance_brings_no_letter(
        self, world: World, partner: Tell, clock: MovingClock
    ) -> None:
        Server.objects.update(balance_alert_below="100")
        partner("faults", name="balance_access")
        read(clock)
        assert letters() == 0


class TestSavingAnAccount:
    def test_events_name_what_changed_and_never_a_secret(self, world: World, clock: MovingClock) -> None:
        values = {"access_hash": "unused-secret", "password": "sandbox-password", "balance_alert_below": Decimal(5)}
        save_account(values=values, server=world.server, actor="boss", now=clock())
        event = Event.objects.filter(name="server.changed").latest("id")
        assert event.data["fields"] == ["balance_alert_below"]
