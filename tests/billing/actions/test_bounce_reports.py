"""Reports of letters that came back."""

import mailbox
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from billing.actions.bounce_reports import take_report
from billing.actions.notifications import send_email
from billing.actions.resending import resend_email
from billing.models import BillingSettings, Client, Email
from tests.builders import bill, make_client

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
# As Postfix writes them.
REPORT = """\
From: MAILER-DAEMON@mail.example.net
To: billing@localhost
Subject: Undelivered Mail Returned to Sender
Message-ID: <20260310.1@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
Arrival-Date: Tue, 10 Mar 2026 09:00:00 +0000

Final-Recipient: rfc822; anna@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <anna@example.com>: no such
    user here

--cut
Content-Type: {part}

Return-Path: <billing@localhost>
Message-ID: {message_id}
Subject: Invoice

--cut--
"""


@pytest.fixture
def sent(db: None) -> Email:
    """A letter that the mail server took."""
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    bill(make_client(email="anna@example.com"), "100.00", now=NOW)
    email = Email.objects.get()
    send_email(email_id=email.pk, now=NOW)
    email.refresh_from_db()
    return email


def report_on(email: Email, **changes: str) -> Message:
    values = {"action": "failed", "status": "5.1.1", "part": "text/rfc822-headers"}
    message_id = f"<email-{email.pk}.{email.token}@localhost>"
    return message_from_string(REPORT.format(**{**values, "message_id": message_id, **changes}))


@pytest.mark.parametrize("part", ["text/rfc822-headers", "message/rfc822"])
def test_the_letter_is_undeliverable_and_the_client_marked(sent: Email, part: str) -> None:
    for _time in range(2):
        assert take_report(report_on(sent, part=part), now=NOW)
    sent.refresh_from_db()
    assert (sent.status, list(sent.deliveries.values_list("outcome", flat=True))) == ("BOUNCED", ["SENT", "BOUNCED"])
    assert "no such user here" in sent.error
    client = Client.objects.get()
    assert client.bounced_at == NOW
    assert "no such user here" in client.bounce_reason


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "delivered", "status": "2.0.0"},
        {"message_id": "<email-1.0123456789abcdef@localhost>"},
        {"message_id": "<somebody-elses@example.net>"},
    ],
)
def test_other_reports_change_nothing(sent: Email, changes: dict[str, str]) -> None:
    assert not take_report(report_on(sent, **changes), now=NOW)
    sent.refresh_from_db()
    assert sent.status == "SENT"
    assert Client.objects.get().bounced_at is None


def test_a_refusal_of_the_content_says_nothing_of_the_address(sent: Email) -> None:
    assert take_report(report_on(sent, status="5.7.1"), now=NOW)
    assert Client.objects.get().bounced_at is None


def test_of_a_letter_that_was_sent_again_meanwhile_it_is_only_noted(sent: Email) -> None:
    resend_email(email=sent, actor="op", now=NOW)
    assert take_report(report_on(sent), now=NOW)
    assert Email.objects.get(pk=sent.pk).status == "READY"


def test_an_address_that_was_changed_meanwhile_is_not_marked(sent: Email) -> None:
    Client.objects.update(email="anna@example.org")
    assert take_report(report_on(sent), now=NOW)
    assert Client.objects.get().bounced_at is None


def fill_mbox(path: Path, message: Message) -> str:
    with closing(mailbox.mbox(path / "box")) as box:
        box.add(message)
    return str(path / "box")


def fill_maildir(path: Path, message: Message) -> str:
    mailbox.Maildir(path / "dir").add(message)
    return str(path / "dir")


@pytest.mark.parametrize("fill", [fill_mbox, fill_maildir])
def test_the_command_reads_mailboxes(sent: Email, tmp_path: Path, fill: Callable[[Path, Message], str]) -> None:
    output = StringIO()
    call_command("import_bounces", fill(tmp_path, report_on(sent)), stdout=output)
    assert "1 of 1" in output.getvalue()
    assert Email.objects.get(pk=sent.pk).status == "BOUNCED"


def test_the_command_reads_a_message_from_standard_input(sent: Email, monkeypatch: pytest.MonkeyPatch) -> None:
    stream: Any = TextIOWrapper(BytesIO(report_on(sent).as_bytes()))
    monkeypatch.setattr("sys.stdin", stream)
    call_command("import_bounces", stdout=StringIO())
    assert Email.objects.get(pk=sent.pk).status == "BOUNCED"
