"""A Celery worker that ends itself with SIGKILL the first time an operation reaches a step.

Run as a script: `python tests/faults/dying_worker.py STEP`. The product has no such hooks; they are put on here. STEP
is a name out of STEPS, or a call to the partner: `before FUNC` ends it when the call is about to go out, `after FUNC`
with the answer in hand. Only calls that submit (`sok`) count.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# (step, module, attribute, when): when the attribute is called, die before the call, after it, or while it runs.
STEPS = {
    "claimed": ("billing.actions.provisioning.running", "claim_operation", "after"),
    "before_intent": ("billing.actions.provisioning.paying", "write_intent", "before"),
    "after_intent": ("billing.actions.provisioning.paying", "write_intent", "after"),
    "during_pay": ("billing.provisioners.ispmanager_noc.RemoteSide", "buy", "during"),
    "answer_in_hand": ("billing.provisioners.ispmanager_noc.RemoteSide", "buy", "after"),
    "number_kept": ("billing.actions.provisioning.creating", "change_claimed", "after"),
    "details_read": ("billing.actions.provisioning.creating", "_activate", "before"),
    "before_commit": ("billing.actions.provisioning.creating", "finish", "after"),
    "after_commit": ("billing.actions.provisioning.creating", "_activate", "after"),
    "looking": ("billing.actions.provisioning.creating", "look_for_purchase", "before"),
}
WHILE_IT_RUNS = 0.1  # seconds after the start of the call


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(original: Callable[..., Any], when: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        if when == "before":
            die()
        if when == "during":
            threading.Timer(WHILE_IT_RUNS, die).start()
        result = original(*arguments, **options)
        if when == "after" and result is not False:
            die()
        return result

    return call


def die_at_call(when: str, func: str) -> None:
    """Hooks onto the one place where calls go out."""
    from noc.client import PartnerClient

    original = PartnerClient._exchange

    def exchange(client: Any, http: Any, params: Any, deadline: float) -> Any:
        is_it = params["func"] == func and "sok" in params
        if is_it and when == "before":
            die()
        reply = original(client, http, params, deadline)
        if is_it:
            die()
        return reply

    PartnerClient._exchange = exchange  # type: ignore[method-assign]


def resolve(path: str) -> Any:
    from importlib import import_module

    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _dot, name = path.rpartition(".")
        return getattr(import_module(module), name)


def main(step: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.celery import app

    app.loader.import_default_modules()
    if " " in step:
        die_at_call(*step.split())
    elif step != "none":
        owner, name, when = STEPS[step]
        target = resolve(owner)
        setattr(target, name, deadly(getattr(target, name), when))
    app.worker_main(["worker", "--loglevel=WARNING", "--concurrency=6", "--without-mingle", "--without-gossip"])


if __name__ == "__main__":
    main(sys.argv[1])
