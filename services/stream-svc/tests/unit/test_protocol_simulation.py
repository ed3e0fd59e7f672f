"""The protocol of the stream, against a model of the log: five hundred followers, no server.

The model has the log's one property: a step sees everything up to its head and nothing
beyond. Followers are cut at any frame, also between a page and its mark, and resume.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from stream_svc.domain import frames
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter, parse_filter
from stream_svc.domain.follow import Change, Place, beginning
from stream_svc.domain.lead import Status
from stream_svc.domain.steps import Head, Page, Step, behind, told_by

EPOCH = UUID(int=1)
SEED = 20260131
FOLLOWERS = 250
CHANGES_PER_STEP = 4
LEADS_PER_PAGE = 5
NOW = datetime(2026, 1, 31, tzinfo=UTC)
FILTERS = [
    LeadFilter(),
    parse_filter({"status": "pending"}),
    parse_filter({"status": "pending,interested"}),
    parse_filter({"assigned": "true"}),
]


@dataclass
class Log:
    """What the database is to a follower."""

    chance: random.Random
    leads: dict[UUID, tuple[int, Facets]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def change(self) -> None:
        """Change one lead: make, change or erase it."""
        if len(self.leads) < 20 or self.chance.random() < 0.1:
            lead_id = UUID(int=self.chance.getrandbits(128))
        else:
            lead_id = self.chance.choice(list(self.leads))
        rev, before = self.leads.get(lead_id, (0, None))
        after = None if before and self.chance.random() < 0.05 else self._facets()
        if after is None:
            del self.leads[lead_id]
            self._scrub(lead_id)
        else:
            self.leads[lead_id] = (rev + 1, after)
        self.changes.append(
            Change(
                pos=len(self.changes) + 1,
                lead_id=lead_id,
                rev=rev + 1,
                before=before if after else None,
                after=after,
                document=f'{{"rev":{rev + 1}}}' if after else None,
                at=NOW,
            )
        )

    def step(self, place: Place, leads: LeadFilter) -> Step:
        """Do as `ChangeLog.step` does."""
        head = Head(epoch=EPOCH, pos=len(self.changes), pruned_to=0)
        due = [
            change
            for change in self.changes[place.pos :]
            if change.lead_id <= place.key or place.resumed
        ]
        taken = tuple(due[:CHANGES_PER_STEP])
        pos = taken[-1].pos if len(due) > len(taken) else head.pos
        if place.snapshot_complete or pos < head.pos:
            return Step(head, taken, pos, None)
        return Step(head, taken, pos, self._page(place.key, leads))

    def matching(self, leads: LeadFilter) -> dict[str, int]:
        """The exact filtered state."""
        return {
            str(lead_id): rev
            for lead_id, (rev, facets) in self.leads.items()
            if leads.matches(facets)
        }

    def _page(self, key: UUID, leads: LeadFilter) -> Page:
        beyond = sorted(
            lead_id
            for lead_id, (_, facets) in self.leads.items()
            if lead_id > key and leads.matches(facets)
        )
        shown = beyond[:LEADS_PER_PAGE]
        puts = [
            frames.put(
                lead_id=lead_id,
                rev=self.leads[lead_id][0],
                why="enter",
                document=f'{{"rev":{self.leads[lead_id][0]}}}',
            )
            for lead_id in shown
        ]
        return Page(puts, shown[-1] if len(beyond) > len(shown) else END_KEY)

    def _facets(self) -> Facets:
        return Facets(
            status=self.chance.choice(list(Status)),
            manager_id=self.chance.choice([None, UUID(int=9)]),
            origin="form",
            import_id=None,
            email_domain="example.org",
            created_at=NOW,
        )

    def _scrub(self, lead_id: UUID) -> None:
        self.changes = [
            replace(each, before=None, after=None, document=None)
            if each.lead_id == lead_id
            else each
            for each in self.changes
        ]


@dataclass
class Client:
    """Applies frames as they come; holds only the place of the last mark."""

    leads: LeadFilter
    held: dict[str, int] = field(default_factory=dict)
    marked: Place | None = None

    def apply(self, lines: list[bytes]) -> None:
        for line in lines:
            frame = orjson.loads(line)
            if frame["type"] == "put":
                self.held[frame["id"]] = frame["lead"]["rev"]
            else:
                self.held.pop(frame["id"], None)


def connect(log: Log, client: Client) -> Place:
    """Begin or resume, with the mark that comes before any lead."""
    if client.marked is None:
        client.marked = beginning(epoch=EPOCH, pos=len(log.changes), snapshot=True)
        return client.marked
    return replace(client.marked, resumed=True)


def run(log: Log, client: Client, chance: random.Random) -> int:
    """Let a client follow while the log moves on, cut and resumed; return how often cut."""
    place, cuts = connect(log, client), 0
    for _ in range(chance.randint(5, 25)):
        for _ in range(chance.choice([0, 0, 1, 3, 12])):
            log.change()
        step = log.step(place, client.leads)
        told = told_by(step, place=place, leads=client.leads)
        lines = told.lines.splitlines()
        if chance.random() < 0.4:
            client.apply(lines[: chance.randint(0, len(lines))])
            cuts += 1
            for _ in range(chance.choice([0, 2, 8])):
                log.change()
            place = connect(log, client)
            continue
        client.apply(lines)
        client.marked = place = behind(step, place=place)
    return cuts


def finish(log: Log, client: Client) -> None:
    """Resume once more and follow until nothing is left."""
    place = connect(log, client)
    while not (place.snapshot_complete and place.pos == len(log.changes)):
        step = log.step(place, client.leads)
        client.apply(told_by(step, place=place, leads=client.leads).lines.splitlines())
        place = behind(step, place=place)


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_every_follower_ends_with_the_exact_filtered_state(seed: int) -> None:
    chance = random.Random(seed)
    cuts = 0
    wrong = []
    log = Log(chance)
    for number in range(FOLLOWERS):
        if number % 10 == 0:
            log = Log(chance)
            for _ in range(40):
                log.change()
        client = Client(FILTERS[number % len(FILTERS)])
        cuts += run(log, client, chance)
        finish(log, client)
        if client.held != log.matching(client.leads):
            wrong.append(number)
    assert wrong == []
    assert cuts > FOLLOWERS
