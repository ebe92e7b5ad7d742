"""`python tests/faults/charger.py ATTEMPT [PLACE]`: a worker that tends a payment attempt and dies at a place."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from billing.actions.gateways import settling, tending  # noqa: E402
from billing.queries.clock import database_now  # noqa: E402


def die(*_arguments: Any, **_options: Any) -> None:
    """As if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(act: Callable[..., Any]) -> Callable[..., Any]:
    """Does it, then dies."""

    def act_and_die(*arguments: Any, **options: Any) -> Any:
        act(*arguments, **options)
        die()

    return act_and_die


def arrange(place: str) -> None:
    """Puts the death where it belongs."""
    if place == "before the call":
        tending.call_gateway = die  # type: ignore[assignment]
    elif place == "after the answer":
        tending.settle_attempt = die  # type: ignore[assignment]
    elif place == "inside the transaction":
        settling.record_payment = die_after(settling.record_payment)
    elif place == "after the commit":
        tending.settle_attempt = die_after(settling.settle_attempt)


arrange(" ".join(sys.argv[2:]))
tending.tend_attempt(attempt_id=int(sys.argv[1]), clock=database_now)
