"""What the tests of pages do over and over: log in, read a page, count its queries."""

from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from billing.models import Client

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
    with CaptureQueriesContext(connection) as captured:
        read(browser, address)
    return len(captured)


def choose(browser: Browser, *, cycle: str = "MONTHLY", quantity: int = 1, **fields: str) -> Any:
    """Puts ispmanager lite into the basket."""
    values = {f"field_{key}": value for key, value in fields.items()}
    return browser.post(PRODUCT, {"cycle": cycle, "quantity": quantity, **values})


def checkout_key(browser: Browser) -> str:
    """The hidden key of the checkout as the page gives it."""
    response = browser.get("/checkout/")
    return str(response.context["payment"]["checkout_key"].value())
