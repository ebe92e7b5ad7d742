"""How an order is paid and on which terms: credit first, groups that refuse a method, terms of service."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from billing.actions.checkouts import ItemRequest
from billing.actions.order_decisions import cancel_order
from billing.actions.payments import add_credit
from billing.models import Event, InvoiceStatus, LedgerEntry, Operation, Order, Payment, StoreSettings
from billing.queries.clock import database_now
from catalog.models import PaymentType, Product, ProductGroup
from tests.billing.actions.test_ordering import faults_of, order
from tests.builders import World, make_product

TERMS = "https://shop.example/terms"


def lite(world: World) -> ItemRequest:
    return ItemRequest(world.lite, "MONTHLY", 1, {"ip": "192.0.2.1"})


def give_credit(world: World, amount: str) -> None:
    add_credit(client=world.client, amount=Decimal(amount), reason="test", actor="test", now=database_now())


def ledger(account: str) -> Decimal:
    return LedgerEntry.objects.filter(account=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)


class TestCreditFirst:
    def test_enough_pays_the_order_at_once(self, world: World) -> None:
        give_credit(world, "20")
        invoice = order(world, lite(world), uses_credit=True).invoice
        invoice.refresh_from_db()
        world.client.refresh_from_db()
        assert (invoice.status, world.client.credit_balance) == (InvoiceStatus.PAID, Decimal(15))
        assert Operation.objects.get().kind == "CREATE"

    def test_too_little_pays_a_part_and_the_rest_stays_due(self, world: World) -> None:
        give_credit(world, "2")
        invoice = order(world, lite(world), uses_credit=True).invoice
        invoice.refresh_from_db()
        world.client.refresh_from_db()
        assert (invoice.status, invoice.balance) == (InvoiceStatus.UNPAID, Decimal(3))
        assert invoice.payment_method == "bank_transfer"
        assert world.client.credit_balance == 0
        assert Payment.objects.filter(gateway="credit").get().amount == Decimal(2)
        assert (ledger("CREDIT"), ledger("RECEIVABLE")) == (Decimal(0), Decimal(3))
        assert Operation.objects.count() == 0

    def test_none_leaves_the_whole_sum_due(self, world: World) -> None:
        invoice = order(world, lite(world), uses_credit=True).invoice
        assert (invoice.balance, Payment.objects.count()) == (Decimal(5), 0)

    def test_is_left_alone_when_nobody_asked_for_it(self, world: World) -> None:
        give_credit(world, "20")
        invoice = order(world, lite(world)).invoice
        invoice.refresh_from_db()
        assert invoice.balance == Decimal(5)

    def test_the_same_checkout_takes_it_once(self, world: World) -> None:
        give_credit(world, "2")
        assert order(world, lite(world), uses_credit=True) == order(world, lite(world), uses_credit=True)
        assert Payment.objects.count() == 1

    def test_cancelling_gives_the_part_back(self, world: World) -> None:
        give_credit(world, "2")
        placed = order(world, lite(world), uses_credit=True)
        cancel_order(order=placed, actor="test", now=database_now())
        world.client.refresh_from_db()
        assert world.client.credit_balance == Decimal(2)
        assert (ledger("CREDIT"), ledger("RECEIVABLE")) == (Decimal(-2), Decimal(0))


class TestMethodsOfGroups:
    @pytest.fixture
    def strict(self, world: World) -> Product:
        """A product of a group that takes no bank transfer."""
        group = ProductGroup.objects.create(name="Strict", slug="strict", closed_payment_methods=["bank_transfer"])
        return make_product(group, tariff_id="55228", name="pro", price="9.00")

    def test_one_closed_group_closes_the_method_for_the_whole_order(self, world: World, strict: Product) -> None:
        other = ItemRequest(strict, "MONTHLY", 1, {"ip": "192.0.2.2"})
        errors = faults_of(world, lite(world), other)
        assert list(errors) == ["payment_method"]
        assert "Strict" in errors["payment_method"][0]

    def test_other_methods_and_other_groups_are_not_concerned(self, world: World, strict: Product) -> None:
        item = ItemRequest(strict, "MONTHLY", 1, {"ip": "192.0.2.2"})
        assert order(world, item, payment_method="manual").total == Decimal(9)
        assert order(world, lite(world), key="other").total == Decimal(5)

    def test_closed_credit_is_not_used_for_a_part_either(self, world: World) -> None:
        give_credit(world, "2")
        ProductGroup.objects.update(closed_payment_methods=["credit"])
        world.lite.group.refresh_from_db()
        assert list(faults_of(world, lite(world), uses_credit=True)) == ["uses_credit"]

    def test_what_costs_nothing_needs_no_method(self, world: World, strict: Product) -> None:
        Product.objects.filter(pk=strict.pk).update(payment_type=PaymentType.FREE, partner_period=1)
        free = Product.objects.get(pk=strict.pk)
        assert order(world, ItemRequest(free, "ONE_TIME", 1, {"ip": "192.0.2.2"})).total == 0


class TestTermsOfService:
    @pytest.fixture(autouse=True)
    def terms(self, world: World) -> None:
        StoreSettings.objects.create(pk=1, terms_url=TERMS)

    def test_no_leads_to_a_refusal_on_the_field(self, world: World) -> None:
        assert list(faults_of(world, lite(world), is_terms_accepted=False)) == ["is_terms_accepted"]

    def test_yes_is_kept_with_what_was_agreed_to(self, world: World) -> None:
        now: datetime = database_now()
        placed = order(world, lite(world), is_terms_accepted=True, now=now)
        assert Order.objects.get().terms_accepted_at == now
        assert Event.objects.get(name="order.placed", order=placed).data == {"terms": TERMS}

    def test_an_operator_is_not_asked(self, world: World) -> None:
        assert order(world, lite(world)).terms_accepted_at is None

    def test_nothing_is_kept_where_there_are_no_terms(self, world: World) -> None:
        StoreSettings.objects.all().delete()
        placed: Any = order(world, lite(world), is_terms_accepted=False)
        assert placed.terms_accepted_at is None
