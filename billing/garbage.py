"""How often the processes that serve for long look for garbage in cycles.

A query makes hundreds of objects that are gone at once, without a cycle among them: at Python's own thresholds a
process spends a good part of its time looking for some.
"""

import gc
from typing import Final

# Of new objects, and of the rounds after which older ones are looked through too.
THRESHOLDS: Final = (50_000, 20, 50)


def collect_rarely() -> None:
    """Call it once all that stays is loaded: what is there now is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def collect_as_ever() -> None:
    """Python's own thresholds again, and everything is looked through."""
    gc.set_threshold(*_USUAL)
    gc.unfreeze()


_USUAL: Final = gc.get_threshold()
