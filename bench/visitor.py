"""What a visitor finds in the store, and the requests that a browser sends for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

import httpx
from django.conf import settings
from django.test import Client as Browser

from billing.models import User
from catalog.actions.products import PriceValues, create_product, update_product
from catalog.models import Currency, Product, ProductGroup

CROWD = 200
PRICES = {"MONTHLY": 5, "QUARTERLY": 14, "SEMIANNUALLY": 27, "ANNUALLY": 50}
IN_BASKET = 3
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Page:
    """A request, and the port of the server that it goes to."""

    name: str
    port: int
    request: str


@dataclass(frozen=True)
class Store:
    """A product with an addon, and two groups with CROWD products each: sold by the month, and for every period."""

    product: Product
    monthly: ProductGroup
    every_period: ProductGroup


def make_store(product: Product) -> Store:
    """The groups of the worst case beside `product`, which gets a second period and an addon."""
    addon = _create(product.group, "BitNinja", module="ispmanager_noc", tariff_id="55371", is_addon=True)
    update_product(product=product, values={}, prices=_prices(["MONTHLY", "ANNUALLY"]), addons=[addon])
    return Store(product, _crowd("by-the-month", ["MONTHLY"]), _crowd("for-every-period", list(PRICES)))


def _crowd(slug: str, cycles: Sequence[str]) -> ProductGroup:
    words = {"name": slug, "headline": "Licenses of every size", "tagline": "Ready within a minute"}
    group = ProductGroup.objects.create(slug=slug, **words)
    for number in range(CROWD):
        _create(group, f"ispmanager {number}", cycles=cycles, position=number)
    return group


def _create(group: ProductGroup, name: str, *, cycles: Sequence[str] = ("MONTHLY",), **values: object) -> Product:
    words = {
        "tagline": "For one server with up to ten sites",
        "short_description": "Web, mail and DNS in one panel\nUpdates included\nHelp by e-mail",
    }
    product = {"group": group, "name": name, "payment_type": "RECURRING", **words, **values}
    return create_product(values=product, prices=_prices(cycles))


def _prices(cycles: Sequence[str]) -> list[PriceValues]:
    currency = Currency.objects.get(code="EUR")
    return [PriceValues(currency, cycle, Decimal(PRICES[cycle])) for cycle in cycles]


def bare_pages(server_port: int, django_port: int) -> Iterator[Page]:
    """The server alone, Django with nothing to do, and the bare page of somebody who is logged in."""
    browser = Browser()
    browser.force_login(User.objects.create_user("bare@example.com"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    yield Page("wsgi_hello", server_port, _request("GET", "/"))
    yield Page("django_hello", django_port, _request("GET", "/hello/"))
    yield Page("bare_page", django_port, _request("GET", "/page/", cookie=cookie))


def store_pages(port: int, store: Store) -> Iterator[Page]:
    """A stranger looks around, chooses, and has IN_BASKET products in the basket."""
    product = f"/store/{store.product.group.slug}/{store.product.slug}/"
    yield Page("front", port, _request("GET", "/"))
    yield Page("category", port, _request("GET", f"/store/{store.monthly.slug}/"))
    yield Page("category_every_period", port, _request("GET", f"/store/{store.every_period.slug}/"))
    yield Page("product", port, _request("GET", product))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as visitor:
        token = _fill_basket(visitor, product)
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    live = {"HX-Request": "true", "X-CSRFToken": token}
    yield Page("price_check", port, _request("POST", f"{product}check/", cookie=cookie, body=_choice(1), **live))
    said = urlencode({"currency": "EUR", "country": "DE", "state": "", "tax_id": ""})
    yield Page("cart_preview", port, _request("GET", f"/checkout/summary/?{said}", cookie=cookie, **live))
    yield Page("checkout", port, _request("GET", "/checkout/", cookie=cookie))


def _fill_basket(visitor: httpx.Client, product: str) -> str:
    """Returns the token against forged requests."""
    visitor.get(product).raise_for_status()
    token = visitor.cookies[settings.CSRF_COOKIE_NAME]
    for number in range(IN_BASKET):
        headers = {"Content-Type": FORM, "X-CSRFToken": token}
        answer = visitor.post(product, content=_choice(number), headers=headers)
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"Nothing was put in the basket: {answer.status_code} {answer.text[:2000]}")
    return token


def _choice(number: int) -> str:
    values = {"cycle": "MONTHLY", "quantity": "2", "field_ip": f"192.0.2.{number + 1}", "field_licname": "web"}
    return urlencode(values)


def _request(method: str, path: str, *, cookie: str = "", body: str = "", **headers: str) -> str:
    lines = {"Host": "127.0.0.1", "Accept-Language": "en", "Connection": "keep-alive", **headers}
    if cookie:
        lines["Cookie"] = cookie
    if body:
        lines |= {"Content-Type": FORM, "Content-Length": str(len(body))}
    return "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", body])
