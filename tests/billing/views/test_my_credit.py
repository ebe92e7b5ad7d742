from decimal import Decimal

import pytest
from django.test import Client as Browser

from billing.actions.billing_settings import save_billing_settings
from billing.models import Client, Invoice
from billing.queries.clock import database_now
from tests.billing.actions.books import credit_of, fresh, give_credit
from tests.billing.views.pages import count_queries, log_in, read, text_of
from tests.builders import bill, make_client, pay

FUNDS = {"payment_method": "bank_transfer"}


class TestCredit:
    def test_shows_every_movement_of_ones_own(self, anna: Client, anna_browser: Browser) -> None:
        assert "No credit yet" in read(anna_browser, "/credit/")
        give_credit(anna, "50")
        page = read(anna_browser, "/credit/")
        assert "€50.00" in page
        assert "in advance" in page
        assert "No credit yet" in read(log_in(make_client()), "/credit/")

    def test_more_movements_take_no_more_queries(self, anna: Client, anna_browser: Browser) -> None:
        give_credit(anna, "5")
        before = count_queries(anna_browser, "/credit/")
        for _number in range(5):
            give_credit(anna, "5")
        assert count_queries(anna_browser, "/credit/") == before <= 9


class TestAddFunds:
    def test_leads_to_an_invoice_that_becomes_credit(self, anna: Client, anna_browser: Browser) -> None:
        assert "From €1.00 to €10,000.00" in _plain(read(anna_browser, "/credit/add/"))
        response = anna_browser.post("/credit/add/", {**FUNDS, "amount": "25"})
        invoice = Invoice.objects.get()
        assert response.headers["Location"] == f"/invoices/{invoice.pk}/"
        page = read(anna_browser, f"/invoices/{invoice.pk}/")
        assert f"Add funds PRO-{invoice.pk}" in page
        assert "with credit" not in page
        pay(invoice)
        assert credit_of(anna) == 25
        assert "Add funds" in read(anna_browser, f"/invoices/{invoice.pk}/")

    @pytest.mark.parametrize(("amount", "words"), [("0.50", "at least"), ("-5", "above zero"), ("1.005", "decimals")])
    def test_a_wrong_amount_says_why_on_its_field(self, anna_browser: Browser, amount: str, words: str) -> None:
        response = anna_browser.post("/credit/add/", {**FUNDS, "amount": amount})
        assert response.status_code == 422
        assert words in str(response.context["form"].errors["amount"])
        assert f'value="{amount}"' in text_of(response)

    def test_says_that_it_is_switched_off(self, anna_browser: Browser) -> None:
        save_billing_settings(values={"has_add_funds": False}, actor="boss", now=database_now())
        assert "not possible" in read(anna_browser, "/credit/add/")
        assert "/credit/add/" not in read(anna_browser, "/credit/")

    def test_says_that_there_is_as_much_as_there_can_be(self, anna: Client, anna_browser: Browser) -> None:
        save_billing_settings(values={"most_credit": Decimal(50)}, actor="boss", now=database_now())
        give_credit(anna, "50")
        assert "as much credit as there can be" in read(anna_browser, "/credit/add/")


class TestTogether:
    def test_pays_those_that_are_ticked(self, anna: Client, anna_browser: Browser) -> None:
        chosen, left_out = [bill(anna, "10"), bill(anna, "20")], bill(anna, "40")
        assert "Pay several at once" in read(anna_browser, "/invoices/")
        page = read(anna_browser, "/invoices/together/")
        assert page.count(" checked") == 3
        values = {**FUNDS, "invoices": [invoice.pk for invoice in chosen]}
        anna_browser.post("/invoices/together/", values)
        mass = Invoice.objects.get(kind="MASS_PAY")
        page = read(anna_browser, f"/invoices/{mass.pk}/")
        assert "€30.00" in page
        assert chosen[0].display_number in page
        pay(mass)
        assert [fresh(one).status for one in (*chosen, left_out)] == ["PAID", "PAID", "UNPAID"]

    def test_warns_when_one_was_paid_meanwhile(self, anna: Client, anna_browser: Browser) -> None:
        chosen = [bill(anna, "10"), bill(anna, "20")]
        anna_browser.post("/invoices/together/", {**FUNDS, "invoices": [invoice.pk for invoice in chosen]})
        mass = Invoice.objects.get(kind="MASS_PAY")
        assert "Choose again" not in read(anna_browser, f"/invoices/{mass.pk}/")
        pay(chosen[0])
        assert "Choose again" in read(anna_browser, f"/invoices/{mass.pk}/")

    def test_one_alone_is_refused_and_stays_ticked(self, anna: Client, anna_browser: Browser) -> None:
        one, _other = bill(anna, "10"), bill(anna, "20")
        response = anna_browser.post("/invoices/together/", {**FUNDS, "invoices": [one.pk]})
        assert response.status_code == 422
        assert "at least two" in text_of(response)
        assert text_of(response).count(" checked") == 1

    def test_invoices_of_others_cannot_be_chosen(self, anna: Client, anna_browser: Browser) -> None:
        mine, hers = bill(anna, "10"), bill(make_client(), "20")
        response = anna_browser.post("/invoices/together/", {**FUNDS, "invoices": [mine.pk, hers.pk]})
        assert response.status_code == 422
        assert not Invoice.objects.filter(kind="MASS_PAY").exists()

    def test_nothing_to_pay(self, anna_browser: Browser) -> None:
        assert "Nothing to pay" in read(anna_browser, "/invoices/together/")


@pytest.mark.parametrize("address", ["/credit/", "/credit/add/", "/invoices/together/"])
def test_visitors_log_in_first(visitor: Browser, db: None, address: str) -> None:
    assert visitor.get(address).status_code == 302


def _plain(page: str) -> str:
    return " ".join(page.replace('<span class="money">', "").replace("</span>", "").split())
