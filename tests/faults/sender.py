"""Sends a letter; with "die" it ends itself with SIGKILL between the mail server's "250" and the record of it.

Run as a script: `python tests/faults/sender.py NUMBER [die]`. The product has no such hook; it is put on here.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(number: int, *, dies: bool) -> None:
    import django

    django.setup()
    from billing.actions import notifications
    from billing.queries.clock import database_now

    if dies:
        notifications.record_sent = die
    notifications.send_due_emails(email_id=number, clock=database_now)


if __name__ == "__main__":
    main(int(sys.argv[1]), dies="die" in sys.argv)
