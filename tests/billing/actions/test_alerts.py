"""Alerts to stand-ins of Telegram and of a webhook."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.actions.alert_channels import (
    AlertChannelInvalid,
    AlertTestFailed,
    add_alert_channel,
    alert_gateway_failing,
    change_alert_channel,
    rotate_alert_secret,
    send_test_alert,
)
from billing.actions.alert_deliveries import ATTEMPTS, LEASE, AlertNotFailed, send_alert, send_alert_again
from billing.actions.events import record_event
from billing.actions.notifications import notify_operators
from billing.alerts.kinds import _KINDS
from billing.models import Alert, AlertChannel, Email, Event
from billing.outbound import OutboundRefused, OutboundUnavailable, post_to_stranger
from tests.builders import make_client
from tests.standins.receiver import Receiver, running_receiver

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN = "123456:AAH-test_token"


@pytest.fixture
def receiver(db: None, settings: Any) -> Iterator[Receiver]:
    with running_receiver({"ok": True}) as receiver:
        settings.TELEGRAM_API_URL, settings.OUTBOUND_PRIVATE_HOSTS = receiver.url, ["127.0.0.1"]
        yield receiver


@pytest.fixture
def chat(receiver: Receiver) -> AlertChannel:
    values = {"name": "Night watch", "target": "-1001"}
    return add_alert_channel(kind="TELEGRAM", values=values, token=TOKEN, actor="op", now=NOW)[0]


def make_webhook(receiver: Receiver, **values: Any) -> tuple[AlertChannel, str]:
    values = {"name": "Pager", "target": f"{receiver.url}/alerts?team=1", **values}
    return add_alert_channel(kind="WEBHOOK", values=values, actor="op", now=NOW)


def fail_gateway(name: str = "stripe", *, now: datetime = NOW) -> None:
    alert_gateway_failing(gateway=name, reason="HTTP 503", now=now)


def send_due(*, now: datetime = NOW) -> None:
    for alert_id in Alert.objects.due(now=now).order_by("pk").values_list("pk", flat=True):
        send_alert(alert_id=alert_id, now=now)


class TestTelegram:
    def test_the_chat_gets_the_words_and_a_link(self, chat: AlertChannel, receiver: Receiver) -> None:
        fail_gateway()
        send_due()
        ((path, _headers, _body),) = receiver.requests
        assert path == f"/bot{TOKEN}/sendMessage"
        (message,) = receiver.bodies
        assert message["chat_id"] == "-1001"
        assert "stripe" in message["text"]
        assert "/admin/" in message["text"]
        assert Alert.objects.get().status == "SENT"

    def test_a_bot_that_was_thrown_out_fails_at_once_without_its_token(
        self, chat: AlertChannel, receiver: Receiver
    ) -> None:
        receiver.status, receiver.answer = 403, {"ok": False, "error_code": 403, "description": f"{TOKEN} was kicked"}
        fail_gateway()
        send_due()
        alert = Alert.objects.get()
        assert (alert.status, alert.error) == ("FAILED", "403 *** was kicked")

    def test_too_many_messages_wait_as_long_as_telegram_says(self, chat: AlertChannel, receiver: Receiver) -> None:
        receiver.answer = {"ok": False, "error_code": 429, "parameters": {"retry_after": 4000}}
        fail_gateway()
        send_due()
        alert = Alert.objects.get()
        assert (alert.status, alert.run_after) == ("SENDING", NOW + timedelta(seconds=4000))

    def test_the_token_is_kept_encrypted_and_told_nobody(self, chat: AlertChannel) -> None:
        stored = AlertChannel.objects.filter(pk=chat.pk).extra(select={"raw": "secret"}).values_list("raw", flat=True)
        assert TOKEN not in stored[0]
        change_alert_channel(channel=chat, values={"name": "Day"}, token="9:other", actor="op", now=NOW)
        assert "other" not in str(list(Event.objects.values_list("data", flat=True)))


class TestWebhook:
    def test_the_signature_is_that_of_time_and_body(self, receiver: Receiver) -> None:
        _channel, secret = make_webhook(receiver)
        fail_gateway()
        send_due()
        ((path, headers, body),) = receiver.requests
        assert path == "/alerts?team=1"
        parts = dict(part.split("=", 1) for part in headers["Nocdesk-Signature"].split(","))
        expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        assert (parts["v1"], parts["t"]) == (expected, str(int(NOW.timestamp())))
        (sent,) = receiver.bodies
        assert (sent["kind"], sent["event"], sent["count"]) == ("GATEWAY_FAILING", "gateway.failing", 1)
        assert sent["data"] == {"gateway": "stripe", "reason": "HTTP 503"}

    def test_it_is_tried_again_later_and_later_and_then_given_up(self, receiver: Receiver) -> None:
        make_webhook(receiver)
        receiver.status = 500
        fail_gateway()
        now, waits = NOW, []
        for _attempt in range(ATTEMPTS):
            send_due(now=now)
            alert = Alert.objects.get()
            waits.append(alert.run_after - now)
            now = alert.run_after
        assert waits[:-1] == sorted(waits[:-1])
        assert (alert.status, alert.error, len(receiver.requests)) == ("FAILED", "HTTP 500", ATTEMPTS)
        receiver.status = 204
        send_alert_again(alert=alert, actor="op", now=now)
        send_due(now=now)
        assert Alert.objects.get().status == "SENT"
        with pytest.raises(AlertNotFailed):
            send_alert_again(alert=alert, actor="op", now=now)

    def test_redirects_are_not_followed(self, receiver: Receiver) -> None:
        make_webhook(receiver)
        receiver.status, receiver.headers = 302, {"Location": f"{receiver.url}/elsewhere"}
        fail_gateway()
        send_due()
        assert (len(receiver.requests), Alert.objects.get().error) == (1, "HTTP 302")

    def test_a_new_secret_signs_from_now_on(self, receiver: Receiver) -> None:
        channel, old = make_webhook(receiver)
        assert rotate_alert_secret(channel=channel, actor="op", now=NOW) != old

    @pytest.mark.parametrize("target", ["ftp://127.0.0.1/", "http://example.com/", "https://op:pw@example.com/", "x"])
    def test_other_addresses_are_refused(self, receiver: Receiver, target: str) -> None:
        with pytest.raises(AlertChannelInvalid) as refusal:
            make_webhook(receiver, target=target)
        assert list(refusal.value.errors) == ["target"]


class TestPrivateAddresses:
    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    )
    def test_are_not_posted_to(self, host: str) -> None:
        with pytest.raises(OutboundRefused):
            post_to_stranger(f"https://{host}/", b"{}", headers={}, seconds=1)

    def test_unless_a_setting_names_the_host(self, settings: Any) -> None:
        settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
        with pytest.raises(OutboundUnavailable):
            post_to_stranger("http://127.0.0.1:1/", b"{}", headers={}, seconds=1)


class TestFlood:
    def test_the_same_about_the_same_waits_an_hour_and_is_counted(self, chat: AlertChannel, receiver: Receiver) -> None:
        fail_gateway()
        send_due()
        for minutes in (1, 2, 3):
            fail_gateway(now=NOW + timedelta(minutes=minutes))
            send_due(now=NOW + timedelta(minutes=minutes))
        assert len(receiver.requests) == 1
        send_due(now=NOW + HOUR)
        assert len(receiver.requests) == 2
        assert "3 times" in receiver.bodies[1]["text"]
        assert list(Alert.objects.order_by("pk").values_list("count", flat=True)) == [1, 3]

    def test_another_object_is_told_of_at_once(self, chat: AlertChannel, receiver: Receiver) -> None:
        fail_gateway("stripe")
        fail_gateway("bank")
        send_due()
        assert len(receiver.requests) == 2

    def test_one_event_is_one_alert_a_channel(self, chat: AlertChannel, receiver: Receiver) -> None:
        event = record_event("ledger.not_clean", now=NOW, data={})
        make_webhook(receiver)
        notify_operators(event, now=NOW)
        assert Alert.objects.count() == 2

    def test_a_worker_that_died_is_made_up_for(self, chat: AlertChannel, receiver: Receiver) -> None:
        fail_gateway()
        Alert.objects.update(status="SENDING", run_after=NOW + LEASE)
        send_due()
        assert receiver.requests == []
        send_due(now=NOW + LEASE)
        assert Alert.objects.get().status == "SENT"


class TestKinds:
    def test_a_channel_gets_what_it_wants(self, receiver: Receiver) -> None:
        make_webhook(receiver, alert_kinds=["LEDGER"])
        fail_gateway()
        assert not Alert.objects.exists()
        notify_operators(record_event("ledger.not_clean", now=NOW, data={}), now=NOW)
        assert Alert.objects.get().kind == "LEDGER"

    def test_one_that_is_switched_off_gets_nothing(self, chat: AlertChannel, receiver: Receiver) -> None:
        fail_gateway()
        change_alert_channel(channel=chat, values={"is_active": False}, actor="op", now=NOW)
        fail_gateway("bank")
        send_due()
        assert (Alert.objects.get().status, receiver.requests) == ("FAILED", [])

    def test_every_kind_can_be_told(self, chat: AlertChannel, receiver: Receiver, settings: Any) -> None:
        client = make_client()
        for name in _KINDS:
            notify_operators(record_event(name, now=NOW, client=client, data={"server": 1, "reason": "x"}), now=NOW)
        send_due()
        send_due(now=NOW + HOUR)
        assert set(Alert.objects.values_list("status", flat=True)) == {"SENT"}

    def test_the_mail_to_operators_goes_out_as_ever(self, chat: AlertChannel, settings: Any) -> None:
        settings.OPERATOR_EMAILS = ["ops@example.com"]
        fail_gateway()
        assert Email.objects.get().letter == "operator.gateway.failing"


class TestTest:
    def test_says_what_the_other_side_said(self, chat: AlertChannel, receiver: Receiver) -> None:
        send_test_alert(channel=chat, actor="op", now=NOW)
        receiver.answer = {"ok": False, "error_code": 400, "description": "chat not found"}
        with pytest.raises(AlertTestFailed, match="chat not found"):
            send_test_alert(channel=chat, actor="op", now=NOW)
        tests = Event.objects.filter(name="alert_channel.tested").order_by("pk")
        assert [event.data["ok"] for event in tests] == [True, False]

    def test_a_token_that_is_none_is_refused(self, receiver: Receiver) -> None:
        values = {"name": "Chat", "target": "1"}
        with pytest.raises(AlertChannelInvalid) as refusal:
            add_alert_channel(kind="TELEGRAM", values=values, token="abc/../x", actor="op", now=NOW)
        assert list(refusal.value.errors) == ["token"]
