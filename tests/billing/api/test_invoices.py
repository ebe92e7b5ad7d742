"""Invoices and payments over the API."""

from typing import Any

import pytest

from billing.models import Invoice, Operation, Payment
from tests.billing.api.caller import Api
from tests.billing.api.shop import IP, Shop, place
from tests.builders import place as place_order


@pytest.fixture
def path(shop: Shop) -> str:
    """An unpaid invoice over 17.50."""
    return f"invoices/{place_order(shop.client, shop.product, ip=IP, licname='web').invoice.pk}/"


def test_an_invoice_shows_what_it_charges_for(admin: Api, shop: Shop, path: str) -> None:
    invoice = admin.get(path)
    service, setup = invoice["lines"]
    assert (service["kind"], service["amount"]) == ("SERVICE", "15.00")
    assert service["period_start"] < service["period_end"]
    assert (setup["kind"], setup["amount"], setup["period_end"]) == ("SETUP", "2.50", None)
    sums = {name: invoice[name] for name in ("subtotal", "tax", "total", "amount_paid", "balance")}
    assert sums == {"subtotal": "17.50", "tax": "0.00", "total": "17.50", "amount_paid": "0.00", "balance": "17.50"}
    assert (invoice["client"], invoice["currency"]) == (shop.client.pk, "EUR")
    assert invoice["order"] == admin.get("orders/")["results"][0]["id"]


def test_a_payment_in_parts_pays_up(admin: Api, path: str) -> None:
    part = admin.post(f"{path}payments/", {"amount": "10", "reference": "a"}, expect=201)
    assert (part["invoice_status"], part["balance"], part["invoice_number"]) == ("UNPAID", "7.50", None)
    rest = admin.post(f"{path}payments/", {"amount": 7.5, "reference": "b"}, expect=201)
    assert (rest["invoice_status"], rest["balance"]) == ("PAID", "0.00")
    invoice = admin.get(path)
    assert invoice["number"] == rest["invoice_number"]
    assert sorted(payment["amount"] for payment in invoice["payments"]) == ["10.00", "7.50"]


def test_the_same_news_again_changes_nothing(admin: Api, path: str) -> None:
    body = {"gateway": "manual", "amount": "17.50", "reference": "bank-1"}
    first = admin.post(f"{path}payments/", body, expect=201)
    again = admin.post(f"{path}payments/", {**body, "amount": 17.5}, expect=200)
    assert again == first
    assert Payment.objects.count() == Operation.objects.count() == 1


def test_a_reference_with_other_content_is_a_conflict(admin: Api, shop: Shop, path: str) -> None:
    admin.post(f"{path}payments/", {"amount": "5", "reference": "bank-1"}, expect=201)
    problem = admin.post(f"{path}payments/", {"amount": "6", "reference": "bank-1"}, expect=409)
    assert problem["code"] == "reference_conflict"
    other = place(admin, shop, ip="192.0.2.88")["invoice"]
    admin.post(f"invoices/{other}/payments/", {"amount": "5", "reference": "bank-1"}, expect=409)
    assert Payment.objects.count() == 1


def test_more_for_a_paid_invoice_becomes_credit(admin: Api, shop: Shop, path: str) -> None:
    admin.post(f"{path}payments/", {"amount": "17.50", "reference": "a"}, expect=201)
    stray = admin.post(f"{path}payments/", {"amount": "17.50", "reference": "b"}, expect=201)
    assert (stray["invoice_status"], stray["applied_amount"]) == ("PAID", "0.00")
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "17.50"
    problem = admin.post(f"{path}pay-with-credit/", expect=409)
    assert problem["code"] == "invoice_not_payable"
    assert "paid already" in problem["detail"]


def test_money_for_a_cancelled_invoice_becomes_credit(admin: Api, shop: Shop, path: str) -> None:
    admin.post(f"orders/{admin.get(path)['order']}/cancel/")
    assert admin.post(f"{path}payments/", {"amount": "1"}, expect=201)["invoice_status"] == "CANCELLED"
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "1.00"


def test_too_much_money_becomes_credit(admin: Api, shop: Shop, path: str) -> None:
    admin.post(f"{path}payments/", {"amount": "20"}, expect=201)
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "2.50"


def test_without_a_reference_each_payment_is_a_new_one(admin: Api, path: str) -> None:
    references = {admin.post(f"{path}payments/", {"amount": "1"}, expect=201)["reference"] for _ in range(2)}
    assert len(references) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": "17.505"}, "amount"),
        ({"amount": "17.50001"}, "amount"),
        ({"amount": "abc"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": ["1"]}, "amount"),
        ({"amount": {"value": "1"}}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1E+999999"}, "amount"),
        ({"amount": 10**50}, "amount"),
        ({"fee": "-1"}, "fee"),
        ({"fee": "18"}, "fee"),
        ({"currency": "RUB"}, "currency"),
        ({"gateway": "bitcoin"}, "gateway"),
        ({"gateway": "credit"}, "gateway"),
        ({"gateway": ""}, "gateway"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 201}, "reference"),
        ({"reference": "a\x00"}, "reference"),
    ],
)
def test_a_wrong_payment_is_refused_by_field(admin: Api, path: str, changes: dict[str, Any], field: str) -> None:
    problem = admin.post(f"{path}payments/", {"amount": "17.50", "reference": "r", **changes}, expect=400)
    assert list(problem["errors"]) == [field]
    assert not Payment.objects.exists()


def test_a_payment_without_an_amount_is_refused(admin: Api, path: str) -> None:
    assert list(admin.post(f"{path}payments/", {}, expect=400)["errors"]) == ["amount"]


def test_a_payment_for_no_invoice_is_not_found(admin: Api) -> None:
    admin.post("invoices/999/payments/", {"amount": "1"}, expect=404)


def test_invoices_are_found_by_what_they_are_for(admin: Api, shop: Shop, path: str) -> None:
    invoice = admin.get(path)
    for name, value in {
        "client": shop.client.pk,
        "order": invoice["order"],
        "service": invoice["lines"][0]["service"],
        "status": "UNPAID",
        "due_before": "2999-01-01",
    }.items():
        assert admin.get("invoices/", **{name: value})["count"] == 1, name
    assert admin.get("invoices/", due_before="2000-01-01")["count"] == 0
    assert admin.get("invoices/", status="PAID")["count"] == 0


def test_a_draft_is_not_shown_to_its_client(admin: Api, shop: Shop, anna: Api, path: str) -> None:
    Invoice.objects.update(status="DRAFT")
    admin.get(path)
    anna.get(path, expect=404)


def test_a_currency_without_decimals_shows_none(admin: Api, shop: Shop, path: str) -> None:
    shop.client.currency.precision = 0
    shop.client.currency.save(update_fields=["precision"])
    assert admin.get(path)["lines"][0]["amount"] == "15"
    problem = admin.post(f"{path}payments/", {"amount": "1.5"}, expect=400)
    assert list(problem["errors"]) == ["amount"]
