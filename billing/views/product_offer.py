"""A product as a visitor is offered it: prices in their currency, the order form, what the choice so far costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from billing.forms.order_item import OrderItemForm
from billing.forms.product_inputs import OPTION_PREFIX
from billing.models import Client, Service, StoreSettings
from billing.queries.addons import AddonParent, can_be_added, parent_of_service
from billing.queries.pages_store import later_payments
from billing.queries.store_settings import read_store_settings
from billing.queries.terms import PricingTerms
from billing.views.basket import BasketAddon, BasketItem
from billing.views.current import current_client, store_currency
from billing.views.order_templates import template_for
from catalog.models import Currency, OrderForm, Price, Product
from catalog.pricing import quote
from catalog.queries import StoreGroup, offered_prices
from catalog.queries_offers import (
    OrderPage,
    Recommendation,
    get_sold_product,
    read_order_page,
    read_shelf_page,
    recommend,
)


@dataclass(frozen=True, slots=True)
class ProductOffer:
    """A product, the prices that this visitor may choose from, and for whom they are.

    An addon is ordered for `parent`; other addons are offered with the product. `shelf`: the group that it is chosen
    from, where the whole order is made on one page.
    """

    page: OrderPage
    prices: tuple[Price, ...]
    currency: Currency
    client: Client | None
    parent: AddonParent | None
    settings: StoreSettings
    shelf: StoreGroup | None = None

    @property
    def product(self) -> Product:
        return self.page.product

    @property
    def recommended(self) -> list[Recommendation]:
        """Other products that go well with it."""
        shown = self.page.cross_sells if self.settings.has_cross_sells else ()
        return list(recommend(shown, currency=self.currency, apart_from=[self.product.pk]))

    def form(
        self, data: Any, *, initial: Mapping[str, Any] | None = None, check_address: str = ""
    ) -> OrderItemForm | None:
        """None where the product is not sold in this currency, and for an addon without anything to add it to."""
        if not self.prices or (self.product.is_addon and self.parent is None):
            return None
        return OrderItemForm(
            data,
            product=self.product,
            prices=self.prices,
            currency=self.currency,
            parent=self.parent,
            addons=self.page.addons,
            check_address=check_address or self._check_address,
            initial=dict(initial or {}),
        )

    @property
    def _check_address(self) -> str:
        address = reverse("store:check", args=[self.product.group.slug, self.product.slug])
        return f"{address}?parent={self.parent.service.pk}" if self.parent and self.parent.service else address

    def chosen_item(self, form: OrderItemForm) -> BasketItem:
        """What goes into the basket; the form must be valid."""
        chosen = form.cleaned_data
        return BasketItem(
            product_id=self.product.pk,
            cycle=chosen["cycle"],
            quantity=chosen.get("quantity", 1),
            fields=chosen["fields"],
            options=chosen["options"],
            parent_id=self.parent.service.pk if self.parent and self.parent.service else None,
            addons=tuple(
                BasketAddon(
                    one.product.pk, one.cleaned_data["fields"], one.cleaned_data["options"], one.cleaned_data["domain"]
                )
                for one in form.chosen_addons
            ),
            domain=chosen["domain"],
        )


def read_offer(
    request: HttpRequest, group_slug: str, product_slug: str, *, may_be_single_page: bool = False
) -> ProductOffer:
    """The product behind an address as this visitor is offered it. Raises Http404.

    Addons keep the form that leads to the basket, `may_be_single_page` or not.
    """
    client = current_client(request)
    currency = store_currency(request, client)
    try:
        product = get_sold_product(group_slug=group_slug, product_slug=product_slug)
    except Product.DoesNotExist as error:
        raise Http404 from error
    parent = _find_parent(request, product, client) if product.is_addon else None
    settings = read_store_settings()
    shelf = None
    if may_be_single_page and not product.is_addon and _is_single_page(request, product, settings):
        page, shelf = read_shelf_page(product, currency=currency)
    else:
        page = read_order_page(product)
    prices = offered_prices(product, currency)
    return ProductOffer(page, prices, currency, client, parent, settings, shelf if prices else None)


def _is_single_page(request: HttpRequest, product: Product, settings: StoreSettings) -> bool:
    return template_for(request, product.group, settings) == OrderForm.SINGLE_PAGE


def price_context(form: OrderItemForm, terms: PricingTerms) -> dict[str, Any]:
    """The calculation of what is chosen and what comes again later; no quote while a number makes no sense."""
    items = form.priced_items(terms)
    if items is None:
        return {"quote": None}
    quoted = quote(items)
    return {"quote": quoted, "later": later_payments(items, quoted)}


def linked_choices(query: Mapping[str, str]) -> dict[str, str]:
    """What a link may choose: the cycle, the quantity, options; fields hold what clients say of themselves."""
    return {
        name: value
        for name, value in query.items()
        if name in ("cycle", "quantity", "domain") or name.startswith(OPTION_PREFIX)
    }


def _find_parent(request: HttpRequest, addon: Product, client: Client | None) -> AddonParent | None:
    """The service that `?parent=` names, if it is this client's and the addon can be added to it. Raises Http404."""
    text = request.GET.get("parent", "")
    if not text:
        return None
    rows = Service.objects.filter(client=client).select_related("product")
    service = rows.filter(pk=text).first() if client and text.isdecimal() else None
    if service is None or not can_be_added(addon, service):
        raise Http404
    return parent_of_service(service)
