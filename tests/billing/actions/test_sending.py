"""Letters over real SMTP: taken, refused for good, put off, sent again, with one Message-ID."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from billing.actions.deliveries import ATTEMPTS, LEASE, lease_email
from billing.actions.notifications import notify_client, send_due_emails, send_email
from billing.actions.resending import EmailNotResendable, resend_email, resend_undelivered
from billing.models import BillingSettings, Client, Email, EmailDelivery, Event
from tests.builders import bill, make_client
from tests.mail_server import PASSWORD, USER, Postbox, mail_server

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNKNOWN = "550 5.1.1 No such user"


@pytest.fixture
def anna(db: None) -> Client:
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    return make_client(email="anna@example.com")


@pytest.fixture
def letter(anna: Client) -> Email:
    bill(anna, "100.00", now=NOW)
    return Email.objects.get()


def send(email: Email, *, now: datetime = NOW) -> Email:
    send_email(email_id=email.pk, now=now)
    return Email.objects.get(pk=email.pk)


def outcomes(email: Email) -> list[str]:
    return list(email.deliveries.values_list("outcome", flat=True))


class TestTaken:
    def test_its_headers_are_those_of_an_automatic_letter(self, letter: Email, postbox: Postbox, settings: Any) -> None:
        settings.DEFAULT_FROM_EMAIL = "Лицензии <billing@example.org>"
        settings.EMAIL_ENVELOPE_SENDER, settings.EMAIL_REPLY_TO = "bounces@example.org", "help@example.org"
        sent = send(letter)
        (message,) = postbox.letters
        assert postbox.senders == ["bounces@example.org"]
        assert message["From"] == "Лицензии <billing@example.org>"
        assert (message["To"], message["Reply-To"]) == ("anna@example.com", "help@example.org")
        assert message["Message-ID"] == f"<email-{letter.pk}.{sent.token}@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert parsedate_to_datetime(message["Date"]).tzinfo is not None
        assert "List-Unsubscribe" not in message
        assert [name for name in message if name.startswith("X-")] == []

    def test_it_is_ascii_in_short_lines_with_a_plain_text_part(self, anna: Client, postbox: Postbox) -> None:
        Client.objects.filter(pk=anna.pk).update(language="ru", first_name="Анна " * 15)
        anna.refresh_from_db()
        bill(anna, "100.00", now=NOW)
        send(Email.objects.get())
        (raw,) = postbox.raw
        assert raw.isascii()
        assert max(len(line) for line in raw.split(b"\r\n")) < 998
        (message,) = postbox.letters
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert {part["Content-Transfer-Encoding"] for part in message.iter_parts()} == {"quoted-printable"}
        assert "Анна" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    def test_what_was_sent_is_kept_with_its_delivery(self, letter: Email, postbox: Postbox) -> None:
        sent = send(letter)
        (message,) = postbox.letters
        body = message.get_body(("plain",))
        assert body is not None
        assert sent.body.split() == body.get_content().split()
        assert (sent.status, outcomes(sent)) == ("SENT", ["SENT"])

    def test_starttls_and_a_login_are_used(
        self, letter: Email, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server_side, client_side = tls_of(tmp_path)
        monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.ssl_context", client_side)
        with mail_server(tls=server_side) as (postbox, port):
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", port, True
            settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = USER, "wrong"
            refused = send(letter)
            settings.EMAIL_HOST_PASSWORD = PASSWORD
            taken = send(letter, now=NOW + HOUR)
        assert (refused.status, taken.status) == ("READY", "SENT")
        assert "535" in refused.error
        assert PASSWORD not in refused.error
        # The wrong one is tried by each mechanism that the server offers.
        assert (len(postbox.letters), dict(postbox.logins)) == (1, {"wrong": 2, "right": 1})


class TestRefused:
    def test_for_good_it_is_undeliverable_at_once_and_the_client_marked(
        self, letter: Email, postbox: Postbox, settings: Any
    ) -> None:
        settings.OPERATOR_EMAILS = ["ops@example.com"]
        postbox.refused["anna@example.com"] = UNKNOWN
        bounced = send(letter)
        assert (bounced.status, bounced.error, outcomes(bounced)) == ("BOUNCED", UNKNOWN, ["REFUSED"])
        client = Client.objects.get()
        assert (client.bounced_at, client.bounce_reason) == (NOW, UNKNOWN)
        told = Email.objects.get(letter="operator.client.email_bounced")
        send(told)
        (message,) = postbox.letters
        assert UNKNOWN in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    def test_operators_are_told_once_of_an_address(self, anna: Client, postbox: Postbox) -> None:
        postbox.refused["*"] = UNKNOWN
        for _letter in range(2):
            bill(anna, "5.00", now=NOW)
        for email in Email.objects.order_by("pk"):
            send(email)
        assert Event.objects.filter(name="client.email_bounced").count() == 1

    @pytest.mark.parametrize(
        ("answer", "status", "is_marked"),
        [
            ("450 4.2.1 Try later", "READY", False),
            ("530 5.7.0 Authentication required", "READY", False),
            ("554 5.7.1 Relay access denied", "BOUNCED", False),
            ("550 User unknown", "BOUNCED", True),
            ("552 5.2.2 Mailbox full", "BOUNCED", True),
        ],
    )
    def test_only_what_is_said_of_the_address_marks_the_client(
        self, letter: Email, postbox: Postbox, answer: str, status: str, is_marked: bool
    ) -> None:
        postbox.refused["*"] = answer
        assert send(letter).status == status
        assert (Client.objects.get().bounced_at is not None) is is_marked

    def test_at_the_end_of_the_data_counts_too(self, letter: Email, postbox: Postbox) -> None:
        postbox.data_answer = "554 5.6.0 Looks like spam"
        assert send(letter).status == "BOUNCED"
        assert Client.objects.get().bounced_at is None

    def test_a_letter_that_arrives_takes_the_mark_away(self, anna: Client, postbox: Postbox) -> None:
        Client.objects.update(bounced_at=NOW, bounce_reason=UNKNOWN)
        bill(anna, "100.00", now=NOW)
        send(Email.objects.get())
        anna.refresh_from_db()
        assert (anna.bounced_at, anna.bounce_reason) == (None, "")


class TestPutOff:
    def test_it_is_tried_again_later_and_later_and_then_given_up(self, letter: Email, postbox: Postbox) -> None:
        postbox.refused["*"] = "451 4.3.0 Busy"
        waits, now = [], NOW
        for _attempt in range(ATTEMPTS):
            tried = send(letter, now=now)
            waits.append(tried.run_after - now)
            now = tried.run_after
        assert waits == sorted(waits)
        assert (tried.status, outcomes(tried)) == ("FAILED", ["DELAYED"] * (ATTEMPTS - 1) + ["FAILED"])
        assert "451" in tried.error

    def test_a_server_that_is_away_costs_one_letter_an_attempt(
        self, anna: Client, postbox: Postbox, settings: Any
    ) -> None:
        settings.EMAIL_PORT = 1
        for _letter in range(3):
            bill(anna, "5.00", now=NOW)
        send_due_emails(email_id=Email.objects.earliest("pk").pk, clock=lambda: NOW)
        assert list(Email.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 0, 0]


class TestConnection:
    def test_many_letters_share_one(self, anna: Client, postbox: Postbox) -> None:
        postbox.refused["anna@example.com"] = UNKNOWN
        bill(anna, "5.00", now=NOW)
        berta = make_client(email="berta@example.com")
        for _letter in range(3):
            bill(berta, "5.00", now=NOW)
        send_due_emails(email_id=Email.objects.earliest("pk").pk, clock=lambda: NOW)
        assert sorted(Email.objects.values_list("status", flat=True)) == ["BOUNCED", "SENT", "SENT", "SENT"]
        assert (len(postbox.letters), len(postbox.connections)) == (3, 1)


class TestTwice:
    def test_a_worker_that_died_leaves_its_mark_and_its_message_id(self, letter: Email, postbox: Postbox) -> None:
        leased = lease_email(email_id=letter.pk, now=NOW)
        assert leased is not None
        sent = send(letter, now=NOW + LEASE)
        assert (sent.token, outcomes(sent)) == (leased.token, ["LOST", "SENT"])

    def test_while_a_worker_is_at_it_nobody_else_is(self, letter: Email, postbox: Postbox) -> None:
        lease_email(email_id=letter.pk, now=NOW)
        assert send(letter, now=NOW + LEASE - timedelta(seconds=1)).status == "SENDING"
        assert postbox.letters == []

    def test_an_operator_sends_it_again_under_a_new_message_id(self, letter: Email, postbox: Postbox) -> None:
        first = send(letter)
        resend_email(email=first, actor="op", now=NOW + HOUR)
        with pytest.raises(EmailNotResendable):
            resend_email(email=first, actor="op", now=NOW + HOUR)
        second = send(letter, now=NOW + HOUR)
        assert (second.status, second.resend_count, outcomes(second)) == ("SENT", 1, ["SENT", "SENT"])
        ids = [str(message["Message-ID"]) for message in postbox.letters]
        assert len(set(ids)) == 2
        assert all(re.fullmatch(rf"<email-{letter.pk}\.[0-9a-f]+@\S+>", one) for one in ids)

    def test_many_that_failed_are_sent_again_at_once(self, anna: Client, postbox: Postbox) -> None:
        for _letter in range(3):
            bill(anna, "5.00", now=NOW)
        failed = Email.objects.order_by("pk")[:2]
        Email.objects.filter(pk__in=[one.pk for one in failed]).update(status="FAILED", attempt=ATTEMPTS)
        pks = list(Email.objects.values_list("pk", flat=True))
        assert resend_undelivered(emails=pks, actor="op", now=NOW) == 2
        send_due_emails(email_id=pks[0], clock=lambda: NOW)
        assert len(postbox.letters) == 3
        assert EmailDelivery.objects.count() == 3


def test_a_name_cannot_bring_a_header_of_its_own(anna: Client, postbox: Postbox) -> None:
    Client.objects.filter(pk=anna.pk).update(first_name="Anna\r\nBcc: victim@example.com")
    anna.refresh_from_db()
    event = Event.objects.get(name="client.registered")
    notify_client(event, client=anna, now=NOW, letter="affiliate.joined")
    send(Email.objects.get())
    for message in postbox.letters:
        assert "Bcc" not in message


def tls_of(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server for localhost and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), NOW, NOW + 365 * 24 * HOUR
    )
    alternatives = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(alternatives, critical=False).sign(key, hashes.SHA256())
    form = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(form))
    plain = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return server_side, ssl.create_default_context(cafile=str(folder / "certificate.pem"))
