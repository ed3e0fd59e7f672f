import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack

import asyncpg
import pytest

from leadwire.db import Database, LeaderLock
from leadwire.lifecycle import BackgroundTask
from leadwire.testing import TcpProxy, eventually
from leadwire.testing.postgres import PostgresServer

OpenDatabase = Callable[..., Coroutine[None, None, Database]]


class Candidate:
    """One process that wants to lead; it notes when it does."""

    def __init__(self, database: Database, *, name: str = "relay") -> None:
        self.leads = False
        self.terms = 0
        self.leave = asyncio.Event()
        self.error: Exception | None = None
        self._lock = LeaderLock(database=database, name=name)
        self.task = BackgroundTask(name="candidate", body=lambda: self._lock.run(self.work))

    async def work(self) -> None:
        self.leads = True
        self.terms += 1
        try:
            await self.leave.wait()
            if self.error is not None:
                error, self.error = self.error, None
                self.leave.clear()
                raise error
        finally:
            self.leads = False


Stand = Callable[..., Coroutine[None, None, Candidate]]


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """Make candidates that are stopped at the end of the test."""
    async with AsyncExitStack() as at_end:

        async def stand_one(database: Database, **options: str) -> Candidate:
            candidate = Candidate(database, **options)
            await candidate.task.start()
            at_end.push_async_callback(candidate.task.stop)
            return candidate

        yield stand_one


@pytest.fixture
async def database(service_url: str, open_database: OpenDatabase) -> Database:
    return await open_database(service_url)


async def kill_leader(database: Database) -> None:
    """End the connection that holds the lock, as a crash of the leader's machine would."""
    async with database.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )


def leaders(candidates: list[Candidate]) -> int:
    return sum(candidate.leads for candidate in candidates)


async def test_one_of_many_leads(database: Database, stand: Stand) -> None:
    candidates = [await stand(database) for _ in range(4)]

    await eventually(lambda: leaders(candidates) == 1)

    seen = [leaders(candidates)]
    for _ in range(30):
        async with database.connection() as connection:
            await connection.execute("SELECT pg_sleep(0.05)")
        seen.append(leaders(candidates))
    assert set(seen) == {1}


async def test_another_takes_over_when_the_leader_stops(database: Database, stand: Stand) -> None:
    first = await stand(database)
    await eventually(lambda: first.leads)
    second = await stand(database)

    await first.task.stop()

    assert not first.leads
    await eventually(lambda: second.leads)


async def test_locks_of_other_names_and_other_schemas_are_others(
    database: Database, service_url: str, open_database: OpenDatabase, stand: Stand
) -> None:
    elsewhere = await open_database(service_url, schema="b_svc")

    candidates = [
        await stand(database, name="relay"),
        await stand(database, name="sweep"),
        await stand(elsewhere, name="relay"),
    ]

    await eventually(lambda: leaders(candidates) == 3)


async def test_an_error_of_the_work_is_raised_and_gives_the_lock_back(
    database: Database, stand: Stand
) -> None:
    first = await stand(database)
    await eventually(lambda: first.leads)
    second = await stand(database)

    first.error = ValueError("broken")
    first.leave.set()

    with pytest.raises(ValueError, match="broken"):
        await asyncio.wait_for(first.task.wait(), 30)
    await eventually(lambda: second.leads)


async def test_work_that_lost_its_database_is_begun_again(database: Database, stand: Stand) -> None:
    candidate = await stand(database)
    await eventually(lambda: candidate.leads)

    candidate.error = asyncpg.ConnectionDoesNotExistError("gone")
    candidate.leave.set()

    await eventually(lambda: candidate.terms == 2 and candidate.leads)


async def test_work_that_returns_ends_the_run(database: Database, stand: Stand) -> None:
    lock = LeaderLock(database=database, name="once")

    async def once() -> None:
        return

    await asyncio.wait_for(lock.run(once), 30)


@pytest.mark.fault
async def test_a_lost_connection_cancels_the_work_and_the_election_is_held_again(
    database: Database, stand: Stand
) -> None:
    candidates = [await stand(database) for _ in range(2)]
    await eventually(lambda: leaders(candidates) == 1)
    (leader,) = [candidate for candidate in candidates if candidate.leads]

    await kill_leader(database)

    await eventually(lambda: not leader.leads or leader.terms == 2)
    await eventually(lambda: leaders(candidates) == 1)
    assert sum(candidate.terms for candidate in candidates) == 2


@pytest.mark.fault
async def test_survives_a_restart_of_the_server(
    private_url: str, private_postgres: PostgresServer, open_database: OpenDatabase, stand: Stand
) -> None:
    database = await open_database(private_url)
    candidates = [await stand(database) for _ in range(2)]
    await eventually(lambda: leaders(candidates) == 1)

    await private_postgres.restart()

    await eventually(
        lambda: sum(candidate.terms for candidate in candidates) == 2 and leaders(candidates) == 1,
        within=20,
        message="one leads again",
    )


@pytest.mark.fault
async def test_a_leader_in_a_silent_network_stops_before_another_begins(
    proxied: tuple[TcpProxy, str],
    service_url: str,
    open_database: OpenDatabase,
    stand: Stand,
) -> None:
    proxy, url = proxied
    cut_off = await stand(await open_database(url))
    await eventually(lambda: cut_off.leads)
    heir = await stand(await open_database(service_url))

    proxy.freeze()
    await eventually(lambda: not cut_off.leads, within=10, message="the leader noticed")
    assert heir.terms == 0

    # The proxy answers for the vanished machine, so the server's own time-out is not
    # what ends the connection here: the machine's end does.
    proxy.cut()
    await eventually(lambda: heir.leads, within=15)
    assert not cut_off.leads
    proxy.thaw()
