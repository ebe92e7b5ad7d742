"""Clients over the API."""

from typing import Any

import pytest

from billing.models import Client, StaffRole, User
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop

PERSON = {
    "email": "vera@example.com",
    "first_name": "Vera",
    "last_name": "Orlova",
    "company": "Vera & Co",
    "address1": "Nevsky 1",
    "address2": "",
    "city": "Saint Petersburg",
    "state": "",
    "postcode": "190000",
    "country": "RU",
    "phone": "+7 812 000 00 00",
    "currency": "RUB",
}


def test_a_client_comes_back_as_it_was_sent(admin: Api) -> None:
    created = admin.post("clients/", {**PERSON, "language": "ru"}, expect=201)
    usual = {"tax_id": "", "is_tax_exempt": False, "is_subscribed": False}
    assert created == {**PERSON, "language": "ru", **usual} | {
        name: created[name] for name in ("id", "credit_balance", "created_at")
    }
    assert created["credit_balance"] == "0.00"
    assert Client.objects.get().users.get().language == "ru"


def test_a_password_lets_the_owner_in_and_is_never_shown(admin: Api) -> None:
    created = admin.post("clients/", {**PERSON, "password": "correct horse battery"}, expect=201)
    assert "password" not in created
    assert User.objects.get().check_password("correct horse battery")


def test_without_a_password_nobody_can_log_in_yet(admin: Api) -> None:
    admin.post("clients/", PERSON, expect=201)
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "Anna@example.com"}, "email"),
        ({"email": "a" * 260 + "@example.com"}, "email"),
        ({"email": "a\x00@example.com"}, "email"),
        ({"first_name": ""}, "first_name"),
        ({"last_name": "x" * 101}, "last_name"),
        ({"company": {"a": 1}}, "company"),
        ({"country": "XX"}, "country"),
        ({"country": "Germany"}, "country"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "x" * 100_000}, "currency"),
        ({"currency": ["EUR"]}, "currency"),
        ({"language": "de"}, "language"),
        ({"password": "short"}, "password"),
        ({"phone": 1.5}, "phone"),
    ],
)
def test_wrong_values_are_refused_by_field(admin: Api, shop: Shop, changes: dict[str, Any], field: str) -> None:
    problem = admin.post("clients/", {**PERSON, **changes}, expect=400)
    assert list(problem["errors"]) == [field]
    assert Client.objects.count() == 1


def test_an_address_of_staff_cannot_become_a_client(admin: Api) -> None:
    User.objects.create_user("vera@example.com", is_staff=True, role=StaffRole.SALES_OPERATOR)
    assert list(admin.post("clients/", PERSON, expect=400)["errors"]) == ["email"]


def test_messages_come_in_the_language_of_the_caller(admin: Api) -> None:
    admin.headers["Accept-Language"] = "ru"
    problem = admin.post("clients/", {**PERSON, "first_name": ""}, expect=400)
    assert problem["errors"]["first_name"] == ["Это поле не может быть пустым."]


def test_a_change_leaves_email_and_currency_alone(admin: Api, shop: Shop) -> None:
    changes = {"city": "Hamburg", "email": "new@example.com", "currency": "RUB", "credit_balance": "100"}
    changed = admin.patch(f"clients/{shop.client.pk}/", changes)
    assert (changed["city"], changed["email"], changed["currency"]) == ("Hamburg", "anna@example.com", "EUR")
    assert changed["credit_balance"] == "0.00"
    assert list(admin.patch(f"clients/{shop.client.pk}/", {"last_name": ""}, expect=400)["errors"]) == ["last_name"]


def test_credit_adds_up(admin: Api, shop: Shop) -> None:
    path = f"clients/{shop.client.pk}/credit/"
    admin.post(path, {"amount": "10.10", "reason": "bank"})
    assert admin.post(path, {"amount": 0.2, "reason": "bank"})["credit_balance"] == "10.30"


@pytest.mark.parametrize(
    "amount", ["0", "-5", "0.001", "1e3000", 10**30, "9" * 13, "NaN", "Infinity", "ten", None, True, [], {}]
)
def test_credit_of_no_amount_is_refused(admin: Api, shop: Shop, amount: Any) -> None:
    problem = admin.post(f"clients/{shop.client.pk}/credit/", {"amount": amount, "reason": "x"}, expect=400)
    assert list(problem["errors"]) == ["amount"]
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "0.00"


def test_clients_are_found_by_email(admin: Api, shop: Shop) -> None:
    assert admin.get("clients/", email="ANNA@example.com")["count"] == 1
    assert admin.get("clients/", email="vera@example.com")["count"] == 0


def test_the_wish_for_news_is_kept_and_changed(admin: Api, shop: Shop) -> None:
    address = f"clients/{shop.client.pk}/"
    assert admin.get(address)["is_subscribed"] is False
    assert admin.patch(address, {"is_subscribed": True})["is_subscribed"] is True
    assert admin.patch(address, {"first_name": "Anne"})["is_subscribed"] is True
