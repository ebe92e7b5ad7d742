"""Scenes that many tests start from, such as an active service: made once, then put back as what making them changed.

A scene depends on all that is there before it is made. It is put back only where that is the same again: every row,
what the partner remembers, the cache, the settings, the language, the hour; and where the test has replaced no name.
Everywhere else, and always on PostgreSQL, the real actions make it. Moments made up by the clock move along with it.
"""

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.conf import UserSettingsHolder, settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import get_language

from noc.sandbox.server import Sandbox
from tests.clocks import MovingClock
from tests.memory import CacheMemory, PartnerMemory
from tests.rows import Change, Rows, changes_between, is_of_the_clock, read_rows, seen_from, write_changes

_scenes: dict[object, "Scene"] = {}
_stage: list["Stage"] = []


@dataclass(slots=True)
class Stage:
    """The test that runs: what it has replaced, and its partner, if it has one."""

    patches: pytest.MonkeyPatch
    sandbox: Sandbox | None = None

    def is_real(self) -> bool:
        """Whether the test has replaced nothing that a scene could depend on."""
        return not self.patches._setattr and not self.patches._setitem


@dataclass(frozen=True, slots=True)
class Scene:
    """What making it changed, and what the maker returned."""

    answer: Any
    changes: list[Change]
    partner: PartnerMemory | None
    cache: CacheMemory
    on_commit: list[Any]


@dataclass(frozen=True, slots=True)
class _Row:
    model: type[Model]
    pk: Any


def enter_stage(patches: pytest.MonkeyPatch) -> None:
    _stage[:] = [Stage(patches)]


def leave_stage() -> None:
    _stage.clear()


def invite(sandbox: Sandbox) -> None:
    """The test has a partner."""
    _stage[0].sandbox = sandbox


def kept_scene[**Given, Made](make: Callable[Given, Made]) -> Callable[Given, Made]:
    """For makers of scenes, fixtures too. Rows that they return come fresh from the database."""

    @functools.wraps(make)
    def put_up(*given: Given.args, **named: Given.kwargs) -> Made:
        if not _stage or not _stage[0].is_real() or connection.vendor != "sqlite":
            return make(*given, **named)
        try:
            arguments = _known([given, sorted(named.items())])
        except _Unknown:
            return make(*given, **named)
        return _put_up(lambda: make(*given, **named), (make.__module__, make.__qualname__, arguments))

    return put_up


def _put_up(make: Callable[[], Any], name: object) -> Any:
    now, before = timezone.now(), read_rows()
    around = (f"{now:%F %H}", get_language(), _settings(), _partner(), CacheMemory.of_now().names())
    key = (name, seen_from(before, now), hashlib.sha256(repr(around).encode()).digest())
    if (scene := _scenes.get(key)) is None:
        _scenes[key] = scene = _make(make, before)
        return _fresh(scene.answer)
    write_changes(scene.changes, now)
    if scene.partner and _stage[0].sandbox:
        scene.partner.put_back(_stage[0].sandbox)
    scene.cache.put_back()
    connection.run_on_commit += [(set(connection.savepoint_ids), act, robust) for act, robust in scene.on_commit]
    return _fresh(scene.answer)


def _make(make: Callable[[], Any], before: Rows) -> Scene:
    waiting = len(connection.run_on_commit)
    answer = _packed(make())
    on_commit = [(act, robust) for _savepoints, act, robust in connection.run_on_commit[waiting:]]
    changes = changes_between(before, read_rows(), timezone.now())
    return Scene(answer, changes, _partner(), CacheMemory.of_now(), on_commit)


def _partner() -> PartnerMemory | None:
    return PartnerMemory.of(_stage[0].sandbox) if _stage[0].sandbox else None


def _settings() -> object:
    """Those that the test has set."""
    holder, found = settings._wrapped, []
    while isinstance(holder, UserSettingsHolder):
        found.append({name: value for name, value in vars(holder).items() if name.isupper()})
        holder = holder.default_settings
    return found


class _Unknown(Exception):
    """A scene could depend on more of an argument than can be told."""


def _known(value: Any) -> object:
    """The argument as part of a key."""
    if isinstance(value, list | tuple):
        return tuple(_known(one) for one in value)
    if isinstance(value, Sandbox):
        return value.url
    if isinstance(value, MovingClock) and not value.skipped:
        return "clock"
    if isinstance(value, Model):
        values = (getattr(value, field.attname) for field in value._meta.concrete_fields)
        return value._meta.label, repr([one for one in values if not isinstance(one, datetime)])
    if is_dataclass(value):
        return type(value).__name__, tuple(_known(getattr(value, field.name)) for field in fields(value))
    if value is None or (isinstance(value, str | int | Decimal | date) and not is_of_the_clock(value)):
        return type(value).__name__, value
    raise _Unknown


def _packed(answer: Any) -> Any:
    """The answer with primary keys in place of rows."""
    if isinstance(answer, Model):
        return _Row(type(answer), answer.pk)
    if isinstance(answer, dict):
        return {name: _packed(one) for name, one in answer.items()}
    if isinstance(answer, list | tuple):
        return type(answer)(_packed(one) for one in answer)
    if is_dataclass(answer):
        return replace(answer, **{field.name: _packed(getattr(answer, field.name)) for field in fields(answer)})
    return answer


def _fresh(answer: Any) -> Any:
    if isinstance(answer, _Row):
        return answer.model._base_manager.get(pk=answer.pk)
    if isinstance(answer, dict):
        return {name: _fresh(one) for name, one in answer.items()}
    if isinstance(answer, list | tuple):
        return type(answer)(_fresh(one) for one in answer)
    if is_dataclass(answer):
        return replace(answer, **{field.name: _fresh(getattr(answer, field.name)) for field in fields(answer)})
    return answer
