"""What began before another life of the projection serves does not end after it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from uuid_utils.compat import uuid7

from stream_svc.domain.lead import ContactSide
from stream_svc.domain.news import News
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.lives import LifeStore, ProjectionReplacedError
from stream_svc.storage.projection import Projections
from stream_svc.usecases.rebuild import Rebuild
from stream_svc.usecases.take_news import take_news

if TYPE_CHECKING:
    from conftest import StreamService


async def test_what_changed_nothing_that_is_served_is_done_again_if_it_began_before_the_switch(
    service: "StreamService",
) -> None:
    """It may have changed the life that is served by now, of which the log would not tell."""
    lives, projections, lead_id = LifeStore(), Projections(), uuid7()
    async with service.database() as database:
        rebuild = Rebuild(database=database, say=say_nothing)
        await rebuild.begin()
        async with database.transaction() as connection:
            began_with = await lives.read(connection)
            for store in projections.of(began_with):
                await take_news(connection, store, News(contacts={lead_id: _contact_side()}))

        async def late() -> None:
            async with database.transaction() as connection:
                for store in projections.of(began_with):
                    await take_news(connection, store, News(contacts={lead_id: _contact_side()}))
                assert await rebuild.finish(even_if_missing=False)
                assert began_with.coming is not None
                await lives.confirm(connection, began_with.coming)

        with pytest.raises(ProjectionReplacedError):
            await late()


async def test_what_began_before_a_whole_rebuild_does_not_write_to_the_new_log(
    service: "StreamService",
) -> None:
    lives, projections = LifeStore(), Projections()
    async with service.database() as database:
        rebuild = Rebuild(database=database, say=say_nothing)

        async def late() -> None:
            async with database.transaction() as connection:
                began_with = await lives.read(connection)
                await rebuild.begin()
                assert await rebuild.finish(even_if_missing=False)
                [served] = projections.of(began_with)
                await take_news(connection, served, News(contacts={uuid7(): _contact_side()}))

        with pytest.raises(ProjectionReplacedError):
            await late()
        head = await ChangeLog(database=database).head()
        assert head.pos == head.pruned_to == 0


def _contact_side() -> ContactSide:
    now = datetime.now(UTC)
    return ContactSide(
        rev=1,
        name="Ada",
        family_name="Lovelace",
        email="ada@example.org",
        cellphone=None,
        origin="import",
        import_id=None,
        has_resume=False,
        created_at=now,
        updated_at=now,
    )


def say_nothing(_line: str) -> None:
    pass
