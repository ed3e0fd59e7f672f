"""What the database refuses is told apart."""

from datetime import UTC, datetime

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from leadwire.db import Database
from manager_svc.domain.manager import Manager, ManagerState
from manager_svc.storage.managers import ManagerStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_only_an_email_that_another_has_is_told_as_such(database: Database) -> None:
    anna = Manager(
        id=uuid7(),
        name="Anna",
        email="anna@example.org",
        capacity=1,
        state=ManagerState.ACTIVE,
        rev=1,
        created_at=NOW,
        updated_at=NOW,
        free_since=NOW,
    )
    async with database.connection() as connection:
        store = ManagerStore(connection=connection)
        await store.add(anna)
        with pytest.raises(asyncpg.UniqueViolationError) as caught:
            await store.add(anna)
    assert caught.value.constraint_name == "managers_pkey"
