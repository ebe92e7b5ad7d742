"""What the tests of pages do over and over: log in, read a page, count its queries."""

from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import Client
from billing.queries.affiliates import has_affiliate_program
from catalog.models import Product

PASSWORD = "violet-harbour-42"
PRODUCT = "/store/licenses/ispmanager-lite/"


def log_in(client: Client) -> Browser:
    browser = Browser()
    browser.force_login(client.users.get())
    return browser


def read(browser: Browser, address: str) -> str:
    """The text of a page that must be there."""
    return text_of(browser.get(address))


def text_of(response: Any) -> str:
    assert response.status_code in (200, 422), response.status_code
    return response.content.decode()


def count_queries(browser: Browser, address: str) -> int:
    # The menu's answer is there, as for all but one page a minute.
    has_affiliate_program()
    with CaptureQueriesContext(connection) as captured:
        read(browser, address)
    return len(captured)


def count_queries_of_post(browser: Browser, address: str, **values: Any) -> int:
    """Of what htmx asks while somebody fills in a form."""
    with CaptureQueriesContext(connection) as captured:
        text_of(browser.post(address, values, headers={"HX-Request": "true"}))
    return len(captured)


def choose(
    browser: Browser, *, cycle: str = "MONTHLY", quantity: int = 1, then: Product | None = None, **fields: str
) -> Any:
    """Puts ispmanager lite into the basket, and goes on to a recommended product (`then`)."""
    values = {f"field_{key}": value for key, value in fields.items()}
    after = {"then": then.pk} if then else {}
    return browser.post(PRODUCT, {"cycle": cycle, "quantity": quantity, **values, **after})


def checkout_key(browser: Browser) -> str:
    """The hidden key of the checkout as the page gives it."""
    response = browser.get("/checkout/")
    return str(response.context["payment"]["checkout_key"].value())
