"""What a story waits for."""

from typing import Any

import pytest

from demo import sides
from demo.sides import Ours, StoryBroken


def answers(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, str], patience: float = 10) -> Ours:
    """A portal whose operation is found so: (status, hold reason), the last one for ever."""
    left = [{"kind": "TERMINATE", "status": status, "hold_reason": reason} for status, reason in found]
    ours = Ours("http://127.0.0.1:9", "key", patience=patience)
    monkeypatch.setattr(ours, "get", lambda _path: left.pop(0) if len(left) > 1 else left[0])
    monkeypatch.setattr(sides, "PAUSE_SECONDS", 0)
    return ours


def test_a_license_that_waits_for_its_modules_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = answers(monkeypatch, ("QUEUED", ""), ("HELD", "CHILDREN_FIRST"), ("DONE", ""))
    assert ours.settled(1)["status"] == "DONE"


def test_what_waits_for_a_person_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, Any] = answers(monkeypatch, ("QUEUED", ""), ("HELD", "NO_MONEY")).settled(1)
    assert found["hold_reason"] == "NO_MONEY"


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoryBroken, match="still HELD"):
        answers(monkeypatch, ("HELD", "CHILDREN_FIRST"), patience=0).settled(1)
