"""A whole account read at night: partner calls, seconds and memory, each measured in a process of its own."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

ACTIONS = ("sync", "reconcile")
ACCOUNT = "reseller-ru"
SEEDED_AT_ONCE = 5000
# One license in so many has another end date at the partner in the second run.
DRIFT = 100


def time_account(sandbox_url: str, product: Any, environment: Mapping[str, str], *, count: int) -> Iterator[Any]:
    """`count` licenses that agree, then one in a hundred that does not; first found, then brought in line."""
    server_id, numbers = make_account(sandbox_url, product, count=count)
    yield {"licenses": count, "differing": 0, **_in_own_process(environment, "sync", server_id)}
    for number in numbers[::DRIFT]:
        changed = {"id": int(number), "expiredate": str(_end() + timedelta(days=30))}
        httpx.post(f"{sandbox_url}/admin/items", json=changed).raise_for_status()
    differing = len(numbers[::DRIFT])
    yield {"licenses": count, "differing": differing, **_in_own_process(environment, "reconcile", server_id)}
    yield {"licenses": count, "differing": differing, **_in_own_process(environment, "sync", server_id)}


def _in_own_process(environment: Mapping[str, str], action: str, server_id: int) -> Any:
    command = [sys.executable, "-m", "bench.syncing", action, str(server_id)]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True, timeout=600)
    return json.loads(done.stdout.splitlines()[-1])


def make_account(sandbox_url: str, product: Any, *, count: int) -> tuple[int, list[str]]:
    """Licenses at the partner and active services of ours that agree with them; (server, numbers)."""
    from billing.actions.accounts import save_account
    from billing.queries.clock import database_now

    # An account of its own: what others hold is neither read nor slowed down.
    login = {"username": ACCOUNT, "password": "sandbox-password"}
    values = {"name": "Account to sync", "hostname": sandbox_url, **login}
    server = save_account(values=values, actor="bench", now=database_now())
    numbers: list[str] = []
    while len(numbers) < count:
        part = min(SEEDED_AT_ONCE, count - len(numbers))
        seeded = {"account": ACCOUNT, "count": part, "licname": "bench", "expiredate": str(_end())}
        answer = httpx.post(f"{sandbox_url}/admin/items", json=seeded, timeout=120).raise_for_status()
        numbers += [str(number) for number in answer.json()["ids"]]
    state = httpx.get(f"{sandbox_url}/admin/state?charges=0", timeout=120).raise_for_status().json()
    _make_services(server.pk, product, {str(item["id"]): item for item in state["items"]}, numbers)
    return server.pk, numbers


def _end() -> date:
    from billing.queries.clock import business_date, database_now

    return business_date(database_now()) + timedelta(days=20)


def _make_services(server_id: int, product: Any, items: Mapping[str, Any], numbers: list[str]) -> None:
    from billing.models import Service, ServiceField

    line, until = _make_order_line(product, quantity=len(numbers)), _end()
    services = Service.objects.bulk_create(
        [_service(line, until, server_id=server_id, number=number, ip=items[number]["ip"]) for number in numbers],
        batch_size=1000,
    )
    fields = {field.key: field for field in product.custom_fields.all()}
    rows = [row for service in services for row in _field_rows(service, fields, items[service.remote_id])]
    ServiceField.objects.bulk_create(rows, batch_size=1000)


def _make_order_line(product: Any, *, quantity: int) -> Any:
    from bench.shop import make_client
    from billing.models import Client, Order, OrderLine
    from billing.queries.clock import database_now

    order = Order.objects.create(
        number="SYNC",
        client=Client.objects.filter(email="anna@example.com").first() or make_client(),
        payment_method="bank_transfer",
        currency_id="EUR",
        total=0,
        checkout_key="bench-sync",
        placed_at=database_now(),
    )
    return OrderLine.objects.create(
        order=order, product=product, cycle="MONTHLY", quantity=quantity, description="lite", unit_price=5
    )


def _service(line: Any, until: date, *, server_id: int, number: str, ip: str) -> Any:
    from billing.models import Service

    return Service(
        client=line.order.client,
        order_line=line,
        product=line.product,
        status="ACTIVE",
        cycle="MONTHLY",
        currency_id="EUR",
        first_amount=5,
        recurring_amount=Decimal(50),
        registered_on=until,
        anchor_day=until.day,
        next_due_date=until,
        paid_until=until,
        expires_on=until,
        module="ispmanager_noc",
        kind="license",
        tariff_id=line.product.tariff_id,
        server_id=server_id,
        remote_id=number,
        dedicated_ip=ip,
    )


def _field_rows(service: Any, fields: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[Any]:
    from billing.models import ServiceField

    for key, value in {"licname": "bench", "ip": item["ip"], "order_id": service.remote_id}.items():
        yield ServiceField(service=service, field=fields[key], plain_value=value)
    yield ServiceField(service=service, field=fields["lickey"], secret_value=item["lickey"])


def measure(action: str, server_id: int) -> Mapping[str, Any]:
    """One run in this process: what it cost, beside what the process weighed before."""
    import django

    django.setup()
    from billing.actions.reconciliation import reconcile
    from billing.actions.syncing import sync_account
    from billing.queries.clock import database_now
    from noc.models import CallLog

    database_now()
    calls, before = CallLog.objects.count(), peak_memory()
    started = time.perf_counter()
    if action == "sync":
        sync_account(server_id=server_id, clock=database_now)
    else:
        reconcile(server_id=server_id, clock=database_now)
    seconds = time.perf_counter() - started
    peak = peak_memory()
    made = list(CallLog.objects.order_by("id").values_list("func", flat=True))[calls:]
    forms = sum(func.endswith(".edit") for func in made)
    return {
        "action": action,
        "list_calls": len(made) - forms,
        "form_calls": forms,
        "seconds": round(seconds, 2),
        "peak_memory_mib": peak // 1024,
        "memory_growth_mib": (peak - before) // 1024,
    }


def peak_memory() -> int:
    """KiB at most so far. The kernel's own mark where there is one: `ru_maxrss` begins with what the parent weighed."""
    status = Path("/proc/self/status")
    marks = status.read_text().splitlines() if status.exists() else []
    found = [line.split()[1] for line in marks if line.startswith("VmHWM:")]
    return int(found[0]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
