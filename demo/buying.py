"""Chapters about purchases: a license, a module on it, and one purchase whose answer is lost."""

from demo.scene import Scene, compare
from demo.table import Line


def order_license(scene: Scene) -> Line:
    """An order with its Idempotency-Key, sent twice."""
    order = scene.order("lite", key="first order", ip="192.0.2.10", licname="web-1")
    again = scene.order("lite", key="first order", ip="192.0.2.10", licname="web-1")
    service = scene.service("lite")
    memory = scene.partner.memory()
    return compare(
        "The client orders lite with IP and name; the same click twice is one order",
        f"order {order['number']}, {order['total']} EUR, service {service['id']} {service['status']}",
        f"purchases so far: {memory.acts('order')}",
        ("second click", again["id"], order["id"]),
        ("orders", len(scene.ours.rows("orders/")), 1),
        ("service", service["status"], "PENDING"),
        ("bought before the payment", memory.acts("order"), 0),
    )


def pay_twice(scene: Scene) -> Line:
    """The bank's news arrives twice."""
    invoice = scene.ours.rows("invoices/", status="UNPAID")[0]
    payment = scene.pay(invoice["id"], "transfer 1")
    again = scene.pay(invoice["id"], "transfer 1")
    paid = scene.ours.get(f"invoices/{invoice['id']}/")
    return compare(
        "The invoice is paid; the same news twice is one payment",
        f"{invoice['proforma_number']} → {paid['number']} {paid['status']}, {paid['amount_paid']} EUR",
        "",
        ("second delivery", again["id"], payment["id"]),
        ("invoice", (paid["status"], paid["balance"]), ("PAID", "0.00")),
    )


def see_purchase(scene: Scene) -> Line:
    """The worker has bought what was paid for."""
    return scene.bought("lite", "A worker buys it at the partner")


def buy_module(scene: Scene) -> Line:
    """BitNinja goes onto a license by the license's number at the partner; its key and e-mail come back."""
    license_number = scene.service("lite")["remote_id"]
    order = scene.order("module", key="second order", item=license_number, bitninja_email="anna@example.com")
    scene.pay(order["invoice"], "transfer 2")
    line = scene.bought("module", f"BitNinja is bought on license {license_number}")
    service = scene.service("module")
    item = scene.partner.memory().item(service["remote_id"])
    return line.extended(
        compare(
            "",
            f"e-mail {service['fields']['bitninja_email']}",
            f"on license {item['item']}, {item['bitninja_email']}",
            ("license", item["item"], license_number),
            ("e-mail", service["fields"]["bitninja_email"], item["bitninja_email"]),
            ("our license", service["parent"], scene.cast.services["lite"]),
        )
    )


def lose_an_answer(scene: Scene) -> Line:
    """The partner acts and charges, and its answer never arrives."""
    before = scene.partner.memory().acts("order")
    scene.partner.post("faults", name="lost_after_act", func="soft.order.param", params={"sok": "ok"}, count=1)
    order = scene.order("business", key="third order", ip="192.0.2.20", licname="db-1")
    scene.pay(order["invoice"], "transfer 3")
    line = scene.bought("business", "The answer to a purchase is lost: looked up, adopted, not bought again")
    operation = scene.ours.done(service=scene.cast.services["business"], kind="CREATE")
    memory = scene.partner.memory()
    same = [item for item in memory.state["items"] if item.get("ip") == "192.0.2.20"]
    return line.extended(
        compare(
            "",
            f"attempts: {' → '.join(attempt['outcome'] for attempt in operation['history'])}",
            f"licenses on 192.0.2.20: {len(same)}",
            ("answers lost", memory.state["faults"][0]["hits"], 1),
            ("first attempt", operation["history"][0]["outcome"], "CHECKING"),
            ("licenses there", len(same), 1),
            ("purchases there", memory.acts("order") - before, 1),
        )
    )
