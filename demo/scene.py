"""What every chapter of the story shares: both sides, who appears, and the few things done again and again."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from demo.portal import Portal
from demo.sides import Ours, Partner
from demo.table import Line

# Statuses as the partner numbers them.
ACTIVE_THERE, SUSPENDED_THERE, DELETED_THERE = 2, 3, 4
PATIENCE_SECONDS = 60.0
Expectation = tuple[str, object, object]


def compare(what: str, ours: str, partners: str, *expected: Expectation) -> Line:
    """A line whose faults are the expectations (name, is, should be) that do not hold."""
    faults = tuple(f"{name}: {value}, should be {wanted}" for name, value, wanted in expected if value != wanted)
    return Line(what, ours, partners, faults)


@dataclass
class Cast:
    """Who appears: ids of our rows by name, and what was paid by the reference of each transfer."""

    server: int = 0
    client: int = 0
    products: dict[str, int] = field(default_factory=dict)
    services: dict[str, int] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """`manage` runs a command of manage.py and returns what it printed. Methods raise StoryBroken."""

    ours: Ours
    partner: Partner
    manage: Callable[..., str]
    cast: Cast = field(default_factory=Cast)

    def service(self, name: str) -> Any:
        """A service of ours as it is now."""
        return self.ours.get(f"services/{self.cast.services[name]}/")

    def order(self, name: str, *, key: str, **fields: str) -> Any:
        """The client orders a product by the month; `key` makes doing it again harmless."""
        item = {"product": self.cast.products[name], "cycle": "MONTHLY", "fields": fields}
        body = {"client": self.cast.client, "payment_method": "bank_transfer", "items": [item]}
        order = self.ours.post("orders/", body, key=key)
        self.cast.services[name] = order["services"][0]
        return order

    def pay(self, invoice: int, reference: str) -> Any:
        """The whole of an invoice arrives by bank under `reference`."""
        amount = self.ours.get(f"invoices/{invoice}/")["total"]
        body = {"gateway": "bank_transfer", "reference": reference, "amount": amount}
        payment = self.ours.post(f"invoices/{invoice}/payments/", body)
        self.cast.paid[reference] = Decimal(amount)
        return payment

    def command(self, name: str, command: str) -> Any:
        """Gives a module command and waits for its operation."""
        asked = self.ours.post(f"services/{self.cast.services[name]}/commands/", {"command": command})
        return self.ours.settled(asked["operation"])

    def bought(self, name: str, what: str) -> Line:
        """Waits for the purchase of a service, then compares what both sides have of it."""
        operation = self.ours.done(service=self.cast.services[name], kind="CREATE")
        service = self.service(name)
        memory = self.partner.memory()
        item = memory.item(service["remote_id"])
        charges = memory.charges_for(item["id"])
        key = service["fields"].get("lickey") or service["fields"].get("bitninjakey", "")
        return compare(
            what,
            f"service {service['id']} {service['status']}, number {service['remote_id']}"
            f"{', key ' + shorten(key) if key else ''}, until {service['expires_on']}",
            f"{item['pricelist_name']}: {item['id']}, ours {item['remoteid']}, until {item['expiredate']}, "
            f"charged {' + '.join(charge['amount'] for charge in charges)} {charges[0]['currency']}",
            ("operation", operation["status"], "DONE"),
            ("service", service["status"], "ACTIVE"),
            ("number", service["fields"]["order_id"], str(item["id"])),
            ("our number there", item["remoteid"], str(service["id"])),
            ("status there", item["status"], ACTIVE_THERE),
            ("end date", service["expires_on"], item["expiredate"]),
            ("license key", key, item["lickey"]),
            ("charges there", len(charges), 1),
            ("auto-renewal there", item["autoprolong"], None),
        )


@contextmanager
def open_scene(portal: Portal, *, patience: float = PATIENCE_SECONDS) -> Iterator[Scene]:
    """Both sides of a running portal; an operation may take `patience` seconds."""
    with (
        closing(Ours(portal.url, portal.api_key, patience=patience)) as ours,
        closing(Partner(portal.sandbox_url)) as partner,
    ):
        yield Scene(ours, partner, portal.manage)


def shorten(key: str) -> str:
    """The beginning of a key: a table is no place for a secret."""
    return f"{key[:10]}…" if len(key) > 10 else key
