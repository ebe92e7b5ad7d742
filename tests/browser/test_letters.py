"""Letters in a real browser: the preview follows what is typed, a click puts a variable in, nothing is in the way."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from billing.models import EmailTemplate, User
from tests.browser.conftest import find_barriers, is_wider_than_screen
from tests.builders import World, make_active_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (360, 768, 1440)


@pytest.fixture
def back_office(portal: Page, live_server: LiveServer) -> Page:
    session = DjangoBrowser()
    session.force_login(User.objects.create_user("boss@example.com", is_staff=True, role="FULL_ADMINISTRATOR"))
    cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
    portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return portal


def page_of(letter: str, language: str) -> str:
    return reverse("admin:billing_emailtemplate_letter", args=[letter, language])


def look_at(page: Page, name: str) -> list[str]:
    problems = [one for one in find_barriers(page) if ".bo-" in one or ".letter-" in one]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if is_wider_than_screen(page):
            problems.append(f"{name} is wider than {width}")
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    return problems


@pytest.mark.timeout(200)
def test_a_letter_is_written_seen_and_saved(back_office: Page, live_server: LiveServer, shop: World) -> None:
    service = make_active_service(shop.client, shop.lite, ip="192.0.2.1")
    page, complaints = back_office, list[str]()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("console", note)
    page.goto(live_server.url + reverse("admin:billing_emailtemplate_changelist"))
    problems = look_at(page, "letters")
    page.goto(live_server.url + page_of("service.activated", "en"))
    paper = page.frame_locator("iframe.letter-paper")
    key = service.field_values.get(field__key="lickey").value
    paper.get_by_text(key).wait_for()
    problems += look_at(page, "letter")

    page.get_by_label("Text", exact=True).fill("Your key: {$service_custom_field_lickye}")
    page.get_by_text("Did you mean {$service_custom_field_lickey}?").wait_for()
    page.get_by_label("Text", exact=True).fill("Your key: {$service_custom_field_lickey}\n")
    paper.get_by_text(f"Your key: {key}").wait_for()
    page.get_by_role("button", name="{$client_name}").click()
    paper.get_by_text("Anna Berg").wait_for()
    page.get_by_role("button", name="Save the letter").click()
    page.get_by_text("It is sent like this from now on").wait_for()
    kept = EmailTemplate.objects.get()
    assert kept.text == "Your key: {$service_custom_field_lickey}\n{$client_name}"
    problems += look_at(page, "letter-changed")

    page.get_by_role("button", name="Back to the default text").click()
    page.locator("#dialog").get_by_role("button", name="Back to the default text").click()
    page.get_by_text("The letter has its default text again").wait_for()
    assert not EmailTemplate.objects.exists()
    assert problems + complaints == []


def test_operators_read_russian(back_office: Page, live_server: LiveServer, shop: World) -> None:
    page = back_office
    name = settings.LANGUAGE_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": "ru", "url": live_server.url}])
    page.goto(live_server.url + reverse("admin:billing_emailtemplate_changelist"))
    problems = look_at(page, "letters-ru")
    page.goto(live_server.url + page_of("operator.order.placed", "ru"))
    page.get_by_role("button", name="Сохранить письмо").wait_for()
    assert problems + look_at(page, "letter-ru") == []
