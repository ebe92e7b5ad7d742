"""A night with work for every duty, made through the actions of earlier days, and the judge of what became of it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import Count

from billing.actions.cancellations import request_cancellation
from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.clients import register_client
from billing.actions.gateways.setup import ensure_gateways
from billing.actions.invoicing import DraftLine, create_draft, publish_invoice
from billing.actions.lifecycle import activate_by_hand
from billing.actions.ordering import place_order
from billing.actions.payments import add_credit, record_payment
from billing.actions.renewal_runs import issue_renewals
from billing.models import (
    AutomationRun,
    AutomationSettings,
    CancellationType,
    Client,
    Commission,
    DutyItem,
    Email,
    Event,
    Invoice,
    InvoiceLine,
    Operation,
    Order,
    OrderLine,
    PaymentAttempt,
    PaymentGateway,
    PooledLicense,
    Service,
    StoredMethod,
)
from billing.queries.books import find_differences
from billing.queries.clock import business_date, database_now
from catalog.models import Currency, Product
from noc.models import Server
from tests.affiliates import make_affiliate, switch_on
from tests.faults.shop import make_product

LATE_FEE_DAYS = 10
SUSPEND_DAYS = 20
PRICE = Decimal(5)
_numbers = count(1)


@dataclass
class Scene:
    """What there is to do. Numbers are those of services, invoices and orders."""

    today: date
    now: datetime
    product: Product
    due: list[Service]
    with_credit: list[Client]
    overdue: list[Invoice]
    long_overdue: list[Invoice]
    unwanted: list[Service]
    unpaid: list[Service]
    to_suspend: list[Service]
    to_resume: list[Service]
    at_limit: list[Service]
    at_term: list[Service]
    stale: list[Order]
    to_cover: list[Service]
    pooled: list[PooledLicense]
    commissions: list[Commission]
    to_charge: list[Invoice]


def days_ago(days: int) -> datetime:
    return database_now() - timedelta(days=days)


def make_scene(*, due: int, others: int) -> Scene:
    """`due` services to be invoiced, of five clients in six as many; `others` objects for each other duty."""
    AutomationSettings.objects.create(pk=1, start_hour=0, late_fee_days=LATE_FEE_DAYS, suspend_days=SUSPEND_DAYS)
    product = make_product(tariff_id="", name="Hosting", module="", affiliate_pay="PERCENT", affiliate_amount=10)
    today = business_date(database_now())
    scene = Scene(today, database_now(), product, *([] for _field in range(15)))
    clients = [make_client() for _number in range(due * 5 // 6)]
    make_due(scene, [clients[number % len(clients)] for number in range(due)])
    # The last ones have one service each.
    for client in clients[-others:]:
        add_credit(client=client, amount=PRICE * 3, reason="advance", actor="test", now=scene.now)
        scene.with_credit.append(client)
    for _number in range(others):
        add_others(scene)
    return scene


def make_client() -> Client:
    return register_client(
        email=f"client{next(_numbers)}@example.com",
        first_name="Anna",
        last_name="Berg",
        country="DE",
        currency=Currency.objects.get(code="EUR"),
        now=database_now(),
    )


def place(client: Client, product: Product, *, now: datetime, **referred: str) -> Order:
    return place_order(
        checkout=Checkout(
            client=client,
            items=[ItemRequest(product, "MONTHLY", 1, {})],
            payment_method="bank_transfer",
            key=f"scene-{next(_numbers)}",
            **referred,
        ),
        actor="test",
        now=now,
    )


def pay(invoice: Invoice, *, now: datetime) -> None:
    invoice.refresh_from_db()
    reference = f"scene-{next(_numbers)}"
    values: dict[str, Any] = {"gateway": "manual", "reference": reference, "amount": invoice.balance, "actor": "test"}
    record_payment(invoice=invoice, now=now, **values)


def make_service(client: Client, product: Product, *, due: date, **values: Any) -> Service:
    """Ordered, paid and live since two months before its due date."""
    ordered = datetime.combine(due - timedelta(days=61), database_now().timetz())
    order = place(client, product, now=ordered)
    pay(order.invoice, now=ordered)
    service = Service.objects.get(order_line__order=order)
    with transaction.atomic():
        activate_by_hand(service=service, now=ordered)
    dates = {"next_due_date": due, "paid_until": due, "anchor_day": due.day}
    Service.objects.filter(pk=service.pk).update(**{**dates, **values})
    service.refresh_from_db()
    return service


def make_due(scene: Scene, clients: list[Client]) -> None:
    """A service of each, many at once: due in three days, sold before this portal kept books."""
    due, sold = scene.today + timedelta(days=3), {"payment_method": "bank_transfer", "placed_at": days_ago(30)}
    names = [f"D{number}" for number in range(len(clients))]
    orders = Order.objects.bulk_create(
        Order(number=name, checkout_key=name, client=client, currency_id="EUR", total=PRICE, **sold)
        for name, client in zip(names, clients, strict=True)
    )
    line = {"product": scene.product, "cycle": "MONTHLY", "description": "Hosting", "unit_price": PRICE}
    lines = OrderLine.objects.bulk_create(OrderLine(order=order, **line) for order in orders)
    terms: dict[str, Any] = {"status": "ACTIVE", "cycle": "MONTHLY", "currency_id": "EUR"}
    terms |= {"registered_on": scene.today - timedelta(days=30), "anchor_day": due.day}
    terms |= {"next_due_date": due, "paid_until": due, "first_amount": PRICE, "recurring_amount": PRICE}
    scene.due += Service.objects.bulk_create(
        Service(client=client, order_line=line, product=scene.product, **terms)
        for client, line in zip(clients, lines, strict=True)
    )


def add_others(scene: Scene) -> None:
    """One more for each duty besides the first two."""
    today, product = scene.today, scene.product
    for days, invoices in ((2, scene.overdue), (LATE_FEE_DAYS + 2, scene.long_overdue)):
        lines = [DraftLine("Work", PRICE)]
        terms: dict[str, Any] = {"actor": "test", "now": days_ago(days)}
        draft = create_draft(client=make_client(), lines=lines, due_date=business_date(days_ago(days)), **terms)
        invoices.append(publish_invoice(invoice=draft, **terms))
    scene.unwanted.append(make_service(make_client(), product, due=today))
    request_cancellation(
        service=scene.unwanted[-1], type=CancellationType.END_OF_PERIOD, reason="", actor="test", now=days_ago(5)
    )
    for services, days, values in (
        (scene.unpaid, 31, {}),
        (scene.to_suspend, SUSPEND_DAYS + 1, {}),
        (scene.at_limit, 31, {"recurring_limit": 1}),
    ):
        service = make_service(make_client(), product, due=today - timedelta(days=days), **values)
        issue_renewals(on=today - timedelta(days=days), now=days_ago(days), client=service.client)
        if values:
            pay(Invoice.objects.filter(lines__service=service).latest("id"), now=days_ago(days))
        services.append(service)
    suspended = {"status": "SUSPENDED", "suspension_cause": "OVERDUE", "suspended_at": days_ago(5)}
    scene.to_resume.append(make_service(make_client(), product, due=today + timedelta(days=40), **suspended))
    term = {"term_ends_on": today, "term_letter": "service.term_ended"}
    scene.at_term.append(make_service(make_client(), product, due=today, **term))
    scene.stale.append(place(make_client(), product, now=days_ago(40)))
    add_at_partner(scene)
    add_commission(scene)
    add_card(scene)


def add_at_partner(scene: Scene) -> None:
    """A license that is paid for and not renewed, and one in the pool that the partner has deleted long ago."""
    license = {"module": "ispmanager_noc", "kind": "soft", "tariff_id": "55227", "remote_id": str(next(_numbers))}
    dates = {"expires_on": scene.today + timedelta(days=4), "server": Server.objects.get()}
    far = scene.today + timedelta(days=40)
    scene.to_cover.append(make_service(make_client(), scene.product, due=far, **license, **dates))
    scene.pooled.append(
        PooledLicense.objects.create(
            server=Server.objects.get(),
            tariff_id="55227",
            remote_id=f"9{next(_numbers)}",
            expires_on=scene.today - timedelta(days=90),
            released_at=days_ago(100),
            changed_at=days_ago(100),
        )
    )


def add_commission(scene: Scene) -> None:
    """Earned forty days ago, cleared after thirty."""
    switch_on()
    affiliate = make_affiliate(make_client())
    moment = days_ago(40)
    order = place(make_client(), scene.product, now=moment, referral_code=affiliate.code)
    pay(order.invoice, now=moment)
    service = Service.objects.get(order_line__order=order)
    with transaction.atomic():
        activate_by_hand(service=service, now=moment)
    # Nothing else falls due for it tonight.
    far = scene.today + timedelta(days=40)
    Service.objects.filter(pk=service.pk).update(next_due_date=far, paid_until=far)
    scene.commissions.append(Commission.objects.get(referred__service=service))


def add_card(scene: Scene) -> None:
    """An invoice due in two days, of a client whose saved card pays it."""
    ensure_gateways()
    PaymentGateway.objects.filter(code="stripe").update(is_active=True)
    client = make_client()
    StoredMethod.objects.create(
        client=client, gateway="stripe", external_id=f"pm_{client.pk}", is_default=True, created_at=scene.now
    )
    terms: dict[str, Any] = {"actor": "test", "now": scene.now}
    due = scene.today + timedelta(days=2)
    draft = create_draft(client=client, lines=[DraftLine("Work", PRICE)], due_date=due, **terms)
    scene.to_charge.append(publish_invoice(invoice=draft, **terms))


def judge(scene: Scene) -> None:
    """Everything was done, and each of it once."""
    run = AutomationRun.objects.get()
    assert run.finished_at is not None
    assert set(run.duties.values_list("status", flat=True)) == {"DONE"}
    assert not DutyItem.objects.filter(is_failed=True).exists()
    judge_invoices(scene)
    judge_letters(scene)
    judge_ends(scene)
    attempts = PaymentAttempt.objects.order_by("invoice_id").values_list("invoice_id", "amount")
    assert list(attempts) == [(invoice.pk, PRICE) for invoice in scene.to_charge]
    operations = Operation.objects.filter(kind="RENEW")
    assert sorted(operations.values_list("service_id", flat=True)) == [one.pk for one in scene.to_cover]
    assert set(PooledLicense.objects.values_list("state", flat=True)) == {"DROPPED"}
    assert set(Commission.objects.values_list("state", flat=True)) == {"CLEARED"}
    assert [str(one) for one in find_differences()] == []
    for duty in run.duties.all():
        assert duty.done_count == DutyItem.objects.filter(duty_run=duty).count(), duty.duty


def judge_invoices(scene: Scene) -> None:
    """One line for the period of each service, one invoice for each client; credit paid what it could, once."""
    periods = Counter(
        InvoiceLine.objects.filter(service__in=scene.due, kind="SERVICE", period_start=scene.due[0].next_due_date)
        .exclude(is_voided=True)
        .values_list("service_id", flat=True)
    )
    assert periods == Counter(service.pk for service in scene.due)
    issued = Invoice.objects.filter(lines__service__in=scene.due, issue_date=scene.today).distinct()
    assert issued.count() == len({service.client_id for service in scene.due})
    paid = issued.filter(status="PAID")
    assert sorted(paid.values_list("client_id", flat=True)) == [client.pk for client in scene.with_credit]
    for client in Client.objects.filter(pk__in=[one.pk for one in scene.with_credit]):
        assert client.credit_balance == PRICE * 2
    renewals = Invoice.objects.filter(lines__service__in=[*scene.unpaid, *scene.to_suspend])
    late = [*scene.long_overdue, *renewals.exclude(status="PAID")]
    fees = InvoiceLine.objects.filter(kind="LATE_FEE").values_list("about_id", flat=True)
    assert sorted(fees) == sorted(invoice.pk for invoice in late)


def judge_letters(scene: Scene) -> None:
    """Nobody was told the same twice, and nobody was forgotten."""
    twice = Email.objects.values("letter", "recipient", "event__name", "event__invoice", "event__service")
    assert list(twice.annotate(count=Count("pk")).filter(count__gt=1)) == []
    assert Email.objects.filter(letter="operator.automation.finished").count() == 1
    told = Counter(Event.objects.filter(at__gte=scene.now).values_list("name", "invoice_id"))
    for invoice in scene.overdue:
        assert told["invoice.overdue_first", invoice.pk] == 1
    for invoice in scene.long_overdue:
        assert told["invoice.overdue_third", invoice.pk] == 1
        assert not {told["invoice.overdue_first", invoice.pk], told["invoice.overdue_second", invoice.pk]} - {0}


def judge_ends(scene: Scene) -> None:
    """What was to end ended, with one event each; nothing else did."""
    ended = {
        "CANCELLED": [*scene.unwanted, *scene.at_limit],
        "TERMINATED": [*scene.unpaid, *scene.at_term],
    }
    suspended = Service.objects.filter(status="SUSPENDED").values_list("pk", flat=True)
    assert sorted(suspended) == [service.pk for service in scene.to_suspend]
    resumed = Event.objects.filter(name="service.unsuspended").values_list("service_id", flat=True)
    assert sorted(resumed) == [service.pk for service in scene.to_resume]
    stale = Service.objects.filter(order_line__order__in=scene.stale)
    for status, services in ended.items():
        found = Service.objects.filter(status=status).exclude(pk__in=stale)
        assert sorted(found.values_list("pk", flat=True)) == sorted(service.pk for service in services)
    events = Counter(Event.objects.filter(name="service.terminated").values_list("service_id", flat=True))
    assert all(events[service.pk] == 1 for services in ended.values() for service in services)
    for order in scene.stale:
        order.refresh_from_db()
        assert (order.status, order.invoice.status) == ("CANCELLED", "CANCELLED")
