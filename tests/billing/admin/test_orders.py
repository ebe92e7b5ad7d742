from django.test import Client as Browser

from billing.models import Order
from tests.billing.admin.pages import ask, buttons_on, days_away, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, make_client, make_product, pay, place


def test_accepting_says_that_nothing_moves_and_accepts(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    assert "no money moves" in ask(sales, order, "accept")
    assert succeeded(press(sales, order, "accept"))
    order.refresh_from_db()
    assert order.status == "ACTIVE"
    assert buttons_on(sales, order) == []
    assert order.events.get(name="order.accepted").actor == "sales_operator@example.com"


def test_accepting_says_what_is_bought(world: World, sales: Browser) -> None:
    by_hand = make_product(world.group, tariff_id="55227", name="by hand", price="5", auto_setup="ACCEPT")
    order = place(world.client, by_hand, ip="192.0.2.10")
    assert "bought at the partner now: 1" in ask(sales, order, "accept")
    press(sales, order, "accept")
    assert order.lines.get().services.get().operations.get().status == "QUEUED"


def test_cancelling_an_unpaid_order_names_the_invoice(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    words = ask(sales, order, "cancel")
    assert f"Invoice {order.invoice} is cancelled: €5.00" in words
    assert "Nothing was bought yet" in words
    press(sales, order, "cancel")
    order.invoice.refresh_from_db()
    assert order.invoice.status == "CANCELLED"


def test_cancelling_a_paid_order_names_money_and_licenses(world: World, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    order = service.order_line.order
    words = ask(sales, order, "cancel")
    assert "€5.00 that was paid becomes the credit of Anna Berg" in words
    assert service.remote_id in words
    press(sales, order, "cancel")
    world.client.refresh_from_db()
    assert world.client.credit_balance == 5
    assert service.operations.filter(kind="TERMINATE").exists()


def test_a_second_decision_is_refused_in_words(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    press(sales, order, "accept")
    response = press(sales, order, "cancel")
    assert not succeeded(response)
    assert "Only a pending order" in text_of(response)


def test_the_page_shows_lines_services_invoice_and_events(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    words = text_of(sales.get(page_of(order)))
    service = order.lines.get().services.get()
    assert f"ispmanager lite #{service.pk}" in words
    assert page_of(order.invoice) in words
    assert "Order placed" in words


def test_the_list_filters_by_status_and_finds_by_email(world: World, sales: Browser) -> None:
    pending = place(world.client, world.lite, ip="192.0.2.10")
    accepted = place(make_client(email="boris@example.com"), world.lite, ip="192.0.2.11")
    press(sales, accepted, "accept")
    assert rows_of(sales.get(list_of(Order, "?show=pending"))) == [pending]
    assert rows_of(sales.get(list_of(Order, "?show=active"))) == [accepted]
    assert len(rows_of(sales.get(list_of(Order, "?payment_method=bank_transfer")))) == 2
    assert rows_of(sales.get(list_of(Order, "?payment_method=manual"))) == []
    assert rows_of(sales.get(list_of(Order, "?placed_at_to=2020-02-01"))) == []
    today = f"?placed_at_from={days_away(0)}&placed_at_to={days_away(0)}"
    assert len(rows_of(sales.get(list_of(Order, today)))) == 2
    assert rows_of(sales.get(list_of(Order, "?q=boris@example.com"))) == [accepted]
    assert rows_of(sales.get(list_of(Order, f"?q={pending.number}"))) == [pending]


def test_an_order_paid_already_shows_so_in_the_list(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    pay(order.invoice)
    assert ">Paid<" in text_of(sales.get(list_of(Order)))


def test_without_scripts_the_button_works_as_a_page(world: World, sales: Browser) -> None:
    order = place(world.client, world.lite, ip="192.0.2.10")
    response = sales.post(f"/admin/billing/order/{order.pk}/do/accept/")
    assert response.status_code == 302
    assert response.headers["Location"] == page_of(order)
