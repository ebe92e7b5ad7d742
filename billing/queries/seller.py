"""Who sells: what documents say of us and of the client."""

from typing import Any

from django.conf import settings
from django.db.models import Subquery

from billing.models import BankAccount, Client, Seller
from billing.models.seller import ONLY

SELLER_FIELDS = ("name", "address", "tax_id", "kpp", "registration_number", "email", "phone", "footer")
BUYER_FIELDS = (
    "first_name",
    "last_name",
    "company",
    "email",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "tax_id",
    "phone",
)
ACCOUNT_FIELDS = ("holder", "number", "bank", "bic", "correspondent")


def read_seller() -> Seller:
    """The stored seller, or an empty one; one query."""
    return Seller.objects.filter(pk=ONLY).first() or Seller(pk=ONLY)


def read_seller_country() -> str:
    """Where the seller is, as a code of two letters: from the back office, else SELLER_COUNTRY; one query."""
    stored = Seller.objects.filter(pk=ONLY).values_list("country", flat=True).first()
    return str(stored or settings.SELLER_COUNTRY)


def stored_seller_country() -> Subquery:
    """The same within another query: None or "" where the back office does not say."""
    return Subquery(Seller.objects.filter(pk=ONLY).values("country")[:1])


class Snapshots:
    """What documents of this moment keep of both parties: reads the seller and its accounts once, for any number."""

    def __init__(self) -> None:
        seller = read_seller()
        self._seller = {name: getattr(seller, name) for name in SELLER_FIELDS} | {"country": seller.country.code or ""}
        self._accounts = {
            account.currency_id: {name: getattr(account, name) for name in ACCOUNT_FIELDS}
            for account in BankAccount.objects.all()
        }

    def seller(self, currency_id: str) -> dict[str, Any]:
        """The seller with its bank account of that currency ({} for none)."""
        return {**self._seller, "account": self._accounts.get(currency_id, {})}

    def buyer(self, client: Client) -> dict[str, Any]:
        """The client's name, address and tax number."""
        return {name: getattr(client, name) for name in BUYER_FIELDS} | {
            "id": client.pk,
            "country": client.country.code or "",
        }
