from typing import Any

from django.test import Client as Browser

from billing.models import Client
from tests.billing.admin.pages import add_page, ask, list_of, page_of, press, rows_of, succeeded, text_of
from tests.builders import World, make_active_service, make_client


def registration(**changes: Any) -> dict[str, Any]:
    return {
        "email": "new@example.com",
        "first_name": "Nina",
        "last_name": "Neu",
        "country": "DE",
        "currency": "EUR",
        "language": "ru",
        **changes,
    }


def test_a_client_is_registered_with_a_login(db: None, sales: Browser) -> None:
    response = sales.post(add_page(Client), registration(password="a-long-one-for-nina"))
    client = Client.objects.get(email="new@example.com")
    assert response.headers["Location"] == page_of(client)
    assert client.language == "ru"
    assert client.users.get().check_password("a-long-one-for-nina")


def test_a_taken_email_comes_back_beside_its_field(world: World, sales: Browser) -> None:
    response = sales.post(add_page(Client), registration(email=world.client.email, company="Kept GmbH"))
    assert "email" in response.context["form"].errors
    assert "Kept GmbH" in text_of(response)


def test_a_weak_password_is_refused(db: None, sales: Browser) -> None:
    response = sales.post(add_page(Client), registration(password="12345"))
    assert "password" in response.context["form"].errors
    assert not Client.objects.exists()


def test_a_change_is_saved_and_written_down(world: World, sales: Browser) -> None:
    sent = {"first_name": "Anna", "last_name": "Huber", "country": "AT", "language": "en"}
    assert press(sales, world.client, "change", **sent).status_code == 200
    world.client.refresh_from_db()
    assert (world.client.last_name, world.client.country.code) == ("Huber", "AT")
    assert world.client.events.get(name="client.changed").data == {"fields": ["country", "last_name"]}


def test_credit_is_added_with_its_reason(world: World, sales: Browser) -> None:
    assert "€0.00" in ask(sales, world.client, "credit")
    assert succeeded(press(sales, world.client, "credit", amount="12.50", reason="moved from the old shop"))
    world.client.refresh_from_db()
    assert str(world.client.credit_balance) == "12.5000"
    assert world.client.events.get(name="credit.added").data["reason"] == "moved from the old shop"


def test_credit_below_zero_is_refused_beside_the_amount(world: World, sales: Browser) -> None:
    response = press(sales, world.client, "credit", amount="-1", reason="oops")
    assert "amount" in response.context["form"].errors
    world.client.refresh_from_db()
    assert world.client.credit_balance == 0


def test_the_page_shows_services_invoices_and_orders(world: World, sales: Browser) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    words = text_of(sales.get(page_of(world.client)))
    order = service.order_line.order
    for subject in (service, order, order.invoice):
        assert page_of(subject) in words


def test_the_list_counts_services_and_unpaid_invoices(world: World, sales: Browser) -> None:
    make_active_service(world.client, world.lite, ip="192.0.2.10", licname="web")
    make_client(email="boris@example.com")
    (anna,) = rows_of(sales.get(list_of(Client, f"?q={world.client.email}")))
    assert (anna.live_count, anna.unpaid_count) == (1, 0)
