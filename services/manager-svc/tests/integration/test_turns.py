"""Commands that wait for the matching lock leave connections to reads and health checks."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from leadwire.db import Database
from leadwire.outbox import Outbox
from leadwire.service import SettingsError
from leadwire.testing import eventually
from manager_svc.app import create_app
from manager_svc.metrics import ManagerMetrics
from manager_svc.settings import ManagerSettings
from manager_svc.storage.queries import QUERIES
from manager_svc.usecases.unit import AT_ONCE, NoTurnError, Unit, Units

if TYPE_CHECKING:
    from conftest import Desk

WAITING = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_reads_and_health_do_not_queue_behind_commands(
    desk: "Desk", database: Database
) -> None:
    leads = await desk.leads(30)
    async with database.transaction() as connection:
        await connection.execute(QUERIES["take_matching_lock"])
        marks = [asyncio.create_task(desk.mark(lead, "reached_out")) for lead in leads]
        await eventually(lambda: desk.value(WAITING), message="a command waits for the lock")
        # A request that is answered shows that those sent before it have begun.
        for _ in range(3):
            await desk.call("GET", "/v1/managers")
            await desk.call("GET", "/readyz")
        assert await desk.value(WAITING) <= AT_ONCE
    await asyncio.gather(*marks)


async def test_a_command_whose_turn_does_not_come_may_be_sent_again(database: Database) -> None:
    units = Units(
        database=database,
        outbox=Outbox(),
        auto_assign=True,
        metrics=ManagerMetrics(CollectorRegistry()),
        turn_within=0.05,
    )

    async def nothing(_unit: Unit) -> None:
        pass

    async with database.transaction() as connection:
        await connection.execute(QUERIES["take_matching_lock"])
        running = [asyncio.create_task(units.run(nothing, actor="test")) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)  # they begin
        with pytest.raises(NoTurnError):
            await units.run(nothing, actor="test")
    await asyncio.gather(*running)
    await units.run(nothing, actor="test")


class TestImpatiently:
    @pytest.fixture
    def settings(
        self, settings: ManagerSettings, monkeypatch: pytest.MonkeyPatch
    ) -> ManagerSettings:
        monkeypatch.setattr("manager_svc.app.Units", partial(Units, turn_within=0.05))
        return settings

    async def test_a_client_is_told_when_to_come_again(
        self, desk: "Desk", database: Database
    ) -> None:
        [lead] = await desk.leads(1)
        async with database.transaction() as connection:
            await connection.execute(QUERIES["take_matching_lock"])
            first = [asyncio.create_task(desk.mark(lead, "reached_out")) for _ in range(AT_ONCE)]

            async def all_wait() -> bool:
                return int(await desk.value(WAITING)) == AT_ONCE

            await eventually(all_wait, message="every turn is taken")
            path, body = f"/v1/leads/{lead}/status", {"status": "reached_out"}
            async with desk.client.put(path, json=body) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        await asyncio.gather(*first)


def test_a_pool_that_commands_could_use_up_is_refused(database_url: str) -> None:
    settings = ManagerSettings(
        auth="off",
        broker_url="memory://small",
        database_url=database_url,
        database_pool_size=AT_ONCE + 1,
    )
    with pytest.raises(SettingsError, match="MANAGER_DATABASE_POOL_SIZE"):
        create_app(settings)
