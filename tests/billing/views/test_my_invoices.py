from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from billing.actions.payments import add_credit
from billing.models import Client, InvoiceStatus, Payment, ServiceStatus
from billing.queries.clock import database_now
from tests.billing.views.pages import count_queries, log_in, read
from tests.builders import World, make_client, make_hosting, pay, place, run_due_operations


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

    def test_credit_button_needs_enough_credit(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        give_credit(anna, "4.99")
        assert "with credit" not in read(anna_browser, f"/invoices/{invoice.pk}/")
        give_credit(anna, "0.01")
        assert "with credit" in read(anna_browser, f"/invoices/{invoice.pk}/")

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

    def test_paying_is_no_link(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.10").invoice
        assert anna_browser.get(f"/invoices/{invoice.pk}/pay/").status_code == 405


class TestLists:
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
