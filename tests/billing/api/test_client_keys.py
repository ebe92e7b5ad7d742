"""A client's own key: its own things, and nothing about accounts at the partner."""

import json

from billing.models import Client, HoldReason, Operation
from noc.models import Server
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, buy, pay, place, work


def test_a_client_sees_its_own_things_only(admin: Api, shop: Shop, anna: Api, stranger: Api, boris: Client) -> None:
    service = buy(admin, shop)
    order = anna.get("orders/")["results"][0]
    operation = anna.get("operations/")["results"][0]
    paths = [
        f"clients/{shop.client.pk}/",
        f"orders/{order['id']}/",
        f"invoices/{order['invoice']}/",
        f"services/{service}/",
        f"operations/{operation['id']}/",
    ]
    for path in paths:
        anna.get(path)
        stranger.get(path, expect=404)
    for name in ("orders", "invoices", "services", "operations"):
        assert stranger.get(f"{name}/")["count"] == 0
        assert stranger.get(f"{name}/", client=shop.client.pk)["count"] == 0
    assert [row["id"] for row in stranger.get("clients/")["results"]] == [boris.pk]


def test_a_client_may_not_act_on_the_things_of_others(admin: Api, shop: Shop, stranger: Api) -> None:
    service = buy(admin, shop)
    before = Operation.objects.count()
    stranger.post(f"services/{service}/commands/", {"command": "terminate"}, expect=404)
    stranger.post(f"services/{service}/change/", {"ip": "192.0.2.99"}, expect=404)
    stranger.patch(f"clients/{shop.client.pk}/", {"first_name": "Eve"}, expect=404)
    assert Operation.objects.count() == before


def test_staff_rooms_are_closed_to_clients(shop: Shop, anna: Api) -> None:
    for path in ("servers/", "server-groups/", "products/", "product-groups/", "currencies/"):
        anna.get(path, expect=403)
    anna.post("clients/", {}, expect=403)
    order = place(anna, shop)
    anna.post(f"orders/{order['id']}/accept/", expect=403)
    anna.post(f"orders/{order['id']}/cancel/", expect=403)
    anna.post(f"invoices/{order['invoice']}/payments/", {"amount": "15"}, expect=403)
    anna.post(f"clients/{shop.client.pk}/credit/", {"amount": "15", "reason": "gift"}, expect=403)


def test_a_client_orders_for_itself_without_naming_itself(shop: Shop, anna: Api) -> None:
    body = shop.order_body()
    del body["client"]
    assert anna.post("orders/", body, expect=201)["client"] == shop.client.pk


def test_a_client_cannot_order_for_another(shop: Shop, anna: Api, boris: Client) -> None:
    problem = anna.post("orders/", shop.order_body(client=boris.pk), expect=400)
    assert list(problem["errors"]) == ["client"]


def test_a_client_is_not_told_where_a_service_is_bought(admin: Api, shop: Shop, anna: Api) -> None:
    service = buy(admin, shop)
    answer = anna.get(f"services/{service}/")
    assert "server" not in answer
    assert "server" not in anna.get("services/")["results"][0]
    assert shop.server.hostname not in json.dumps(answer)
    assert admin.get(f"services/{service}/")["server"] == shop.server.pk


def test_a_client_reads_what_a_held_operation_means_and_no_reason(admin: Api, shop: Shop, anna: Api) -> None:
    Server.objects.update(is_enabled=False)
    pay(admin, place(admin, shop))
    work()
    operation = Operation.objects.get()
    assert operation.hold_reason == HoldReason.SERVER_DISABLED
    answer = anna.get(f"operations/{operation.pk}/")
    assert answer["message"].startswith("Purchases are paused")
    assert not {"hold_reason", "history", "remote_id"} & set(answer)
    staff = admin.get(f"operations/{operation.pk}/")
    assert staff["hold_reason"] == "SERVER_DISABLED"
    assert len(staff["history"]) == staff["attempts"]


def test_a_client_renews_by_paying_only(admin: Api, shop: Shop, anna: Api) -> None:
    service = buy(admin, shop)
    assert set(anna.get(f"services/{service}/")["commands"]) == {"terminate", "change"}
    for command in ("renew", "create", "sync"):
        assert "paying" in anna.post(f"services/{service}/commands/", {"command": command}, expect=403)["detail"]
    anna.post(f"services/{service}/commands/", {"command": "explode"}, expect=400)


def test_a_client_ends_and_changes_its_own_service(admin: Api, shop: Shop, anna: Api) -> None:
    service = buy(admin, shop)
    queued = anna.post(f"services/{service}/change/", {"ip": "192.0.2.50"}, expect=202)
    work()
    assert anna.get(f"operations/{queued['operation']}/")["message"] == "The name and IP are changed."
    anna.post(f"services/{service}/commands/", {"command": "terminate"}, expect=202)
    work()
    assert anna.get(f"services/{service}/")["status"] == "TERMINATED"


def test_fields_for_staff_are_hidden_from_clients_and_keys_are_shown_to_their_owner(
    admin: Api, shop: Shop, anna: Api
) -> None:
    shop.product.custom_fields.create(key="rack", label="Rack", is_admin_only=True)
    service = buy(admin, shop)
    work()
    shown = anna.get(f"services/{service}/")["fields"]
    assert set(shown) == {"licname", "ip", "lickey", "order_id"}
    assert shown["lickey"]
    assert "•" not in shown["lickey"]
    assert admin.get(f"services/{service}/")["fields"]["rack"] == ""


def test_a_client_pays_from_its_credit(admin: Api, shop: Shop, anna: Api) -> None:
    invoice = place(anna, shop)["invoice"]
    problem = anna.post(f"invoices/{invoice}/pay-with-credit/", expect=409)
    assert problem["code"] == "not_enough_credit"
    admin.post(f"clients/{shop.client.pk}/credit/", {"amount": "20", "reason": "bank transfer"})
    paid = anna.post(f"invoices/{invoice}/pay-with-credit/", expect=201)
    assert (paid["amount"], paid["invoice_status"]) == ("17.50", "PAID")
    assert anna.get(f"clients/{shop.client.pk}/")["credit_balance"] == "2.50"


def test_a_client_changes_its_address(shop: Shop, anna: Api) -> None:
    answer = anna.patch(f"clients/{shop.client.pk}/", {"city": "Berlin", "country": "fr"})
    assert (answer["city"], answer["country"]) == ("Berlin", "FR")


def test_a_client_cannot_end_what_is_not_there_yet(admin: Api, shop: Shop, anna: Api) -> None:
    order = place(admin, shop)
    (service,) = order["services"]
    problem = anna.post(f"services/{service}/commands/", {"command": "terminate"}, expect=409)
    assert "not been created yet" in problem["detail"]
