"""How an order is paid, on its page: credit first, methods that groups switch off, terms of service."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.payments import add_credit
from billing.models import Client, InvoiceStatus, Order, Promotion, StoreSettings
from billing.queries.clock import database_now
from catalog.models import ProductGroup
from tests.billing.views.pages import choose, read, text_of
from tests.billing.views.test_checkout import PERSON, order
from tests.builders import World

TERMS = "https://shop.example/terms?of=service&x=1"


@pytest.fixture
def filled(anna: Client, anna_browser: Browser) -> Browser:
    """Anna has €5.00 worth in her basket."""
    choose(anna_browser, ip="192.0.2.10")
    return anna_browser


def give_credit(client: Client, amount: str) -> None:
    add_credit(client=client, amount=Decimal(amount), reason="test", actor="test", now=database_now())


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["payment"].errors)


class TestCredit:
    def test_is_ticked_by_default_and_says_what_it_leaves(self, anna: Client, filled: Browser) -> None:
        give_credit(anna, "2")
        page = read(filled, "/checkout/")
        assert "Use €2.00 of my credit balance" in page
        assert 'name="uses_credit" id="id_uses_credit" checked' in page
        assert "The rest, <span" in page
        assert "€3.00" in page

    def test_ticked_pays_a_part_first(self, anna: Client, filled: Browser) -> None:
        give_credit(anna, "2")
        response = order(filled, uses_credit="on")
        invoice = Order.objects.get().invoice
        assert (invoice.status, invoice.balance) == (InvoiceStatus.UNPAID, Decimal(3))
        assert "€3.00" in read(filled, f"/invoices/{invoice.pk}/")
        assert "We are waiting for your payment." in read(filled, response.headers["Location"])

    def test_unticked_leaves_the_balance_alone(self, anna: Client, filled: Browser) -> None:
        give_credit(anna, "20")
        order(filled)
        anna.refresh_from_db()
        assert (anna.credit_balance, Order.objects.get().invoice.balance) == (Decimal(20), Decimal(5))

    def test_is_not_offered_to_strangers_nor_without_any(self, world: World, visitor: Browser, filled: Browser) -> None:
        assert "uses_credit" not in read(filled, "/checkout/").replace("[name=uses_credit]", "")
        choose(visitor, ip="192.0.2.10")
        assert order(visitor, uses_credit="on", **PERSON).status_code == 302
        assert Order.objects.get().invoice.balance == Decimal(5)

    def test_cannot_be_spent_from_the_form_beyond_what_there_is(self, anna: Client, filled: Browser) -> None:
        give_credit(anna, "2")
        order(filled, uses_credit="on", credit="500", payment_amount="500")
        anna.refresh_from_db()
        assert (anna.credit_balance, Order.objects.get().invoice.balance) == (Decimal(0), Decimal(3))


class TestMethodsOfGroups:
    def close(self, *methods: str) -> None:
        ProductGroup.objects.update(closed_payment_methods=list(methods))

    def test_a_closed_method_is_not_offered_and_is_refused_beside_its_field(
        self, anna: Client, filled: Browser
    ) -> None:
        give_credit(anna, "20")
        self.close("bank_transfer")
        page = read(filled, "/checkout/")
        assert "Bank transfer" not in page
        assert "It covers the whole order" in page
        errors = errors_of(order(filled))
        assert errors == {"uses_credit": ["There is no other way to pay for this: use your credit."]}
        order(filled, uses_credit="on")
        assert Order.objects.get().invoice.status == InvoiceStatus.PAID

    def test_closed_credit_is_not_offered(self, anna: Client, filled: Browser) -> None:
        give_credit(anna, "20")
        self.close("credit")
        assert "my credit balance" not in read(filled, "/checkout/")
        order(filled, uses_credit="on")
        assert Order.objects.get().invoice.balance == Decimal(5)

    def test_nothing_left_to_pay_with_is_said_before_and_after(self, filled: Browser) -> None:
        self.close("bank_transfer", "credit")
        page = read(filled, "/checkout/")
        assert "There is no way to pay for all of this here." in page
        assert '<button type="submit" form="checkout" class="button button-primary button-wide" disabled>' in page
        assert "no way to pay" in errors_of(order(filled))["__all__"][0]
        assert not Order.objects.exists()

    def test_what_costs_nothing_can_be_ordered_all_the_same(self, filled: Browser) -> None:
        self.close("bank_transfer", "credit")
        Promotion.objects.create(code="ALL", value=Decimal(100))
        filled.post("/checkout/promo-code/", {"promo_code": "all"})
        assert "Nothing to pay." in read(filled, "/checkout/")
        assert order(filled).status_code == 302
        assert Order.objects.get().total == 0

    def test_a_group_closed_meanwhile_is_told_beside_the_field(self, filled: Browser) -> None:
        page = filled.get("/checkout/")
        self.close("bank_transfer")
        assert order(filled, key=page.context["payment"]["checkout_key"].value()).status_code == 422
        assert not Order.objects.exists()


class TestTerms:
    def test_are_asked_with_a_link_where_the_store_has_any(self, filled: Browser) -> None:
        assert "is_terms_accepted" not in read(filled, "/checkout/")
        StoreSettings.objects.create(pk=1, terms_url=TERMS)
        page = read(filled, "/checkout/")
        assert f'<a href="{TERMS.replace("&", "&amp;")}" target="_blank"' in page
        assert "checked" not in page.split('name="is_terms_accepted"')[1].split(">")[0]

    def test_without_a_yes_nothing_is_ordered_and_the_field_says_why(self, filled: Browser) -> None:
        StoreSettings.objects.create(pk=1, terms_url=TERMS)
        response = order(filled, notes="Quick, please")
        assert errors_of(response) == {"is_terms_accepted": ["Agree to the terms of service to order."]}
        assert "Quick, please" in text_of(response)
        assert not Order.objects.exists()

    def test_a_yes_is_kept_with_the_order(self, filled: Browser) -> None:
        StoreSettings.objects.create(pk=1, terms_url=TERMS)
        order(filled, is_terms_accepted="on")
        assert Order.objects.get().terms_accepted_at is not None
