"""Messages as files for the embedded default: kombu's own transport, but no reader ever sees a file half written.

Kombu opens a file under its last name and then writes it. A worker that looks in between takes an empty message, fails
to read it and ends (https://github.com/celery/kombu/issues/1551); a message that is sent while its exchange's table is
being made fails likewise. Here what is new is written under another name and renamed.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any, Final

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME: Final = "folder"


class Channel(filesystem.Channel):
    """Files that are whole as soon as they are there."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu's own differ
        """Messages are taken in the order of their names. Raises ChannelError where the folder cannot be written."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        try:
            # A name that begins with a dot is of no queue.
            (folder / f".{name}").write_text(dumps(message), encoding="utf-8")
            (folder / f".{name}").replace(folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add {name} to {folder}") from error

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        """Only into a table that is there: kombu locks and reads it before it writes."""
        self._make_table(exchange)
        super()._queue_bind(exchange, routing_key or "", pattern or "", queue or "")

    def _make_table(self, exchange: str) -> None:
        table = self._exchange_file(exchange)  # type: ignore[attr-defined]  # stubs of an older kombu
        if table.exists():
            return
        table.parent.mkdir(exist_ok=True)
        fresh = table.with_name(f".{uuid.uuid4()}")
        try:
            fresh.write_text("[]", encoding="utf-8")
            # Unlike a renaming, a link does not replace what another process has made meanwhile.
            os.link(fresh, table)
        except FileExistsError:
            return
        except OSError as error:
            raise ChannelError(f"Cannot make {table}") from error
        finally:
            fresh.unlink(missing_ok=True)


class Transport(filesystem.Transport):
    """`folder://`, with the options of kombu's `filesystem://`."""

    Channel = Channel


def register() -> str:
    """Makes `folder://` known to kombu; returns the URL of the broker."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    return f"{SCHEME}://localhost//"
