"""The budget of database connections counts what the processes really hold."""

from collections.abc import Awaitable, Callable

import asyncpg

from connections import BESIDE_THE_POOL
from e2e.system import System
from leadwire.testing import eventually

COUNT = """
SELECT split_part(application_name, ':', 1) AS service, count(*) AS held
FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE '%-svc:%'
GROUP BY service
"""


async def test_a_process_holds_so_many_beside_its_pool(
    start_system: Callable[[], Awaitable[System]],
) -> None:
    system = await start_system()
    connection = await asyncpg.connect(system.admin_database)

    async def held() -> bool:
        rows = await connection.fetch(COUNT)
        return {row["service"]: row["held"] for row in rows} == BESIDE_THE_POOL

    try:
        await eventually(held, within=30)
    finally:
        await connection.close()
