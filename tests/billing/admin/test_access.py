from collections.abc import Callable

import pytest
from django.test import Client as Browser

from billing.models import ApiKey, Client, Email, Event, Invoice, Operation, Order, Payment, Service, User
from noc.models import CallLog, Server, ServerGroup
from tests.billing.admin.pages import add_page, buttons_on, dialog_of, list_of, page_of, press, text_of
from tests.builders import World, make_active_service, place

EVERYONES = [Client, Order, Invoice, Service, Operation, Event, Email, CallLog]
ADMINISTRATORS = [Server, User, ApiKey]
PASSWORD = "right-horse-battery"


def test_staff_log_in_by_email_whatever_its_case(db: None) -> None:
    User.objects.create_user("vera@example.com", PASSWORD, is_staff=True, role="SUPPORT_OPERATOR")
    browser = Browser()
    sent = {"username": "Vera@Example.com", "password": PASSWORD}
    assert browser.post("/admin/login/?next=/admin/", sent).status_code == 302
    assert browser.get("/admin/").context["may_view"] is True


def test_guessing_passwords_is_slowed_down(db: None) -> None:
    User.objects.create_user("vera@example.com", PASSWORD, is_staff=True, role="SUPPORT_OPERATOR")
    browser = Browser()
    for _guess in range(5):
        browser.post("/admin/login/", {"username": "vera@example.com", "password": "guess"})
    response = browser.post("/admin/login/", {"username": "vera@example.com", "password": PASSWORD})
    assert response.status_code == 200
    assert "Too many wrong passwords" in text_of(response)


def test_a_client_is_not_let_in(world: World) -> None:
    browser = Browser()
    browser.force_login(world.client.users.get(), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/admin/").status_code == 302


def test_staff_without_a_role_see_nothing(world: World, staff_as: Callable[[str], Browser]) -> None:
    browser = staff_as("")
    page = browser.get("/admin/")
    assert page.context["may_view"] is False
    assert page.context["sidebar_navigation"] == []
    for model in (*EVERYONES, *ADMINISTRATORS):
        assert browser.get(list_of(model)).status_code == 403
    assert browser.get(page_of(world.client)).status_code == 403


@pytest.mark.parametrize("role", ["SUPPORT_OPERATOR", "SALES_OPERATOR"])
def test_operators_see_the_business_but_not_the_accounts(role: str, staff_as: Callable[[str], Browser]) -> None:
    browser = staff_as(role)
    assert {browser.get(list_of(model)).status_code for model in EVERYONES} == {200}
    assert {browser.get(list_of(model)).status_code for model in ADMINISTRATORS} == {403}


def test_a_full_administrator_sees_everything(boss: Browser) -> None:
    models = [*EVERYONES, *ADMINISTRATORS, ServerGroup]
    assert {boss.get(list_of(model)).status_code for model in models} == {200}


def test_support_cannot_open_a_server(world: World, support: Browser) -> None:
    assert support.get(page_of(world.server)).status_code == 403
    assert support.get(dialog_of(world.server, "change")).status_code == 403
    assert press(support, world.server, "default").status_code == 403
    assert support.get(add_page(Server)).status_code == 403
    assert "Servers" not in text_of(support.get("/admin/"))


def test_support_cannot_record_payments(world: World, support: Browser) -> None:
    invoice = place(world.client, world.lite, ip="192.0.2.10").invoice
    assert buttons_on(support, invoice) == []
    sent = {"gateway": "manual", "amount": "5.00", "reference": "forged"}
    assert press(support, invoice, "payment", **sent).status_code == 403
    assert not Payment.objects.exists()


def test_support_cannot_touch_orders_and_clients(world: World, support: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    assert buttons_on(support, order) == buttons_on(support, world.client) == []
    assert press(support, order, "cancel").status_code == 403
    assert press(support, world.client, "credit", amount="5", reason="gift").status_code == 403
    assert support.get(add_page(Client)).status_code == 403
    order.refresh_from_db()
    assert order.status == "PENDING"


def test_support_runs_module_commands(world: World, support: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    assert "sync" in buttons_on(support, service)
    press(support, service, "sync")
    assert service.operations.filter(kind="SYNC").exists()


def test_a_post_without_the_token_is_refused(world: World, boss: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = boss.cookies
    assert press(strict, order, "accept").status_code == 403
    order.refresh_from_db()
    assert order.status == "PENDING"


def test_looking_at_a_dialog_does_nothing(world: World, boss: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    assert boss.get(dialog_of(order, "cancel")).status_code == 200
    order.refresh_from_db()
    assert order.status == "PENDING"


def test_an_unknown_button_or_object_is_not_found(world: World, boss: Browser) -> None:
    assert boss.get(dialog_of(world.client, "explode")).status_code == 404
    assert boss.get(page_of(Client(pk=999_999))).status_code == 404


def test_nobody_changes_records_by_the_usual_forms(world: World, boss: Browser) -> None:
    event = Event.objects.latest("id")
    assert boss.post(page_of(event), {"name": "forged"}).status_code == 403
    assert boss.post(f"/admin/billing/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403
    order = place(world.client, world.lite, ip="192.0.2.10")
    assert boss.post(f"/admin/billing/order/{order.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Order.objects.filter(pk=order.pk).exists()


def test_the_back_office_has_a_policy_of_its_own(boss: Browser) -> None:
    inside = boss.get("/admin/").headers["Content-Security-Policy"]
    outside = boss.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in inside
    assert "frame-ancestors 'none'" in inside
    assert "unsafe" not in outside
