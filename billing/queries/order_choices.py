"""What an operator may order for a client: every product on sale in their currency, addons for their services too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from billing.models import Client, Service
from billing.queries.addons import AddonParent, parent_of_service
from catalog.models import PaymentType, Price, Product
from catalog.queries import ORDER_ROWS, offered_prices

_CODE: Final = re.compile(r"(\d{1,18})(?:@(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class ChoiceCode:
    """`12`: a product; `12@7`: an addon for service 7."""

    product_id: int
    service_id: int | None = None

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is no code."""
        match = _CODE.fullmatch(text)
        if match is None:
            return None
        product, service = match.groups()
        return cls(int(product), int(service) if service else None)

    def __str__(self) -> str:
        return f"{self.product_id}@{self.service_id}" if self.service_id else str(self.product_id)


@dataclass(frozen=True, slots=True)
class ChosenProduct:
    """A product that can be ordered, its prices in the client's currency, and what it is added to or sold with."""

    code: ChoiceCode
    product: Product
    prices: tuple[Price, ...]
    parent: AddonParent | None
    addons: tuple[Product, ...]


def order_choices(client: Client) -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, [(code, words)]) by group, addons for the client's services last; hidden products too. Few queries."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for product in _on_sale(client).filter(is_addon=False).select_related("group"):
        groups.setdefault(product.group.name, []).append((str(ChoiceCode(product.pk)), product.name))
    rows = Service.objects.not_ended().filter(client=client).select_related("product").order_by("id")
    addons = Prefetch("product__addons", _on_sale(client).filter(is_addon=True))
    added = [
        (str(ChoiceCode(addon.pk, service.pk)), f"{addon.name} → {_service_words(service)}")
        for service in rows.prefetch_related(addons)
        for addon in service.product.addons.all()
    ]
    return [*groups.items(), *([(_("Addons for what the client has"), added)] if added else [])]


def load_choices(client: Client, codes: Sequence[ChoiceCode]) -> dict[ChoiceCode, ChosenProduct]:
    """What can be ordered of `codes`, with all that its form reads; the same few queries for any number."""
    addons = Product.objects.filter(is_addon=True, is_retired=False).select_related("group", "server_group")
    rows = Product.objects.filter(pk__in={code.product_id for code in codes}, is_retired=False)
    products = (
        rows.select_related("group", "server_group")
        .prefetch_related(*ORDER_ROWS, Prefetch("addons", addons.prefetch_related(*ORDER_ROWS)))
        .in_bulk()
    )
    wanted = {code.service_id for code in codes if code.service_id}
    services = client.services.filter(pk__in=wanted).select_related("product").prefetch_related("product__addons")
    parents = {service.pk: service for service in services if not service.is_ended} if wanted else {}
    found = (_load(client, code, products.get(code.product_id), parents) for code in dict.fromkeys(codes))
    return {chosen.code: chosen for chosen in found if chosen is not None}


def _load(
    client: Client, code: ChoiceCode, product: Product | None, parents: dict[int, Service]
) -> ChosenProduct | None:
    prices = offered_prices(product, client.currency) if product else ()
    if product is None or not prices or product.is_addon != (code.service_id is not None):
        return None
    if code.service_id is None:
        return ChosenProduct(code, product, prices, None, tuple(product.addons.all()))
    service = parents.get(code.service_id)
    if service is None or product not in service.product.addons.all():
        return None
    return ChosenProduct(code, product, prices, parent_of_service(service), ())


def _on_sale(client: Client) -> QuerySet[Product]:
    priced = Price.objects.filter(currency=client.currency_id).values("product")
    rows = Product.objects.filter(Q(payment_type=PaymentType.FREE) | Q(pk__in=priced), is_retired=False)
    return rows.order_by("group__position", "group__name", "position", "name", "id")


def _service_words(service: Service) -> str:
    return " ".join(filter(None, (service.product.name, f"#{service.pk}", service.dedicated_ip or service.remote_id)))
