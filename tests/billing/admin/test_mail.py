"""The back office: letters, addresses of clients, news, channels of alerts."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core import mail
from django.test import Client as Browser

from billing.actions.alert_channels import alert_gateway_failing
from billing.actions.alert_deliveries import send_alert
from billing.actions.notifications import send_email
from billing.models import Alert, AlertChannel, BillingSettings, Client, Email
from billing.queries.clock import database_now
from tests.billing.admin.pages import add_page, ask, buttons_on, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import bill, make_client
from tests.standins.receiver import Receiver, running_receiver


@pytest.fixture
def anna(db: None) -> Client:
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    return make_client(email="anna@example.com")


@pytest.fixture
def letter(anna: Client) -> Email:
    bill(anna, "100.00")
    email = Email.objects.get()
    send_email(email_id=email.pk, now=database_now())
    email.refresh_from_db()
    return email


class TestLetters:
    def test_a_page_shows_what_was_sent_and_how(self, boss: Browser, letter: Email) -> None:
        page = text_of(boss.get(page_of(letter)))
        assert "Work 1" in page
        assert f"email-{letter.pk}.{letter.token}@" in page
        assert "Taken by the mail server" in page

    def test_sent_again_by_a_button(self, sales: Browser, letter: Email) -> None:
        assert letter.recipient in ask(sales, letter, "again")
        assert succeeded(press(sales, letter, "again"))
        letter.refresh_from_db()
        assert (letter.status, letter.resend_count) == ("READY", 1)
        assert "again" not in buttons_on(sales, letter)

    def test_support_reads_but_does_not_send(self, support: Browser, letter: Email) -> None:
        assert "Work 1" in text_of(support.get(page_of(letter)))
        assert press(support, letter, "again").status_code == 403

    def test_many_that_failed_are_sent_again_at_once(self, sales: Browser, anna: Client) -> None:
        for _letter in range(3):
            bill(anna, "1.00")
        failed, bounced, waiting = Email.objects.order_by("pk")
        Email.objects.filter(pk=failed.pk).update(status="FAILED")
        Email.objects.filter(pk=bounced.pk).update(status="BOUNCED")
        chosen = [failed.pk, bounced.pk, waiting.pk]
        sales.post(list_of(Email), {"action": "send_again", ACTION_CHECKBOX_NAME: chosen})
        assert sorted(Email.objects.filter(resend_count=1).values_list("pk", flat=True)) == [failed.pk, bounced.pk]

    def test_the_link_of_the_first_page_lists_what_was_not_delivered(self, boss: Browser, letter: Email) -> None:
        Email.objects.update(status="BOUNCED")
        first_page = boss.get("/admin/")
        assert "could not be sent" in text_of(first_page)
        assert rows_of(boss.get(first_page.context["links"]["letters"])) == [letter]


class TestClients:
    def test_one_whose_letters_come_back_is_seen(self, boss: Browser, anna: Client) -> None:
        make_client()
        Client.objects.filter(pk=anna.pk).update(bounced_at=database_now(), bounce_reason="550 5.1.1 No such user")
        assert "550 5.1.1" in text_of(boss.get(page_of(anna)))
        assert "550 5.1.1" in text_of(boss.get("/admin/"))
        assert rows_of(boss.get(list_of(Client, "?show=unreachable"))) == [anna]

    def test_the_address_is_changed_by_staff(self, sales: Browser, anna: Client) -> None:
        assert succeeded(press(sales, anna, "email", email="new@example.com"))
        anna.refresh_from_db()
        assert anna.email == "new@example.com"
        assert not succeeded(press(sales, anna, "confirm-email")) or Email.objects.count() == 2
        assert "new@example.com" in text_of(sales.get(page_of(anna)))

    def test_wishes_are_changed_by_staff(self, sales: Browser, anna: Client) -> None:
        values = {"wanted": ["ORDERS", "RENEWALS"], "copies": "books@example.com"}
        assert sales.post(page_of(anna).replace("change/", "do/letters/"), values).status_code == 302
        anna.refresh_from_db()
        assert (anna.declined_letters, anna.copy_emails) == (["AFFILIATE"], ["books@example.com"])
        assert not anna.gets_overdue_notices

    def test_news_are_asked_for_and_sent(self, sales: Browser, anna: Client) -> None:
        Client.objects.filter(pk=anna.pk).update(is_subscribed=True)
        chosen = {"action": "write_news", ACTION_CHECKBOX_NAME: [anna.pk, make_client().pk]}
        assert "1 of the 2" in text_of(sales.post(list_of(Client), chosen))
        sent = sales.post(list_of(Client), {**chosen, "confirmed": "yes", "subject": "New", "text": "Prices"})
        assert sent.status_code == 302
        assert list(Email.objects.filter(letter="client.news").values_list("recipient", flat=True)) == [anna.email]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with running_receiver({"ok": True}) as receiver:
        settings.TELEGRAM_API_URL, settings.OUTBOUND_PRIVATE_HOSTS = receiver.url, ["127.0.0.1"]
        yield receiver


class TestAlertChannels:
    def test_a_secret_is_shown_once_and_made_anew(self, boss: Browser, receiver: Receiver) -> None:
        values = {"kind": "WEBHOOK", "name": "Pager", "target": receiver.url, "token": ""}
        shown = text_of(boss.post(add_page(AlertChannel), values))
        channel = AlertChannel.objects.get()
        assert channel.secret in shown
        assert channel.secret not in text_of(boss.get(page_of(channel)))
        assert channel.secret not in (fresh := text_of(press(boss, channel, "secret")))
        assert AlertChannel.objects.get().secret in fresh

    def test_a_test_says_how_it_went(self, boss: Browser, receiver: Receiver) -> None:
        values = {"kind": "TELEGRAM", "name": "Chat", "target": "-1", "token": "12:abc"}
        assert boss.post(add_page(AlertChannel), values).status_code == 302
        channel = AlertChannel.objects.get()
        assert succeeded(press(boss, channel, "test"))
        receiver.answer = {"ok": False, "error_code": 400, "description": "chat not found"}
        assert "chat not found" in text_of(press(boss, channel, "test"))
        assert "12:abc" not in text_of(boss.get(page_of(channel)))

    def test_are_for_administrators(self, sales: Browser) -> None:
        assert sales.get(list_of(AlertChannel)).status_code == 403

    def test_an_alert_that_failed_is_seen_and_sent_again(self, boss: Browser, receiver: Receiver) -> None:
        values = {"kind": "TELEGRAM", "name": "Chat", "target": "-1", "token": "12:abc"}
        boss.post(add_page(AlertChannel), values)
        receiver.answer = {"ok": False, "error_code": 400, "description": "chat not found"}
        alert_gateway_failing(gateway="stripe", reason="down", now=database_now())
        alert = Alert.objects.get()
        send_alert(alert_id=alert.pk, now=database_now())
        assert "1 alert could not be sent" in text_of(boss.get("/admin/"))
        assert rows_of(boss.get(list_of(Alert, "?status__in=FAILED"))) == [alert]
        assert "chat not found" in text_of(boss.get(page_of(alert)))
        assert succeeded(press(boss, alert, "again"))
        assert mail.outbox == []
