"""`manage.py import_bounces`: reads reports of letters that came back, from a mailbox or one from standard input."""

import mailbox
import sys
from collections.abc import Iterator
from contextlib import closing
from email import message_from_binary_file
from email.message import Message
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.actions.bounce_reports import take_report
from billing.queries.clock import database_now


class Command(BaseCommand):
    help = "Marks letters that came back (RFC 3464). Reading the same report twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mailbox", nargs="?", help="an mbox file or a Maildir; without it one message is read")

    def handle(self, *arguments: Any, **options: Any) -> None:
        read = taken = 0
        for message in self._messages(options["mailbox"]):
            read += 1
            taken += take_report(message, now=database_now())
        self.stdout.write(f"{taken} of {read} messages reported a letter of ours.")

    def _messages(self, path: str | None) -> Iterator[Message]:
        if path is None:
            yield message_from_binary_file(sys.stdin.buffer)
        elif not Path(path).exists():
            raise CommandError(f"There is no {path}.")
        else:
            kind = mailbox.Maildir if Path(path).is_dir() else mailbox.mbox
            with closing(kind(path, create=False)) as box:
                yield from box
