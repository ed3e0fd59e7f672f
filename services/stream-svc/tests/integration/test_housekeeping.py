"""A process deletes by itself what nobody is to read any more."""

from typing import TYPE_CHECKING

from leadwire.testing import eventually
from stream_svc.usecases.rebuild import Rebuild

if TYPE_CHECKING:
    from conftest import MakeContact, StartService, StreamService

MOMENT_DAYS = 1e-9


async def test_changes_older_than_the_log_s_retention_are_forgotten(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service()
    await service.publisher.created(make_contact(), make_contact())
    await eventually(lambda: _rows_are(service, "changes", 2))

    await start_service(log_retention_days=MOMENT_DAYS)

    await eventually(lambda: _rows_are(service, "changes", 0))
    assert await service.counted() == 2


async def test_a_projection_that_was_replaced_is_deleted(
    start_service: "StartService", make_contact: "MakeContact"
) -> None:
    service = await start_service()
    await service.publisher.created(make_contact(), make_contact())
    await eventually(lambda: _rows_are(service, "leads", 2))
    async with service.database() as database:
        rebuild = Rebuild(database=database, say=lambda _line: None)
        assert await rebuild.begin()
        assert await rebuild.finish(even_if_missing=True)

    await start_service()

    await eventually(lambda: _rows_are(service, "leads", 0))


async def _rows_are(service: "StreamService", table: str, expected: int) -> bool:
    async with service.database() as database, database.connection() as connection:
        found: int = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
    return found == expected
