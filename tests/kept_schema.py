"""The empty database that migrations made, kept in a file for the next run: migrating takes a process many seconds.

Only for SQLite, whose test database lives in memory and is new in each process. Any change of a migration or of a model
makes another file.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connection

_MADE_FROM = ("*/migrations/*.py", "*/models/**/*.py", "*/models.py", "billing/append_only/*.py")


def file_in(folder: Path) -> Path:
    """Where the database of these very migrations and models is kept."""
    seen = hashlib.sha256(f"{django.get_version()} {sqlite3.sqlite_version}".encode())
    seen.update(" ".join(sorted(app.name for app in apps.get_app_configs())).encode())
    for path in _sources():
        seen.update(str(path).encode() + path.read_bytes())
    return folder / f"{seen.hexdigest()[:16]}.sqlite3"


def _sources() -> Iterator[Path]:
    for pattern in _MADE_FROM:
        yield from sorted(settings.BASE_DIR.glob(pattern))


def open_filled(kept: Path) -> sqlite3.Connection:
    """The test database of this process, filled from the file if there is one. It is gone once nobody has it open."""
    memory = sqlite3.connect(connection.creation._get_test_db_name(), uri=True, check_same_thread=False)
    if kept.exists():
        with closing(sqlite3.connect(kept)) as source:
            source.backup(memory)
    return memory


def keep(memory: sqlite3.Connection, kept: Path) -> None:
    """Writes the file, whole or not at all: another process may be reading it. Those of former models go."""
    if kept.exists():
        return
    for old in kept.parent.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(unfinished)) as target:
        memory.backup(target)
    unfinished.replace(kept)
