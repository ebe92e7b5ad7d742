"""Review and checkout: what is ordered, who orders, how it is paid."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.actions.clients import ClientInvalid, register_client
from billing.actions.ordering import CheckoutConflict, ItemRequest, OrderInvalid, place_order
from billing.forms.checkout import PaymentForm
from billing.forms.registration import RegistrationForm
from billing.models import Client, Order
from billing.queries.clock import business_date
from billing.queries.pages_payment import payment_methods
from billing.queries.pages_store import BasketLine, PricedBasket, price_basket, wanted_products
from billing.queries.promotions import PromotionRefused, PromotionTerms, find_promotion
from billing.queries.taxes import TaxPlace
from billing.queries.terms import PricingTerms
from billing.views.basket import (
    PROMO_KEY,
    empty_basket,
    read_basket,
    remove_addon_from_basket,
    remove_from_basket,
)
from billing.views.current import actor_of, current_client, store_currency
from billing.views.referrals import referral_code
from catalog.models import Currency
from catalog.options import option_label

# What a visitor says of themselves that changes the sums.
PRICE_INPUTS = ("currency", "country", "state", "tax_id")
LOGIN_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(slots=True)
class _Checkout:
    """The page in the making. `registration` is None for a known client."""

    client: Client | None
    currency: Currency
    basket: PricedBasket
    payment: PaymentForm
    registration: RegistrationForm | None
    promo_error: str

    @property
    def forms(self) -> list[Any]:
        return [form for form in (self.registration, self.payment) if form is not None]

    def is_valid(self) -> bool:
        """Judges every form, so that all errors show at once."""
        return not [form for form in self.forms if not form.is_valid()] and not self.basket.missing


@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Shows what is ordered and takes the order. The hidden key makes one order of a double submit."""
    if request.method == "POST" and (earlier := _earlier_order(request)):
        return redirect("client:order", number=earlier.number)
    page = _build(request)
    if not page.basket.lines and not page.basket.missing:
        return render(request, "store/basket_empty.html", {"room": "store"})
    if request.method == "POST" and page.is_valid():
        order = _order(request, page)
        if order is not None:
            empty_basket(request)
            request.session.pop(PROMO_KEY, None)
            return redirect("client:order", number=order.number)
    is_bound = request.method == "POST"
    context = {
        "room": "store",
        "page": page,
        "has_errors": is_bound and any(form.errors for form in page.forms),
        "currency": page.currency,
        "basket": page.basket,
        "promo_code": request.session.get(PROMO_KEY, ""),
        "promo_error": page.promo_error,
    }
    return render(request, "store/checkout.html", context, status=422 if is_bound else 200)


@require_GET
def summary(request: HttpRequest) -> HttpResponse:
    """The sums in another currency, while a new client chooses theirs."""
    client = current_client(request)
    code = request.GET.get("currency", "")
    chosen = None if client else Currency.objects.filter(pk=code).first()
    currency = chosen or store_currency(request, client)
    promotion, _refusal = _find_promotion(request, client, currency)
    place = None if client else _said(request.GET)
    terms = PricingTerms(client=client, on=business_date(timezone.now()), tax_place=place, promotion=promotion)
    basket = price_basket(read_basket(request), currency=currency, client=client, terms=terms)
    return render(request, "store/sums.html", {"basket": basket, "currency": currency})


@require_POST
def remove(request: HttpRequest, place: int) -> HttpResponse:
    """Takes an item out of the basket, its addons with it."""
    remove_from_basket(request, place=place)
    messages.info(request, _("Taken out of the basket."))
    return redirect("store:checkout")


@require_POST
def remove_addon(request: HttpRequest, place: int, product_id: int) -> HttpResponse:
    """Takes an addon off an item of the basket."""
    remove_addon_from_basket(request, place=place, product_id=product_id)
    messages.info(request, _("Taken out of the basket."))
    return redirect("store:checkout")


def _build(request: HttpRequest) -> _Checkout:
    data = request.POST if request.method == "POST" else None
    client = current_client(request)
    currency = store_currency(request, client)
    registration = None
    if client is None:
        registration = RegistrationForm(data, currency=currency)
        for name in PRICE_INPUTS:
            registration.fields[name].widget.attrs |= {
                "hx-get": reverse("store:summary"),
                "hx-target": "#sums",
                "hx-trigger": "change",
                "hx-include": ", ".join(f"[name={one}]" for one in PRICE_INPUTS),
            }
        if registration.is_bound and registration.is_valid():
            currency = registration.cleaned_data["currency"]
    promotion, promo_error = _find_promotion(request, client, currency)
    place = None if client else _said(data or {})
    terms = PricingTerms(client=client, on=business_date(timezone.now()), tax_place=place, promotion=promotion)
    basket = price_basket(read_basket(request), currency=currency, client=client, terms=terms)
    methods = payment_methods(client, total=basket.quote.total)
    payment = PaymentForm(data, methods=methods, initial={"checkout_key": secrets.token_urlsafe(24)})
    page = _Checkout(client, currency, basket, payment, registration, promo_error)
    if basket.missing and data is not None:
        message = _("Something in the basket is not sold in %(currency)s. Take it out or choose another currency.")
        payment.add_error(None, message % {"currency": currency.code})
    return page


def _find_promotion(
    request: HttpRequest, client: Client | None, currency: Currency
) -> tuple[PromotionTerms | None, str]:
    """The promo code that the visitor typed, or why it cannot be used."""
    code = request.session.get(PROMO_KEY, "")
    if not code:
        return None, ""
    wanted = wanted_products(read_basket(request))
    try:
        on = business_date(timezone.now())
        return find_promotion(code, client=client, currency_id=currency.pk, wanted=wanted, on=on), ""
    except PromotionRefused as refusal:
        return None, str(refusal)


@require_POST
def promo(request: HttpRequest) -> HttpResponse:
    """Keeps the promo code that was typed, or drops it where nothing was; the checkout judges it."""
    request.session[PROMO_KEY] = request.POST.get("promo_code", "").strip()[:50]
    return redirect("store:checkout")


def _said(data: Mapping[str, Any]) -> TaxPlace | None:
    """Where a visitor is, as far as the form says; None while it says nothing."""
    country = str(data.get("country", ""))
    if not country:
        return None
    return TaxPlace(country, str(data.get("state", "")).strip(), str(data.get("tax_id", "")).strip())


def _earlier_order(request: HttpRequest) -> Order | None:
    """The order that this very form made already, if it is this visitor's: after a double click, or going back."""
    key = request.POST.get("checkout_key", "")
    order = Order.objects.filter(checkout_key=key).first() if key else None
    if order is None:
        return None
    client = current_client(request)
    if client is None:
        email, password = request.POST.get("email", ""), request.POST.get("password", "")
        user = authenticate(request, username=email, password=password)
        if user is None or not user.clients.filter(pk=order.client_id).exists():
            return None
        login(request, user)
        return order
    return order if order.client_id == client.pk else None


def _order(request: HttpRequest, page: _Checkout) -> Order | None:
    """Registers the client where there is none and places the order.

    None after a refusal: then nothing was registered nor ordered, and the forms hold the reasons.
    """
    try:
        with transaction.atomic():
            client = page.client or _register(page.registration)
            order = _place(request, page, client)
    except ClientInvalid as error:
        assert page.registration is not None
        _add_errors(page.registration, error.errors)
        return None
    except OrderInvalid as error:
        _add_order_errors(page, error.errors)
        return None
    except CheckoutConflict:
        page.payment.add_error(None, _("This order was placed already with other contents. Look at your orders first."))
        return None
    if page.client is None:
        login(request, client.users.get(), backend=LOGIN_BACKEND)
    return order


def _register(form: RegistrationForm | None) -> Client:
    assert form is not None
    return register_client(now=timezone.now(), **form.cleaned_data)


def _place(request: HttpRequest, page: _Checkout, client: Client) -> Order:
    details = page.payment.cleaned_data
    items = [
        ItemRequest(
            product=line.product,
            cycle=line.price.cycle,
            quantity=line.quantity,
            fields=line.values,
            options=line.counts,
            parent=line.parent,
            parent_item=line.addon_of,
        )
        for line in page.basket.lines
    ]
    return place_order(
        client=client,
        items=items,
        payment_method=details["payment_method"],
        checkout_key=details["checkout_key"],
        notes=details["notes"],
        promo_code=request.session.get(PROMO_KEY, ""),
        referral_code=referral_code(request),
        actor=actor_of(request) or client.email,
        now=timezone.now(),
    )


def _add_errors(form: Any, errors: dict[str, list[str]]) -> None:
    for name, texts in errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def _add_order_errors(page: _Checkout, errors: dict[str, list[str]]) -> None:
    """`items.0.fields.ip` → a message that names the product and the field."""
    for path, texts in errors.items():
        parts = path.split(".")
        subject = ""
        if path in page.payment.fields:
            _add_errors(page.payment, {path: texts})
            continue
        if parts[0] == "items" and len(parts) > 1 and parts[1].isdecimal():
            line = page.basket.lines[int(parts[1])]
            subject = " · ".join(filter(None, (line.product.name, _label_of(line, parts[2:]))))
        for text in texts:
            page.payment.add_error(None, f"{subject}: {text}" if subject else text)


def _label_of(line: BasketLine, path: list[str]) -> str:
    """The input that `fields.ip` or `options.nodes` names; "" for what has no label of its own."""
    if path[:1] == ["fields"]:
        return next((_(field.label) for field in line.product.custom_fields.all() if field.key == path[-1]), "")
    if path[:1] == ["options"]:
        return next((option_label(option) for option in line.product.options.all() if option.key == path[-1]), "")
    return ""
