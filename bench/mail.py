"""Letters a second by one thread to a real mail server in a process of its own: a connection each, and one for many."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.mail import get_connection
from django.test.utils import override_settings

from bench.shop import make_client
from billing.actions.notifications import send_due_emails, send_email
from billing.models import BillingSettings, Email, Event
from billing.queries.clock import database_now
from demo.processes import find_free_port


def time_letters(*, count: int) -> Iterable[dict[str, Any]]:
    """The server takes everything and keeps nothing; letters have no file with them."""
    BillingSettings.objects.update_or_create(pk=1, defaults={"attaches_documents": False})
    event = Event.objects.create(name="client.registered", at=database_now(), client=make_client("mail@example.com"))
    with _mail_server() as port:
        smtp = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_PORT": port}
        with override_settings(**smtp, EMAIL_HOST="127.0.0.1", EMAIL_USE_TLS=False, EMAIL_HOST_USER=""):
            yield _time("a connection each", event, _send_each, count=count)
            yield _time("one for many", event, _send_together, count=count)
            yield {"way": "SMTP alone, one connection", "per_second": round(_time_bare(count))}


def _time(way: str, event: Event, send: Callable[[list[int]], None], *, count: int) -> dict[str, Any]:
    """Rates of the whole: lease, text, SMTP, record."""
    now = database_now()
    Email.objects.bulk_create(
        Email(
            event=event,
            client=event.client,
            letter="affiliate.joined",
            recipient=f"{number}.{send.__name__}@example.com",
            language="en",
            run_after=now,
        )
        for number in range(count)
    )
    ids = list(Email.objects.filter(status="READY").order_by("pk").values_list("pk", flat=True))
    begun, busy = time.perf_counter(), time.process_time()
    send(ids)
    took, worked = time.perf_counter() - begun, time.process_time() - busy
    if Email.objects.filter(pk__in=ids).exclude(status="SENT").exists():
        raise RuntimeError("Letters were not taken.")
    return {
        "letters": count,
        "way": way,
        "per_second": round(count / took),
        "own_cpu_ms_each": round(worked * 1000 / count, 2),
    }


def _send_each(ids: list[int]) -> None:
    for number in ids:
        send_email(email_id=number, now=database_now())


def _send_together(ids: list[int]) -> None:
    for number in ids:
        send_due_emails(email_id=number, clock=database_now)


def _time_bare(count: int) -> float:
    """What the server and the protocol leave: one text, sent again and again."""
    from django.core.mail import EmailMessage

    begun = time.perf_counter()
    with get_connection() as connection:
        for _number in range(count):
            connection.send_messages([EmailMessage("Subject", "Text\n" * 20, to=["anna@example.com"])])
    return count / (time.perf_counter() - begun)


@contextmanager
def _mail_server() -> Iterator[int]:
    port = find_free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    with subprocess.Popen(command) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _attempt in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("The mail server did not start.")
