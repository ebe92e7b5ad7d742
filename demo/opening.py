"""First chapters: a partner account, products made from its price list, a client."""

from decimal import Decimal

from demo.scene import Scene, compare
from demo.table import Line

# name in the story, the partner's Product ID, label, price and setup fee a month in EUR
OFFERS = (
    ("lite", "55227", "ispmanager 6 lite", "6.00", "1.00"),
    ("business", "55230", "ispmanager business", "19.00", "0.00"),
    ("module", "55371", "BitNinja", "14.00", "0.00"),
)
CLIENT = {
    "email": "anna@example.com",
    "first_name": "Anna",
    "last_name": "Berg",
    "country": "DE",
    "currency": "EUR",
    "password": "a long enough phrase",
}


def connect_account(scene: Scene) -> Line:
    """The reseller's account at the sandbox partner."""
    login = {"username": "reseller", "password": "sandbox-password"}
    server = scene.ours.post("servers/", {"name": "EU account", "hostname": scene.partner.url, **login})
    scene.cast.server = server["id"]
    tested = scene.ours.post(f"servers/{server['id']}/test/")
    account = scene.partner.memory().state["accounts"][0]
    return compare(
        "A partner account is connected and tested",
        f"server {server['id']}: {tested['message']}\nbalance {tested['balance']} {tested['currency']}",
        f"account {account['login']}\nbalance {account['balance']} {account['currency']}",
        ("test", tested["ok"], True),
        ("balance", Decimal(tested["balance"]), Decimal(account["balance"])),
        ("password in the answer", "password" in server, False),
    )


def make_products(scene: Scene) -> Line:
    """A group and three products, bought once the first invoice is paid."""
    group = scene.ours.post("product-groups/", {"name": "Licenses"})
    fields = {}
    for name, number, label, price, setup_fee in OFFERS:
        product = scene.ours.post(
            "products/",
            {
                "group": group["id"],
                "name": label,
                "module": "ispmanager_noc",
                "product_id": number,
                "payment_type": "RECURRING",
                "auto_setup": "PAYMENT",
                # A month before the due date is any time: whoever looks around finds the button.
                "on_demand": "OWN",
                "on_demand_days": {"MONTHLY": 31},
                "prices": [{"currency": "EUR", "cycle": "MONTHLY", "price": price, "setup_fee": setup_fee}],
            },
        )
        scene.cast.products[name] = product["id"]
        fields[name] = {one["key"] for one in product["custom_fields"]}
    return compare(
        "Three products are made from its price list",
        "\n".join(f"{label}, {price} EUR a month" for _, _, label, price, _ in OFFERS),
        "\n".join(f"Product ID {number}" for _, number, _, _, _ in OFFERS),
        ("fields of a license", {"licname", "ip", "lickey", "order_id"} <= fields["lite"], True),
        ("fields of BitNinja", {"item", "bitninja_email", "bitninjakey", "order_id"} <= fields["module"], True),
    )


def register_client(scene: Scene) -> Line:
    """Somebody to sell to."""
    client = scene.ours.post("clients/", CLIENT)
    scene.cast.client = client["id"]
    title = f"client {client['id']}: {client['first_name']} {client['last_name']}, {client['currency']}"
    return compare("A client registers", title, "", ("password in the answer", "password" in client, False))
