"""A portal of real processes for people in a browser: web server, worker, sandbox partner, a store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from demo import opening
from demo.portal import Portal, run_portal
from demo.scene import Scene, open_scene

STAFF = {"email": "boss@example.com", "password": "a phrase for the staff"}
PASSWORD = opening.CLIENT["password"]
GROUP = "ispmanager"
# Product ID, and prices in EUR and RUB by cycle
OFFERS: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "BitNinja": ("55371", {"MONTHLY": ("14.00", "1400.00")}),
    "ispmanager lite": ("55227", {"MONTHLY": ("6.00", "590.00"), "ANNUALLY": ("60.00", "5900.00")}),
    "PositiveSSL": ("3033", {"ANNUALLY": ("20.00", "1990.00")}),
}
ENVIRONMENT = {
    "DJANGO_SUPERUSER_PASSWORD": STAFF["password"],
    "BANK_DETAILS": "40702 810 9 0000 0000001",
}
_numbers = count(1)


@dataclass(frozen=True)
class Stage:
    """A store that sells licenses, a module for them and certificates, each in EUR and RUB."""

    portal: Portal
    scene: Scene

    @property
    def url(self) -> str:
        return self.portal.url

    def next_number(self) -> int:
        """A number that nobody else uses, for addresses and names."""
        return next(_numbers)

    def register(self, *, language: str, currency: str) -> Mapping[str, Any]:
        """A client who can log in with PASSWORD."""
        email = f"client{self.next_number()}@example.com"
        name = {"first_name": "Анна", "last_name": "Берг"} if language == "ru" else {}
        values = {**opening.CLIENT, **name, "email": email, "language": language, "currency": currency}
        client: Mapping[str, Any] = self.scene.ours.post("clients/", values)
        self.scene.cast.client = client["id"]
        return client

    def give_license(self, client: Mapping[str, Any]) -> Mapping[str, Any]:
        """An active license of this client, ordered and paid through the API."""
        number = self.next_number()
        self.scene.cast.client = client["id"]
        order = self.scene.order("ispmanager lite", key=f"stage {number}", ip=f"192.0.2.{number}", licname="shop")
        self.scene.pay(order["invoice"], f"stage {number}")
        self.scene.ours.done(service=order["services"][0], kind="CREATE")
        return self.scene.service("ispmanager lite")


@contextmanager
def run_stage(folder: Path, services: Mapping[str, str]) -> Iterator[Stage]:
    """The portal with its data in `folder` or where `services` say, until the block is left. Raises ProcessFailed."""
    with run_portal(folder, changes={**ENVIRONMENT, **services}) as portal, open_scene(portal) as scene:
        portal.manage("createsuperuser", "--noinput", "--email", STAFF["email"])
        opening.connect_account(scene)
        _make_products(scene)
        scene.partner.post("options", certificate_key_type="ec")
        yield Stage(portal, scene)


def _make_products(scene: Scene) -> None:
    group = scene.ours.post("product-groups/", {"name": GROUP})
    for name, (product_id, prices) in OFFERS.items():
        values = {
            "group": group["id"],
            "name": name,
            "module": "ispmanager_noc",
            "product_id": product_id,
            "payment_type": "RECURRING",
            "auto_setup": "PAYMENT",
            "is_addon": name == "BitNinja",
            "addons": [scene.cast.products["BitNinja"]] if name == "ispmanager lite" else [],
            "prices": [
                {"currency": currency, "cycle": cycle, "price": amount}
                for cycle, amounts in prices.items()
                for currency, amount in zip(("EUR", "RUB"), amounts, strict=True)
            ],
        }
        scene.cast.products[name] = scene.ours.post("products/", values)["id"]
