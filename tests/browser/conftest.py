"""A real Chromium against the live portal. The browser is Debian's; none is ever downloaded."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from billing.models import Client
from catalog.models import Currency
from noc.sandbox.server import Sandbox
from tests.browser.stage import Stage, run_stage
from tests.builders import World, make_world
from tests.services import RedisNumbers, services_for

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
LogIn = Callable[[Client], None]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    return {
        "executable_path": str(CHROMIUM),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """In place of the plugin's own, of whose kind pytest 9 warns."""
    return str(live_server.url)


@pytest.fixture(scope="session", autouse=True)
def _playwright_has_a_loop() -> Iterator[None]:
    # Its synchronous API runs a loop in this thread, which Django's ORM takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module", autouse=True)
def _currencies_stay(request: pytest.FixtureRequest) -> Iterator[None]:
    """A live server's tests empty every table; a reused database keeps what its migrations put in."""
    if request.node.get_closest_marker("django_db") is None:
        yield  # a portal of real processes, with a database of its own
        return
    request.getfixturevalue("django_db_setup")
    django_db_blocker = request.getfixturevalue("django_db_blocker")
    with django_db_blocker.unblock():
        rows = list(Currency.objects.values())
    yield
    with django_db_blocker.unblock():
        Currency.objects.bulk_create([Currency(**row) for row in rows], ignore_conflicts=True)


@pytest.fixture(scope="session")
def stage(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A portal of real processes for all journeys of a session."""
    with (
        services_for(worker_id, purpose="browser", numbers=RedisNumbers.BROWSER) as services,
        run_stage(tmp_path_factory.mktemp("stage"), services) as stage,
    ):
        yield stage


@pytest.fixture
def shop(live_server: LiveServer, sandbox: Sandbox) -> World:
    """The portal with something to sell."""
    for code, is_default in (("EUR", True), ("RUB", False)):
        Currency.objects.get_or_create(code=code, defaults={"is_default": is_default})
    return make_world(sandbox)


@pytest.fixture
def portal(shop: World, live_server: LiveServer, page: Page) -> Iterator[Page]:
    """A page of the portal; a script's error or a refusal by the content policy fails the test."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    page.set_default_timeout(10_000)
    page.goto(live_server.url)
    yield page
    assert problems == []


@pytest.fixture
def log_in(portal: Page, live_server: LiveServer) -> LogIn:
    """Logs the browser in as the owner of a client."""

    def log_in_as(client: Client) -> None:
        session = DjangoBrowser()
        session.force_login(client.users.get())
        cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
        portal.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])

    return log_in_as


def find_barriers(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA on the page as it is: "rule: selector"."""
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [
        f"{page.url} {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def is_wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
