"""Orders over the API: what is asked, what comes back, and one order for one key."""

from typing import Any

import pytest

from billing.models import Client, Operation, Order, Promotion, Service, StoreSettings
from catalog.actions.products import update_product
from catalog.models import AutoSetup, Product, ProductGroup
from tests.billing.api.caller import Api
from tests.billing.api.shop import Shop, buy, make_product, pay, place, work


def test_an_order_shows_its_lines_invoice_and_services(admin: Api, shop: Shop) -> None:
    order = place(admin, shop)
    service = Service.objects.get()
    assert order["services"] == [service.pk]
    assert order["lines"] == [
        {
            "product": shop.product.pk,
            "description": "ispmanager lite",
            "cycle": "MONTHLY",
            "quantity": 1,
            "is_scaling": False,
            "unit_price": "15.00",
            "setup_fee": "2.50",
            "services": [service.pk],
        }
    ]
    assert (order["total"], order["currency"], order["status"]) == ("17.50", "EUR", "PENDING")
    assert admin.get(f"orders/{order['id']}/") == order
    assert admin.get("orders/")["results"] == [order]


def test_what_can_be_left_out_has_a_default(admin: Api, shop: Shop) -> None:
    item = {"product": shop.product.pk, "cycle": "MONTHLY", "fields": {"ip": "192.0.2.1"}}
    order = admin.post("orders/", {"client": shop.client.pk, "items": [item]}, expect=201)
    assert order["payment_method"] == "bank_transfer"
    assert order["lines"][0]["quantity"] == 1


def test_a_free_product_needs_no_cycle_and_makes_no_invoice(admin: Api, shop: Shop) -> None:
    product = make_product(shop.group, payment_type="FREE", name="Trial", tariff_id="55239")
    item = {"product": product.pk, "fields": {"ip": "192.0.2.1"}}
    order = admin.post("orders/", {"client": shop.client.pk, "items": [item]}, expect=201)
    assert order["invoice"] is None
    assert order["lines"][0]["cycle"] == "ONE_TIME"
    work()
    assert admin.get(f"services/{order['services'][0]}/")["status"] == "ACTIVE"


def test_several_units_make_several_services(admin: Api, shop: Shop) -> None:
    product = make_product(shop.group, module="", tariff_id="", name="Consulting")
    item = {"product": product.pk, "cycle": "MONTHLY", "quantity": 3}
    order = admin.post("orders/", {"client": shop.client.pk, "items": [item]}, expect=201)
    assert len(order["services"]) == 3
    assert order["total"] == "52.50"


def test_units_of_one_service_a_domain_and_a_promo_code_are_ordered(admin: Api, shop: Shop) -> None:
    Promotion.objects.create(code="SPRING", type="PERCENT", value=10)
    product = make_product(
        shop.group, module="", tariff_id="", name="Hosting", quantity_mode="SCALING", is_domain_required=True
    )
    item = {"product": product.pk, "cycle": "MONTHLY", "quantity": 300, "domain": "Пример.рф"}
    body = {"client": shop.client.pk, "items": [item], "promo_code": "spring"}
    order = admin.post("orders/", body, expect=201)
    (line,) = order["lines"]
    assert (line["quantity"], line["is_scaling"], len(order["services"])) == (300, True, 1)
    assert (order["total"], order["promo_code"]) == ("4052.50", "SPRING")
    service = admin.get(f"services/{order['services'][0]}/")
    assert (service["quantity"], service["domain"]) == (300, "xn--e1afmkfd.xn--p1ai")
    assert service["recurring_amount"] == "4500.00"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"domain": ""}, "items.0.domain"),
        ({"domain": "localhost"}, "items.0.domain"),
        ({"domain": "x" * 400}, "items.0.domain"),
        ({"domain": 5.5}, "items.0.domain"),
        ({"quantity": 101}, "items.0.quantity"),
        ({"quantity": 1001}, "items.0.quantity"),
    ],
)
def test_each_wrong_term_is_answered_on_its_path(admin: Api, shop: Shop, changes: dict[str, Any], path: str) -> None:
    product = make_product(shop.group, module="", tariff_id="", name="Hosting", is_domain_required=True)
    item = {"product": product.pk, "cycle": "MONTHLY", "domain": "example.com", **changes}
    problem = admin.post("orders/", {"client": shop.client.pk, "items": [item]}, expect=400)
    assert list(problem["errors"]) == [path]
    assert not Order.objects.exists()


def test_a_domain_for_what_asks_for_none_is_refused(admin: Api, shop: Shop) -> None:
    body = shop.order_body()
    body["items"][0]["domain"] = "example.com"
    assert list(admin.post("orders/", body, expect=400)["errors"]) == ["items.0.domain"]


def test_two_licenses_for_one_address_are_refused(admin: Api, shop: Shop) -> None:
    body = shop.order_body()
    body["items"] *= 2
    assert list(admin.post("orders/", body, expect=400)["errors"]) == ["items.1.fields.ip"]
    body["items"] = [{**body["items"][0], "quantity": 2}]
    assert list(admin.post("orders/", body, expect=400)["errors"]) == ["items.0.quantity"]


def test_the_same_key_and_body_give_the_same_order(admin: Api, shop: Shop) -> None:
    first = admin.post("orders/", shop.order_body(), expect=201, Idempotency_Key="k1")
    again = admin.post("orders/", shop.order_body(), expect=200, Idempotency_Key="k1")
    assert again == first
    assert Order.objects.count() == Service.objects.count() == 1


def test_the_order_of_members_in_the_body_does_not_matter_to_a_key(admin: Api, shop: Shop) -> None:
    body = shop.order_body()
    admin.post("orders/", body, expect=201, Idempotency_Key="k1")
    turned = {**body, "items": [{**body["items"][0], "fields": dict(reversed(body["items"][0]["fields"].items()))}]}
    admin.post("orders/", dict(reversed(turned.items())), expect=200, Idempotency_Key="k1")


def test_a_replay_answers_with_the_order_as_it_is_now(admin: Api, shop: Shop) -> None:
    order = place(admin, shop, key="k1")
    admin.post(f"orders/{order['id']}/accept/")
    shop.product.is_retired = True
    shop.product.save(update_fields=["is_retired"])
    again = admin.post("orders/", shop.order_body(), expect=200, Idempotency_Key="k1")
    assert (again["id"], again["status"]) == (order["id"], "ACTIVE")


@pytest.mark.parametrize("change", [{"ip": "192.0.2.99"}, {"payment_method": "manual"}, {"notes": "hurry"}])
def test_the_same_key_with_another_body_is_a_conflict(admin: Api, shop: Shop, change: dict[str, Any]) -> None:
    place(admin, shop, key="k1")
    problem = admin.post("orders/", shop.order_body(**change), expect=409, Idempotency_Key="k1")
    assert problem["code"] == "idempotency_conflict"
    assert problem["detail"]
    assert Order.objects.count() == 1


def test_the_same_key_for_another_client_is_a_conflict(admin: Api, shop: Shop, boris: Client) -> None:
    place(admin, shop, key="k1")
    admin.post("orders/", shop.order_body(client=boris.pk), expect=409, Idempotency_Key="k1")


def test_keys_of_different_callers_never_meet(admin: Api, sales: Api, shop: Shop, anna: Api) -> None:
    orders = {place(api, shop, key="k1")["id"] for api in (admin, sales, anna)}
    assert len(orders) == 3


def test_without_a_key_each_call_is_a_new_order(admin: Api, shop: Shop) -> None:
    assert place(admin, shop)["id"] != place(admin, shop)["id"]


@pytest.mark.parametrize("key", ["", "  ", "k" * 101, "a\x00b", "a\tb", "a\x7fb", "ключ".encode().decode("latin-1")])
def test_a_bad_key_is_refused(admin: Api, shop: Shop, key: str) -> None:
    problem = admin.post("orders/", shop.order_body(), expect=400, Idempotency_Key=key)
    assert list(problem["errors"]) == ["Idempotency-Key"]
    assert not Order.objects.exists()


def test_a_key_of_a_hundred_characters_is_taken(admin: Api, shop: Shop) -> None:
    place(admin, shop, key="k" * 100)


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"product": None}, "items.0.product"),
        ({"product": 10**30}, "items.0.product"),
        ({"product": 1.5}, "items.0.product"),
        ({"product": True}, "items.0.product"),
        ({"product": [1]}, "items.0.product"),
        ({"product": {"id": 1}}, "items.0.product"),
        ({"cycle": "ANNUALLY"}, "items.0.cycle"),
        ({"cycle": "FORTNIGHTLY"}, "items.0.cycle"),
        ({"cycle": ["MONTHLY"]}, "items.0.cycle"),
        ({"quantity": 0}, "items.0.quantity"),
        ({"quantity": 101}, "items.0.quantity"),
        ({"quantity": 10**40}, "items.0.quantity"),
        ({"quantity": 1.5}, "items.0.quantity"),
        ({"fields": {"ip": "not an address"}}, "items.0.fields.ip"),
        ({"fields": {"ip": "192.0.2.1\x00"}}, "items.0.fields.ip"),
        ({"fields": {"ip": None}}, "items.0.fields.ip"),
        ({"fields": {}}, "items.0.fields.ip"),
        ({"fields": {"ip": "192.0.2.1", "licname": "x" * 100_000}}, "items.0.fields.licname"),
        ({"fields": {"ip": "192.0.2.1", "colour": "red"}}, "items.0.fields.colour"),
        ({"fields": {"ip": "192.0.2.1", "lickey": "mine"}}, "items.0.fields.lickey"),
        ({"fields": {"ip": "192.0.2.1", "a\x00b": "c"}}, "items.0.fields"),
        ({"fields": "ip"}, "items.0.fields"),
        ({"options": {"nodes": 3}}, "items.0.options.nodes"),
        ({"options": {"nodes": -1}}, "items.0.options.nodes"),
        ({"options": {"nodes": "many"}}, "items.0.options.nodes"),
        ({"options": {"nodes": True}}, "items.0.options.nodes"),
        ({"options": {"nodes": 1.5}}, "items.0.options.nodes"),
        ({"options": {"nodes": 10**30}}, "items.0.options.nodes"),
        ({"options": {"nodes": None}}, "items.0.options.nodes"),
        ({"options": [3]}, "items.0.options"),
        ({"parent": 999}, "items.0.parent"),
        ({"parent": "x"}, "items.0.parent"),
        ({"parent_item": 0}, "items.0.parent_item"),
        ({"parent_item": -1}, "items.0.parent_item"),
        ({"parent_item": "first"}, "items.0.parent_item"),
        ({"parent_item": 10**30}, "items.0.parent_item"),
        ({"is_item_unchecked": "maybe"}, "items.0.is_item_unchecked"),
    ],
)
def test_a_wrong_item_is_refused_where_it_is_wrong(admin: Api, shop: Shop, item: dict[str, Any], path: str) -> None:
    body = shop.order_body()
    body["items"][0].update(item)
    assert list(admin.post("orders/", body, expect=400)["errors"]) == [path]
    assert not Order.objects.exists()


def test_a_recurring_product_needs_a_cycle(admin: Api, shop: Shop) -> None:
    body = shop.order_body()
    del body["items"][0]["cycle"]
    assert list(admin.post("orders/", body, expect=400)["errors"]) == ["items.0.cycle"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"client": None}, "client"),
        ({"client": 999_999}, "client"),
        ({"client": "x"}, "client"),
        ({"items": []}, "items"),
        ({"items": {}}, "items"),
        ({"items": None}, "items"),
        ({"items": [1]}, "items.0"),
        ({"items": [{}] * 51}, "items"),
        ({"payment_method": "barter"}, "payment_method"),
        ({"payment_method": "x" * 31}, "payment_method"),
        ({"notes": "x" * 2001}, "notes"),
    ],
)
def test_a_wrong_order_is_refused_by_field(admin: Api, shop: Shop, changes: dict[str, Any], path: str) -> None:
    assert list(admin.post("orders/", shop.order_body(**changes), expect=400)["errors"]) == [path]


def test_faults_of_several_items_come_at_once(admin: Api, shop: Shop) -> None:
    good, bad = shop.order_body()["items"][0], shop.order_body(ip="nowhere")["items"][0]
    problem = admin.post("orders/", shop.order_body(items=[bad, good, bad]), expect=400)
    assert list(problem["errors"]) == ["items.0.fields.ip", "items.2.fields.ip"]


def test_an_order_without_a_client_is_refused(admin: Api, shop: Shop) -> None:
    body = shop.order_body()
    del body["client"]
    assert list(admin.post("orders/", body, expect=400)["errors"]) == ["client"]


def test_an_order_on_credit_is_paid_at_once_or_not_placed(admin: Api, shop: Shop) -> None:
    body = shop.order_body(payment_method="credit")
    assert list(admin.post("orders/", body, expect=400, Idempotency_Key="k")["errors"]) == ["payment_method"]
    assert not Order.objects.exists()
    admin.post(f"clients/{shop.client.pk}/credit/", {"amount": "17.50", "reason": "bank"})
    order = admin.post("orders/", body, expect=201, Idempotency_Key="k")
    assert admin.get(f"invoices/{order['invoice']}/")["status"] == "PAID"


def test_acceptance_lets_a_held_purchase_go(admin: Api, shop: Shop) -> None:
    shop.product.auto_setup = AutoSetup.ACCEPT
    shop.product.save(update_fields=["auto_setup"])
    order = place(admin, shop)
    pay(admin, order)
    work()
    assert Operation.objects.get().status == "HELD"
    accepted = admin.post(f"orders/{order['id']}/accept/")
    assert accepted["status"] == "ACTIVE"
    assert accepted["accepted_at"]
    work()
    assert Service.objects.get().status == "ACTIVE"


def test_a_settled_order_is_not_settled_again(admin: Api, shop: Shop) -> None:
    order = place(admin, shop)
    assert admin.post(f"orders/{order['id']}/cancel/")["status"] == "CANCELLED"
    for deed in ("accept", "cancel"):
        problem = admin.post(f"orders/{order['id']}/{deed}/", expect=409)
        assert problem["code"] == "order_not_pending"
        assert problem["detail"]
    assert admin.get(f"invoices/{order['invoice']}/")["status"] == "CANCELLED"


def test_a_paid_order_that_is_cancelled_becomes_credit(admin: Api, shop: Shop) -> None:
    order = place(admin, shop)
    pay(admin, order)
    admin.post(f"orders/{order['id']}/cancel/")
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "17.50"
    assert admin.get(f"invoices/{order['invoice']}/")["status"] == "REFUNDED"


def test_a_module_goes_to_a_license_of_the_same_client(admin: Api, shop: Shop) -> None:
    number = admin.get(f"services/{buy(admin, shop)}/")["remote_id"]
    module = make_product(shop.group, name="BitNinja", tariff_id="55371")
    mail = {"bitninja_email": "anna@example.com"}
    items = [{"product": module.pk, "cycle": "MONTHLY", "fields": {"item": int(number), **mail}}]
    order = admin.post("orders/", shop.order_body(items=items), expect=201)
    pay(admin, order)
    work()
    assert admin.get(f"services/{order['services'][0]}/")["status"] == "ACTIVE"
    items[0]["fields"] = {"item": 999, **mail}
    assert list(admin.post("orders/", shop.order_body(items=items), expect=400)["errors"]) == ["items.0.fields.item"]


def test_orders_are_found_by_client_status_and_number(admin: Api, shop: Shop, boris: Client) -> None:
    order = place(admin, shop)
    admin.post(f"orders/{place(admin, shop)['id']}/cancel/")
    assert admin.get("orders/", client=shop.client.pk)["count"] == 2
    assert admin.get("orders/", client=boris.pk)["count"] == 0
    assert [row["id"] for row in admin.get("orders/", status="PENDING")["results"]] == [order["id"]]
    assert admin.get("orders/", status=["PENDING", "CANCELLED"])["count"] == 2
    assert admin.get("orders/", number=order["number"])["count"] == 1


@pytest.fixture
def addon(shop: Shop) -> Product:
    """BitNinja, sold with the shop's product."""
    module = make_product(shop.group, name="BitNinja", tariff_id="55371", is_addon=True)
    return update_product(product=shop.product, values={}, addons=[module]).addons.get()


def test_options_are_charged_and_named(admin: Api, shop: Shop) -> None:
    business = make_product(shop.group, name="business", tariff_id="55230")
    nodes = {"key": "nodes", "prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": "5"}]}
    admin.patch(f"products/{business.pk}/", {"options": [nodes]})
    item = {"product": business.pk, "cycle": "MONTHLY", "fields": {"ip": "192.0.2.1"}, "options": {"nodes": 2}}
    order = admin.post("orders/", shop.order_body(items=[item]), expect=201)
    assert (order["lines"][0]["description"], order["lines"][0]["unit_price"]) == (
        "business (additional servers: 2)",
        "25.00",
    )


def test_an_addon_is_ordered_with_an_earlier_item(admin: Api, shop: Shop, addon: Product) -> None:
    main = shop.order_body()["items"][0]
    order = admin.post("orders/", shop.order_body(items=[main, {"product": addon.pk, "parent_item": 0}]), expect=201)
    assert [line["cycle"] for line in order["lines"]] == ["MONTHLY", "MONTHLY"]
    parent, child = Service.objects.order_by("id")
    assert child.parent == parent


def test_an_addon_is_ordered_for_a_service(admin: Api, shop: Shop, addon: Product) -> None:
    service_id = buy(admin, shop)
    order = admin.post("orders/", shop.order_body(items=[{"product": addon.pk, "parent": service_id}]), expect=201)
    assert Service.objects.get(pk=order["services"][0]).parent_id == service_id


def test_a_clients_key_learns_nothing_of_services_of_others(
    admin: Api, shop: Shop, addon: Product, boris: Client
) -> None:
    service_id, key = buy(admin, shop), Api.of_client(boris)
    answers = [
        key.post("orders/", {"items": [{"product": addon.pk, "parent": number}]}, expect=400)["errors"]
        for number in (service_id, 999)
    ]
    assert answers[0] == {"items.0.parent": [answers[1]["items.0.parent"][0].replace("999", str(service_id))]}


def test_only_operators_vouch_for_a_license(admin: Api, shop: Shop) -> None:
    module = make_product(shop.group, name="BitNinja", tariff_id="55371")
    item = {"product": module.pk, "cycle": "MONTHLY", "fields": {"item": "4711"}, "is_item_unchecked": True}
    problem = Api.of_client(shop.client).post("orders/", {"items": [item]}, expect=400)
    assert list(problem["errors"]) == ["items.0.is_item_unchecked"]
    assert admin.post("orders/", shop.order_body(items=[item]), expect=201)["services"]


def test_credit_is_taken_first_and_the_rest_stays_due(admin: Api, shop: Shop) -> None:
    admin.post(f"clients/{shop.client.pk}/credit/", {"amount": "7.50", "reason": "gift"})
    order = admin.post("orders/", shop.order_body(uses_credit=True), expect=201, Idempotency_Key="k1")
    assert admin.post("orders/", shop.order_body(uses_credit=True), expect=200, Idempotency_Key="k1") == order
    invoice = admin.get(f"invoices/{order['invoice']}/")
    assert (invoice["status"], invoice["balance"]) == ("UNPAID", "10.00")
    assert admin.get(f"clients/{shop.client.pk}/")["credit_balance"] == "0.00"


def test_a_method_that_the_group_switches_off_is_refused_on_its_field(admin: Api, shop: Shop) -> None:
    ProductGroup.objects.update(closed_payment_methods=["bank_transfer", "credit"])
    problem = admin.post("orders/", shop.order_body(uses_credit=True), expect=400)
    assert sorted(problem["errors"]) == ["payment_method", "uses_credit"]
    assert not Order.objects.exists()
    admin.post("orders/", shop.order_body(payment_method="manual"), expect=201)


def test_a_client_agrees_to_the_terms_where_there_are_any(admin: Api, anna: Api, shop: Shop) -> None:
    assert anna.post("orders/", shop.order_body(), expect=201)["terms_accepted_at"] is None
    StoreSettings.objects.create(pk=1, terms_url="https://shop.example/terms")
    for body in (shop.order_body(), shop.order_body(is_terms_accepted=False), shop.order_body(is_terms_accepted=None)):
        assert list(anna.post("orders/", body, expect=400)["errors"]) == ["is_terms_accepted"]
    assert anna.post("orders/", shop.order_body(is_terms_accepted=True), expect=201)["terms_accepted_at"]
    assert admin.post("orders/", shop.order_body(), expect=201)["terms_accepted_at"] is None
