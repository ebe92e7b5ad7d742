"""The store: groups, a group's shelf, a product with its order form."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from billing.forms.order_item import FIELD_PREFIX, OrderItemForm
from billing.models import Client
from billing.queries.pages_store import lowest_price, price_item
from billing.views.basket import BasketItem, put_in_basket, read_basket
from billing.views.current import CURRENCY_KEY, current_client, store_currency
from catalog.models import Currency, Price, Product, ProductGroup
from catalog.pricing import Quote, quote
from catalog.queries import get_orderable_product, get_store_group, offered_prices, store_groups


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A product, the prices that this visitor may choose from, and for whom they are."""

    product: Product
    prices: tuple[Price, ...]
    currency: Currency
    client: Client | None


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The groups of the store, each with the price that it starts from."""
    client = current_client(request)
    currency = store_currency(request, client)
    shelves = [(shelf, lowest_price(shelf)) for shelf in store_groups(currency=currency)]
    context = {"room": "store", "shelves": shelves, **_currency_context(currency, client)}
    return render(request, "store/home.html", context)


@require_GET
def group(request: HttpRequest, group_slug: str) -> HttpResponse:
    """One group's products with their prices for each cycle."""
    client = current_client(request)
    currency = store_currency(request, client)
    try:
        shelf = get_store_group(slug=group_slug, currency=currency)
    except ProductGroup.DoesNotExist as error:
        raise Http404 from error
    context = {"room": "store", "shelf": shelf, **_currency_context(currency, client)}
    return render(request, "store/group.html", context)


@require_http_methods(["GET", "POST"])
def product(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """A product and its order form. `?item=` changes what is in the basket already."""
    shelf = _get_shelf(request, group_slug, product_slug)
    place = _place_of(request, shelf.product)
    form = _form_for(shelf, request.POST if request.method == "POST" else None, initial=_initial(request, place))
    if form is not None and request.method == "POST" and form.is_valid():
        item = BasketItem(
            product_id=shelf.product.pk,
            cycle=form.cleaned_data["cycle"],
            quantity=form.cleaned_data.get("quantity", 1),
            fields=form.cleaned_data["fields"],
        )
        put_in_basket(request, item, place=place)
        return redirect("store:checkout")
    context = {
        "room": "store",
        "product": shelf.product,
        "form": form,
        "is_change": place is not None,
        "quote": _quote(shelf, form) if form is not None else None,
        **_currency_context(shelf.currency, shelf.client),
    }
    return render(request, "store/product.html", context, status=422 if form is not None and form.errors else 200)


@require_POST
def check(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """The price of what is chosen so far, and the errors of the one input that was changed. Saves nothing."""
    shelf = _get_shelf(request, group_slug, product_slug)
    form = _form_for(shelf, request.POST)
    if form is None:
        raise Http404
    changed = HtmxDetails(request).trigger_name or ""
    context = {
        "form": form,
        "quote": _quote(shelf, form),
        "currency": shelf.currency,
        "changed": form[changed] if changed in form.fields else None,
    }
    return render(request, "store/live.html", context)


@require_POST
def currency(request: HttpRequest) -> HttpResponse:
    """Keeps the visitor's choice of currency and goes back to where they were."""
    code = request.POST.get("currency", "")
    if Currency.objects.filter(pk=code).exists():
        request.session[CURRENCY_KEY] = code
    return redirect("store:home")


def _currency_context(currency: Currency, client: Client | None) -> dict[str, Any]:
    """A client has one currency; visitors choose."""
    return {"currency": currency, "currencies": [] if client else Currency.objects.order_by("code")}


def _get_shelf(request: HttpRequest, group_slug: str, product_slug: str) -> _Shelf:
    client = current_client(request)
    currency = store_currency(request, client)
    try:
        found = get_orderable_product(group_slug=group_slug, product_slug=product_slug)
    except Product.DoesNotExist as error:
        raise Http404 from error
    return _Shelf(found, offered_prices(found, currency), currency, client)


def _form_for(shelf: _Shelf, data: Any, initial: dict[str, Any] | None = None) -> OrderItemForm | None:
    """None where the product is not sold in this currency."""
    if not shelf.prices:
        return None
    address = reverse("store:check", args=[shelf.product.group.slug, shelf.product.slug])
    return OrderItemForm(data, product=shelf.product, prices=shelf.prices, check_address=address, initial=initial)


def _quote(shelf: _Shelf, form: OrderItemForm) -> Quote | None:
    """The calculation of what is chosen; None while the quantity makes no sense."""
    quantity: int | None = 1
    if "quantity" in form.fields:
        quantity = form["quantity"].value()
        if form.is_bound:
            form.is_valid()
            quantity = form.cleaned_data.get("quantity")
    if quantity is None:
        return None
    return quote([price_item(form.chosen_price, product=shelf.product, quantity=quantity, currency=shelf.currency)])


def _place_of(request: HttpRequest, product: Product) -> int | None:
    """The place in the basket that `?item=` names, if this product is there."""
    text = request.GET.get("item", "")
    items = read_basket(request) if text.isdecimal() else []
    place = int(text) if items else 0
    return place if place < len(items) and items[place].product_id == product.pk else None


def _initial(request: HttpRequest, place: int | None) -> dict[str, Any]:
    """What the form starts with: the item under change, or the cycle of a direct link."""
    if place is None:
        return {"cycle": request.GET["cycle"]} if "cycle" in request.GET else {}
    item = read_basket(request)[place]
    fields = {FIELD_PREFIX + key: value for key, value in item.fields.items()}
    return {"cycle": item.cycle, "quantity": item.quantity, **fields}
