"""What a pool tells of its use is true at every moment."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from leadwire.db import Database, DatabaseUnavailableError
from leadwire.testing import eventually

OpenDatabase = Callable[..., Coroutine[None, None, Database]]


async def test_lent_waiting_and_refused_are_counted_and_given_back(
    service_url: str, open_database: OpenDatabase
) -> None:
    database = await open_database(service_url, pool_size=1, acquire_timeout=2.0)
    use = database.use
    assert (use.most, use.lent, use.waiting, use.refused) == (1, 0, 0, 0)
    async with database.connection():
        assert (use.lent, use.waiting) == (1, 0)
        refused = asyncio.create_task(_use(database))
        cancelled = asyncio.create_task(_use(database))
        await eventually(lambda: use.waiting == 2)
        cancelled.cancel()
        with pytest.raises(DatabaseUnavailableError):
            await refused
        assert (use.lent, use.waiting, use.refused) == (1, 0, 1)
    assert use.lent == 0
    with pytest.raises(LookupError):
        await _use(database, fails=True)
    assert (use.lent, use.waiting, use.refused) == (0, 0, 1)


async def _use(database: Database, *, fails: bool = False) -> None:
    async with database.transaction():
        if fails:
            raise LookupError
