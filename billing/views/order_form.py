"""The order form of a product: what is chosen goes into the basket."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from billing.forms.order_item import OrderItemForm, initial_values
from billing.models import Client
from billing.queries.addons import offered_addons
from billing.queries.clock import business_date
from billing.queries.terms import PricingTerms
from billing.views import single_page
from billing.views.basket import BasketItem, put_in_basket, read_basket
from billing.views.checkout import show_basket
from billing.views.current import client_required, currency_context
from billing.views.links import follow_links
from billing.views.product_offer import ProductOffer, linked_choices, price_context, read_offer
from catalog.domains import domain_words
from catalog.models import Product
from catalog.queries import sold_with
from catalog.queries_offers import Recommendation


@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "POST"])
@follow_links
def product(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """A product and its order form. `?item=` changes what is in the basket, `?parent=` adds to a service."""
    if "parent" in request.GET and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    # What is in the basket already, and what is added to a service, keep the form that leads to the basket.
    is_plain = not {"item", "parent"} & set(request.GET)
    offer = read_offer(request, group_slug, product_slug, may_be_single_page=is_plain)
    if offer.shelf is not None:
        return single_page.show(request, offer, offer.shelf)
    place = _place_of(request, offer.product)
    form = offer.form(request.POST if request.method == "POST" else None, initial=_initial(request, place))
    if form is not None and request.method == "POST" and form.is_valid():
        put_in_basket(request, offer.chosen_item(form), place=place)
        return _go_on(request, offer)
    is_lonely = offer.product.is_addon and offer.parent is None
    context = {
        "room": "store",
        "product": offer.product,
        "parent": offer.parent,
        "sold_with": sold_with(offer.product) if is_lonely else None,
        "recommended": offer.recommended if place is None else [],
        "form": form,
        "is_change": place is not None,
        **_price_context(offer, form),
        **currency_context(request, offer.currency, offer.client),
    }
    return render(request, "store/product.html", context, status=422 if form is not None and form.has_errors else 200)


@require_POST
@follow_links
def check(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """The price of what is chosen so far, and the errors of the one input that was changed. Saves nothing."""
    offer = read_offer(request, group_slug, product_slug)
    form = offer.form(request.POST)
    if form is None:
        raise Http404
    changed = form.find_input(HtmxDetails(request).trigger_name or "")
    context = {"currency": offer.currency, "changed": changed, **_price_context(offer, form)}
    return render(request, "store/live.html", context)


@require_POST
@follow_links
def add(request: HttpRequest, group_slug: str, product_slug: str) -> HttpResponse:
    """One click: puts a product into the basket about which nothing has to be asked; others lead to their form."""
    offer = read_offer(request, group_slug, product_slug)
    if not _put_unasked(request, offer):
        return redirect("store:product", group_slug, product_slug)
    return show_basket(request, _("It is in the basket."))


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


def _go_on(request: HttpRequest, offer: ProductOffer) -> HttpResponse:
    """To the basket, or to a recommended product that was asked for too."""
    wanted = request.POST.get("then", "")
    found = next((one for one in offer.recommended if str(one.product.pk) == wanted), None)
    if found is None:
        return redirect("store:checkout")
    slugs = found.product.group.slug, found.product.slug
    is_put = not found.is_asking and _put_unasked(request, read_offer(request, *slugs))
    return redirect("store:checkout") if is_put else redirect("store:product", *slugs)


def _put_unasked(request: HttpRequest, offer: ProductOffer) -> bool:
    """Puts one of it into the basket; False where its order form has something to ask."""
    if Recommendation(offer.product, offer.prices).is_asking:
        return False
    form = offer.form({"cycle": offer.prices[0].cycle, "quantity": 1})
    if form is None or not form.is_valid():
        return False
    put_in_basket(request, offer.chosen_item(form))
    return True


def _price_context(offer: ProductOffer, form: OrderItemForm | None) -> dict[str, Any]:
    if form is None:
        return {"quote": None}
    return price_context(form, PricingTerms(client=offer.client, on=business_date(timezone.now())))


def _place_of(request: HttpRequest, product: Product) -> int | None:
    """The place in the basket that `?item=` names, if this product is there."""
    text = request.GET.get("item", "")
    items = read_basket(request) if text.isdecimal() else []
    place = int(text) if items else 0
    return place if place < len(items) and items[place].product_id == product.pk else None


def _initial(request: HttpRequest, place: int | None) -> dict[str, Any]:
    """What the form starts with: the item under change, or the choices of a direct link."""
    if place is None:
        return linked_choices(request.GET)
    return _values_of(read_basket(request)[place])


def _values_of(item: BasketItem) -> dict[str, Any]:
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
