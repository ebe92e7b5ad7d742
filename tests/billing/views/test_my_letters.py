"""The client area: the address, the letters, and which of them are wanted."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client as Browser

from billing.actions.letter_wishes import change_letter_wishes
from billing.actions.news import send_news
from billing.actions.notifications import send_email
from billing.models import BillingSettings, Client, Email, Event
from billing.queries.clock import database_now
from billing.queries.letter_links import confirmation_address, unsubscribe_address
from tests.billing.views.pages import PASSWORD, log_in, read, text_of
from tests.billing.views.test_account import TestRegister
from tests.builders import World, bill, make_client


def path_of(address: str) -> str:
    return re.sub(r"^https?://[^/]+", "", address)


def link_in(email: Email) -> str:
    """The way of the link in a letter that is sent now."""
    send_email(email_id=email.pk, now=database_now())
    found = re.search(r"https?://[^/\s]+(/account/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


class TestConfirmation:
    def test_registering_sends_a_letter_whose_link_confirms(self, world: World, visitor: Browser) -> None:
        visitor.post("/account/register/", TestRegister.PERSON)
        client = Client.objects.get(email="nora@example.com")
        assert "не подтверждён" in read(visitor, "/services/") or "not confirmed yet" in read(visitor, "/services/")
        email = Email.objects.get(letter="client.email_unconfirmed")
        link = link_in(email)
        email.refresh_from_db()
        assert (email.status, email.body) == ("SENT", "")
        assert Browser().get(link).status_code == 200
        client.refresh_from_db()
        assert client.email_confirmed_at is None
        for _time in range(2):
            assert Browser().post(link).status_code == 200
        client.refresh_from_db()
        assert client.email_confirmed_at is not None
        assert Event.objects.filter(name="client.email_confirmed").count() == 1
        assert "notice tone-blue" not in read(visitor, "/services/")

    def test_a_link_is_good_for_three_days_and_for_its_address_alone(self, anna: Client) -> None:
        link = path_of(confirmation_address(anna.pk, anna.email))
        with time_machine.travel(database_now() + timedelta(days=3, minutes=1)):
            assert Browser().post(link).status_code == 410
        Client.objects.filter(pk=anna.pk).update(email="other@example.com")
        assert Browser().post(link).status_code == 410
        assert Browser().post("/account/email/confirm/nonsense/").status_code == 410
        assert not Client.objects.exclude(email_confirmed_at=None).exists()

    def test_the_letter_can_be_asked_for_again_but_not_at_once(self, anna: Client, anna_browser: Browser) -> None:
        for _time in range(3):
            anna_browser.post("/profile/email/confirm/")
        assert Email.objects.filter(letter="client.email_unconfirmed").count() == 1

    def test_a_setting_lets_only_confirmed_clients_pay(self, anna: Client, anna_browser: Browser) -> None:
        BillingSettings.objects.update_or_create(pk=1, defaults={"needs_confirmed_email": True})
        Client.objects.filter(pk=anna.pk).update(credit_balance=100)
        invoice = bill(anna, "1.00")
        anna_browser.post(f"/invoices/{invoice.pk}/pay/")
        invoice.refresh_from_db()
        assert invoice.status == "UNPAID"


class TestAddress:
    def test_is_changed_by_the_password_and_has_to_be_confirmed_anew(self, anna: Client, anna_browser: Browser) -> None:
        former = anna.email
        Client.objects.filter(pk=anna.pk).update(email_confirmed_at=database_now(), bounced_at=database_now())
        wrong = anna_browser.post("/profile/email/", {"email": "anna@example.org", "password": "wrong"})
        assert wrong.status_code == 422
        assert (
            anna_browser.post("/profile/email/", {"email": "Anna@example.org", "password": PASSWORD}).status_code == 302
        )
        anna.refresh_from_db()
        assert (anna.email, anna.email_confirmed_at, anna.bounced_at) == ("anna@example.org", None, None)
        assert anna.users.get().email == "anna@example.org"
        letters = set(Email.objects.values_list("letter", "recipient"))
        assert ("client.email_changed", former) in letters
        assert ("client.email_unconfirmed", "anna@example.org") in letters
        assert anna_browser.get("/services/").status_code == 200

    def test_of_somebody_else_is_refused(self, anna: Client, anna_browser: Browser) -> None:
        other = make_client()
        response = anna_browser.post("/profile/email/", {"email": other.email, "password": PASSWORD})
        assert response.status_code == 422
        assert "already" in text_of(response)

    def test_that_does_not_work_is_told_in_the_client_area(self, anna: Client, anna_browser: Browser) -> None:
        Client.objects.filter(pk=anna.pk).update(bounced_at=database_now(), bounce_reason="550")
        assert "could not deliver" in read(anna_browser, "/services/")


class TestLetters:
    def test_lists_what_was_sent_to_the_client_alone(self, anna: Client, anna_browser: Browser) -> None:
        bill(anna, "1.00")
        mine = Email.objects.get(client=anna, letter="invoice.issued")
        BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
        send_email(email_id=mine.pk, now=database_now())
        other = make_client()
        bill(other, "1.00")
        theirs = Email.objects.get(client=other)
        page = read(anna_browser, "/letters/")
        assert f"/letters/{mine.pk}/" in page
        assert f"/letters/{theirs.pk}/" not in page
        assert "Work 1" in read(anna_browser, f"/letters/{mine.pk}/")
        assert anna_browser.get(f"/letters/{theirs.pk}/").status_code == 404

    def test_what_held_a_link_is_not_shown(self, anna: Client, anna_browser: Browser) -> None:
        anna_browser.post("/profile/email/confirm/")
        email = Email.objects.get()
        link_in(email)
        assert "not kept" in read(anna_browser, f"/letters/{email.pk}/")


class TestWishes:
    def test_are_saved(self, anna: Client, anna_browser: Browser) -> None:
        values = {"wanted": ["ORDERS"], "is_subscribed": "on", "copies": "Books@example.com\n\nbooks@example.com"}
        assert anna_browser.post("/notifications/", values).status_code == 302
        anna.refresh_from_db()
        assert anna.declined_letters == ["AFFILIATE", "RENEWALS"]
        assert (anna.copy_emails, anna.is_subscribed) == (["books@example.com"], True)
        assert "books@example.com" in read(anna_browser, "/notifications/")

    @pytest.mark.parametrize("copies", ["no address", "a@b.co\nc@d.co\ne@f.co\ng@h.co", "a@b.co\r\nBcc: x@y.z"])
    def test_wrong_copies_come_back(self, anna: Client, anna_browser: Browser, copies: str) -> None:
        assert anna_browser.post("/notifications/", {"copies": copies}).status_code == 422
        anna.refresh_from_db()
        assert anna.copy_emails == []


class TestNews:
    def test_go_to_who_wants_them_with_a_way_out(self, anna: Client) -> None:
        berta = make_client()
        wishes = {"declined": [], "copies": [], "actor": "op", "now": database_now()}
        change_letter_wishes(client=anna, is_subscribed=True, **wishes)
        everybody = [anna.pk, berta.pk]
        assert send_news(clients=everybody, subject="New", text="Prices", actor="op", now=database_now()) == 1
        email = Email.objects.get(letter="client.news")
        send_email(email_id=email.pk, now=database_now())
        headers = mail.outbox[-1].extra_headers
        address = headers["List-Unsubscribe"].strip("<>")
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address in str(mail.outbox[-1].body)
        strict = Browser(enforce_csrf_checks=True)
        assert strict.get(path_of(address)).status_code == 200
        anna.refresh_from_db()
        assert anna.is_subscribed
        for _time in range(2):
            assert strict.post(path_of(address), {"List-Unsubscribe": "One-Click"}).status_code == 200
        anna.refresh_from_db()
        assert not anna.is_subscribed
        assert Event.objects.filter(name="client.unsubscribed").count() == 1

    def test_written_before_the_wish_ended_are_not_sent(self, anna: Client) -> None:
        Client.objects.filter(pk=anna.pk).update(is_subscribed=True)
        send_news(clients=[anna.pk], subject="New", text="Prices", actor="op", now=database_now())
        Browser().post(path_of(unsubscribe_address(anna)))
        email = Email.objects.get(letter="client.news")
        send_email(email_id=email.pk, now=database_now())
        email.refresh_from_db()
        assert (email.status, mail.outbox) == ("DROPPED", [])

    def test_no_other_letter_has_the_header(self, anna: Client) -> None:
        bill(anna, "1.00")
        BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
        send_email(email_id=Email.objects.get().pk, now=database_now())
        assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers

    def test_a_link_that_was_made_up_ends_nothing(self, anna: Client) -> None:
        Client.objects.filter(pk=anna.pk).update(is_subscribed=True)
        assert log_in(anna).post(f"/account/news/unsubscribe/{anna.pk}:x/").status_code == 410
