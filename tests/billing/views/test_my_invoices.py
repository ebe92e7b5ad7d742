from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.invoicing import cancel_invoice
from billing.actions.payments import add_credit, apply_credit
from billing.actions.refunds import refund_payment
from billing.models import Client, InvoiceStatus, Payment, RefundWay, ServiceStatus
from billing.queries.clock import database_now
from tests.billing.views.pages import count_queries, log_in, read
from tests.builders import World, bill, draft, make_client, make_hosting, pay, place, run_due_operations


def give_credit(client: Client, amount: str) -> None:
    add_credit(client=client, amount=Decimal(amount), reason="test", actor="test", now=database_now())


class TestInvoicePage:
    def test_is_a_proforma_until_paid(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        assert f"Proforma invoice PRO-{invoice.pk}" in read(anna_browser, f"/invoices/{invoice.pk}/")
        pay(invoice)
        invoice.refresh_from_db()
        page = read(anna_browser, f"/invoices/{invoice.pk}/")
        assert f"Invoice {invoice.number}" in page
        assert "Proforma" not in page

    def test_tells_where_to_transfer_and_under_which_reference(
        self, world: World, anna: Client, anna_browser: Browser, settings: Any
    ) -> None:
        settings.BANK_DETAILS = "IBAN DE02 1203"
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        page = read(anna_browser, f"/invoices/{invoice.pk}/")
        assert "IBAN DE02 1203" in page
        assert f'data-copy="PRO-{invoice.pk}"' in page

    def test_credit_pays_a_part_where_it_is_not_enough(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        address = f"/invoices/{invoice.pk}/"
        assert "with credit" not in read(anna_browser, address)
        give_credit(anna, "4.99")
        page = read(anna_browser, address)
        assert 'value="4.99"' in page
        assert "€5.00</span> with credit" not in page
        assert anna_browser.post(f"{address}pay/", {"amount": "2"}).status_code == 302
        invoice.refresh_from_db()
        assert (invoice.balance, invoice.status) == (3, "UNPAID")
        assert "Still to pay" in read(anna_browser, address)

    @pytest.mark.parametrize(("amount", "words"), [("6", "is to be paid"), ("-1", "above zero"), ("x", "number")])
    def test_a_wrong_part_says_why_on_its_field(
        self, world: World, anna: Client, anna_browser: Browser, amount: str, words: str
    ) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        give_credit(anna, "20")
        response = anna_browser.post(f"/invoices/{invoice.pk}/pay/", {"amount": amount})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert not Payment.objects.exists()

    def test_paying_with_credit_starts_the_purchase(self, world: World, anna: Client, anna_browser: Browser) -> None:
        order = place(anna, world.lite, ip="192.0.2.10")
        give_credit(anna, "5")
        anna_browser.post(f"/invoices/{order.invoice.pk}/pay/")
        run_due_operations()
        assert order.lines.get().services.get().status == ServiceStatus.ACTIVE

    def test_paying_twice_pays_once(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        give_credit(anna, "20")
        for _press in range(2):
            assert anna_browser.post(f"/invoices/{invoice.pk}/pay/").status_code == 302
        anna.refresh_from_db()
        assert anna.credit_balance == Decimal(15)
        assert Payment.objects.count() == 1

    def test_too_little_credit_pays_nothing(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        anna_browser.post(f"/invoices/{invoice.pk}/pay/")
        invoice.refresh_from_db()
        assert invoice.status == InvoiceStatus.UNPAID

    def test_another_client_finds_nothing_and_pays_nothing(self, world: World, anna: Client) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        give_credit(anna, "20")
        stranger = log_in(make_client())
        assert stranger.get(f"/invoices/{invoice.pk}/").status_code == 404
        assert stranger.post(f"/invoices/{invoice.pk}/pay/").status_code == 404
        invoice.refresh_from_db()
        assert invoice.status == InvoiceStatus.UNPAID

    def test_shows_what_was_taken_and_given_back(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        payment = pay(invoice)
        refund_payment(
            payment=payment,
            amount=Decimal(2),
            way=RefundWay.RECORDED,
            reason="too slow",
            request_key="k",
            actor="x",
            now=database_now(),
        )
        page = read(anna_browser, f"/invoices/{invoice.pk}/")
        for words in ("CN-", "too slow", "given back", "Bank transfer"):
            assert words in page

    def test_paying_is_no_link(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        assert anna_browser.get(f"/invoices/{invoice.pk}/pay/").status_code == 405


class TestLists:
    def test_says_what_is_to_be_paid(self, world: World, anna: Client, anna_browser: Browser) -> None:
        assert "Nothing to pay" in read(anna_browser, "/invoices/")
        late, early = (place(anna, world.lite, ip=f"192.0.2.{unit}").invoice for unit in (10, 11))
        type(late).objects.filter(pk=late.pk).update(due_date="2020-01-01")
        pay(place(anna, world.lite, ip="192.0.2.12").invoice)
        give_credit(anna, "1")
        apply_credit(invoice=early, actor="x", now=database_now())
        page = " ".join(read(anna_browser, "/invoices/").split())
        assert "€9.00</span> to pay on 2 invoices" in page
        assert "€5.00</span> of it overdue" in page

    def test_drafts_and_undone_ones(self, anna: Client, anna_browser: Browser) -> None:
        hidden, gone = draft(anna, "5"), bill(anna, "7")
        cancel_invoice(invoice=gone, now=database_now())
        assert hidden.display_number not in read(anna_browser, "/invoices/")
        assert anna_browser.get(f"/invoices/{hidden.pk}/").status_code == 404
        assert gone.display_number in read(anna_browser, "/invoices/?status=undone")

    def test_filter_shows_what_is_unpaid(self, world: World, anna: Client, anna_browser: Browser) -> None:
        unpaid = place(anna, world.lite, ip="192.0.2.10").invoice
        paid = place(anna, world.lite, ip="192.0.2.11").invoice
        pay(paid)
        paid.refresh_from_db()
        page = read(anna_browser, "/invoices/?status=unpaid")
        assert unpaid.display_number in page
        assert paid.display_number not in page

    @pytest.mark.parametrize("address", ["/invoices/", "/orders/"])
    def test_shows_only_ones_own(self, world: World, anna: Client, address: str) -> None:
        order = place(anna, world.lite, ip="192.0.2.10")
        page = read(log_in(make_client()), address)
        assert order.number not in page
        assert order.invoice.display_number not in page

    @pytest.mark.parametrize("address", ["/invoices/", "/orders/"])
    def test_more_rows_take_no_more_queries(
        self, world: World, anna: Client, anna_browser: Browser, address: str
    ) -> None:
        place(anna, world.lite, ip="192.0.2.10")
        before = count_queries(anna_browser, address)
        for number in range(6):
            place(anna, world.lite, ip=f"192.0.2.{20 + number}")
        assert count_queries(anna_browser, address) == before <= 7

    def test_order_page_takes_no_more_queries_for_more_services(
        self, world: World, anna: Client, anna_browser: Browser
    ) -> None:
        one = place(anna, world.lite, ip="192.0.2.10")
        many = place(anna, make_hosting(world.group), quantity=10)
        before = count_queries(anna_browser, f"/orders/{one.number}/")
        assert count_queries(anna_browser, f"/orders/{many.number}/") == before

    def test_another_clients_order_is_not_found(self, world: World, anna: Client) -> None:
        order = place(anna, world.lite, ip="192.0.2.10")
        stranger = log_in(make_client())
        assert stranger.get(f"/orders/{order.number}/").status_code == 404
        assert stranger.get(f"/orders/{order.number}/progress/").status_code == 404
