"""A worker that is killed while it charges a saved card, at each place where it hurts: one charge, one payment."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from billing.actions.gateways.automatic import queue_automatic_payment
from billing.models import AttemptStatus, InvoiceStatus, Payment, PaymentAttempt, StoredMethod
from billing.queries.books import find_differences
from billing.queries.clock import business_date, database_now
from catalog.models import Currency
from tests.billing.actions.books import fresh
from tests.billing.gateways.shop import STRIPE_KEYS, make_debtor, set_up, stripe, stripe_server
from tests.faults.processes import ROOT
from tests.standins.stripe import StripeStandIn

__all__ = ["stripe", "stripe_server"]

pytestmark = [pytest.mark.postgres, pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def run_charger(attempt: PaymentAttempt, stripe_url: str, place: str = "") -> int:
    """A process that tends the attempt; its exit code."""
    settings = connection.settings_dict
    login = f"{settings['USER'] or 'postgres'}:{settings['PASSWORD']}".rstrip(":")
    where = f"{settings['HOST'] or '127.0.0.1'}:{settings['PORT'] or 5432}/{settings['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{login}@{where}",
        "STRIPE_API_URL": stripe_url,
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "tests/faults/charger.py", str(attempt.pk), *place.split()]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


@pytest.mark.parametrize("place", ["before the call", "after the answer", "inside the transaction", "after the commit"])
def test_a_killed_worker_neither_charges_twice_nor_loses_money(stripe: StripeStandIn, place: str) -> None:
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    set_up("stripe", STRIPE_KEYS)
    client, invoice = make_debtor("25")
    number = stripe.account.new("pm", object="payment_method", card={"brand": "visa", "last4": "4242"})["id"]
    StoredMethod.objects.create(
        client=client, gateway="stripe", external_id=number, is_default=True, created_at=database_now()
    )
    now = database_now()
    attempt = queue_automatic_payment(invoice=invoice, day=business_date(now), now=now, actor="night")
    assert attempt is not None
    assert run_charger(attempt, stripe.url, place) == -signal.SIGKILL
    for _worker in range(2):
        # The lease is over.
        PaymentAttempt.objects.filter(run_after__isnull=False).update(run_after=database_now())
        assert run_charger(attempt, stripe.url) == 0
    attempt.refresh_from_db()
    assert (attempt.status, fresh(invoice).status) == (AttemptStatus.SUCCEEDED, InvoiceStatus.PAID)
    assert len(stripe.account.of_kind("pi")) == 1
    assert Payment.objects.count() == 1
    assert [str(one) for one in find_differences()] == []
