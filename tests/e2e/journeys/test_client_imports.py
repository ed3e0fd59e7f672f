"""Imports in the background by the client package, on the real services."""

import pytest

from e2e.leads import FAILING_ROWS, as_csv, valid_rows
from leadwire_client import AsyncClient, ConflictError, ImportStatus, Receipt

ROWS = 20_000


async def test_an_import_in_the_background_is_watched_to_its_end(shared_address: str) -> None:
    seen: list[Receipt] = []
    content = as_csv([*valid_rows(ROWS), *FAILING_ROWS])
    async with AsyncClient(f"http://{shared_address}") as client:
        accepted = await client.import_leads(
            content, content_type="text/csv", region="US", background=True
        )
        assert accepted.running
        receipt = await client.wait_for_import(accepted.id, progress=seen.append)
        failures = [each async for each in client.import_failures(accepted.id)]
        with pytest.raises(ConflictError) as refused:
            await client.cancel_import(accepted.id)
    assert refused.value.code == "import_ended"
    assert receipt.status == ImportStatus.COMPLETED
    assert (receipt.received, receipt.imported, receipt.failed) == (ROWS + 3, ROWS, 3)
    assert len(failures) == 3
    assert seen, "it was still running when it was first looked at"
    assert all(each.progress is not None for each in seen)
    done = [each.progress.bytes_done for each in seen if each.progress is not None]
    assert done == sorted(done)
    assert done[-1] <= len(content)


async def test_an_import_in_the_background_can_be_cancelled(shared_address: str) -> None:
    async with AsyncClient(f"http://{shared_address}") as client:
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
