from collections.abc import Callable
from typing import Any

import httpx
import pytest

from noc.sandbox.server import Sandbox
from tests.clocks import MovingClock


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def misbehave(sandbox: Sandbox) -> Callable[..., None]:
    """Switches a fault of the partner on: `misbehave("lost_after_act", func="soft.order.param", count=1)`."""

    def switch_on(name: str, **options: Any) -> None:
        httpx.post(f"{sandbox.url}/admin/faults", json={"name": name, **options}).raise_for_status()

    return switch_on


@pytest.fixture
def live_items(sandbox: Sandbox) -> Callable[[], list[dict[str, Any]]]:
    """What the partner holds that is not deleted, by its own account."""

    def read() -> list[dict[str, Any]]:
        items = httpx.get(f"{sandbox.url}/admin/state").json()["items"]
        return [item for item in items if item["status"] != 4]

    return read
