from collections.abc import Iterator

import pytest

from noc.sandbox.server import Sandbox, start_sandbox
from tests.noc.sandbox.caller import Partner


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    """One running sandbox a module, made new for each test."""
    server.state.reset()
    return server


@pytest.fixture
def partner(sandbox: Sandbox) -> Iterator[Partner]:
    partner = Partner(sandbox.url)
    yield partner
    partner.http.close()
