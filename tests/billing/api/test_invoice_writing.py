"""Drafts, credit notes and refunds over the API."""

from typing import Any

import pytest

from billing.models import CreditNote, Invoice, Refund, StaffRole
from tests.billing.actions.books import books_are_right
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop
from tests.kept_scenes import kept_scene


@pytest.fixture
def body(shop: Shop) -> dict[str, Any]:
    return body_of(shop)


def body_of(shop: Shop) -> dict[str, Any]:
    lines = [{"description": "Setup by hand", "amount": "100"}, {"description": "Training", "amount": 50.5}]
    return {"client": shop.client.pk, "lines": lines, "notes": "PO 7"}


@pytest.fixture
@kept_scene
def paid(shop: Shop) -> str:
    """A published and paid invoice over 150.50."""
    admin = Api.of_role(StaffRole.FULL_ADMINISTRATOR)
    path = f"invoices/{admin.post('invoices/', body_of(shop), expect=201)['id']}/"
    admin.post(f"{path}publish/", {"is_client_told": False})
    admin.post(f"{path}payments/", {"amount": "150.50", "reference": "r"}, expect=201)
    return path


def refund_body(admin: Api, path: str, **changes: Any) -> dict[str, Any]:
    payment = admin.get(path)["payments"][0]["id"]
    return {"payment": payment, "amount": "10", "way": "RECORDED", "reason": "slow", **changes}


def test_a_draft_is_written_and_published(admin: Api, anna: Api, body: dict[str, Any]) -> None:
    draft = admin.post("invoices/", body, expect=201)
    assert (draft["status"], draft["kind"], draft["total"]) == ("DRAFT", "SALE", "150.50")
    path = f"invoices/{draft['id']}/"
    anna.get(path, expect=404)
    published = admin.post(f"{path}publish/", {})
    assert (published["status"], published["number"]) == ("UNPAID", None)
    assert anna.get(path)["balance"] == "150.50"
    assert admin.post(f"{path}publish/", {}, expect=409)["code"] == "invoice_not_draft"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client": 999999}, "client"),
        ({"lines": []}, "lines"),
        ({"lines": [{"description": "x", "amount": "-1"}]}, "lines.0.amount"),
        ({"lines": [{"description": "x", "amount": "1.005"}]}, "lines.0.amount"),
        ({"lines": [{"description": "", "amount": "1"}]}, "lines.0.description"),
        ({"lines": [{"description": "x", "amount": "1", "tax_treatment": "NONE"}]}, "lines.0.tax_treatment"),
        ({"lines": [{"description": "x", "amount": "1", "service": 999999}]}, "lines.0.service"),
        ({"due_date": "2020-01-01"}, "due_date"),
        ({"payment_method": "gold"}, "payment_method"),
    ],
)
def test_a_wrong_draft_is_refused_by_field(
    admin: Api, body: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    problem = admin.post("invoices/", {**body, **changes}, expect=400)
    assert list(problem["errors"]) == [field]
    assert not Invoice.objects.exists()


def test_an_open_invoice_is_cancelled(admin: Api, paid: str, body: dict[str, Any]) -> None:
    draft = admin.post("invoices/", body, expect=201)
    assert admin.post(f"invoices/{draft['id']}/cancel/")["status"] == "CANCELLED"
    assert admin.post(f"{paid}cancel/", expect=409)["code"] == "invoice_not_cancellable"


def test_credit_pays_a_part(admin: Api, anna: Api, shop: Shop, body: dict[str, Any]) -> None:
    path = f"invoices/{admin.post('invoices/', body, expect=201)['id']}/"
    admin.post(f"{path}publish/", {})
    assert admin.post(f"{path}apply-credit/", {}, expect=409)["code"] == "not_enough_credit"
    admin.post(f"clients/{shop.client.pk}/credit/", {"amount": "40", "reason": "bank"})
    assert anna.post(f"{path}apply-credit/", {"amount": "15"}, expect=201)["balance"] == "135.50"
    assert list(anna.post(f"{path}apply-credit/", {"amount": "26"}, expect=400)["errors"]) == ["amount"]
    assert anna.post(f"{path}apply-credit/", {}, expect=201)["amount"] == "25.00"


def test_a_credit_note_takes_lines_back(admin: Api, anna: Api, paid: str) -> None:
    line = admin.get(paid)["lines"][0]["id"]
    body = {"to": "CREDIT", "reason": "wrong", "lines": {str(line): "30.25"}}
    note = admin.post(f"{paid}credit-notes/", body, expect=201)
    assert (note["total"], note["to_credit"], note["lines"][0]["invoice_line"]) == ("30.25", "30.25", line)
    invoice = anna.get(paid)
    assert (invoice["status"], invoice["amount_refunded"]) == ("PAID", "30.25")
    assert invoice["credit_notes"][0]["number"] == note["number"]
    rest = admin.post(f"{paid}credit-notes/", {"to": "REFUND", "reason": "all"}, expect=201)
    assert (rest["to_refund"], admin.get(paid)["status"]) == ("120.25", "REFUNDED")
    assert books_are_right()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": "GOLD"}, "to"),
        ({"reason": ""}, "reason"),
        ({"lines": {}}, "lines"),
        ({"lines": {"999999": "1"}}, "lines.999999"),
        ({"lines": {"x": "1"}}, "lines.x"),
        ({"lines": {"1": "abc"}}, "lines.1"),
    ],
)
def test_a_wrong_credit_note_is_refused_by_field(admin: Api, paid: str, changes: dict[str, Any], field: str) -> None:
    problem = admin.post(f"{paid}credit-notes/", {"to": "CREDIT", "reason": "x", **changes}, expect=400)
    assert list(problem["errors"]) == [field]
    assert not CreditNote.objects.exists()


def test_an_invoice_without_a_number_has_no_credit_notes(admin: Api, body: dict[str, Any]) -> None:
    path = f"invoices/{admin.post('invoices/', body, expect=201)['id']}/"
    problem = admin.post(f"{path}credit-notes/", {"to": "CREDIT", "reason": "x"}, expect=409)
    assert problem["code"] == "invoice_not_numbered"


def test_a_refund_comes_once_for_its_key(admin: Api, paid: str) -> None:
    body = refund_body(admin, paid)
    first = admin.post(f"{paid}refunds/", body, expect=201, Idempotency_Key="one")
    assert (first["status"], first["amount"]) == ("DONE", "10.00")
    assert admin.post(f"{paid}refunds/", body, expect=200, Idempotency_Key="one") == first
    problem = admin.post(f"{paid}refunds/", {**body, "amount": "11"}, expect=409, Idempotency_Key="one")
    assert problem["code"] == "idempotency_conflict"
    assert Refund.objects.count() == 1
    assert admin.get(paid)["amount_refunded"] == "10.00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"payment": 999999}, "payment"),
        ({"amount": "150.51"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "0.001"}, "amount"),
        ({"way": "GATEWAY"}, "way"),
        ({"way": "GOLD"}, "way"),
        ({"reason": ""}, "reason"),
        ({"credit_note": 999999}, "credit_note"),
    ],
)
def test_a_wrong_refund_is_refused_by_field(admin: Api, paid: str, changes: dict[str, Any], field: str) -> None:
    problem = admin.post(f"{paid}refunds/", refund_body(admin, paid, **changes), expect=400)
    assert list(problem["errors"]) == [field]
    assert not Refund.objects.exists()


def test_a_payment_of_another_invoice_is_refused(admin: Api, paid: str, body: dict[str, Any]) -> None:
    other = f"invoices/{admin.post('invoices/', body, expect=201)['id']}/"
    problem = admin.post(f"{other}refunds/", refund_body(admin, paid), expect=400)
    assert list(problem["errors"]) == ["payment"]


def test_clients_and_support_write_none(anna: Api, support: Api, body: dict[str, Any], paid: str) -> None:
    for caller in (anna, support):
        caller.post("invoices/", body, expect=403)
        for deed in ("publish", "cancel", "credit-notes", "refunds", "payments"):
            caller.post(f"{paid}{deed}/", {}, expect=403)
    support.post(f"{paid}apply-credit/", {}, expect=403)
