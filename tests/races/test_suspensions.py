"""The night suspends while clients pay: whoever comes first, what is paid runs and the rest is suspended once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from billing.actions.renewal_runs import issue_renewals
from billing.automation.running import run_night
from billing.models import AutomationSettings, Client, Email, Invoice, Service
from billing.queries.clock import business_date, database_now
from catalog.models import Currency
from noc.sandbox.server import Sandbox
from tests.builders import make_client, make_hosting, make_world, pay, place_paid_order, run_due_operations
from tests.races.threads import THREADS, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PAYING = THREADS // 2


@pytest.fixture
def owed(transactional_db: None, sandbox: Sandbox) -> list[Invoice]:
    """Overdue invoices, each of a client and a service of its own."""
    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    AutomationSettings.objects.create(pk=1, suspend_days=5)
    world = make_world(sandbox)
    product = make_hosting(world.group)
    for _number in range(THREADS):
        place_paid_order(make_client(), product)
    run_due_operations()
    now = database_now()
    assert issue_renewals(on=Service.objects.latest("pk").next_due_date, now=now) == THREADS
    Invoice.objects.filter(status="UNPAID").update(due_date=business_date(now) - timedelta(days=5))
    return list(Invoice.objects.filter(status="UNPAID").order_by("pk"))


def test_paying_and_suspending_at_once_end_as_they_must(owed: list[Invoice]) -> None:
    def act(number: int) -> Any:
        if number < PAYING:
            return pay(Invoice.objects.get(pk=owed[number].pk))
        return run_night(day=business_date(database_now()), clock=database_now, only="suspensions")

    assert len(at_once(act)) == THREADS
    paid = Service.objects.filter(invoice_lines__invoice__in=owed[:PAYING])
    unpaid = Service.objects.filter(invoice_lines__invoice__in=owed[PAYING:])
    assert set(paid.values_list("status", "suspension_cause")) == {("ACTIVE", "")}
    assert set(unpaid.values_list("status", "suspension_cause")) == {("SUSPENDED", "OVERDUE")}
    told = Counter(Email.objects.filter(letter="service.suspended").values_list("client", flat=True))
    assert set(told.values()) == {1}
    assert set(told) >= set(Client.objects.filter(services__in=unpaid).values_list("pk", flat=True))
