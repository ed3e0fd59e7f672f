"""Run the services of other teams, and read what they have in their stores."""

import asyncio
import json
import os
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from chaos.subscriber import AMQP_URL, QUEUE
from leadwire.testing import eventually

EventKey: TypeAlias = tuple[str, str]
"""Source and id."""

VICES: Final = {"slow": ("--slow=0.02",), "crashing": ("--crashes=60",)}
"""What the subscribers of a run are like, by name."""

LATE: Final = "late"
"""Who subscribes in the middle of a run, and gets what was before by a replay."""

_REST: Final = 0.5
"""Seconds after which one that crashed is started again."""


@dataclass(slots=True, kw_only=True)
class Received:
    """What a subscriber received and did.

    Attributes:
        first_at: When each event came first, in seconds since 1970.
        deliveries: How often events were delivered, repeated deliveries included.
        hashes: Of all bodies with which each event came.
        effects: How often each event had its effect.
        news: Lead, side and rev of what it took for new, in this order.
        sides: What it believes of each lead, by id and side.
        unreadable: Ids of messages that it set aside.
    """

    first_at: dict[EventKey, float] = field(default_factory=dict)
    deliveries: int = 0
    hashes: dict[EventKey, set[bytes]] = field(default_factory=dict)
    effects: Counter[EventKey] = field(default_factory=Counter)
    news: Sequence[tuple[tuple[str, str], int]] = ()
    sides: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> "Received":
        """Read a subscriber's store, also while it runs."""
        with closing(reading(path)) as store:
            first = store.execute("SELECT source, id, min(at) FROM deliveries GROUP BY source, id")
            (deliveries,) = store.execute("SELECT count(*) FROM deliveries").fetchone()
            came = store.execute("SELECT DISTINCT source, id, hash FROM deliveries")
            hashes: defaultdict[EventKey, set[bytes]] = defaultdict(set)
            for source, event, digest in came:
                hashes[source, event].add(digest)
            effects = store.execute("SELECT source, id, count(*) FROM effects GROUP BY source, id")
            news = store.execute("SELECT id, side, rev FROM news ORDER BY number")
            sides = store.execute("SELECT id, side, says FROM leads")
            unreadable = store.execute("SELECT id FROM unreadable")
            return cls(
                first_at={(source, event): at for source, event, at in first},
                deliveries=deliveries,
                hashes=hashes,
                effects=Counter({(source, event): count for source, event, count in effects}),
                news=[((lead, side), rev) for lead, side, rev in news],
                sides={(lead, side): json.loads(says) for lead, side, says in sides},
                unreadable=frozenset(message for (message,) in unreadable),
            )


def reading(path: Path) -> sqlite3.Connection:
    """Open a subscriber's store to look into it."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)


class Reader(Protocol):
    """Whoever is told of events, and keeps what it has heard."""

    def heard(self) -> set[EventKey]:
        """Return the keys of the events that it has received."""

    def received(self) -> Received:
        """Read what it has."""


class SubscriberProcess:
    """A subscriber that is started again whenever it ends, until it is told to stop.

    Args:
        name: Names its queue and its files.
        vices: Arguments that make it what it is.
        url: The broker's address.
        directory: For its store and what it prints.

    Attributes:
        crashes: How often it ended.
    """

    def __init__(self, *, name: str, vices: Sequence[str], url: str, directory: Path) -> None:
        self.name = name
        self.queue = QUEUE.format(name=name)
        self.store = directory / f"subscriber-{name}.db"
        self.log = directory / f"subscriber-{name}.log"
        self.crashes = 0
        self._command = (f"--name={name}", f"--store={self.store}", *vices)
        self._url = url
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when its queue is there."""
        self._keeping = asyncio.create_task(self._keep_running(), name=f"subscriber {self.name}")
        await eventually(self._has_subscribed, within=60, message=f"{self.name} subscribed")

    def kill(self) -> None:
        """End it at once; it comes again."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """End it for good."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        self.kill()
        if self._process is not None:
            await self._process.wait()

    def heard(self) -> set[EventKey]:
        """Return the keys of the events that it has received."""
        with closing(reading(self.store)) as store:
            return set(store.execute("SELECT source, id FROM inbox"))

    def received(self) -> Received:
        """Read what it has."""
        return Received.read(self.store)

    async def _keep_running(self) -> None:
        while True:
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-m", "chaos.subscriber", *self._command),
                    env={**os.environ, AMQP_URL: self._url},
                    stdout=log,
                    stderr=log,
                )
            await self._process.wait()
            self.crashes += 1
            await asyncio.sleep(_REST)

    def _has_subscribed(self) -> bool:
        if self._keeping is not None and self._keeping.done():
            self._keeping.result()
        return self.log.exists() and "subscribed" in self.log.read_text()
