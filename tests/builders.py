"""The world that a test starts from, made through the same actions as in life."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from billing.actions.accounts import save_account
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.clients import register_client
from billing.actions.invoicing import DraftLine, create_draft, publish_invoice
from billing.actions.ordering import place_order
from billing.actions.payments import record_payment
from billing.actions.provisioning import run_operation
from billing.automation.night import Night
from billing.automation.partner import Cover
from billing.models import AutomationSettings, Client, Invoice, Operation, Order, Payment, Service, StoreSettings
from billing.queries.clock import business_date, database_now
from catalog.actions.products import PriceValues, create_product
from catalog.models import Currency, Product, ProductGroup
from catalog.renewal_windows import RENEWED_CYCLES
from noc.models import PriceListEntry, Server
from noc.sandbox.server import Sandbox
from tests.kept_rows import made_once
from tests.kept_scenes import kept_scene

LITE, PRO, BUSINESS, BITNINJA = "55227", "55228", "55230", "55371"
LONGER_THAN_A_RETRY = timedelta(seconds=6)
MANY_ROUNDS = 30
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """Who is there and what is sold: EUR, monthly, bought at the partner once paid."""

    client: Client
    server: Server
    group: ProductGroup
    lite: Product
    business: Product
    bitninja: Product


def make_world(sandbox: Sandbox) -> World:
    """The first test of a process makes it; the others get the same rows."""
    return made_once(lambda: _make_world(sandbox), key=sandbox.url)


def _make_world(sandbox: Sandbox) -> World:
    server = make_server(sandbox)
    group = ProductGroup.objects.create(name="Licenses", slug="licenses")
    return World(
        client=make_client(),
        server=server,
        group=group,
        lite=make_product(group, tariff_id=LITE, name="ispmanager lite", price="5.00"),
        business=make_product(group, tariff_id=BUSINESS, name="ispmanager business", price="15.00"),
        bitninja=make_product(group, tariff_id=BITNINJA, name="BitNinja", price="12.00"),
    )


def make_client(*, email: str = "", currency: str = "EUR", password: str | None = None, **profile: str) -> Client:
    return register_client(
        email=email or f"anna{next(_numbers)}@example.com",
        currency=Currency.objects.get(code=currency),
        password=password,
        now=database_now(),
        **{"first_name": "Anna", "last_name": "Berg", "country": "DE", **profile},
    )


def make_server(sandbox: Sandbox, **changes: Any) -> Server:
    """A partner account on the sandbox; the first one is the default."""
    values = {
        "name": "EU account",
        "hostname": sandbox.url,
        "username": "reseller",
        "password": "sandbox-password",
        "max_accounts": 100,
        "is_enabled": True,
        **changes,
    }
    return save_account(values=values, actor="test", now=database_now())


def make_product(
    group: ProductGroup, *, tariff_id: str, name: str, price: str, setup_fee: str = "0", **changes: Any
) -> Product:
    values = {
        "group": group,
        "name": name,
        "module": "ispmanager_noc",
        "tariff_id": tariff_id,
        "payment_type": "RECURRING",
        "auto_setup": "PAYMENT",
        **changes,
    }
    currency = Currency.objects.get(code="EUR")
    return create_product(values=values, prices=[PriceValues(currency, "MONTHLY", Decimal(price), Decimal(setup_fee))])


def make_hosting(group: ProductGroup, *, name: str = "Hosting", price: str = "5.00", **changes: Any) -> Product:
    """Something that no module stands behind: any number of it can be ordered at once."""
    return make_product(group, tariff_id="", name=name, price=price, **{"module": "", **changes})


def list_cost(server: Server, product: Product, price: str) -> PriceListEntry:
    """What a month of its license costs at that account, in EUR."""
    return PriceListEntry.objects.create(
        server=server,
        kind="license",
        tariff_id=product.tariff_id,
        name=product.name,
        currency="EUR",
        prices={"1": price},
        read_at=datetime(2026, 5, 1, tzinfo=UTC),
    )


def open_windows(days: int = 366) -> None:
    """Clients may renew so many days before the due date."""
    StoreSettings.objects.update_or_create(pk=1, defaults={"on_demand_days": dict.fromkeys(RENEWED_CYCLES, days)})


@kept_scene
def place(client: Client, product: Product, *, quantity: int = 1, now: datetime | None = None, **fields: str) -> Order:
    """An order of one product, monthly, with `fields` by key; each call is a checkout of its own."""
    return place_order(
        checkout=Checkout(
            client=client,
            items=[ItemRequest(product, "MONTHLY", quantity, fields)],
            payment_method="bank_transfer",
            key=f"checkout-{next(_numbers)}",
        ),
        actor="test",
        now=now or database_now(),
    )


def draft(client: Client, *amounts: str, now: datetime | None = None) -> Invoice:
    """An invoice of lines that staff typed in; nobody has to pay it yet."""
    lines = [DraftLine(f"Work {number}", Decimal(amount)) for number, amount in enumerate(amounts, start=1)]
    return create_draft(client=client, lines=lines, actor="test", now=now or database_now())


def bill(client: Client, *amounts: str, now: datetime | None = None) -> Invoice:
    """The same, published."""
    moment = now or database_now()
    return publish_invoice(invoice=draft(client, *amounts, now=moment), actor="test", now=moment)


def pay(invoice: Invoice, *, now: datetime | None = None) -> Payment:
    """The whole balance, by bank."""
    invoice.refresh_from_db()
    return record_payment(
        invoice=invoice,
        gateway="bank_transfer",
        reference=f"transfer-{next(_numbers)}",
        amount=invoice.balance,
        actor="test",
        now=now or database_now(),
    )


@kept_scene
def place_paid_order(client: Client, product: Product, *, now: datetime | None = None, **fields: str) -> Service:
    """Ordered and paid: the service waits for a worker to buy it."""
    order = place(client, product, now=now, **fields)
    pay(order.invoice, now=now)
    return Service.objects.get(order_line__order=order)


@kept_scene
def make_active_service(client: Client, product: Product, **fields: str) -> Service:
    """Ordered, paid and bought."""
    service = place_paid_order(client, product, **fields)
    run_due_operations()
    service.refresh_from_db()
    return service


def judge_cover(*, now: datetime) -> int:
    """What the nightly run queues for want of cover; how many."""
    duty, night = Cover(), Night(business_date(now), business_date(now), now, AutomationSettings())
    with transaction.atomic():
        batch = duty.find(night, after=0, limit=1000, is_locked=True)
        return len(duty.act(night, duty.judge(night, batch.rows))) if batch else 0


def run_due_operations(
    clock: Callable[[], datetime] = database_now, *, ahead: timedelta = LONGER_THAN_A_RETRY
) -> Mapping[int, str]:
    """Does what workers would until nothing falls due within `ahead`; operation id → status, of all there are.

    What is due a little later is brought forward, so that nobody has to wait for it.
    """
    for _round in range(MANY_ROUNDS):
        due = list(Operation.objects.due(now=clock() + ahead).order_by("id").values_list("pk", flat=True))
        if not due:
            break
        for operation_id in due:
            Operation.objects.filter(pk=operation_id).update(run_after=clock())
            run_operation(operation_id=operation_id, clock=clock)
    return dict(Operation.objects.order_by("id").values_list("pk", "status"))
