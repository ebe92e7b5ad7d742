from decimal import Decimal

import httpx
import pytest
from babel.dates import format_date
from django.test import Client as Browser

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.ordering import place_order
from billing.models import Finding, Invoice, Operation, Service
from billing.queries.clock import database_now
from catalog.models import Price
from noc.models import Server
from noc.price_lists import refresh_price_list
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import ask, buttons_on, list_of, live_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, make_hosting, pay, place, place_paid_order, run_due_operations


@pytest.fixture
def service(world: World) -> Service:
    return make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")


def test_a_live_license_has_every_command_but_create(service: Service, boss: Browser) -> None:
    assert buttons_on(boss, service) == ["renew", "sync", "change", "cycle", "next-invoice", "keep", "terminate"]


def test_a_pending_service_can_be_created(world: World, boss: Browser) -> None:
    service = place(world.client, world.lite, ip="192.0.2.10").lines.get().services.get()
    assert buttons_on(boss, service) == ["create", "terminate"]
    assert "Buys Product ID 55227 on EU account" in ask(boss, service, "create")
    assert succeeded(press(boss, service, "create"))
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "ACTIVE"


def test_terminate_names_the_license_and_the_loss(service: Service, boss: Browser) -> None:
    words = ask(boss, service, "terminate")
    assert f"Deletes {service.remote_id} on EU account; the client loses it now." in words
    assert "bo-button-danger" in words
    press(boss, service, "terminate")
    run_due_operations()
    service.refresh_from_db()
    assert service.status == "TERMINATED"
    assert buttons_on(boss, service) == []


def test_renew_extends_at_the_partner(service: Service, boss: Browser) -> None:
    before = service.expires_on
    press(boss, service, "renew")
    run_due_operations()
    service.refresh_from_db()
    assert before is not None
    assert service.expires_on is not None
    assert service.expires_on > before


def test_a_command_that_does_not_fit_is_refused_in_words(service: Service, boss: Browser) -> None:
    response = press(boss, service, "create")
    assert not succeeded(response)
    assert f"as {service.remote_id} at the partner" in text_of(response)


def test_change_asks_for_name_and_ip_and_changes_them(service: Service, boss: Browser) -> None:
    words = ask(boss, service, "change")
    assert 'value="192.0.2.10"' in words
    assert 'value="web"' in words
    assert succeeded(press(boss, service, "change", licname="new", ip="192.0.2.77"))
    run_due_operations()
    assert "192.0.2.77" in text_of(boss.get(page_of(service)))


def test_a_wrong_ip_comes_back_beside_its_field(service: Service, boss: Browser) -> None:
    response = press(boss, service, "change", licname="web", ip="not an ip")
    assert "ip" in response.context["form"].errors
    assert not service.operations.filter(kind="CHANGE").exists()


def test_the_page_follows_the_operation_until_it_is_settled(world: World, boss: Browser) -> None:
    service = place_paid_order(world.client, world.lite, ip="192.0.2.10", licname="web")
    page = boss.get(page_of(service))
    mark = page.context["mark"]
    assert 'hx-trigger="every 2s"' in text_of(page)
    assert boss.get(live_of(service), {"mark": mark}).status_code == 204
    run_due_operations()
    live = boss.get(live_of(service), {"mark": mark})
    words = text_of(live)
    assert "hx-trigger" not in words
    assert ">Done<" in words
    assert "<html" not in words


def test_the_page_tells_attempts_and_calls(service: Service, boss: Browser) -> None:
    words = text_of(boss.get(page_of(service)))
    assert "Attempt 1" in words
    assert "soft.order.param" in words


def test_secrets_are_masked_until_asked_for(world: World, service: Service, support: Browser) -> None:
    key = service.field_values.get(field__key="lickey").value
    assert key
    assert key not in text_of(support.get(page_of(service)))
    assert key in text_of(support.get(f"/admin/billing/service/{service.pk}/fields/lickey/"))
    assert support.get(f"/admin/billing/service/{service.pk}/fields/nothing/").status_code == 404


def test_services_are_found_by_everything_that_names_them(world: World, service: Service, boss: Browser) -> None:
    make_active_service(world.client, world.lite, ip="198.51.100.7", licname="other")
    for text in (service.remote_id, "192.0.2.10", "web"):
        assert rows_of(boss.get(list_of(Service, f"?q={text}"))) == [service], text
    assert service in rows_of(boss.get(list_of(Service, f"?q={service.pk}")))
    assert len(rows_of(boss.get(list_of(Service, f"?q={world.client.email}")))) == 2


def test_the_list_filters_by_state_server_and_kind(world: World, service: Service, boss: Browser) -> None:
    pending = place(world.client, world.lite, ip="192.0.2.11").lines.get().services.get()
    assert rows_of(boss.get(list_of(Service, "?show=active"))) == [service]
    assert rows_of(boss.get(list_of(Service, "?show=pending"))) == [pending]
    both = f"?server__id__exact={world.server.pk}&kind=license"
    assert len(rows_of(boss.get(list_of(Service, both)))) == 2


def test_a_command_given_twice_is_one_operation(service: Service, boss: Browser) -> None:
    for _time in range(2):
        press(boss, service, "sync")
    assert Operation.objects.filter(service=service, kind="SYNC", status="QUEUED").count() == 1


class TestRenewDialog:
    def test_it_reads_the_form_before_asking(self, service: Service, boss: Browser) -> None:
        words = ask(boss, service, "renew")
        assert service.expires_on is not None
        assert format_date(service.expires_on, locale="en") in words
        assert "1 month" in words
        assert "12 months" in words
        assert not service.operations.filter(kind="RENEW").exists()

    def test_the_price_list_tells_the_cost(self, world: World, service: Service, boss: Browser) -> None:
        refresh_price_list(world.server, now=database_now())
        assert "€4.00 by the partner" in ask(boss, service, "renew")

    def test_a_period_is_chosen(self, service: Service, boss: Browser) -> None:
        assert succeeded(press(boss, service, "renew", period="12"))
        assert service.operations.get(kind="RENEW").params == {"period": 12}

    def test_a_silent_partner_does_not_block_it(self, service: Service, boss: Browser) -> None:
        Server.objects.update(hostname="http://127.0.0.1:9")
        words = ask(boss, service, "renew")
        assert "The partner could not be asked now" in words
        assert "read again before anything is paid" in words

    def test_a_trial_says_why_not(self, service: Service, boss: Browser) -> None:
        Service.objects.update(tariff_id="55239")
        assert "renew" not in buttons_on(boss, service)
        assert "a trial ends on its last day" in ask(boss, service, "renew")


class TestCycle:
    def test_it_changes_from_the_next_invoice_on(self, world: World, service: Service, boss: Browser) -> None:
        euro = service.currency
        Price.objects.create(product=world.lite, currency=euro, cycle="ANNUALLY", price="50")
        assert "€50.00" in ask(boss, service, "cycle")
        due = service.next_due_date
        assert succeeded(press(boss, service, "cycle", cycle="ANNUALLY", amount=""))
        service.refresh_from_db()
        assert (service.cycle, service.recurring_amount, service.next_due_date) == ("ANNUALLY", Decimal(50), due)

    def test_support_may_not(self, service: Service, support: Browser) -> None:
        assert "cycle" not in buttons_on(support, service)
        assert press(support, service, "cycle", cycle="ANNUALLY").status_code == 403


def test_a_secret_shown_is_recorded_without_its_value(service: Service, support: Browser) -> None:
    support.get(f"/admin/billing/service/{service.pk}/fields/lickey/")
    event = service.events.get(name="service.secret_revealed")
    assert (event.data, event.actor) == ({"field": "lickey"}, "support_operator@example.com")


def test_a_refused_change_is_told_where_it_is_tried_again(service: Service, sandbox: Sandbox, boss: Browser) -> None:
    fault = {"name": "error", "type": "access", "object": "ip", "msg": "Changed recently", "func": "soft.edit"}
    httpx.post(f"{sandbox.url}/admin/faults", json={**fault, "params": {"sok": "ok"}}).raise_for_status()
    press(boss, service, "change", licname="web", ip="192.0.2.77")
    run_due_operations()
    words = ask(boss, service, "change")
    assert "Changed recently" in words
    assert 'value="192.0.2.77"' in words


def test_what_reconciliation_found_and_both_numbers_are_shown(service: Service, boss: Browser) -> None:
    now = database_now()
    Finding.objects.create(
        sort="DATE_DRIFT", server=service.server, service=service, fingerprint="x", first_seen_at=now, last_seen_at=now
    )
    words = text_of(boss.get(page_of(service)))
    assert "Another end date at the partner" in words
    assert "Our number there" in words


class TestTerms:
    @pytest.fixture
    def hosting(self, world: World) -> Service:
        terms = {"quantity_mode": "SCALING", "is_domain_required": True, "recurring_limit": 2, "fixed_term_days": 400}
        product = make_hosting(world.group, **terms)
        order = place_order(
            checkout=Checkout(
                client=world.client,
                items=[ItemRequest(product, "MONTHLY", 3, domain="xn--e1afmkfd.xn--p1ai")],
                payment_method="manual",
                key="terms",
            ),
            actor="test",
            now=database_now(),
        )
        pay(order.invoice)
        Service.objects.update(status="ACTIVE")
        return Service.objects.get()

    def test_the_page_and_the_list_say_what_was_sold(self, hosting: Service, boss: Browser) -> None:
        words = text_of(boss.get(page_of(hosting)))
        assert "2 of 2 renewals left" in words
        assert "Ends on" in words
        assert "пример.рф" in words
        assert "Hosting #" in text_of(boss.get(list_of(Service)))
        assert "× 3 пример.рф" in text_of(boss.get(list_of(Service, "?q=xn--e1afmkfd")))

    def test_an_operator_invoices_the_next_period_without_a_window(self, hosting: Service, boss: Browser) -> None:
        assert "next-invoice" in buttons_on(boss, hosting)
        assert "€15.00" in ask(boss, hosting, "next-invoice")
        assert succeeded(press(boss, hosting, "next-invoice"))
        invoice = Invoice.objects.get(status="UNPAID")
        assert (invoice.total, invoice.lines.get().service) == (15, hosting)
        assert "next-invoice" not in buttons_on(boss, hosting)

    def test_beyond_the_limit_it_is_refused_in_words(self, hosting: Service, boss: Browser) -> None:
        for _renewal in range(2):
            press(boss, hosting, "next-invoice")
            pay(Invoice.objects.get(status="UNPAID"))
        assert "next-invoice" not in buttons_on(boss, hosting)
        assert "as often as it was sold for" in ask(boss, hosting, "next-invoice")
        assert not succeeded(press(boss, hosting, "next-invoice"))
        assert "No renewals left" in text_of(boss.get(page_of(hosting)))

    def test_support_invoices_nothing(self, hosting: Service, support: Browser) -> None:
        assert press(support, hosting, "next-invoice").status_code == 403
        assert not Invoice.objects.filter(status="UNPAID").exists()
