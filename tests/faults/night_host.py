"""A host of nights: loads Django once, then makes each nightly run a process of its own and kills it at a step.

Run as a script. A line on stdin is a JSON list of steps, each the start of one process; all of a line run at once. The
answer is the list of their exit codes, as `subprocess` gives them. A step is "" (nothing happens to that process) or
`DUTY STEP`: when that duty comes to STEP, the process ends itself with SIGKILL. The product has no such hooks.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# step → (what is called, of the module that runs nights or of the duty itself; when to die, seen from that call)
STEPS = {
    "before_claim": ("module.claim_duty", "before"),
    "claimed": ("module.claim_duty", "after"),
    "planned": ("duty.plan", "after"),
    "locked": ("duty.act", "before"),
    "acted": ("duty.act", "after"),
    "noted": ("module.write_items", "after"),
    "committed": ("module.do_batch", "after"),
    "before_leaving": ("module.leave_duty", "before"),
    "left": ("module.leave_duty", "after"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(code: str, step: str) -> None:
    """Puts the hook on; what is called for other duties is let through."""
    from billing.automation import running
    from billing.automation.registry import get_duty

    owner, _dot, name = STEPS[step][0].partition(".")
    target: Any = running if owner == "module" else get_duty(code)
    setattr(target, name, deadly(getattr(target, name), STEPS[step][1], code if owner == "module" else ""))


def deadly(original: Callable[..., Any], when: str, code: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        is_it = not code or code in {getattr(one, "duty", None) for one in arguments}
        if is_it and when == "before":
            die()
        result = original(*arguments, **options)
        if is_it:
            die()
        return result

    return call


def start(step: str) -> int:
    """Forks the night; returns the number of its process."""
    child = os.fork()
    if child:
        return child
    from django.core.management import call_command

    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if step:
        arm(*step.split())
    try:
        call_command("run_automation", "--json")
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    for line in sys.stdin:
        children = [start(step) for step in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
