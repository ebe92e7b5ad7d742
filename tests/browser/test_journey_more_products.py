"""What a client orders later: a module for a license at hand, and a certificate, whose form has to be right."""

import re
from collections.abc import Mapping
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stage import PASSWORD, Stage
from tests.browser.walking import Walk, walk

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(300)]
CURRENCIES: Final = {"en": "EUR", "ru": "RUB"}
WINDOWS: Final = [("en", "desktop"), ("ru", "phone")]
BOUGHT_SECONDS = 20
FAULTY: Final = """() => {
  const inputs = [...document.querySelectorAll(".order-form :is(input, select):not([type=radio])")];
  const wrong = inputs.filter((input) => input.getAttribute("aria-invalid") === "true");
  const color = (input) => getComputedStyle(input).borderTopColor;
  const alike = inputs.filter((input) => wrong.length && color(input) === color(wrong[0]));
  return [wrong, alike].map((found) => found.map((input) => input.name));
}"""
CERTIFICATE: Final[Mapping[str, str]] = {
    "CN": "example.com",
    "approver_email_1": "admin@example.com",
    "O": "Anna Berg",
    "ST": "Berlin",
    "L": "Berlin",
    "adm_fname": "Anna",
    "adm_lname": "Berg",
    "adm_jtitle": "Owner",
    "adm_email": "anna@example.com",
    "adm_phone": "+49 30 1234567",
}


@pytest.mark.parametrize(("language", "screen"), WINDOWS)
def test_a_module_is_bought_for_a_license_at_hand(browser: Browser, stage: Stage, language: str, screen: str) -> None:
    owner = stage.register(language=language, currency=CURRENCIES[language])
    owned = stage.give_license(owner)
    with walk(browser, stage.url, language=language, screen=screen, name="module") as client:
        log_in(client, owner["email"])
        client.look("services")
        client.press_link("ispmanager lite")
        client.page.wait_for_url(f"**/services/{owned['id']}/")
        client.press(client.page.locator("#addons .button"))
        client.input("BitNinja E-mail").fill(owner["email"])
        client.look("form")
        client.press_button("Continue")
        client.look("checkout")
        service = order_and_pay(client, stage)
        bought = stage.scene.partner.memory().item(service["remote_id"])
        assert bought["item"] == owned["remote_id"]
        expect(client.page.get_by_role("heading", name=client.say("Additional information"))).to_be_visible()
        reveal = re.compile(f"^{client.say('Show')}.*{client.say('BitNinja key')}")
        client.press(client.page.get_by_role("button", name=reveal))
        expect(client.page.locator("#value-bitninjakey")).to_have_text(bought["lickey"])
        client.look("key")


@pytest.mark.parametrize(("language", "screen"), WINDOWS)
def test_a_certificate_is_ordered_once_its_form_is_right(
    browser: Browser, stage: Stage, language: str, screen: str
) -> None:
    owner = stage.register(language=language, currency=CURRENCIES[language])
    with walk(browser, stage.url, language=language, screen=screen, name="certificate") as client:
        log_in(client, owner["email"])
        client.page.goto("/store/ispmanager/positivessl/")
        client.press_button("Continue")
        assert "field_CN" in faulty_fields(client)
        client.look("empty")
        fill(client, {**CERTIFICATE, "CN": "no such name", "adm_email": "nobody", "adm_phone": "12"})
        client.press_button("Continue")
        assert faulty_fields(client) == {"field_CN", "field_field_country", "field_adm_email", "field_adm_phone"}
        client.look("wrong")
        fill(client, {**CERTIFICATE, "approver_email_1": "admin@elsewhere.example"})
        client.page.locator("[name=field_field_country]").select_option("DE")
        client.press_button("Continue")
        assert faulty_fields(client) == {"field_approver_email_1"}
        client.look("foreign-mailbox")
        fill(client, CERTIFICATE)
        client.press_button("Continue")
        client.look("checkout")
        service = order_and_pay(client, stage)
        assert stage.scene.partner.memory().item(service["remote_id"])["CN"] == "example.com"
        expect(client.page.locator("#certificate")).to_be_visible()
        client.look("awaited")


def log_in(client: Walk, email: str) -> None:
    client.page.goto("/account/login/")
    client.input("E-mail").fill(email)
    client.input("Password").fill(PASSWORD)
    client.look("log-in")
    client.press_button("Log in")
    client.page.wait_for_url("**/services/")


def fill(client: Walk, values: Mapping[str, str]) -> None:
    """Types into the product's own fields."""
    for key, value in values.items():
        client.page.locator(f"[name=field_{key}]").fill(value)


def faulty_fields(client: Walk) -> set[str]:
    """Names of the inputs that are marked as wrong, once the page with the errors is there.

    The same ones to the eye and to the ear.
    """
    expect(client.page.locator(".error-summary")).to_be_focused()
    named, colored = client.page.evaluate(FAULTY)
    assert named == colored
    return set(named)


def order_and_pay(client: Walk, stage: Stage) -> Mapping[str, str]:
    """Places the order in the window, pays it at the bank; ends on the page of the service that was bought."""
    page = client.page
    client.press_button("Place the order")
    page.wait_for_url("**/orders/*/")
    number = page.url.rstrip("/").rpartition("/")[2]
    (order,) = [one for one in stage.scene.ours.rows("orders/") if one["number"] == number]
    stage.scene.pay(order["invoice"], f"bank {number}")
    page.reload()
    expect(page.locator(".steps .is-current")).to_have_count(0, timeout=BOUGHT_SECONDS * 1000)
    client.look("progress")
    (service,) = order["services"]
    page.goto(f"/services/{service}/")
    found: Mapping[str, str] = stage.scene.ours.get(f"services/{service}/")
    return found
