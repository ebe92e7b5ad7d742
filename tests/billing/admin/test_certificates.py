from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from billing.models import Event, Service, StaffRole
from noc.sandbox.server import Sandbox
from tests.billing.admin.pages import page_of
from tests.builders import World
from tests.certificates import make_issued_certificate

PARTS = ("certificate", "csr", "key")


def address(service: Service, part: str) -> str:
    return reverse("admin:billing_service_certificate", args=[service.pk, part])


@pytest.fixture
def service(world: World, sandbox: Sandbox) -> Service:
    return make_issued_certificate(world, sandbox)


@pytest.mark.parametrize("role", [StaffRole.FULL_ADMINISTRATOR, StaffRole.SALES_OPERATOR, StaffRole.SUPPORT_OPERATOR])
def test_who_may_run_commands_downloads_and_is_recorded(
    service: Service, staff_as: Callable[[str], Browser], role: str
) -> None:
    browser = staff_as(role)
    for part in PARTS:
        assert browser.get(address(service, part)).status_code == 200
    actors = Event.objects.filter(name="certificate.downloaded").values_list("actor", flat=True)
    assert list(actors) == [f"{role.lower()}@example.com"] * 3


def test_staff_without_a_role_and_clients_get_nothing(
    service: Service, staff_as: Callable[[str], Browser], world: World
) -> None:
    assert staff_as("").get(address(service, "key")).status_code == 403
    client = Browser()
    client.force_login(world.client.users.get_or_create(email="client@example.com")[0])
    assert client.get(address(service, "key")).status_code in (302, 403)
    assert not Event.objects.filter(name="certificate.downloaded").exists()


def test_the_page_shows_the_card_and_no_key(service: Service, boss: Browser) -> None:
    page = boss.get(page_of(service)).content.decode()
    assert all(address(service, part) in page for part in PARTS)
    assert "PRIVATE KEY" not in page


def test_what_is_not_there_is_not_found(service: Service, boss: Browser) -> None:
    assert boss.get(address(service, "chain")).status_code == 404
