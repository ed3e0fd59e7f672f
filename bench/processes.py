"""What processes take: memory, with that of their children, and processor time (Linux)."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.figures import Figure

SAMPLE_EVERY = 0.05


class Peak:
    """The largest sum of resident sizes that was seen.

    Pages that processes share are counted for each of them, so the truth is below.
    """

    def __init__(self) -> None:
        self.mib = 0.0

    @asynccontextmanager
    async def of(self, pid: int) -> AsyncIterator[None]:
        """Watch a process and its children within this context."""
        watching = asyncio.create_task(self._watch(pid))
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self, pid: int) -> None:
        while True:
            self.mib = max(self.mib, sum(map(_resident_mib, _family(pid))))
            await asyncio.sleep(SAMPLE_EVERY)

    def figure(self, name: str, *, limit_mib: float) -> Figure:
        """Return it as a figure that is met below a limit."""
        return Figure(
            name=name, value=self.mib, unit="MiB", limit=limit_mib, met=self.mib < limit_mib
        )


def processor_seconds(pid: int, *, ended_children: bool = False) -> float:
    """Return the processor time that a process has taken, or its children that have ended."""
    # The name, in parentheses, may hold anything. See proc(5): utime, stime, cutime, cstime.
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = numbers[13:15] if ended_children else numbers[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    return [each for each in _family(pid) if each != pid]


def _family(pid: int) -> Iterator[int]:
    yield pid
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listed.read_text().split():
                yield from _family(int(child))


def _resident_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0
