"""The single page template: choose a product of a group, configure it, say who you are, and order it at once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_htmx.middleware import HtmxDetails

from billing.actions.checkouts import ItemRequest
from billing.forms.checkout import PaymentForm
from billing.forms.order_item import OrderItemForm
from billing.forms.product_inputs import DOMAIN, FIELD_PREFIX, OPTION_PREFIX
from billing.forms.registration import RegistrationForm
from billing.models import Client, StoreSettings
from billing.queries.clock import business_date
from billing.queries.pages_payment import payment_offer
from billing.queries.store_settings import read_store_settings
from billing.queries.terms import PricingTerms
from billing.throttles import address_of
from billing.views.basket import PROMO_KEY
from billing.views.current import CURRENCY_KEY, current_client, store_currencies, store_currency
from billing.views.placing import PRICE_INPUTS, Buyer, after_order, find_earlier_order, order_as, said_place
from billing.views.product_offer import ProductOffer, linked_choices, price_context
from billing.views.review import find_promo
from catalog.models import Currency, Product, ProductGroup
from catalog.queries import StoreGroup, StoreProduct, get_store_group, offered_prices
from catalog.queries_offers import get_sold_product, read_order_page

ADDON_PREFIX = "addon_"


@dataclass(slots=True)
class _Page:
    """The page in the making."""

    shelf: StoreGroup
    offer: ProductOffer
    form: OrderItemForm
    buyer: Buyer
    prices: dict[str, Any]
    promo_code: str
    promo_error: str

    @property
    def forms(self) -> list[Any]:
        """What the list of errors on top covers."""
        return [*self.form.summary_forms, *self.buyer.forms]

    def is_valid(self) -> bool:
        """Judges everything, so that all errors show at once."""
        is_item_valid = self.form.is_valid()
        return self.buyer.is_valid() and is_item_valid


def show_group(
    request: HttpRequest, shelf: StoreGroup, *, client: Client | None, currency: Currency, settings: StoreSettings
) -> HttpResponse:
    """The page of a group, with the recommended product chosen, or the one that a form names."""
    listed = _find_listed(shelf, request.POST.get("product", "")) or _usual(shelf)
    page = read_order_page(listed.product)
    offer = ProductOffer(page, offered_prices(page.product, currency), currency, client, None, settings)
    return _answer(request, shelf, offer)


def show(request: HttpRequest, offer: ProductOffer, shelf: StoreGroup) -> HttpResponse:
    """The page of the group of a product with that one chosen, which must have a price here."""
    shelf = _with(offer, shelf)
    wanted = request.POST.get("product", "")
    if wanted and wanted != offer.product.slug and (other := _find_listed(shelf, wanted)):
        page = read_order_page(other.product)
        offer = replace(offer, page=page, prices=offered_prices(page.product, offer.currency))
    return _answer(request, shelf, offer)


@sensitive_post_parameters("password", "password_again")
@never_cache
@require_POST
def live(request: HttpRequest, group_slug: str) -> HttpResponse:
    """The sums of what is chosen so far and the errors of the input that was changed; saves no more than the currency.

    Another product or currency brings the order form anew, with what was typed.
    """
    client = current_client(request)
    if client is None and Currency.objects.filter(pk=request.POST.get("currency", "")).exists():
        request.session[CURRENCY_KEY] = request.POST["currency"]
    currency = store_currency(request, client)
    shelf, product = _find_chosen(request, group_slug, currency)
    page = read_order_page(product)
    offer = ProductOffer(page, offered_prices(product, currency), currency, client, None, read_store_settings())
    changed = HtmxDetails(request).trigger_name or ""
    is_anew = changed in ("product", "currency")
    built = _build(request, shelf, offer, item_data=None if is_anew else request.POST)
    context = {**_context(built), "is_anew": is_anew, "changed": built.form.find_input(changed), "swap": True}
    return render(request, "store/single_page_live.html", context)


def _find_chosen(request: HttpRequest, group_slug: str, currency: Currency) -> tuple[StoreGroup, Product]:
    """The group's shelf and the product that the form names. Raises Http404."""
    slug = request.POST.get("product", "")
    try:
        shelf = get_store_group(slug=group_slug, currency=currency)
        listed = _find_listed(shelf, slug)
        return shelf, listed.product if listed else get_sold_product(group_slug=group_slug, product_slug=slug)
    except (ProductGroup.DoesNotExist, Product.DoesNotExist) as error:
        raise Http404 from error


def _answer(request: HttpRequest, shelf: StoreGroup, offer: ProductOffer) -> HttpResponse:
    is_sent = request.method == "POST" and "choose" not in request.POST
    if is_sent and (earlier := find_earlier_order(request)):
        return after_order(request, earlier)
    data = request.POST if is_sent else None
    page = _build(request, shelf, offer, item_data=data, buyer_data=data)
    if is_sent and page.is_valid():
        order = order_as(
            request,
            page.buyer,
            _requested(page),
            promo_code=page.promo_code,
            item_errors=lambda place, path, text: _tell(page, place, path, text),
        )
        if order is not None:
            request.session.pop(PROMO_KEY, None)
            return after_order(request, order)
    return render(request, "store/single_page.html", _context(page), status=422 if is_sent else 200)


def _build(
    request: HttpRequest, shelf: StoreGroup, offer: ProductOffer, *, item_data: Any, buyer_data: Any = None
) -> _Page:
    """`item_data`, `buyer_data`: what is judged; without, what was typed is only shown again."""
    address = reverse("store:single_page", args=[shelf.group.slug])
    typed = _typed(request.POST, offer) if request.method == "POST" else linked_choices(request.GET)
    form = offer.form(item_data, initial=typed, check_address=address)
    if form is None:
        raise Http404
    code = request.POST.get("promo_code", request.session.get(PROMO_KEY, "")).strip()[:50]
    wanted = [(one.product, one.chosen_price.cycle) for one in (form, *form.chosen_addons)]
    promotion, promo_error = find_promo(code, offer.client, offer.currency, wanted)
    place = None if offer.client else said_place(request.POST)
    today = business_date(timezone.now())
    terms = PricingTerms(client=offer.client, on=today, tax_place=place, promotion=promotion)
    prices = price_context(form, terms)
    quoted = prices["quote"]
    buyer = Buyer(
        offer.client,
        None if offer.client else _registration(request, buyer_data, offer.currency, address),
        _payment(request, offer, [one for one, _cycle in wanted], quoted.total if quoted else None, buyer_data),
    )
    return _Page(shelf, offer, form, buyer, prices, code, promo_error)


def _registration(request: HttpRequest, data: Any, currency: Currency, address: str) -> RegistrationForm:
    form = RegistrationForm(data, currency=currency, currencies=store_currencies(request), address=address_of(request))
    for name in PRICE_INPUTS:
        form.fields[name].widget.attrs["hx-post"] = address
    return form


def _payment(
    request: HttpRequest, offer: ProductOffer, products: Sequence[Product], total: Decimal | None, data: Any
) -> PaymentForm:
    """While a number makes no sense nobody knows the total: then the ways to pay are shown as for any."""
    initial: dict[str, Any] = {"checkout_key": request.POST.get("checkout_key") or secrets.token_urlsafe(24)}
    if "checkout_key" in request.POST:
        initial["uses_credit"] = "uses_credit" in request.POST
    if "payment_method" in request.POST:
        initial["payment_method"] = request.POST["payment_method"]
    return PaymentForm(
        data,
        offer=payment_offer(
            offer.client, products, total=Decimal(1) if total is None else total, currency=offer.currency
        ),
        total=total,
        currency_id=offer.currency.pk,
        terms_url=offer.settings.terms_url,
        initial=initial,
    )


def _context(page: _Page) -> dict[str, Any]:
    return {
        "room": "store",
        "page": page,
        "shelf": page.shelf,
        "form": page.form,
        "buyer": page.buyer,
        "payment": page.buyer.payment,
        "client": page.buyer.client,
        "recommended": page.offer.recommended,
        "live_address": reverse("store:single_page", args=[page.shelf.group.slug]),
        "has_errors": page.form.is_bound and any(form.errors for form in page.forms),
        "product": page.offer.product,
        "currency": page.offer.currency,
        **page.prices,
    }


def _typed(data: Mapping[str, str], offer: ProductOffer) -> dict[str, Any]:
    """What was typed, as what a form starts with; a period that this product is not sold for is forgotten."""
    typed: dict[str, Any] = {
        name: value for name, value in data.items() if name.startswith((FIELD_PREFIX, OPTION_PREFIX))
    }
    if data.get("cycle") in {price.cycle for price in offer.prices}:
        typed["cycle"] = data["cycle"]
    typed |= {name: data[name] for name in ("quantity", DOMAIN) if data.get(name)}
    for name, value in data.items():
        addon, dash, input_name = name.partition("-")
        if dash and addon.startswith(ADDON_PREFIX):
            typed.setdefault(addon, {})[input_name] = value
    return typed


def _requested(page: _Page) -> list[ItemRequest]:
    """The product, and the addons chosen with it; the form must be valid."""
    product, chosen = page.offer.product, page.form.cleaned_data
    quantity = chosen.get("quantity", 1)
    main = ItemRequest(product, chosen["cycle"], quantity, chosen["fields"], chosen["options"], chosen["domain"])
    addons = [
        ItemRequest(
            one.product,
            one.chosen_price.cycle,
            product.count_services(quantity),
            one.cleaned_data["fields"],
            one.cleaned_data["options"],
            one.cleaned_data["domain"],
            parent_item=0,
        )
        for one in page.form.chosen_addons
    ]
    return [main, *addons]


def _tell(page: _Page, place: int, path: Sequence[str], text: str) -> None:
    """Beside the input of the product or addon that it is about; what has none goes on top of the order form."""
    form = [page.form, *page.form.chosen_addons][place]
    prefix = {"fields": FIELD_PREFIX, "options": OPTION_PREFIX}.get(path[0] if path else "", "")
    name = f"{prefix}{path[-1]}" if path else ""
    form.add_error(name if name in form.fields else None, text)


def _find_listed(shelf: StoreGroup, slug: str) -> StoreProduct | None:
    return next((listed for listed in shelf.products if listed.product.slug == slug), None)


def _usual(shelf: StoreGroup) -> StoreProduct:
    """The recommended product that is in stock, else the first one that is."""
    in_stock = [listed for listed in shelf.products if not listed.product.is_sold_out] or list(shelf.products)
    return next((listed for listed in in_stock if listed.product.is_featured), in_stock[0])


def _with(offer: ProductOffer, shelf: StoreGroup) -> StoreGroup:
    """The shelf with the product of a direct link on it, which may be hidden."""
    if _find_listed(shelf, offer.product.slug):
        return shelf
    return StoreGroup(shelf.group, (StoreProduct(offer.product, offer.prices), *shelf.products))
