import pytest

from billing.models import Event, Service, StaffRole
from noc.sandbox.server import Sandbox
from tests.billing.api.caller import Api
from tests.builders import World, make_client
from tests.certificates import make_issued_certificate


@pytest.fixture
def service(world: World, sandbox: Sandbox) -> Service:
    return make_issued_certificate(world, sandbox)


def path(service: Service, part: str) -> str:
    return f"services/{service.pk}/certificate/{part}/"


@pytest.mark.parametrize("part", ["certificate", "csr", "key"])
def test_the_owners_key_and_operators_download_each_part(service: Service, part: str) -> None:
    for caller in (Api.of_client(service.client), Api.of_role(StaffRole.SUPPORT_OPERATOR)):
        answer = caller.send("get", path(service, part))
        assert answer.status_code == 200, answer.content
        assert answer.content.startswith(b"-----BEGIN ")
        assert answer["Cache-Control"].startswith("no-store")
    assert Event.objects.filter(name="certificate.downloaded", service=service).count() == 2


def test_another_clients_key_finds_nothing(service: Service) -> None:
    stranger = Api.of_client(make_client())
    assert stranger.send("get", path(service, "key")).status_code == 404


def test_there_are_no_other_parts(service: Service) -> None:
    assert Api.of_client(service.client).send("get", path(service, "chain")).status_code == 404
