"""Bank statements over the API, from the file to the paid invoice."""

import base64
from typing import Any

from tests.billing.api.caller import Api
from tests.billing.statements.files import camt, entry
from tests.builders import World, bill


def upload(api: Api, content: bytes, *, expect: int = 201) -> Any:
    body = {"file_name": "november.xml", "content": base64.b64encode(content).decode()}
    return api.post("bank-statements/", body, expect=expect)


def test_a_statement_is_read_once_and_its_transfer_confirmed(world: World, sales: Api) -> None:
    invoice = bill(world.client, "10.00")
    content = camt(entry("10.00", str(invoice), reference="R1"))
    statement = upload(sales, content)
    assert (statement["transfers_found"], statement["transfers_known"]) == (1, 0)
    assert "No bank account is set up" in statement["warnings"][0]
    assert upload(sales, content, expect=200)["id"] == statement["id"]
    (row,) = sales.get("bank-transfers/", status="MATCHED", confidence="SURE", statement=statement["id"])["results"]
    assert row["shares"] == [{"invoice": invoice.pk, "amount": "10.00", "payment": None}]
    for _call in range(2):
        assert sales.post(f"bank-transfers/{row['id']}/confirm/")["status"] == "CONFIRMED"
    assert sales.get(f"invoices/{invoice.pk}/")["status"] == "PAID"
    refused = sales.post(f"bank-transfers/{row['id']}/ignore/", {"reason": "x"}, expect=409)
    assert refused["code"] == "transfer_refused"


def test_another_use_is_chosen(world: World, sales: Api) -> None:
    invoice = bill(world.client, "10.00")
    number = upload(sales, camt(entry("12.00", "hello", name="")))["id"]
    (row,) = sales.get("bank-transfers/", statement=number)["results"]
    path = f"bank-transfers/{row['id']}"
    assert row["status"] == "NEW"
    assert sales.post(f"{path}/confirm/", expect=409)["code"] == "transfer_refused"
    assert "invoices or a client" in sales.post(f"{path}/choose/", {}, expect=400)["detail"]
    chosen = sales.post(f"{path}/choose/", {"client": world.client.pk})
    assert (chosen["client"], chosen["shares"]) == (world.client.pk, [])
    chosen = sales.post(f"{path}/choose/", {"invoices": [invoice.pk]})
    assert chosen["shares"][0]["amount"] == "12.00"


def test_what_is_wrong_and_who_may(world: World, sales: Api, support: Api) -> None:
    assert list(upload(sales, b"hello", expect=400)["errors"]) == ["content"]
    body = {"file_name": "x", "content": "no base64!"}
    assert list(sales.post("bank-statements/", body, expect=400)["errors"]) == ["content"]
    upload(support, b"hello", expect=403)
    assert support.get("bank-statements/")["results"] == []
    Api.of_client(world.client).get("bank-transfers/", expect=403)
