"""G9: followers that are cut at any frame, and resume, end with the exact filtered state."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from aiohttp import ClientError

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
FOLLOWERS = 60
WRITERS = 6
CHANGES_PER_WRITER = 75
RENAMES = 60
STATUSES = list(LeadStatus)
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
        status = work.status.value if work else "pending"
        manager = work.manager_id if work else None
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
        contact = self.make_contact(lead_id, rev=rev, name=f"Name {rev}")
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


async def follow_and_be_cut(
    services: "list[StreamService]",
    params: dict[str, str],
    held: "Held",
    chance: random.Random,
    written: asyncio.Event,
    cuts: Cuts,
) -> None:
    """Follow, be cut after a random number of frames, resume; until all is written."""
    while not written.is_set():
        service = chance.choice(services)
        resume = {"cursor": held.cursor} if held.cursor else {}
        cut_after = chance.randint(1, 40)
        async with service.stream(follow="true", **params, **resume) as stream:
            cuts.reconnects += 1
            inside = False
            for _ in range(cut_after):
                try:
                    frame = await stream.frame(within=1.0)
                except (TimeoutError, ClientError):
                    break
                assert frame["type"] != "error", frame
                held.apply(frame)
                inside = frame["type"] in {"put", "gone"}
            cuts.inside_a_batch += inside
        # Away for a while: what was half told may change before the client is back.
        await asyncio.sleep(chance.uniform(0.0, 1.0))


@pytest.mark.timeout(150)
async def test_followers_that_are_cut_and_resume_end_with_the_exact_filtered_state(
    start_service: "StartService",
    monkeypatch: pytest.MonkeyPatch,
    make_contact: "MakeContact",
    make_work: "MakeWork",
    make_work_event: "MakeWorkEvent",
    new_client_state: "Callable[[], Held]",
) -> None:
    # Small steps, so that there are many pages and batches to be cut in.
    small_steps = partial(ChangeLog, changes_per_read=20, leads_per_page=12)
    monkeypatch.setattr("stream_svc.app.ChangeLog", small_steps)
    services = [await start_service(), await start_service()]
    chance = random.Random(SEED)
    truth, cuts, written = Truth(), Cuts(), asyncio.Event()
    makers = (make_contact, make_work, make_work_event)
    writers = [Writer(truth, random.Random(chance.random()), *makers) for _ in range(WRITERS)]
    publisher = services[0].publisher

    renamer = Renamer(truth, random.Random(chance.random()))

    async def write(writer: Writer | Renamer, changes: int) -> None:
        for _ in range(changes):
            await publisher.publish(writer.change())
            await asyncio.sleep(writer.chance.uniform(0.0, 0.06))

    async def write_everything() -> None:
        await asyncio.gather(
            write(renamer, RENAMES), *(write(writer, CHANGES_PER_WRITER) for writer in writers)
        )
        everything = len(truth.expected({}))
        await eventually(lambda: _arrived(services[0], truth), within=60)
        assert await services[1].counted() == everything
        written.set()

    followers = [
        (FILTERS_FOLLOWED[number % len(FILTERS_FOLLOWED)], new_client_state())
        for number in range(FOLLOWERS)
    ]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write_everything())
        for params, held in followers:
            tasks.create_task(
                follow_and_be_cut(
                    services, params, held, random.Random(chance.random()), written, cuts
                )
            )

    wrong = []
    for number, (params, held) in enumerate(followers):
        resume = {"cursor": held.cursor} if held.cursor else {}
        frames = await services[number % 2].snapshot(**params, **resume)
        for frame in frames:
            held.apply(frame)
        assert frames[-1]["type"] == "end"
        if held.leads != truth.expected(params):
            wrong.append((number, params))
    assert wrong == []
    assert cuts.reconnects > 3 * FOLLOWERS
    assert cuts.inside_a_batch > FOLLOWERS
    assert all(name in FILTERS for params in FILTERS_FOLLOWED for name in params)


async def _arrived(service: "StreamService", truth: Truth) -> bool:
    """Whether every change that was published has taken effect."""
    frames = await service.snapshot()
    found = {frame["id"]: frame["lead"] for frame in frames if frame["type"] == "put"}
    return found == truth.expected({})
