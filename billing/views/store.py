"""The store: groups, a group's shelf, a product with its order form."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from billing.forms.order_item import OrderItemForm, initial_values
from billing.forms.product_inputs import OPTION_PREFIX
from billing.models import Client, Service
from billing.queries.addons import AddonParent, addons_of, can_be_added, offered_addons, parent_of_service
from billing.queries.clock import business_date
from billing.queries.pages_store import later_payments
from billing.queries.terms import PricingTerms
from billing.views.basket import BasketAddon, BasketItem, put_in_basket, read_basket
from billing.views.current import CURRENCY_KEY, client_required, current_client, store_currency
from billing.views.links import follow_links
from catalog.domains import domain_words
from catalog.models import Currency, Price, Product, ProductGroup
from catalog.pricing import quote
from catalog.queries import get_orderable_product, get_store_group, offered_prices, sold_with
from catalog.queries_front import front_groups


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A product, the prices that this visitor may choose from, and for whom they are.

    An addon is ordered for `parent`; `addons` are offered with the product.
    """

    product: Product
    prices: tuple[Price, ...]
    currency: Currency
    client: Client | None
    parent: AddonParent | None
    addons: tuple[Product, ...]


@require_GET
@follow_links
def home(request: HttpRequest) -> HttpResponse:
    """The groups of the store, each with the price that it starts from."""
    client = current_client(request)
    currency = store_currency(request, client)
    context = {"room": "store", "groups": front_groups(currency=currency), **_currency_context(currency, client)}
    return render(request, "store/home.html", context)


@require_GET
@follow_links
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
@follow_links
def product(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """A product and its order form. `?item=` changes what is in the basket, `?parent=` adds to a service."""
    if "parent" in request.GET and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    shelf = _get_shelf(request, group_slug, product_slug)
    place = _place_of(request, shelf.product)
    form = _form_for(shelf, request.POST if request.method == "POST" else None, initial=_initial(request, place))
    if form is not None and request.method == "POST" and form.is_valid():
        put_in_basket(request, _chosen_item(shelf, form), place=place)
        return redirect("store:checkout")
    is_lonely = shelf.product.is_addon and shelf.parent is None
    context = {
        "room": "store",
        "product": shelf.product,
        "parent": shelf.parent,
        "sold_with": sold_with(shelf.product) if is_lonely else None,
        "form": form,
        "is_change": place is not None,
        **_price_context(shelf, form),
        **_currency_context(shelf.currency, shelf.client),
    }
    return render(request, "store/product.html", context, status=422 if form is not None and form.has_errors else 200)


@require_GET
@client_required
def addon(request: HttpRequest, client: Client, service_id: int, product_id: int) -> HttpResponse:
    """From a service to the order form of an addon for it."""
    service = client.services.select_related("client__currency", "product").filter(pk=service_id).first()
    offers = offered_addons(service) if service else []
    found = next((offer.product for offer in offers if offer.product.pk == product_id), None)
    if found is None:
        raise Http404
    return redirect(f"{reverse('store:product', args=[found.group.slug, found.slug])}?parent={service_id}")


@require_POST
@follow_links
def check(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """The price of what is chosen so far, and the errors of the one input that was changed. Saves nothing."""
    shelf = _get_shelf(request, group_slug, product_slug)
    form = _form_for(shelf, request.POST)
    if form is None:
        raise Http404
    changed = form.find_input(HtmxDetails(request).trigger_name or "")
    context = {"currency": shelf.currency, "changed": changed, **_price_context(shelf, form)}
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
    parent = _find_parent(request, found, client) if found.is_addon else None
    addons = () if found.is_addon else tuple(addons_of(found))
    return _Shelf(found, offered_prices(found, currency), currency, client, parent, addons)


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


def _chosen_item(shelf: _Shelf, form: OrderItemForm) -> BasketItem:
    chosen = form.cleaned_data
    return BasketItem(
        product_id=shelf.product.pk,
        cycle=chosen["cycle"],
        quantity=chosen.get("quantity", 1),
        fields=chosen["fields"],
        options=chosen["options"],
        parent_id=shelf.parent.service.pk if shelf.parent and shelf.parent.service else None,
        addons=tuple(
            BasketAddon(
                one.product.pk, one.cleaned_data["fields"], one.cleaned_data["options"], one.cleaned_data["domain"]
            )
            for one in form.chosen_addons
        ),
        domain=chosen["domain"],
    )


def _form_for(shelf: _Shelf, data: Any, initial: dict[str, Any] | None = None) -> OrderItemForm | None:
    """None where the product is not sold in this currency, and for an addon without anything to add it to."""
    if not shelf.prices or (shelf.product.is_addon and shelf.parent is None):
        return None
    address = reverse("store:check", args=[shelf.product.group.slug, shelf.product.slug])
    if shelf.parent and shelf.parent.service:
        address = f"{address}?parent={shelf.parent.service.pk}"
    return OrderItemForm(
        data,
        product=shelf.product,
        prices=shelf.prices,
        currency=shelf.currency,
        parent=shelf.parent,
        addons=shelf.addons,
        check_address=address,
        initial=initial,
    )


def _price_context(shelf: _Shelf, form: OrderItemForm | None) -> dict[str, Any]:
    """The calculation of what is chosen and what comes again later; no quote while a number makes no sense."""
    if form is None:
        return {"quote": None}
    items = form.priced_items(PricingTerms(client=shelf.client, on=business_date(timezone.now())))
    if items is None:
        return {"quote": None}
    quoted = quote(items)
    return {"quote": quoted, "later": later_payments(items, quoted)}


def _place_of(request: HttpRequest, product: Product) -> int | None:
    """The place in the basket that `?item=` names, if this product is there."""
    text = request.GET.get("item", "")
    items = read_basket(request) if text.isdecimal() else []
    place = int(text) if items else 0
    return place if place < len(items) and items[place].product_id == product.pk else None


def _initial(request: HttpRequest, place: int | None) -> dict[str, Any]:
    """What the form starts with: the item under change, or the cycle and the options of a direct link."""
    if place is None:
        return {name: value for name, value in request.GET.items() if _is_choice(name)}
    item = read_basket(request)[place]
    addons = {
        f"addon_{one.product_id}": {"chosen": True, "domain": one.domain, **initial_values(one.fields, one.options)}
        for one in item.addons
    }
    return {
        "cycle": item.cycle,
        "quantity": item.quantity,
        "domain": domain_words(item.domain),
        **initial_values(item.fields, item.options),
        **addons,
    }


def _is_choice(name: str) -> bool:
    """Whether a link may choose it; fields hold what clients say of themselves."""
    return name in ("cycle", "quantity", "domain") or name.startswith(OPTION_PREFIX)
