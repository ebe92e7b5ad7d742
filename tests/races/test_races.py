"""Many at once, on PostgreSQL with real row locks: each thing happens once."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.commands import CommandNotAllowed, run_command
from billing.actions.order_decisions import OrderNotPending, accept_order, cancel_order
from billing.actions.ordering import CheckoutConflict, OrderInvalid, place_order
from billing.actions.payments import InvoiceNotPayable, NotEnoughCredit, add_credit, pay_with_credit, record_payment
from billing.actions.provisioning.claiming import claim_operation
from billing.actions.provisioning.pooling import take_next
from billing.actions.renewal_runs import issue_renewals
from billing.actions.renewals import RenewalRefused, issue_renewal_now
from billing.models import (
    Client,
    Invoice,
    InvoiceLine,
    Operation,
    Order,
    Payment,
    PooledLicense,
    Promotion,
    Service,
)
from billing.provisioners.ispmanager_noc import open_remote_side
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.billing.views.pages import checkout_key, choose
from tests.billing.views.test_checkout import PERSON
from tests.builders import (
    World,
    judge_cover,
    make_active_service,
    make_client,
    make_hosting,
    make_world,
    open_windows,
    pay,
    place,
    place_paid_order,
    run_due_operations,
)
from tests.races.threads import THREADS, at_once, ledger_balance

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None, sandbox: Sandbox) -> World:
    from catalog.models import Currency

    Currency.objects.get_or_create(code="EUR", defaults={"is_default": True})
    return make_world(sandbox)


def test_one_payment_from_many_deliveries(world: World) -> None:
    invoice = place(world.client, world.lite, ip="192.0.2.10").invoice

    def deliver(_number: int) -> Payment:
        return record_payment(
            invoice=invoice, gateway="manual", reference="bank-1", amount=invoice.total, actor="x", now=database_now()
        )

    assert {payment.pk for payment in at_once(deliver)} == {Payment.objects.get().pk}
    assert ledger_balance("CLEARING") == invoice.total
    assert Operation.objects.filter(kind="CREATE").count() == 1


def test_different_payments_of_one_invoice_pay_it_once(world: World) -> None:
    invoice = place(world.client, world.lite, ip="192.0.2.10").invoice

    def pay(number: int) -> Payment:
        return record_payment(
            invoice=invoice,
            gateway="manual",
            reference=f"r{number}",
            amount=invoice.total,
            actor="x",
            now=database_now(),
        )

    payments = at_once(pay)
    assert sum(payment.applied_amount for payment in payments) == invoice.total
    assert ledger_balance("RECEIVABLE") == 0
    assert Client.objects.get().credit_balance == invoice.total * (THREADS - 1)


def test_invoice_numbers_have_no_gap_and_no_double(world: World) -> None:
    invoices = [place(world.client, world.lite, ip=f"192.0.2.{unit + 1}").invoice for unit in range(THREADS)]

    def pay(number: int) -> Payment:
        return record_payment(
            invoice=invoices[number],
            gateway="manual",
            reference=f"r{number}",
            amount=invoices[number].total,
            actor="x",
            now=database_now(),
        )

    at_once(pay)
    numbers = sorted(int(str(number).rpartition("-")[2]) for number in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, THREADS + 1))


def test_credit_is_spent_once(world: World) -> None:
    invoices = [place(world.client, world.lite, ip=f"192.0.2.{unit + 1}").invoice for unit in range(THREADS)]
    add_credit(client=world.client, amount=invoices[0].total * 3, reason="", actor="x", now=database_now())

    def pay(number: int) -> Payment:
        return pay_with_credit(invoice=invoices[number], actor="x", now=database_now())

    assert len(at_once(pay, refusals=(NotEnoughCredit,))) == 3
    assert Client.objects.get().credit_balance == 0
    assert ledger_balance("CREDIT") == 0


def test_credit_taken_at_checkouts_is_spent_once(world: World) -> None:
    add_credit(client=world.client, amount=Decimal("12.00"), reason="", actor="x", now=database_now())

    def submit(number: int) -> Order:
        return place_order(
            checkout=Checkout(
                client=world.client,
                items=[ItemRequest(world.lite, "MONTHLY", 1, {"ip": f"192.0.2.{number + 1}"})],
                payment_method="bank_transfer",
                key=f"credit-{number}",
                uses_credit=True,
            ),
            actor="x",
            now=database_now(),
        )

    assert len(at_once(submit)) == THREADS
    assert Client.objects.get().credit_balance == 0
    assert ledger_balance("CREDIT") == 0
    taken = Payment.objects.filter(gateway="credit").order_by("-amount").values_list("amount", flat=True)
    assert [*taken] == [Decimal(5), Decimal(5), Decimal(2)]


def test_one_order_from_many_submits(world: World) -> None:
    def submit(_number: int) -> Order:
        return place_order(
            checkout=Checkout(
                client=world.client,
                items=[ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.10"})],
                payment_method="bank_transfer",
                key="the same",
            ),
            actor="x",
            now=database_now(),
        )

    assert len({order.pk for order in at_once(submit, refusals=(CheckoutConflict,))}) == 1
    assert (Order.objects.count(), Service.objects.count(), Invoice.objects.count()) == (1, 1, 1)


def test_a_stranger_who_submits_from_many_windows_is_one_client_with_one_order(world: World) -> None:
    visitor = Browser()
    choose(visitor, ip="192.0.2.10")
    sent = {**PERSON, "payment_method": "bank_transfer", "notes": "", "checkout_key": checkout_key(visitor)}

    def submit(_number: int) -> int:
        window = Browser()
        window.cookies = visitor.cookies.copy()
        return int(window.post("/checkout/", sent).status_code)

    # A window that comes while another one logs in finds its visit over: it is told that nothing is in the basket.
    assert 302 in at_once(submit)
    assert (Order.objects.count(), Client.objects.filter(email="new.person@example.com").count()) == (1, 1)


def test_one_claim_of_one_operation(world: World) -> None:
    place_paid_order(world.client, world.lite, ip="192.0.2.10")
    operation = Operation.objects.get()

    def claim(_number: int) -> Any:
        return claim_operation(operation_id=operation.pk, now=database_now())

    assert len(at_once(claim)) == 1
    operation.refresh_from_db()
    assert operation.attempt == 1


def test_claims_stay_within_the_limit_of_the_account(world: World, settings: Any) -> None:
    settings.NOC_CALLS_IN_FLIGHT = 4
    for unit in range(THREADS):
        place_paid_order(world.client, world.lite, ip=f"192.0.2.{unit + 1}")
    ids = list(Operation.objects.values_list("pk", flat=True))

    def claim(number: int) -> Any:
        return claim_operation(operation_id=ids[number], now=database_now())

    assert len(at_once(claim)) == 4


def test_one_open_operation_of_one_kind(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")

    def press(_number: int) -> Operation:
        return run_command(service=service, command="terminate", actor="x", now=database_now())

    assert len({operation.pk for operation in at_once(press, refusals=(CommandNotAllowed,))}) == 1
    assert Operation.objects.filter(kind="TERMINATE").count() == 1


def test_one_renewal_of_one_end_date(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10")
    Service.objects.filter(pk=service.pk).update(
        paid_until=service.expires_on.replace(year=service.expires_on.year + 1)
    )
    at_once(lambda _number: judge_cover(now=database_now()))
    assert Operation.objects.filter(kind="RENEW", extends_from=service.expires_on).count() == 1


def test_two_runs_at_once_issue_each_renewal_once(world: World) -> None:
    for unit in range(5):
        make_active_service(world.client, world.lite, ip=f"192.0.2.{unit + 1}")
    on = Service.objects.latest("id").next_due_date
    at_once(lambda _number: issue_renewals(on=on, now=database_now()))
    lines = InvoiceLine.objects.filter(period_start=on, kind="SERVICE")
    assert lines.count() == 5
    assert Invoice.objects.filter(due_date=on, lines__in=lines).distinct().count() <= 5
    assert ledger_balance("RECEIVABLE") == sum(line.amount for line in lines)


def test_an_order_is_accepted_or_cancelled_not_both(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")

    def decide(number: int) -> Order:
        act = accept_order if number % 2 else cancel_order
        return act(order=order, actor="x", now=database_now())

    assert len(at_once(decide, refusals=(OrderNotPending,))) == 1


def test_payment_and_cancellation_at_once_never_buy_unpaid(world: World) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    invoice = order.invoice

    def act(number: int) -> Any:
        if number % 2:
            return cancel_order(order=order, actor="x", now=database_now())
        return record_payment(
            invoice=invoice, gateway="manual", reference="r", amount=invoice.total, actor="x", now=database_now()
        )

    at_once(act, refusals=(OrderNotPending, InvoiceNotPayable))
    run_due_operations()
    invoice.refresh_from_db()
    service = Service.objects.get()
    assert invoice.status in ("CANCELLED", "REFUNDED")
    assert service.status == "CANCELLED"
    assert Client.objects.get().credit_balance == -ledger_balance("CREDIT")
    assert ledger_balance("RECEIVABLE") == 0


def test_one_pooled_license_goes_to_one_purchase(world: World, settings: Any) -> None:
    """Twelve purchases, three licenses in the pool: each is taken once, the others order new ones."""
    settings.NOC_CALLS_IN_FLIGHT = THREADS
    product = world.lite
    type(product).objects.filter(pk=product.pk).update(at_end="POOL")
    ended = [make_active_service(world.client, product, ip=f"192.0.2.{unit + 101}") for unit in range(3)]
    for service in ended:
        run_command(service=service, command="terminate", actor="x", now=database_now())
    run_due_operations()
    services = [place_paid_order(world.client, product, ip=f"192.0.2.{unit + 1}") for unit in range(THREADS)]
    claims = [claim_operation(operation_id=service.operations.get().pk, now=database_now()) for service in services]

    def take(number: int) -> PooledLicense | None:
        claim = claims[number]
        assert claim is not None
        with open_remote_side(claim.service, world.server, reference="race") as side:
            return take_next(claim, side, now=database_now())

    assert len({row.pk for row in at_once(take)}) == 3
    taken = PooledLicense.objects.filter(state="TAKEN").values_list("taken_by", flat=True)
    assert len(set(taken)) == 3
    assert Operation.objects.filter(first_sent_at__isnull=False, kind="CREATE", status="RUNNING").count() == 3


def test_the_last_unit_is_sold_once(world: World) -> None:
    type(world.lite).objects.filter(pk=world.lite.pk).update(has_stock_control=True, stock_quantity=1)
    world.lite.refresh_from_db()

    def buy(number: int) -> Order:
        return place(world.client, world.lite, ip=f"192.0.2.{number + 1}")

    assert len(at_once(buy, refusals=(OrderInvalid,))) == 1
    world.lite.refresh_from_db()
    assert (world.lite.stock_quantity, Order.objects.count()) == (0, 1)


def test_the_last_use_of_a_promo_code_is_used_once(world: World) -> None:
    promotion = Promotion.objects.create(code="LAST", value=10, max_uses=1)
    clients = [make_client() for _number in range(THREADS)]

    def buy(number: int) -> Order:
        return place_order(
            checkout=Checkout(
                client=clients[number],
                items=[ItemRequest(world.lite, "MONTHLY", 1, {"ip": f"192.0.2.{number + 1}"})],
                payment_method="bank_transfer",
                key=f"promo-{number}",
                promo_code="LAST",
            ),
            actor="x",
            now=database_now(),
        )

    assert len(at_once(buy, refusals=(OrderInvalid,))) == 1
    promotion.refresh_from_db()
    assert (promotion.uses, Order.objects.count()) == (1, 1)


def test_the_last_renewal_is_invoiced_once(world: World) -> None:
    """Its client, an operator and the nightly run ask at the same moment."""
    open_windows()
    product = make_hosting(world.group, recurring_limit=1)
    service = place_paid_order(world.client, product)
    Service.objects.update(status="ACTIVE")
    service.refresh_from_db()
    assert service.next_due_date is not None
    due = service.next_due_date

    def renew(number: int) -> Any:
        now = database_now()
        if number % 3 == 0:
            return issue_renewals(on=due, now=now)
        audience: Any = "client" if number % 3 == 1 else "operator"
        return issue_renewal_now(service=service, actor="x", now=now, on=due, audience=audience).pk

    at_once(renew)
    assert InvoiceLine.objects.filter(service=service, period_start=due).count() == 1
    pay(Invoice.objects.get(status="UNPAID"))
    service.refresh_from_db()
    refused = at_once(
        lambda _number: issue_renewal_now(service=service, actor="x", now=database_now(), on=due),
        refusals=(RenewalRefused,),
    )
    assert refused == []
    assert issue_renewals(on=date(2099, 1, 1), now=database_now()) == 0
