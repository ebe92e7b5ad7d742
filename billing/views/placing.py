"""Placing an order from a page: who orders, how they pay, and what is wrong, said on the inputs that it is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib.auth import authenticate, login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.actions.checkouts import Checkout, ItemRequest
from billing.actions.clients import ClientInvalid, register_client
from billing.actions.ordering import CheckoutConflict, OrderInvalid, place_order
from billing.actions.vat_checks import AskedNumber, ask_before_order
from billing.forms.checkout import PaymentForm
from billing.forms.registration import RegistrationForm
from billing.gateways import ONLINE
from billing.models import Client, Invoice, Order
from billing.queries.taxes import TaxPlace
from billing.views.current import actor_of, current_client
from billing.views.paying import go_and_pay
from billing.views.referrals import referral_code

# What a visitor says of themselves that changes the sums.
PRICE_INPUTS: Final = ("currency", "country", "state", "tax_id")
LOGIN_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
# Puts a message about an item of the order where it belongs: the item's place, what of it, the message.
ItemErrors = Callable[[int, Sequence[str], str], None]


@dataclass(slots=True)
class Buyer:
    """The forms that every page with an order button has. `registration` is None for a known client."""

    client: Client | None
    registration: RegistrationForm | None
    payment: PaymentForm

    @property
    def forms(self) -> list[Any]:
        """What the list of errors on top covers."""
        return [form for form in (self.registration, self.payment) if form is not None]

    @property
    def has_errors(self) -> bool:
        """Whether a form that was sent holds a message."""
        return any(form.is_bound and form.errors for form in self.forms)

    def is_valid(self) -> bool:
        """Judges every form, so that all errors show at once."""
        return not [form for form in self.forms if not form.is_valid()]


def said_place(data: Mapping[str, Any]) -> TaxPlace | None:
    """Where a visitor is, as far as the form says; None while it says nothing."""
    country = str(data.get("country", ""))
    if not country:
        return None
    return TaxPlace(country, str(data.get("state", "")).strip(), str(data.get("tax_id", "")).strip())


def find_earlier_order(request: HttpRequest) -> Order | None:
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


def order_as(
    request: HttpRequest, buyer: Buyer, items: Sequence[ItemRequest], *, promo_code: str, item_errors: ItemErrors
) -> Order | None:
    """Registers the client where there is none and places the order.

    None after a refusal: then nothing was registered nor ordered, and the forms hold the reasons.
    """
    asked = _ask_register(buyer)
    try:
        with transaction.atomic():
            client = buyer.client or _register(buyer, asked)
            order = _place(request, buyer, client, items, promo_code)
    except ClientInvalid as error:
        assert buyer.registration is not None
        add_errors(buyer.registration, error.errors)
        # Another window of the same visitor may have been faster: then the e-mail is theirs.
        return find_earlier_order(request)
    except OrderInvalid as error:
        _add_order_errors(buyer, error.errors, item_errors)
        return None
    except CheckoutConflict:
        words = _("This order was placed already with other contents. Look at your orders first.")
        buyer.payment.add_error(None, words)
        return None
    if buyer.client is None:
        login(request, client.users.get(), backend=LOGIN_BACKEND)
    return order


def after_order(request: HttpRequest, order: Order) -> HttpResponse:
    """To the gateway's page where something is to be paid by one; else to the page of the order."""
    invoice = Invoice.objects.select_related("client", "currency").filter(order=order).first()
    if invoice is not None and invoice.is_payable and order.payment_method in ONLINE:
        return go_and_pay(request, invoice, gateway=order.payment_method)
    return redirect("client:order", number=order.number)


def add_errors(form: forms.BaseForm, errors: Mapping[str, list[str]]) -> None:
    """Puts messages (name → messages) beside their inputs; what has no input goes on top."""
    for name, texts in errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def _ask_register(buyer: Buyer) -> AskedNumber | None:
    """The one question that cannot be left to a worker: whether the first order is taxed."""
    if buyer.registration is None:
        return None
    profile = buyer.registration.profile
    return ask_before_order(country=profile.get("country", ""), tax_id=profile.get("tax_id", ""))


def _register(buyer: Buyer, asked: AskedNumber | None) -> Client:
    assert buyer.registration is not None
    return register_client(now=timezone.now(), asks_to_confirm=True, asked=asked, **buyer.registration.profile)


def _place(request: HttpRequest, buyer: Buyer, client: Client, items: Sequence[ItemRequest], promo_code: str) -> Order:
    details = buyer.payment.cleaned_data
    return place_order(
        checkout=Checkout(
            client=client,
            items=items,
            payment_method=details["payment_method"],
            uses_credit=details["uses_credit"],
            is_terms_accepted=details.get("is_terms_accepted", False),
            key=details["checkout_key"],
            notes=details["notes"],
            promo_code=promo_code,
            referral_code=referral_code(request),
        ),
        actor=actor_of(request) or client.email,
        now=timezone.now(),
    )


def _add_order_errors(buyer: Buyer, errors: Mapping[str, list[str]], item_errors: ItemErrors) -> None:
    """`items.0.fields.ip` goes to the item, `payment_method` to its input, the rest on top."""
    for path, texts in errors.items():
        parts = path.split(".")
        if parts[0] == "items" and len(parts) > 1 and parts[1].isdecimal():
            for text in texts:
                item_errors(int(parts[1]), parts[2:], text)
        else:
            add_errors(buyer.payment, {path: texts})
