"""A projection is built anew while the old one serves, and takes its place at once."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from uuid_utils.compat import uuid7

from leadwire.contracts import Contact, LeadUpdated, Work
from leadwire.db import Database
from leadwire.testing import eventually
from leadwire.testing.process import run_to_end
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.lives import LifeStore
from stream_svc.usecases.prune_log import prune_log
from stream_svc.usecases.rebuild import Rebuild

if TYPE_CHECKING:
    from conftest import (
        MakeContact,
        MakeWork,
        MakeWorkEvent,
        Publisher,
        StartService,
        StreamService,
    )

LEADS = 30
ROUNDS = 6


class Operator:
    """Whoever gives the commands, and reads what they say."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.said: list[str] = []
        self._rebuild = Rebuild(database=database, say=self.said.append)

    async def begin(self) -> bool:
        return await self._rebuild.begin()

    async def finish(self, *, even_if_missing: bool = False) -> bool:
        return await self._rebuild.finish(even_if_missing=even_if_missing)

    async def abandon(self) -> bool:
        return await self._rebuild.abandon()

    async def missing(self) -> int:
        async with self.database.connection() as connection:
            return (await LifeStore().progress(connection)).missing

    async def nothing_is_missing(self) -> bool:
        return await self.missing() == 0

    async def run(self, statement: str, *parameters: object) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement, *parameters)

    async def texts(self) -> str:
        """Everything that the tables hold of leads."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT leads::text FROM leads UNION ALL SELECT changes::text FROM changes"
            )
        return " ".join(row[0] for row in rows)

    async def bury(self) -> int:
        async with self.database.transaction() as connection:
            return await LifeStore().delete_dead(connection, limit=1000)


@asynccontextmanager
async def operating(service: "StreamService") -> AsyncIterator[Operator]:
    async with service.database() as database:
        yield Operator(database)


async def say_again(publisher: "Publisher", contacts: Iterable[Contact]) -> None:
    """What `import-svc resync` does."""
    for contact in contacts:
        await publisher.publish(LeadUpdated(lead=contact))


async def listed(service: "StreamService") -> dict[str, dict[str, Any]]:
    items = (await service.get("/v1/leads", limit="1000"))["items"]
    return {item["id"]: item for item in items}


async def test_a_damaged_projection_is_replaced_by_what_is_said_again(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    manager_id = uuid7()
    contacts = [make_contact(rev=2) for _ in range(3)]
    work = make_work(contacts[0].id, 1, manager_id=manager_id)
    await service.publisher.created(*contacts)
    await service.publisher.worked(work)
    await service.stored(3)
    await service.stored(1, assigned="true")
    truth = await listed(service)
    async with operating(service) as operator:
        await operator.run("DELETE FROM leads WHERE id = $1", contacts[1].id)
        await operator.run('UPDATE leads SET doc = \'{"id":"?"}\' WHERE id = $1', contacts[2].id)
        assert await operator.begin()

        await say_again(service.publisher, contacts)
        await service.publisher.worked(work)
        await eventually(lambda: _coming_is(operator, 3))
        assert '{"id":"?"}' in str(await _documents(operator))
        await eventually(operator.nothing_is_missing)
        assert await operator.finish()

        assert await listed(service) == truth
        assert operator.said[-1] == "rebuild: done, the new projection serves"
        assert await operator.bury() == 3
        assert await _lives_left(operator) == 1


async def test_the_old_projection_serves_meanwhile_and_its_followers_hear_nothing_twice(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contacts = [make_contact() for _ in range(3)]
    await service.publisher.created(*contacts)
    await service.stored(3)
    async with operating(service) as operator, service.stream(follow="true") as stream:
        cursor = (await stream.until("synced"))[-1]["cursor"]
        assert await operator.begin()
        await say_again(service.publisher, contacts[:2])
        changed = make_contact(contacts[0].id, rev=2, name="Changed")
        await service.publisher.updated(changed)

        [frame, _] = await stream.until("mark")
        assert (frame["type"], frame["id"], frame["rev"]) == ("put", str(changed.id), 2)
        assert len(await listed(service)) == 3
        await say_again(service.publisher, contacts[2:])
        await eventually(operator.nothing_is_missing)
        assert await operator.finish()

        ended = (await stream.until("error"))[-1]
        assert (ended["code"], ended["retryable"]) == ("cursor_expired", False)
        assert await service.problem("/v1/leads/stream", cursor=cursor) == (410, "cursor_expired")
        frames = await service.snapshot()
        assert frames[-1] == {"type": "end", "count": 3}
        assert {f["lead"]["name"] for f in frames if f["type"] == "put"} == {"Ada", "Changed"}

        await service.publisher.updated(make_contact(changed.id, rev=3, name="Later"))
        fresh = frames[-2]["cursor"]
        await eventually(lambda: _is_told(service, fresh, "Later"))


async def test_the_log_of_the_old_epoch_is_forgotten(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contact = make_contact(name="Oldname")
    await service.publisher.created(contact)
    await service.stored(1)
    async with operating(service) as operator:
        await operator.begin()
        await service.publisher.updated(make_contact(contact.id, rev=2, name="Newname"))
        await eventually(operator.nothing_is_missing)
        assert await operator.finish()
        log = ChangeLog(database=operator.database)
        await prune_log(log, retention=_A_WEEK)
        await operator.bury()
        assert "Oldname" not in await operator.texts()
        head = await log.head()
        assert head.pruned_to == head.pos == 2


async def test_a_rebuild_is_not_finished_while_leads_are_missing_unless_it_is_said_so(
    service: "StreamService", make_contact: "MakeContact", make_work: "MakeWork"
) -> None:
    contact, ghost = make_contact(), make_contact()
    await service.publisher.created(contact, ghost)
    work = make_work(contact.id, 1, manager_id=uuid7())
    await service.publisher.worked(work)
    await service.stored(2)
    await service.stored(1, assigned="true")
    async with operating(service) as operator:
        assert not await operator.finish()
        assert operator.said == ["rebuild: none is under way"]
        assert await operator.begin()
        assert await operator.missing() == 2
        await say_again(service.publisher, [contact])
        await eventually(lambda: _coming_is(operator, 1))
        assert await operator.missing() == 2  # its work has not come
        await service.publisher.worked(work)
        await eventually(lambda: _missing_is(operator, 1))

        assert not await operator.finish()
        assert "1 leads are missing" in operator.said[-1]
        assert len(await listed(service)) == 2
        assert await operator.finish(even_if_missing=True)
        assert set(await listed(service)) == {str(contact.id)}


async def test_a_rebuild_that_is_abandoned_leaves_nothing_and_another_may_begin(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    contact = make_contact()
    await service.publisher.created(contact)
    await service.stored(1)
    async with operating(service) as operator:
        await operator.begin()
        await operator.begin()
        assert operator.said[-1].startswith("rebuild: 0 leads came, 1 are served, 1 are missing")
        await say_again(service.publisher, [contact])
        await eventually(operator.nothing_is_missing)
        assert await operator.abandon()
        assert not await operator.abandon()

        await operator.begin()
        assert await operator.missing() == 1  # what came before is not taken for new
        assert await operator.bury() == 1
        assert len(await listed(service)) == 1


async def test_an_erasure_during_a_rebuild_and_a_tombstone_said_again_reach_both(
    service: "StreamService", make_contact: "MakeContact"
) -> None:
    before, meanwhile = (make_contact(name="Secretname") for _ in range(2))
    await service.publisher.created(before, meanwhile)
    await service.stored(2)
    await service.publisher.erased(before.id, 2)
    await service.stored(1)
    async with operating(service) as operator:
        await operator.begin()
        await say_again(service.publisher, [meanwhile])
        await service.publisher.erased(meanwhile.id, 2)
        await service.publisher.erased(before.id, 2)
        await eventually(operator.nothing_is_missing)
        await service.stored(0)
        assert "Secretname" not in await operator.texts()
        await service.publisher.updated(make_contact(before.id, rev=1, name="Secretname"))
        assert await operator.finish()
        last = make_contact()
        await service.publisher.created(last)
        await service.stored(1)
        assert "Secretname" not in await operator.texts()


async def test_what_happens_while_everything_is_said_again_is_in_the_new_projection(
    start_service: "StartService",
    make_contact: "MakeContact",
    make_work: "MakeWork",
    make_work_event: "MakeWorkEvent",
) -> None:
    """Two replicas, changes all the time, and the switch in the midst of them."""
    one, other = await start_service(), await start_service()
    chance = random.Random(20260131)
    contacts = {each.id: each for each in (make_contact() for _ in range(LEADS))}
    works: dict[UUID, Work] = {}
    await one.publisher.created(*contacts.values())
    await one.stored(LEADS)
    stop = asyncio.Event()

    async def change() -> None:
        while not stop.is_set():
            lead_id = chance.choice(list(contacts))
            if chance.random() < 0.5:
                rev = contacts[lead_id].rev + 1
                contacts[lead_id] = make_contact(lead_id, rev=rev, name=f"Name {rev}")
                await one.publisher.updated(contacts[lead_id])
            else:
                rev = works[lead_id].rev + 1 if lead_id in works else 1
                works[lead_id] = make_work(lead_id, rev, manager_id=UUID(int=chance.randint(1, 3)))
                await one.publisher.worked(works[lead_id])
            await asyncio.sleep(chance.uniform(0, 0.02))

    def expected() -> dict[str, tuple[str, int]]:
        return {
            str(lead_id): (
                contact.name,
                contact.rev + (works[lead_id].rev if lead_id in works else 0),
            )
            for lead_id, contact in contacts.items()
        }

    async def is_right() -> bool:
        found = await listed(other)
        return {key: (item["name"], item["rev"]) for key, item in found.items()} == expected()

    async with operating(one) as operator, asyncio.TaskGroup() as tasks:
        tasks.create_task(change())
        for _ in range(ROUNDS):
            await operator.begin()
            await say_again(one.publisher, list(contacts.values()))
            for work in list(works.values()):
                await one.publisher.publish(make_work_event(work))
            await eventually(lambda: _finishes(operator), within=30)
        stop.set()
        await eventually(is_right, within=30)
        assert operator.said.count("rebuild: done, the new projection serves") == ROUNDS


async def test_the_command_begins_and_finishes_a_rebuild(service: "StreamService") -> None:
    environment = {
        "LEADWIRE_AUTH": "off",
        "LEADWIRE_BROKER_URL": "memory://rebuild",
        "STREAM_DATABASE_URL": service.url,
    }
    told = await run_to_end(["stream_svc", "rebuild"], environment=environment)
    assert "import-svc resync --from-start" in told
    assert "0 leads came" in await run_to_end(["stream_svc", "rebuild"], environment=environment)
    finished = await run_to_end(["stream_svc", "rebuild", "--finish"], environment=environment)
    assert "the new projection serves" in finished
    assert (await service.snapshot())[-1] == {"type": "end", "count": 0}


_A_WEEK = timedelta(days=7)


async def _finishes(operator: Operator) -> bool:
    return await operator.finish()


async def _coming_is(operator: Operator, expected: int) -> bool:
    async with operator.database.connection() as connection:
        return (await LifeStore().progress(connection)).coming == expected


async def _missing_is(operator: Operator, expected: int) -> bool:
    return await operator.missing() == expected


async def _is_told(service: "StreamService", cursor: str, name: str) -> bool:
    frames = await service.snapshot(cursor=cursor)
    return [f["lead"]["name"] for f in frames if f["type"] == "put"] == [name]


async def _documents(operator: Operator) -> list[str]:
    async with operator.database.connection() as connection:
        return [row[0] for row in await connection.fetch("SELECT doc FROM leads")]


async def _lives_left(operator: Operator) -> int:
    async with operator.database.connection() as connection:
        return int(await connection.fetchval("SELECT count(DISTINCT life) FROM leads"))
