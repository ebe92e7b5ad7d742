"""From the front page of the store to the license key: a stranger, an operator, a worker, the partner."""

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stage import STAFF, Stage
from tests.browser.walking import BACK_OFFICE, Walk, walk

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(300)]
PEOPLE: Mapping[str, Mapping[str, str]] = {
    "en": {"email": "nora", "first": "Nora", "last": "Winter", "country": "DE", "currency": "EUR", "price": "€6.00"},
    "ru": {
        "email": "zimina",
        "first": "Нора",
        "last": "Зимина",
        "country": "RU",
        "currency": "RUB",
        "price": "590,00 ₽",
    },
}
BOUGHT_SECONDS = 20


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_stranger_orders_and_gets_a_license_key(browser: Browser, stage: Stage, language: str, screen: str) -> None:
    with walk(browser, stage.url, language=language, screen=screen, name="order") as client:
        order = choose_and_order(client, stage)
        reference = find_what_to_transfer(client)
        with walk(browser, stage.url, language=language, name=f"transfer-{screen}", ours=BACK_OFFICE) as operator:
            confirm_transfer(operator, reference)
        watch_the_purchase(client, order)
        read_the_key(client, stage)


def choose_and_order(client: Walk, stage: Stage) -> str:
    """Returns the address of the order's page."""
    page, person = client.page, PEOPLE[client.language]
    page.goto("/")
    client.look("front")
    client.press_link("ispmanager")
    page.get_by_role("heading", name="ispmanager", exact=True).wait_for()
    client.look("category")
    client.press_link("ispmanager lite")
    number = stage.next_number()
    client.input("License name").fill(f"2026-{number}")
    client.input("IP address").fill(f"192.0.2.{number}")
    page.keyboard.press("Tab")
    client.look("product")
    client.press_button("Continue")
    register(client, person, number)
    client.look("checkout")
    client.press_button("Place the order")
    page.wait_for_url("**/orders/*/")
    expect(page.get_by_text(client.say("We are waiting for your payment."))).to_be_visible()
    client.look("order")
    return page.url


def register(client: Walk, person: Mapping[str, str], number: int) -> None:
    """Fills in the checkout; the sums follow the chosen currency."""
    client.input("E-mail").fill(f"{person['email']}{number}@example.com")
    client.press_button("Make one for me")
    client.input("First name").fill(person["first"])
    client.input("Last name").fill(person["last"])
    client.input("Country").select_option(person["country"])
    client.input("Currency").select_option(person["currency"])
    total = client.page.locator("#sums .total")
    expect(total).to_contain_text(re.compile(re.escape(person["price"]).replace(r"\ ", r"\s")))


def find_what_to_transfer(client: Walk) -> str:
    """Returns the reference that the page of the invoice names."""
    client.press(client.page.locator("#progress a.button-primary"))
    client.page.wait_for_url("**/invoices/*/")
    client.look("invoice")
    return client.page.locator(".transfer .mono").inner_text()


def confirm_transfer(operator: Walk, reference: str) -> None:
    """The money is seen on the bank account and recorded in the back office."""
    page = operator.page
    page.goto("/admin/billing/invoice/")
    page.locator("input[name=username]").fill(STAFF["email"])
    page.locator("input[name=password]").fill(STAFF["password"])
    page.locator("button[type=submit]").click()
    page.get_by_role("link", name=reference, exact=True).click()
    operator.look("invoice")
    operator.press_button("Record payment")
    dialog = page.locator("#dialog")
    dialog.locator("[name=reference]").fill(f"2026-{reference}")
    operator.look("payment")
    dialog.get_by_role("button", name=operator.say("Record payment")).click()
    expect(page.get_by_text(operator.say("No money has come for this invoice yet."))).to_have_count(0)
    operator.look("paid")


def watch_the_purchase(client: Walk, order: str) -> None:
    """The steps move on by themselves."""
    client.page.goto(order)
    key_is_there = client.page.get_by_text(client.say("The key is on the page of the service."))
    expect(key_is_there).to_be_visible(timeout=BOUGHT_SECONDS * 1000)
    client.look("bought")


def read_the_key(client: Walk, stage: Stage) -> None:
    """The page of the service shows the partner's own key."""
    client.press_link("ispmanager lite")
    client.page.wait_for_url("**/services/*/")
    expect(client.page.locator("h1 .badge")).to_have_text(client.say("Active"))
    client.press(client.page.get_by_role("button", name=re.compile(f"^{client.say('Show')}")))
    number = re.findall(r"\d+", client.page.url)[-1]
    service = stage.scene.ours.get(f"services/{number}/")
    key = stage.scene.partner.memory().item(service["remote_id"])["lickey"]
    expect(client.page.locator("#value-lickey")).to_have_text(key)
    client.look("key")
