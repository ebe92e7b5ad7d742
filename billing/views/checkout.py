"""The basket, and what it takes to order it: review, changes in place, checkout."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from billing.actions.checkouts import ItemRequest
from billing.forms.checkout import PaymentForm, QuantityForm
from billing.forms.registration import RegistrationForm
from billing.queries.pages_store import BasketLine
from billing.throttles import address_of
from billing.views.basket import (
    PROMO_KEY,
    checkout_key,
    empty_basket,
    read_basket,
    remove_addon_from_basket,
    remove_from_basket,
    set_quantity_in_basket,
)
from billing.views.current import current_client, store_currencies, store_currency
from billing.views.placing import PRICE_INPUTS, Buyer, after_order, find_earlier_order, order_as
from billing.views.review import Review, payment_form, read_review
from catalog.models import Currency, Product
from catalog.options import option_label

# What a change of the basket sends along, so that its answer shows the sums as they are for what was typed.
SAID_INPUTS: Final = ", ".join(f"#checkout [name={name}]" for name in (*PRICE_INPUTS, "uses_credit", "payment_method"))


@sensitive_post_parameters("password", "password_again")
@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Shows what is ordered and takes the order. The hidden key makes one order of however many submits."""
    if request.method == "POST" and (earlier := find_earlier_order(request)):
        return after_order(request, earlier)
    client, data = current_client(request), request.POST if request.method == "POST" else None
    currency = store_currency(request, client)
    registration = _registration(request, data, currency) if client is None else None
    if registration is not None and registration.is_bound and registration.is_valid():
        currency = registration.cleaned_data["currency"]
    review = read_review(request, client, currency, said=data or {})
    if review.is_empty:
        return render(request, "store/basket_empty.html", {"room": "store"})
    buyer = Buyer(client, registration, payment_form(request, review, data))
    if data is not None and _is_ready(request, review, buyer):
        order = order_as(
            request,
            buyer,
            [_requested(line) for line in review.basket.lines],
            promo_code=review.promo_code,
            item_errors=lambda place, path, text: _tell(review, buyer, place, path, text),
        )
        if order is not None:
            empty_basket(request)
            request.session.pop(PROMO_KEY, None)
            return after_order(request, order)
    context = {**_context(review, buyer.payment), "buyer": buyer, "has_errors": buyer.has_errors}
    return render(request, "store/checkout.html", context, status=422 if data is not None else 200)


@require_GET
def summary(request: HttpRequest) -> HttpResponse:
    """Prices and sums for what a new client says of themselves: currency, country, state, tax number."""
    client = current_client(request)
    code = request.GET.get("currency", "")
    chosen = None if client else Currency.objects.filter(pk=code).first()
    review = read_review(request, client, chosen or store_currency(request, client), said=request.GET)
    context = {"review": review, "basket": review.basket, "currency": review.currency, "said": SAID_INPUTS}
    return render(request, "store/summary.html", {**context, "swap": True})


@require_POST
def remove(request: HttpRequest, place: int) -> HttpResponse:
    """Takes an item out of the basket, its addons with it."""
    remove_from_basket(request, place=place)
    return show_basket(request, _("Taken out of the basket."))


@require_POST
def remove_addon(request: HttpRequest, place: int, product_id: int) -> HttpResponse:
    """Takes an addon off an item of the basket."""
    remove_addon_from_basket(request, place=place, product_id=product_id)
    return show_basket(request, _("Taken out of the basket."))


@require_POST
def quantity(request: HttpRequest, place: int) -> HttpResponse:
    """Changes how many are wanted of an item in the basket."""
    items = read_basket(request)
    product = Product.objects.filter(pk=items[place].product_id).first() if place < len(items) else None
    if product is None:
        return show_basket(request)
    form = QuantityForm(request.POST, product=product, values=items[place].fields)
    if not form.is_valid():
        return show_basket(request, line_errors={place: [*form.errors["quantity"]]})
    set_quantity_in_basket(request, place=place, quantity=form.cleaned_data["quantity"])
    return show_basket(request)


@require_POST
def promo(request: HttpRequest) -> HttpResponse:
    """Keeps the promo code that was typed, or drops it where nothing was; the review judges it."""
    request.session[PROMO_KEY] = request.POST.get("promo_code", "").strip()[:50]
    return show_basket(request)


def show_basket(
    request: HttpRequest, news: str = "", *, line_errors: Mapping[int, Sequence[str]] | None = None
) -> HttpResponse:
    """After a change: the parts of the page that show it, so that what is typed beside them stays; else the page.

    `line_errors`: place of an item → what is wrong with how many are wanted.
    """
    if not HtmxDetails(request):
        for text in [text for texts in (line_errors or {}).values() for text in texts]:
            messages.error(request, text)
        if news:
            messages.info(request, news)
        return redirect("store:checkout")
    client = current_client(request)
    code = request.POST.get("currency", "")
    chosen = None if client else Currency.objects.filter(pk=code).first()
    review = read_review(request, client, chosen or store_currency(request, client), said=request.POST)
    if review.is_empty:
        return HttpResponseClientRedirect(reverse("store:checkout"))
    mains = {line.place: index for index, line in reversed([*enumerate(review.basket.lines)])}
    review.line_errors = {mains[place]: list(texts) for place, texts in (line_errors or {}).items() if place in mains}
    chosen_before = {
        "uses_credit": "uses_credit" in request.POST,
        "payment_method": request.POST.get("payment_method") or None,
    }
    context = {**_context(review, payment_form(request, review, None, chosen_before)), "news": news, "swap": True}
    return render(request, "store/basket_live.html", context)


def _context(review: Review, payment: PaymentForm) -> dict[str, Any]:
    return {
        "room": "store",
        "review": review,
        "basket": review.basket,
        "currency": review.currency,
        "client": review.client,
        "payment": payment,
        "said": SAID_INPUTS,
    }


def _registration(request: HttpRequest, data: Any, currency: Currency) -> RegistrationForm:
    form = RegistrationForm(data, currency=currency, currencies=store_currencies(request), address=address_of(request))
    for name in PRICE_INPUTS:
        form.fields[name].widget.attrs |= {
            "hx-get": reverse("store:summary"),
            "hx-target": "#sums",
            "hx-trigger": "change",
            # An answer that comes late must not overwrite the sums of what was chosen after it was asked for.
            "hx-sync": "closest form:queue last",
            "hx-include": ", ".join(f"[name={one}]" for one in PRICE_INPUTS),
        }
    return form


def _is_ready(request: HttpRequest, review: Review, buyer: Buyer) -> bool:
    """Whether the order can be placed as the page showed it; else the forms say why not."""
    is_valid = buyer.is_valid()
    if review.basket.missing:
        message = _("Something in the basket is not sold in %(currency)s. Take it out or choose another currency.")
        buyer.payment.add_error(None, message % {"currency": review.currency.code})
    elif request.POST.get("checkout_key") != checkout_key(request):
        words = _("The basket was changed in another window. This is what is in it now: look, then order.")
        buyer.payment.add_error(None, words)
    else:
        return is_valid
    return False


def _requested(line: BasketLine) -> ItemRequest:
    return ItemRequest(
        product=line.product,
        cycle=line.price.cycle,
        quantity=line.quantity,
        fields=line.values,
        options=line.counts,
        domain=line.domain,
        parent=line.parent,
        parent_item=line.addon_of,
    )


def _tell(review: Review, buyer: Buyer, place: int, path: Sequence[str], text: str) -> None:
    """How many are wanted is said at its input, everything with the names of product and field on top."""
    line = review.basket.lines[place]
    if list(path) == ["quantity"]:
        review.line_errors.setdefault(place, []).append(text)
    subject = " · ".join(filter(None, (line.product.words.name, _label_of(line, path))))
    buyer.payment.add_error(None, f"{subject}: {text}")


def _label_of(line: BasketLine, path: Sequence[str]) -> str:
    """The input that `fields.ip`, `options.nodes` or `domain` names; "" for what has no label of its own."""
    if path[:1] == ["domain"]:
        return _("Domain")
    if path[:1] == ["fields"]:
        return next((one.words.label for one in line.product.custom_fields.all() if one.key == path[-1]), "")
    if path[:1] == ["options"]:
        return next((option_label(one) for one in line.product.options.all() if one.key == path[-1]), "")
    return ""
