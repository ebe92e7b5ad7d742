"""The whole way over the API alone: from an account at the partner to a license with its key."""

from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.billing.api.shop import work


def _connect(admin: Api, url: str) -> None:
    server = admin.post(
        "servers/",
        {
            "name": "europe",
            "hostname": url,
            "username": "reseller",
            "password": "sandbox-password",
            "max_accounts": 100,
            "is_enabled": True,
            "is_default": True,
        },
        expect=201,
    )
    tested = admin.post(f"servers/{server['id']}/test/")
    assert tested["ok"] is True
    assert tested["currency"] == "EUR"
    group = {"name": "all", "fill_type": "LEAST_FULL", "servers": [server["id"]]}
    admin.post("server-groups/", group, expect=201)


def _offer(admin: Api) -> int:
    group = admin.post("product-groups/", {"name": "Licenses", "slug": "licenses"}, expect=201)
    product = admin.post(
        "products/",
        {
            "group": group["id"],
            "name": "ispmanager lite",
            "module": "ispmanager_noc",
            "server_group": admin.get("server-groups/")["results"][0]["id"],
            "product_id": "55227",
            "payment_type": "RECURRING",
            "prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": "15.00", "setup_fee": "0"}],
        },
        expect=201,
    )
    product_id: int = product["id"]
    return product_id


def test_from_server_to_license(admin: Api, sandbox: Sandbox) -> None:
    _connect(admin, sandbox.url)
    product = _offer(admin)
    person = {"email": "Anna@Example.com", "first_name": "Anna", "last_name": "Berg", "country": "de"}
    client = admin.post("clients/", {**person, "currency": "EUR"}, expect=201)
    assert client["email"] == "anna@example.com"
    assert client["country"] == "DE"
    assert client["credit_balance"] == "0.00"

    item = {"product": product, "cycle": "MONTHLY", "quantity": 1, "fields": {"licname": "web", "ip": "192.0.2.10"}}
    order = admin.post(
        "orders/",
        {"client": client["id"], "payment_method": "bank_transfer", "items": [{**item, "options": {}}]},
        expect=201,
        Idempotency_Key="order-1",
    )
    assert order["status"] == "PENDING"
    invoice = admin.get(f"invoices/{order['invoice']}/")
    assert (invoice["status"], invoice["number"], invoice["total"]) == ("UNPAID", None, "15.00")
    assert invoice["proforma_number"] == f"PRO-{invoice['id']}"
    assert invoice["lines"][0]["service"] == order["services"][0]
    assert invoice["payments"] == []

    payment = admin.post(
        f"invoices/{invoice['id']}/payments/",
        {"gateway": "manual", "amount": "15.00", "reference": "bank-1"},
        expect=201,
    )
    assert (payment["amount"], payment["invoice_status"], payment["balance"]) == ("15.00", "PAID", "0.00")
    assert admin.get(f"invoices/{invoice['id']}/")["number"].startswith("INV-")
    waiting = admin.get("operations/", service=order["services"][0])["results"]
    assert [(one["kind"], one["status"]) for one in waiting] == [("CREATE", "QUEUED")]

    work()

    operation = admin.get(f"operations/{waiting[0]['id']}/")
    assert (operation["status"], operation["attempts"]) == ("DONE", 1)
    assert operation["history"][0]["number"] == 1
    work()  # the look for the key
    service = admin.get(f"services/{order['services'][0]}/")
    assert service["status"] == "ACTIVE"
    assert service["remote_id"]
    assert service["fields"]["ip"] == service["dedicated_ip"] == "192.0.2.10"
    assert service["fields"]["order_id"] == service["remote_id"]
    assert set(service["fields"]) == {"licname", "ip", "lickey", "order_id"}
    assert {"renew", "sync", "terminate", "change"} == set(service["commands"])
    assert service["recurring_amount"] == "15.00"


def test_change_renew_and_end_over_the_api(admin: Api, sandbox: Sandbox) -> None:
    _connect(admin, sandbox.url)
    product = _offer(admin)
    client = admin.post(
        "clients/", {"email": "a@example.com", "first_name": "A", "last_name": "B", "currency": "EUR"}, expect=201
    )
    item = {"product": product, "cycle": "MONTHLY", "fields": {"ip": "192.0.2.10"}}
    order = admin.post("orders/", {"client": client["id"], "items": [item]}, expect=201)
    admin.post(f"invoices/{order['invoice']}/payments/", {"amount": 15}, expect=201)
    work()
    path = f"services/{order['services'][0]}/"

    changed = admin.post(f"{path}change/", {"licname": "new", "ip": "192.0.2.77"}, expect=202)
    work()
    assert admin.get(f"operations/{changed['operation']}/")["status"] == "DONE"
    assert admin.get(path)["fields"]["ip"] == "192.0.2.77"

    before = admin.get(path)["expires_on"]
    renewed = admin.post(f"{path}commands/", {"command": "renew"}, expect=202)
    work()
    assert admin.get(f"operations/{renewed['operation']}/")["status"] == "DONE"
    assert admin.get(path)["expires_on"] > before

    ended = admin.post(f"{path}commands/", {"command": "terminate"}, expect=202)
    work()
    assert admin.get(f"operations/{ended['operation']}/")["status"] == "DONE"
    assert admin.get(path)["status"] == "TERMINATED"
    assert admin.get(path)["commands"] == []
