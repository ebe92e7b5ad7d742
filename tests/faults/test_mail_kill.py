"""A worker that is killed after the mail server's "250" and before it could write that down.

At least once is what a mail can be: SMTP and our database cannot agree in one step. So the letter goes out a second
time when the lease is over, under the same Message-ID, and never a third time.
"""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from billing.actions.deliveries import LEASE
from billing.models import BillingSettings, Email
from billing.queries.clock import database_now
from catalog.models import Currency
from tests.builders import bill, make_client
from tests.faults.processes import ROOT
from tests.mail_server import mail_server

pytestmark = [pytest.mark.postgres, pytest.mark.processes]


def run_sender(number: int, port: int, *words: str) -> int:
    """A process that sends the letter and what else is due; its exit code."""
    settings = connection.settings_dict
    login = f"{settings['USER'] or 'postgres'}:{settings['PASSWORD']}".rstrip(":")
    place = f"{settings['HOST'] or '127.0.0.1'}:{settings['PORT'] or 5432}/{settings['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@{place}",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "WARNING",
    }
    return subprocess.run(
        [sys.executable, "tests/faults/sender.py", str(number), *words], cwd=ROOT, env=environment, check=False
    ).returncode


def test_the_letter_goes_out_twice_at_most_with_one_message_id(transactional_db: None) -> None:
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    BillingSettings.objects.create(pk=1, attaches_documents=False)
    bill(make_client(), "5.00")
    email = Email.objects.get()
    with mail_server() as (postbox, port):
        assert run_sender(email.pk, port, "die") == -signal.SIGKILL
        email.refresh_from_db()
        assert (email.status, len(postbox.letters)) == ("SENDING", 1)
        # While the lease holds nobody sends it; when it is over, once.
        assert run_sender(email.pk, port, "die") == 0
        assert len(postbox.letters) == 1
        Email.objects.filter(pk=email.pk).update(run_after=database_now() - LEASE)
        for _worker in range(2):
            run_sender(email.pk, port)
    email.refresh_from_db()
    assert (email.status, list(email.deliveries.values_list("outcome", flat=True))) == ("SENT", ["LOST", "SENT"])
    assert len(postbox.letters) == 2
    assert len({str(letter["Message-ID"]) for letter in postbox.letters}) == 1
