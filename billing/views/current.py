"""Who is asking: the client that the logged-in user acts for, and the currency that prices are shown in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from billing.models import Client
from catalog.models import Currency

CURRENCY_KEY = "currency"


def current_client(request: HttpRequest) -> Client | None:
    """The client whose things the user sees: the first one that the user may act for. None for visitors and staff."""
    if not request.user.is_authenticated:
        return None
    return Client.objects.select_related("currency").filter(memberships__user=request.user).order_by("id").first()


def home_of(request: HttpRequest) -> str:
    """Where somebody who has logged in begins: the back office for staff who are no client, else the services."""
    user = request.user
    is_staff_only = user.is_authenticated and user.is_staff and current_client(request) is None
    return reverse("admin:index" if is_staff_only else "client:services")


def client_required[**P](
    view: Callable[Concatenate[HttpRequest, Client, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Gives the view its client. Visitors log in first; a login without a client is told so."""

    asked = login_required(_with_client(view))

    @wraps(view)
    def with_login(request: HttpRequest, /, *arguments: P.args, **options: P.kwargs) -> HttpResponseBase:
        if HtmxDetails(request) and not request.user.is_authenticated:
            # The login page must not be swapped into a fragment of the page whose session ran out.
            return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return asked(request, *arguments, **options)

    return with_login


def _with_client[**P](
    view: Callable[Concatenate[HttpRequest, Client, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    def with_client(request: HttpRequest, /, *arguments: P.args, **options: P.kwargs) -> HttpResponse:
        client = current_client(request)
        if client is None:
            return render(request, "client/no_client.html", status=403)
        # For what every page of the client area says about the client.
        request.client = client  # type: ignore[attr-defined]
        return view(request, client, *arguments, **options)

    return with_client


def store_currency(request: HttpRequest, client: Client | None) -> Currency:
    """A client's own currency; for visitors the one that they chose, else the default one."""
    if client is not None:
        return client.currency
    currencies = store_currencies(request)
    chosen = request.session.get(CURRENCY_KEY)
    return next((currency for currency in currencies if currency.pk == chosen), currencies[0])


def store_currencies(request: HttpRequest) -> list[Currency]:
    """All that visitors may choose from, the default one first; read once a request."""
    found: list[Currency] | None = getattr(request, "store_currencies", None)
    if found is None:
        found = list(Currency.objects.order_by("-is_default", "code"))
        request.store_currencies = found  # type: ignore[attr-defined]
    return found


def currency_context(request: HttpRequest, currency: Currency, client: Client | None) -> dict[str, Any]:
    """What a page needs to print prices and to offer others: a client has one currency, visitors choose."""
    others = [] if client else sorted(store_currencies(request), key=lambda one: one.code)
    return {"currency": currency, "currencies": others}


def actor_of(request: HttpRequest) -> str:
    """The name under which this user's deeds stand in the audit trail."""
    return request.user.get_username()
