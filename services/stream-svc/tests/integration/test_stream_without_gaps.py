"""G9: followers that are cut at any frame, and resume, end with the exact filtered state.

What they were told is held against the change log: between two marks exactly the changes
between the positions of these, each once. So nothing is told twice but what a cut left without
a mark, and no position is left out.
"""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from leadwire.contracts import (
    Contact,
    EventData,
    LeadErased,
    LeadStatus,
    LeadUpdated,
    ManagerState,
    ManagerStatus,
    ManagerUpdated,
    Work,
)
from leadwire.testing import eventually
from stream_svc.domain.cursor import END_KEY, StreamCursor
from stream_svc.domain.filters import FILTERS
from stream_svc.storage.change_log import ChangeLog

if TYPE_CHECKING:
    from conftest import (
        Frame,
        Held,
        MakeContact,
        MakeWork,
        MakeWorkEvent,
        StartService,
        StreamService,
    )

SEED = 20260131
FOLLOWERS = 16
WRITERS = 8
RECONNECTS = 2000
RECONNECTS_BETWEEN_CHANGES = (4, 16)
"""Of one writer, at random: changes go by what the followers did, not by the clock."""
STATUSES = list(LeadStatus)
LARGE = "x" * 1100
"""What makes a lead one of those of which a page holds few."""
MANAGERS = [UUID(int=(7 << 76) + number) for number in range(1, 4)]

FILTERS_FOLLOWED: list[dict[str, str]] = [
    {},
    {"status": "pending"},
    {"status": "pending,reached_out"},
    {"assigned": "true"},
    {"assigned": "false", "status": "pending"},
    {"status": "interested"},
    {"manager_id": str(MANAGERS[0])},
]


@dataclass
class Truth:
    """What the writers did, kept apart from the service under test."""

    contacts: dict[UUID, Contact] = field(default_factory=dict)
    works: dict[UUID, Work] = field(default_factory=dict)
    erased: set[UUID] = field(default_factory=set)
    managers: dict[UUID, ManagerState] = field(default_factory=dict)

    def expected(self, params: dict[str, str]) -> "dict[str, Frame]":
        """The leads that match, as they are to be read."""
        return {
            str(lead_id): self._as_read(contact, self.works.get(lead_id))
            for lead_id, contact in self.contacts.items()
            if lead_id not in self.erased and self._matches(lead_id, params)
        }

    def _as_read(self, contact: Contact, work: Work | None) -> "Frame":
        """The contact side, with what the work side and the manager add to it."""
        newest = max(contact, work or contact, key=lambda side: side.updated_at)
        manager = self.managers[work.manager_id] if work and work.manager_id else None
        return contact.model_dump(mode="json") | {
            "status": work.status.value if work else "pending",
            "manager": {"id": str(manager.id), "name": manager.name} if manager else None,
            "updated_at": newest.model_dump(mode="json")["updated_at"],
            "rev": contact.rev + (work.rev if work else 0),
            "tags": {
                "contact": f"contact-{contact.rev}",
                "work": f"work-{work.rev}" if work else None,
            },
        }

    def _matches(self, lead_id: UUID, params: dict[str, str]) -> bool:
        work = self.works.get(lead_id)
        manager = work.manager_id if work else None
        return matches(params, work.status.value if work else "pending", manager)


def matches(params: dict[str, str], status: str, manager: UUID | str | None) -> bool:
    """Judge a lead by a filter, other than the service does."""
    wanted: dict[str, Callable[[str], bool]] = {
        "status": lambda text: status in text.split(","),
        "assigned": lambda text: (manager is not None) is (text == "true"),
        "manager_id": lambda text: str(manager) == text,
    }
    return all(wanted[name](text) for name, text in params.items())


@dataclass
class Writer:
    """Changes leads of its own, as fast as the broker takes it."""

    truth: Truth
    chance: random.Random
    make_contact: "MakeContact"
    make_work: "MakeWork"
    make_work_event: "MakeWorkEvent"
    mine: list[UUID] = field(default_factory=list)

    def change(self) -> EventData:
        """Give the event of a random change, and remember what it means."""
        if not self.mine or self.chance.random() < 0.15:
            # Random ids fall on both sides of every follower's key.
            self.mine.append(UUID(int=self.chance.getrandbits(128)))
            return self._contact(self.mine[-1])
        lead_id = self.chance.choice(self.mine)
        kind = self.chance.random()
        if kind < 0.04:
            self.mine.remove(lead_id)
            self.truth.erased.add(lead_id)
            rev = self.truth.contacts[lead_id].rev + 1
            return LeadErased.model_validate({"lead": {"id": lead_id, "rev": rev}})
        return self._contact(lead_id) if kind < 0.3 else self._work(lead_id)

    def _contact(self, lead_id: UUID) -> EventData:
        known = self.truth.contacts.get(lead_id)
        rev = known.rev + 1 if known else 1
        note = LARGE if lead_id.int % 3 == 0 else ""
        contact = self.make_contact(lead_id, rev=rev, name=f"Name {rev}", attributes={"note": note})
        self.truth.contacts[lead_id] = contact
        return LeadUpdated(lead=contact)

    def _work(self, lead_id: UUID) -> EventData:
        known = self.truth.works.get(lead_id)
        work = self.make_work(
            lead_id,
            known.rev + 1 if known else 1,
            status=self.chance.choice(STATUSES),
            manager_id=self.chance.choice([None, *MANAGERS]),
        )
        self.truth.works[lead_id] = work
        return self.make_work_event(work)


@dataclass
class Renamer:
    """Calls managers otherwise, as he likes; the first names come first."""

    truth: Truth
    chance: random.Random

    def change(self) -> EventData:
        """Give the event of a new name, and remember it."""
        unnamed = [each for each in MANAGERS if each not in self.truth.managers]
        manager_id = unnamed[0] if unnamed else self.chance.choice(MANAGERS)
        known = self.truth.managers.get(manager_id)
        rev = known.rev + 1 if known else 1
        self.truth.managers[manager_id] = ManagerState(
            id=manager_id,
            name=f"Grace {rev}",
            email=None,
            capacity=1,
            state=ManagerStatus.ACTIVE,
            rev=rev,
        )
        return ManagerUpdated(manager=self.truth.managers[manager_id])


@dataclass
class Cuts:
    """What was done to the followers."""

    reconnects: int = 0
    inside_a_batch: int = 0
    inside_the_snapshot: int = 0
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def reconnected(self) -> None:
        """Count a connection."""
        async with self._moved:
            self.reconnects += 1
            self._moved.notify_all()

    async def more(self, reconnects: int) -> None:
        """Wait for so many connections from now on."""
        goal = self.reconnects + reconnects
        async with self._moved:
            await self._moved.wait_for(lambda: self.reconnects >= goal)


@dataclass(frozen=True)
class Logged:
    """One change, as the log has it."""

    lead_id: UUID
    rev: int
    before: str | None
    after: str | None

    def concerns(self, params: dict[str, str]) -> bool:
        """Whether the lead matches after the change, or did before it."""
        facets = [json.loads(each) for each in (self.before, self.after) if each]
        return any(matches(params, each["status"], each["manager_id"]) for each in facets)


@dataclass(frozen=True)
class Told:
    """The frames of leads between two marks."""

    since: StreamCursor
    until: StreamCursor
    frames: "Sequence[Frame]"

    def faults(self, log: Sequence[Logged], params: dict[str, str], gone: set[UUID]) -> list[str]:
        """Say what is missing, out of order or told too often; nothing of erased leads.

        Up to the key it is the log, change by change; beyond, a page of the snapshot, and what
        the client may hold of pages whose mark it never saw.
        """
        page = [UUID(each["id"]) for each in self.frames if each.get("why") == "snapshot"]
        told = [
            (UUID(each["id"]), each["rev"])
            for each in self.frames
            if UUID(each["id"]) <= self.since.key
        ]
        logged = [
            (each.lead_id, each.rev)
            for each in log[self.since.pos : self.until.pos]
            if each.lead_id <= self.since.key and each.concerns(params)
        ]
        faults = []
        if _without(told, gone) != _without(logged, gone):
            faults.append(f"{self.since.pos} to {self.until.pos}: {told}, not {logged}")
        if page != sorted(set(page)) or not all(
            self.since.key < each <= self.until.key for each in page
        ):
            faults.append(f"a page after {self.since.key}: {page}")
        return faults


def _without(revs: list[tuple[UUID, int]], gone: set[UUID]) -> list[tuple[UUID, int]]:
    return [(lead_id, rev) for lead_id, rev in revs if lead_id not in gone]


@dataclass
class Follower:
    """Follows, is cut, and resumes; now and then it starts over."""

    params: dict[str, str]
    chance: random.Random
    held: "Held"
    told: list[Told] = field(default_factory=list)
    _unmarked: "list[Frame]" = field(default_factory=list)

    @property
    def inside_a_batch(self) -> bool:
        """Whether something came after the last mark."""
        return bool(self._unmarked)

    @property
    def inside_the_snapshot(self) -> bool:
        """Whether some of the snapshot came, and some is to come."""
        return self.held.cursor is not None and _place(self.held.cursor).key < END_KEY

    async def follow(self, service: "StreamService", cuts: Cuts) -> None:
        """Follow, and be cut after a random number of frames, or when it has become silent.

        Every other time the cut waits until it is inside a batch.
        """
        patience = self.chance.uniform(0.02, 0.4)
        left, is_inside = self.chance.randint(0, 30), self.chance.random() < 0.5
        async with service.stream(follow="true", **self.params, **self._cursor()) as stream:
            await cuts.reconnected()
            self.hear(await stream.frame())
            while left > 0 or (is_inside and not self.inside_a_batch):
                left -= 1
                try:
                    frame = await stream.frame(within=60.0 if self.inside_a_batch else patience)
                except TimeoutError:
                    assert not self.inside_a_batch, "no mark follows"
                    break
                self.hear(frame)
            cuts.inside_a_batch += self.inside_a_batch
            cuts.inside_the_snapshot += self.inside_the_snapshot

    def come_back(self) -> None:
        """Forget what the mark does not cover, but hold it; or forget everything."""
        self._unmarked = []
        if self.chance.random() < 0.05:
            self.held.leads, self.held.cursor = {}, None

    async def complete(self, service: "StreamService") -> None:
        """Resume, and hear what there is."""
        frames = await service.snapshot(**self.params, **self._cursor())
        assert frames[-1]["type"] == "end"
        for frame in frames:
            self.hear(frame)

    def hear(self, frame: "Frame") -> None:
        """Apply a frame, and note what there is between marks."""
        assert frame["type"] != "error", frame
        before = self.held.cursor
        self.held.apply(frame)
        if frame["type"] in {"put", "gone"}:
            self._unmarked.append(frame)
        elif frame["type"] in {"mark", "synced"}:
            now = _place(frame["cursor"])
            # The first mark comes before the first lead.
            self.told.append(Told(_place(before) if before else now, now, self._unmarked))
            self._unmarked = []

    def _cursor(self) -> dict[str, str]:
        return {"cursor": self.held.cursor} if self.held.cursor else {}


def _place(cursor: str) -> StreamCursor:
    return StreamCursor.decode(cursor)


@pytest.mark.fault
@pytest.mark.timeout(300)
async def test_followers_that_are_cut_and_resume_end_with_the_exact_filtered_state(
    start_service: "StartService",
    monkeypatch: pytest.MonkeyPatch,
    make_contact: "MakeContact",
    make_work: "MakeWork",
    make_work_event: "MakeWorkEvent",
    new_client_state: "Callable[[], Held]",
    report_counts: Callable[..., None],
) -> None:
    # Small steps, so that there are many pages and batches to be cut in.
    small_steps = partial(ChangeLog, changes_per_read=20, leads_per_page=12)
    monkeypatch.setattr("stream_svc.app.ChangeLog", small_steps)
    monkeypatch.setattr("stream_svc.storage.change_log.LARGE_LEADS_PER_PAGE", 3)
    services = [await start_service(), await start_service()]
    chance = random.Random(SEED)
    truth, cuts, written = Truth(), Cuts(), asyncio.Event()
    makers = (make_contact, make_work, make_work_event)
    writers = [Writer(truth, random.Random(chance.random()), *makers) for _ in range(WRITERS)]
    renamer = Renamer(truth, random.Random(chance.random()))
    followers = [
        Follower(
            FILTERS_FOLLOWED[number % len(FILTERS_FOLLOWED)],
            random.Random(chance.random()),
            new_client_state(),
        )
        for number in range(FOLLOWERS)
    ]

    async def write(writer: Writer | Renamer) -> None:
        while cuts.reconnects < RECONNECTS:
            await services[0].publisher.publish(writer.change())
            await cuts.more(writer.chance.randint(*RECONNECTS_BETWEEN_CHANGES))

    async def write_everything() -> None:
        await asyncio.gather(write(renamer), *(write(each) for each in writers))
        await eventually(lambda: _arrived(services[0], truth), within=60)
        assert await services[1].counted() == len(truth.expected({}))
        written.set()

    async def follow(follower: Follower) -> None:
        while not written.is_set():
            await follower.follow(follower.chance.choice(services), cuts)
            # Away for a while: what was half told may change before the client is back.
            await asyncio.sleep(follower.chance.uniform(0.0, 0.1))
            follower.come_back()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write_everything())
        for follower in followers:
            tasks.create_task(follow(follower))

    for number, follower in enumerate(followers):
        await follower.complete(services[number % 2])
    log = await _log(services[0])
    report_counts(
        changes=len(log),
        reconnects=cuts.reconnects,
        cut_inside_a_batch=cuts.inside_a_batch,
        cut_inside_the_snapshot=cuts.inside_the_snapshot,
    )
    faults = [
        (number, fault)
        for number, follower in enumerate(followers)
        for told in follower.told
        for fault in told.faults(log, follower.params, truth.erased)
    ]
    assert faults == []
    wrong = [
        (number, each.params)
        for number, each in enumerate(followers)
        if each.held.leads != truth.expected(each.params)
    ]
    assert wrong == []
    assert cuts.reconnects >= RECONNECTS
    assert min(cuts.inside_a_batch, cuts.inside_the_snapshot) > FOLLOWERS
    assert all(name in FILTERS for params in FILTERS_FOLLOWED for name in params)


async def _arrived(service: "StreamService", truth: Truth) -> bool:
    """Whether every change that was published has taken effect."""
    frames = await service.snapshot()
    found = {frame["id"]: frame["lead"] for frame in frames if frame["type"] == "put"}
    return found == truth.expected({})


async def _log(service: "StreamService") -> list[Logged]:
    """Give the change log, which has no gap: the change at a position is the one before it here."""
    async with service.database() as database, database.connection() as connection:
        rows = await connection.fetch(
            "SELECT pos, lead_id, rev, before, after FROM changes ORDER BY pos"
        )
    assert [row["pos"] for row in rows] == list(range(1, len(rows) + 1))
    return [Logged(row["lead_id"], row["rev"], row["before"], row["after"]) for row in rows]
