from decimal import Decimal

import httpx
import pytest
from django.test import Client as Browser

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.models import (
    Client,
    HoldReason,
    Invoice,
    Operation,
    OperationKind,
    OperationStatus,
    Service,
    ServiceStatus,
    TaxRule,
)
from billing.queries.clock import database_now
from noc.sandbox.server import Sandbox
from tests.billing.views.pages import count_queries, log_in, read, text_of
from tests.builders import (
    World,
    make_active_service,
    make_client,
    make_hosting,
    open_windows,
    pay,
    place,
    place_paid_order,
    run_due_operations,
)


@pytest.fixture
def service(world: World, anna: Client) -> Service:
    return make_active_service(anna, world.lite, ip="192.0.2.10", licname="web1.example.com")


class TestList:
    def test_shows_what_the_client_has(self, anna_browser: Browser, service: Service) -> None:
        page = read(anna_browser, "/services/")
        assert "ispmanager lite" in page
        assert "web1.example.com" in page
        assert "€5.00" in page

    def test_filter_in_the_address_shows_its_part(self, anna_browser: Browser, service: Service) -> None:
        assert "web1.example.com" not in read(anna_browser, "/services/?status=pending")
        assert "web1.example.com" in read(anna_browser, "/services/?status=active")

    @pytest.mark.parametrize("query", ["status=x", "page=999", "page=x", "status=&page=-1"])
    def test_senseless_address_shows_the_list(self, anna_browser: Browser, service: Service, query: str) -> None:
        assert anna_browser.get(f"/services/?{query}").status_code == 200

    def test_without_services_it_offers_the_first_step(self, anna_browser: Browser) -> None:
        assert "To the store" in read(anna_browser, "/services/")

    def test_what_waits_for_payment_is_on_top(self, world: World, anna: Client, anna_browser: Browser) -> None:
        invoice = place(anna, world.lite, ip="192.0.2.20").invoice
        assert f"PRO-{invoice.pk}" in read(anna_browser, "/services/")

    def test_more_services_take_no_more_queries(self, world: World, anna: Client, anna_browser: Browser) -> None:
        place(anna, world.lite, ip="192.0.2.20", licname="a.example.com")
        before = count_queries(anna_browser, "/services/")
        place(anna, make_hosting(world.group), quantity=10)
        assert count_queries(anna_browser, "/services/") == before <= 9


class TestAccess:
    @pytest.mark.parametrize(
        "address",
        ["", "state/", "change/", "fields/lickey/", "commands/renew/", "commands/terminate/"],
    )
    def test_another_client_finds_nothing(self, service: Service, address: str) -> None:
        stranger = log_in(make_client())
        assert stranger.get(f"/services/{service.pk}/{address}").status_code == 404

    def test_another_client_can_stop_nothing(self, service: Service) -> None:
        stranger = log_in(make_client())
        assert stranger.post(f"/services/{service.pk}/commands/terminate/").status_code == 404
        assert not Operation.objects.filter(kind=OperationKind.TERMINATE).exists()

    def test_visitor_is_asked_to_log_in(self, visitor: Browser, service: Service) -> None:
        address = f"/services/{service.pk}/"
        assert visitor.get(address).headers["Location"] == f"/account/login/?next={address}"


class TestPage:
    def test_masks_secrets_and_gives_them_only_when_asked(self, anna_browser: Browser, service: Service) -> None:
        key = anna_browser.get(f"/services/{service.pk}/fields/lickey/")
        assert key.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "no-store" in key.headers["Cache-Control"]
        secret = key.content.decode()
        assert len(secret) > 5
        assert secret not in read(anna_browser, f"/services/{service.pk}/")

    def test_admin_only_field_is_neither_shown_nor_given(self, anna_browser: Browser, service: Service) -> None:
        service.product.custom_fields.filter(key="lickey").update(is_admin_only=True, label="Inner key")
        assert "Inner key" not in read(anna_browser, f"/services/{service.pk}/")
        assert anna_browser.get(f"/services/{service.pk}/fields/lickey/").status_code == 404

    def test_never_names_the_account_at_the_partner(
        self, world: World, anna_browser: Browser, service: Service
    ) -> None:
        open_windows()
        for address in ("", "commands/renew/", "commands/terminate/", "change/"):
            page = read(anna_browser, f"/services/{service.pk}/{address}")
            assert world.server.name not in page
            assert world.server.hostname not in page

    @pytest.mark.parametrize("reason", HoldReason.values)
    def test_a_held_purchase_says_so_without_inner_matters(
        self, world: World, anna: Client, anna_browser: Browser, reason: str
    ) -> None:
        held = place_paid_order(anna, world.lite, ip="192.0.2.20")
        Operation.objects.update(
            status=OperationStatus.HELD, hold_reason=reason, message=f"{world.server.name} said no"
        )
        for address in (f"/services/{held.pk}/", f"/orders/{held.order_line.order.number}/"):
            page = read(anna_browser, address)
            assert world.server.name not in page
            assert "usually" not in page

    @pytest.mark.parametrize("status", [OperationStatus.CHECKING, OperationStatus.NEEDS_CHECK, OperationStatus.FAILED])
    def test_a_purchase_in_doubt_is_not_called_ready(
        self, world: World, anna: Client, anna_browser: Browser, status: str
    ) -> None:
        doubtful = place_paid_order(anna, world.lite, ip="192.0.2.20")
        Operation.objects.update(status=status)
        response = anna_browser.get(f"/orders/{doubtful.order_line.order.number}/")
        states = {step.name: step.state for step in response.context["progress"].steps}
        assert states["Buying from the vendor"] != "done"
        assert states["Ready"] == "ahead"


class TestRenew:
    @pytest.fixture(autouse=True)
    def _window(self, world: World) -> None:
        open_windows()

    def test_makes_an_invoice_to_pay_and_buys_nothing_yet(self, anna_browser: Browser, service: Service) -> None:
        response = anna_browser.post(f"/services/{service.pk}/commands/renew/")
        invoice = Invoice.objects.filter(lines__service=service).latest("id")
        assert response.headers["Location"] == f"/invoices/{invoice.pk}/"
        assert invoice.is_payable
        assert not Operation.objects.filter(kind=OperationKind.RENEW).exists()

    def test_pressed_twice_leads_to_the_same_invoice(self, anna_browser: Browser, service: Service) -> None:
        answers = [anna_browser.post(f"/services/{service.pk}/commands/renew/") for _press in range(2)]
        assert answers[0].headers["Location"] == answers[1].headers["Location"]

    def test_asking_changes_nothing(self, anna_browser: Browser, service: Service) -> None:
        before = Invoice.objects.count()
        assert "invoice" in read(anna_browser, f"/services/{service.pk}/commands/renew/")
        assert Invoice.objects.count() == before


class TestStop:
    def test_question_names_the_object_and_the_consequence(self, anna_browser: Browser, service: Service) -> None:
        page = read(anna_browser, f"/services/{service.pk}/commands/terminate/")
        assert "Stop ispmanager lite?" in page
        assert "web1.example.com" in page
        assert "stops working at once" in page
        assert not Operation.objects.filter(kind=OperationKind.TERMINATE).exists()

    def test_ends_the_license(self, anna_browser: Browser, service: Service) -> None:
        anna_browser.post(f"/services/{service.pk}/commands/terminate/")
        assert "Stopping" in read(anna_browser, f"/services/{service.pk}/")
        run_due_operations()
        service.refresh_from_db()
        assert service.status == ServiceStatus.TERMINATED
        assert "The license is deleted." in read(anna_browser, f"/services/{service.pk}/")

    def test_what_is_paid_but_not_bought_yet_is_not_ended_by_the_client(
        self, world: World, anna: Client, anna_browser: Browser
    ) -> None:
        pending = place_paid_order(anna, world.lite, ip="192.0.2.20")
        anna_browser.post(f"/services/{pending.pk}/commands/terminate/")
        assert set(Operation.objects.values_list("kind", "status")) == {("CREATE", "QUEUED")}

    @pytest.mark.parametrize("code", ["create", "sync", "suspend", "x"])
    def test_commands_of_operators_are_not_the_clients(
        self, anna_browser: Browser, service: Service, code: str
    ) -> None:
        before = Operation.objects.count()
        response = anna_browser.post(f"/services/{service.pk}/commands/{code}/")
        assert response.headers["Location"] == f"/services/{service.pk}/"
        assert Operation.objects.count() == before


class TestChange:
    def test_queues_the_change_and_shows_its_outcome(self, anna_browser: Browser, service: Service) -> None:
        address = f"/services/{service.pk}/"
        anna_browser.post(f"{address}change/", {"licname": "web2.example.com", "ip": "192.0.2.77"})
        assert "Changing the name and IP" in read(anna_browser, address)
        run_due_operations()
        page = read(anna_browser, address)
        assert "The name and IP are changed." in page
        assert "192.0.2.77" in page

    def test_wrong_ip_is_told_beside_its_field_and_kept(self, anna_browser: Browser, service: Service) -> None:
        response = anna_browser.post(f"/services/{service.pk}/change/", {"licname": "new.example.com", "ip": "1.2.3"})
        assert response.status_code == 422
        assert response.context["form"].errors["ip"]
        page = text_of(response)
        assert 'value="1.2.3"' in page
        assert 'value="new.example.com"' in page
        assert not Operation.objects.filter(kind=OperationKind.CHANGE).exists()

    def test_the_same_values_ask_for_nothing(self, anna_browser: Browser, service: Service) -> None:
        anna_browser.post(f"/services/{service.pk}/change/", {"licname": "web1.example.com", "ip": "192.0.2.10"})
        assert not Operation.objects.filter(kind=OperationKind.CHANGE).exists()

    def test_a_refusal_is_told_beside_the_field_with_what_was_typed(
        self, sandbox: Sandbox, anna_browser: Browser, service: Service
    ) -> None:
        fault = {"name": "error", "type": "value", "object": "ip", "msg": "EU account says no", "func": "soft.edit"}
        httpx.post(f"{sandbox.url}/admin/faults", json={**fault, "params": {"sok": "ok"}}).raise_for_status()
        address = f"/services/{service.pk}/"
        anna_browser.post(f"{address}change/", {"licname": "web1.example.com", "ip": "192.0.2.77"})
        run_due_operations()
        assert "only once in a while" in read(anna_browser, address)
        form = read(anna_browser, f"{address}change/")
        assert 'value="192.0.2.77"' in form
        assert "only once in a while" in form
        assert "EU account" not in form
        httpx.request("DELETE", f"{sandbox.url}/admin/faults").raise_for_status()
        anna_browser.post(f"{address}change/", {"licname": "web1.example.com", "ip": "192.0.2.77"})
        run_due_operations()
        assert "The name and IP are changed." in read(anna_browser, address)


class TestPolling:
    def test_says_nothing_while_nothing_is_new(self, anna_browser: Browser, service: Service) -> None:
        anna_browser.post(f"/services/{service.pk}/commands/terminate/")
        mark = anna_browser.get(f"/services/{service.pk}/").context["mark"]
        assert anna_browser.get(f"/services/{service.pk}/state/?mark={mark}").status_code == 204
        Operation.objects.filter(kind=OperationKind.TERMINATE).update(status=OperationStatus.CHECKING)
        assert "No confirmation" in read(anna_browser, f"/services/{service.pk}/state/?mark={mark}")

    def test_leads_to_the_login_once_the_session_is_over(self, anna_browser: Browser, service: Service) -> None:
        anna_browser.logout()
        response = anna_browser.get(f"/services/{service.pk}/state/", headers={"HX-Request": "true"})
        assert response.headers["HX-Redirect"] == "/account/login/"

    def test_asks_for_the_whole_page_once_it_is_over(self, anna_browser: Browser, service: Service) -> None:
        assert anna_browser.get(f"/services/{service.pk}/state/").headers["HX-Refresh"] == "true"


class TestTerms:
    """What was sold: units, a domain, a limit, a fixed term (P3, P5–P7) and the window to renew in (P9)."""

    @pytest.fixture
    def hosting(self, world: World, anna: Client) -> Service:
        terms = {"quantity_mode": "SCALING", "is_domain_required": True, "recurring_limit": 2, "fixed_term_days": 400}
        order = place_order(
            checkout=Checkout(
                client=anna,
                items=[ItemRequest(make_hosting(world.group, **terms), "MONTHLY", 3, domain="пример.рф")],
                payment_method="bank_transfer",
                key="terms",
            ),
            actor="test",
            now=database_now(),
        )
        pay(order.invoice)
        Service.objects.filter(order_line__order=order).update(status="ACTIVE")
        return Service.objects.get(order_line__order=order)

    def test_list_and_page_say_what_was_sold(self, anna_browser: Browser, hosting: Service) -> None:
        row = read(anna_browser, "/services/")
        assert "пример.рф" in row
        assert "× 3" in row
        page = read(anna_browser, f"/services/{hosting.pk}/")
        for words in ("пример.рф", "2 of 2 renewals left", "Ends on", "€15.00"):
            assert words in page

    def test_outside_the_window_there_is_no_button_and_the_reason_is_told(
        self, anna_browser: Browser, hosting: Service
    ) -> None:
        address = f"/services/{hosting.pk}/commands/renew/"
        assert address not in read(anna_browser, f"/services/{hosting.pk}/")
        assert "comes by itself" in text_of(anna_browser.get(address, follow=True))
        assert "comes by itself" in text_of(anna_browser.post(address, follow=True))
        open_windows(3)
        assert address not in read(anna_browser, f"/services/{hosting.pk}/")
        assert "It can be renewed from" in read(anna_browser, f"/services/{hosting.pk}/")
        assert Invoice.objects.count() == 1

    def test_inside_it_names_the_period_and_the_price_before_it_issues_the_invoice(
        self, anna_browser: Browser, hosting: Service
    ) -> None:
        open_windows()
        TaxRule.objects.create(name="VAT", country="DE", rate=10)
        address = f"/services/{hosting.pk}/commands/renew/"
        assert address in read(anna_browser, f"/services/{hosting.pk}/")
        response = anna_browser.get(address)
        period = response.context["period"]
        assert (period.lines[0].period_start, period.total) == (hosting.next_due_date, Decimal("16.50"))
        assert "→" in text_of(response)
        assert "€16.50" in text_of(response)
        anna_browser.post(address)
        invoice = Invoice.objects.latest("id")
        line = invoice.lines.get()
        assert (line.period_start, line.period_end, invoice.total) == (
            period.lines[0].period_start,
            period.lines[0].period_end,
            period.total,
        )
        assert anna_browser.get(address).headers["Location"] == f"/invoices/{invoice.pk}/"

    def test_after_the_last_renewal_nothing_more_is_due(self, anna_browser: Browser, hosting: Service) -> None:
        open_windows()
        address = f"/services/{hosting.pk}/commands/renew/"
        for _renewal in range(2):
            anna_browser.post(address)
            pay(Invoice.objects.latest("id"))
        page = read(anna_browser, f"/services/{hosting.pk}/")
        assert "No renewals left" in page
        assert address not in page
        assert "as often as it was sold for" in text_of(anna_browser.post(address, follow=True))

    def test_a_product_that_no_module_stands_behind_can_be_renewed_too(
        self, anna_browser: Browser, hosting: Service
    ) -> None:
        assert hosting.module == ""
        open_windows()
        assert anna_browser.post(f"/services/{hosting.pk}/commands/renew/").status_code == 302
        assert Invoice.objects.filter(status="UNPAID").count() == 1

    def test_the_page_takes_few_queries(self, anna_browser: Browser, hosting: Service, service: Service) -> None:
        open_windows()
        assert count_queries(anna_browser, f"/services/{hosting.pk}/") <= 26
        assert count_queries(anna_browser, f"/services/{service.pk}/") <= 30
