"""What the benchmarks sell, and what they run on."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from billing.actions.accounts import save_account
from billing.actions.clients import register_client
from billing.models import Client
from billing.queries.clock import database_now
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup


def describe(workers: int, threads: int) -> Mapping[str, Any]:
    """Database, queue and workers of this run."""
    with connection.cursor() as cursor:
        is_postgres = connection.vendor == "postgresql"
        cursor.execute("SHOW server_version" if is_postgres else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    return {
        "database": f"{connection.vendor} {version}",
        "queue": "redis" if settings.CELERY_BROKER_URL else "folders",
        "worker_processes": workers,
        "threads_each": threads,
        "calls_in_flight": settings.NOC_CALLS_IN_FLIGHT,
    }


def make_product(sandbox_url: str) -> Product:
    """ispmanager lite by the month, from an account on the sandbox with money for all of it."""
    login = {"username": "reseller", "password": "sandbox-password"}
    save_account(values={"name": "EU account", "hostname": sandbox_url, **login}, actor="bench", now=database_now())
    group = ProductGroup.objects.create(name="Licenses", slug="licenses")
    values = {
        "group": group,
        "name": "lite",
        "module": "ispmanager_noc",
        "tariff_id": "55227",
        "payment_type": "RECURRING",
        "auto_setup": "PAYMENT",
    }
    return create_product(values=values, prices=[PriceValues(Currency.objects.get(code="EUR"), "MONTHLY", Decimal(5))])


def make_client(email: str = "anna@example.com") -> Client:
    """Somebody who buys a lot."""
    return register_client(
        email=email,
        currency=Currency.objects.get(code="EUR"),
        now=database_now(),
        first_name="Anna",
        last_name="Berg",
        country="DE",
    )
