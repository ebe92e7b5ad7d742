from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.actions.affiliates import close_affiliate
from billing.actions.ordering import OrderInvalid
from billing.actions.payments import add_credit
from billing.actions.referrals import ReferralNotMovable, move_referral
from billing.models import Affiliate, AffiliateSettings, Client, ClientUser, Event, Order, Referral, ReferredService
from catalog.models import Product
from tests.affiliates import ORDERED, amounts_of, at, make_affiliate, make_consulting, order_by, sell_by, switch_on
from tests.builders import make_client


@pytest.fixture
def program(db: None) -> AffiliateSettings:
    return switch_on()


@pytest.fixture
def affiliate(program: AffiliateSettings) -> Affiliate:
    return make_affiliate()


@pytest.fixture
def product(db: None) -> Product:
    return make_consulting()


class TestOrdering:
    def test_refers_the_client_and_each_service(self, affiliate: Affiliate, product: Product) -> None:
        client = make_client()
        order_by(affiliate, product, client=client, quantity=2)
        referral = Referral.objects.get()
        assert (referral.affiliate, referral.client, referral.services.count()) == (affiliate, client, 2)
        event = Event.objects.get(name="referral.made")
        assert (event.order, event.data["affiliate"]) == (Order.objects.get(), affiliate.code)

    def test_a_client_has_one_affiliate_whoever_brought_the_later_order(
        self, affiliate: Affiliate, product: Product
    ) -> None:
        client, other = make_client(), make_affiliate()
        order_by(affiliate, product, client=client)
        sell_by(other, product, client=client)
        assert Referral.objects.get().affiliate == affiliate
        assert (amounts_of(affiliate), amounts_of(other)) == ([120], [])

    def test_an_order_without_a_link_is_nobodys(self, affiliate: Affiliate, product: Product) -> None:
        client = make_client()
        order_by(affiliate, product, client=client)
        order_by(None, product, client=client)
        assert ReferredService.objects.count() == 1

    def test_nobody_refers_themselves(self, affiliate: Affiliate, product: Product) -> None:
        sell_by(affiliate, product, client=affiliate.client)
        assert not Referral.objects.exists()

    def test_nor_another_account_that_they_act_for(self, affiliate: Affiliate, product: Product) -> None:
        second = make_client()
        ClientUser.objects.create(client=second, user=affiliate.client.users.get())
        order_by(affiliate, product, client=second)
        assert not Referral.objects.exists()

    def test_a_closed_affiliate_or_program_refers_nobody(self, affiliate: Affiliate, product: Product) -> None:
        close_affiliate(affiliate=affiliate, actor="test", now=at(ORDERED))
        order_by(affiliate, product)
        other = make_affiliate()
        switch_on(is_on=False)
        order_by(other, product)
        assert not Referral.objects.exists()

    def test_a_code_of_nobody_changes_nothing(self, program: AffiliateSettings, product: Product) -> None:
        order_by(Affiliate(code="nobody"), product)
        assert Order.objects.count() == 1
        assert not Referral.objects.exists()

    def test_an_order_that_is_refused_leaves_no_referral(self, affiliate: Affiliate, product: Product) -> None:
        Product.objects.filter(pk=product.pk).update(has_stock_control=True, stock_quantity=0)
        product.refresh_from_db()
        with pytest.raises(OrderInvalid):
            order_by(affiliate, product)
        assert not Referral.objects.exists()

    def test_an_order_without_a_link_asks_nothing_about_it(self, program: AffiliateSettings, product: Product) -> None:
        with CaptureQueriesContext(connection) as asked:
            order_by(None, product, client=make_client())
        assert not [query for query in asked if "billing_affiliate" in query["sql"]]

    def test_the_database_knows_one_affiliate_per_client_and_service(
        self, affiliate: Affiliate, product: Product
    ) -> None:
        service = order_by(affiliate, product)
        referral = Referral.objects.get()
        for twin in (
            Referral(affiliate=make_affiliate(), client=service.client, referred_at=at(ORDERED)),
            ReferredService(referral=referral, service=service),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                twin.save()


class TestMoving:
    def test_later_payments_earn_for_the_new_one(self, affiliate: Affiliate, product: Product) -> None:
        other = make_affiliate()
        service = sell_by(affiliate, product)
        referral = move_referral(referral=Referral.objects.get(), affiliate=other, actor="vera", now=at(ORDERED))
        assert referral.affiliate == other
        sell_by(affiliate, product, client=service.client, on=ORDERED + timedelta(days=1))
        assert (amounts_of(affiliate), amounts_of(other)) == ([120], [120])
        event = Event.objects.get(name="referral.moved")
        assert (event.data["from"], event.data["to"]) == (affiliate.code, other.code)

    def test_to_the_same_or_to_the_client_itself_is_refused(self, affiliate: Affiliate, product: Product) -> None:
        service = order_by(affiliate, product)
        referral = Referral.objects.get()
        for wrong in (affiliate, make_affiliate(Client.objects.get(pk=service.client_id))):
            with pytest.raises(ReferralNotMovable):
                move_referral(referral=referral, affiliate=wrong, actor="vera", now=at(ORDERED))


def test_an_order_that_is_paid_with_credit_at_once_earns(affiliate: Affiliate, product: Product) -> None:
    client = make_client()
    add_credit(client=client, amount=Decimal(1200), reason="", actor="test", now=at(ORDERED))
    service = order_by(affiliate, product, client=client, payment_method="credit")
    assert service.order_line.order.invoice.status == "PAID"
    assert amounts_of(affiliate) == [120]
