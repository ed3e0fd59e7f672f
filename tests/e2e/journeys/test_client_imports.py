"""Imports in the background by the client package, on the real services."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from e2e.held_imports import held_imports
from e2e.leads import FAILING_ROWS, as_csv, valid_rows
from e2e.standalone import database_of, standalone
from leadwire.testing import eventually
from leadwire_client import AsyncClient, ConflictError, ImportStatus, Receipt

ROWS = 20_000
Place = tuple[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """A Leadwire, and its database."""
    directory = tmp_path_factory.mktemp("leadwire")
    async with standalone(directory) as address:
        yield f"http://{address}", database_of(directory)


async def test_an_import_in_the_background_is_watched_to_its_end(place: Place) -> None:
    url, database = place
    seen: list[Receipt] = []
    content = as_csv([*valid_rows(ROWS), *FAILING_ROWS])
    async with AsyncClient(url) as client:
        async with held_imports(database, chunks=1):
            accepted = await client.import_leads(
                content, content_type="text/csv", region="US", background=True
            )
            assert accepted.running
            watching = asyncio.create_task(
                client.wait_for_import(accepted.id, progress=seen.append)
            )
            await eventually(lambda: seen, message="it was still running when it was looked at")
        receipt = await watching
        failures = [each async for each in client.import_failures(accepted.id)]
        with pytest.raises(ConflictError) as refused:
            await client.cancel_import(accepted.id)
    assert refused.value.code == "import_ended"
    assert receipt.status == ImportStatus.COMPLETED
    assert (receipt.received, receipt.imported, receipt.failed) == (ROWS + 3, ROWS, 3)
    assert len(failures) == 3
    assert all(each.progress is not None for each in seen)
    done = [each.progress.bytes_done for each in seen if each.progress is not None]
    assert done == sorted(done)
    assert done[-1] <= len(content)


async def test_an_import_in_the_background_can_be_cancelled(place: Place) -> None:
    url, database = place
    async with AsyncClient(url) as client, held_imports(database, chunks=1):
        accepted = await client.import_leads(
            as_csv(valid_rows(ROWS * 4)[ROWS:]),
            content_type="text/csv",
            region="US",
            background=True,
        )
        cancelled = await client.cancel_import(accepted.id)
        again = await client.cancel_import(accepted.id)
    assert cancelled.status == ImportStatus.CANCELLED
    assert cancelled.received < ROWS * 3
    assert again == cancelled
