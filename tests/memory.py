"""What the sandbox partner and the cache remember, taken down and put back."""

import pickle
import time
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from django.core.cache import cache

from noc.sandbox.server import Sandbox

_COUNTERS = ("_item_ids", "_charge_ids", "_billorder_ids", "_fault_ids")
_NEVER_KEPT = {"lock", "clock", "_read_clock", "_first_options", *_COUNTERS}


@dataclass(frozen=True, slots=True)
class PartnerMemory:
    """All that the sandbox holds, but for its clock."""

    state: bytes
    counters: tuple[int, ...]
    offset: Any

    @classmethod
    def of(cls, sandbox: Sandbox) -> Self:
        world = sandbox.state
        with world.lock:
            held = {name: value for name, value in vars(world).items() if name not in _NEVER_KEPT}
            counters = tuple(next(getattr(world, name)) for name in _COUNTERS)
            _set_counters(world, counters)
            return cls(pickle.dumps(held), counters, world.clock.offset)

    def put_back(self, sandbox: Sandbox) -> None:
        world = sandbox.state
        with world.lock:
            vars(world).update(pickle.loads(self.state))
            _set_counters(world, self.counters)
            world.clock.offset = self.offset


def _set_counters(world: Any, values: tuple[int, ...]) -> None:
    for name, value in zip(_COUNTERS, values, strict=True):
        setattr(world, name, count(value))


@dataclass(frozen=True, slots=True)
class CacheMemory:
    """What a cache in the memory of this process holds, and until when."""

    at: float
    values: dict[str, bytes]
    ends: dict[str, float | None]

    @classmethod
    def of_now(cls) -> Self:
        return cls(time.time(), dict(cache._cache), dict(cache._expire_info))

    def names(self) -> frozenset[tuple[str, bytes]]:
        return frozenset(self.values.items())

    def put_back(self) -> None:
        later = time.time() - self.at
        cache._cache.clear()
        cache._cache.update(self.values)
        cache._expire_info.clear()
        cache._expire_info.update({name: end and end + later for name, end in self.ends.items()})
