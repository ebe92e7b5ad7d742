"""Processes that begin together. It imports no models: a new process comes here before Django is ready."""

from multiprocessing.synchronize import Barrier

import django

from billing.garbage import collect_rarely

_together: Barrier | None = None


def set_up(together: Barrier) -> None:
    """Makes a new process ready for work that meets the others."""
    global _together
    _together = together
    django.setup()
    # As the processes of a portal do.
    collect_rarely()


def wait_for_all() -> None:
    """Until as many processes are here as the barrier counts."""
    if _together is None:
        raise RuntimeError("This process was not set up to meet others.")
    _together.wait(timeout=600)
