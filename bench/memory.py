"""Peak memory of this process while something runs."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Memory:
    """MiB: the most that was resident meanwhile, and how much more that is than before."""

    peak_mib: int = 0
    growth_mib: int = 0


@contextmanager
def watch_memory() -> Iterator[Memory]:
    """Linux resets the mark of the most; elsewhere the peak is that of the whole life of the process."""
    with suppress(OSError):
        Path(f"/proc/{os.getpid()}/clear_refs").write_text("5")
    before, memory = _peak_mib(), Memory()
    yield memory
    memory.peak_mib = _peak_mib()
    memory.growth_mib = memory.peak_mib - before


def _peak_mib() -> int:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
