"""Imports by both clients, into a Leadwire in memory."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_rows import rows

from leadwire_client import (
    AsyncClient,
    Client,
    ConflictError,
    ImportStatus,
    InvalidRequestError,
    Receipt,
    UnavailableError,
)
from leadwire_client.testing import FakeLeadwire

WithAsyncClient = Callable[[Callable[[AsyncClient], Any]], Any]

CSV = b"""\
First Name,Last Name,Email,Phone
Ada,Lovelace,ada@example.com,1
Grace,,grace@example.com,2
"""


def test_an_import_is_accounted_for(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(CSV)
    sent: list[tuple[int, int | None]] = []
    receipt = client.import_leads(path, progress=lambda *each: sent.append(each))
    assert (receipt.received, receipt.imported, receipt.failed) == (2, 1, 1)
    assert receipt.status == ImportStatus.COMPLETED
    assert receipt.failures[0].codes == ("family_name_missing",)
    assert list(client.import_failures(receipt.id)) == list(receipt.failures)
    assert sent == [(len(CSV), len(CSV))]
    assert [each.id for each in client.imports()] == [receipt.id]


@pytest.mark.parametrize("background", [False, True])
def test_the_asyncio_client_imports_as_well(
    fake: FakeLeadwire, with_async_client: WithAsyncClient, *, background: bool
) -> None:
    async def do(client: AsyncClient) -> tuple[Receipt, list[Any], list[tuple[int, int | None]]]:
        sent: list[tuple[int, int | None]] = []
        receipt = await client.import_leads(
            io.BytesIO(CSV),
            content_type="text/csv",
            background=background,
            progress=lambda *each: sent.append(each),
        )
        receipt = await client.wait_for_import(receipt.id)
        failures = [each async for each in client.import_failures(receipt.id)]
        return receipt, failures, sent

    receipt, failures, sent = with_async_client(do)
    assert (receipt.received, receipt.imported, receipt.failed) == (2, 1, 1)
    assert failures == list(receipt.failures)
    assert sent == [(len(CSV), len(CSV))]
    assert [each.name for each in fake.leads] == ["Ada"]


def test_an_import_in_the_background_is_waited_for(client: Client) -> None:
    receipt = client.import_leads(rows(3), background=True)
    assert receipt.running
    seen: list[Receipt] = []
    done = client.wait_for_import(receipt.id, progress=seen.append)
    assert (done.status, done.imported) == (ImportStatus.COMPLETED, 3)
    assert seen
    assert seen[0].progress is not None
    with pytest.raises(ConflictError) as refused:
        client.cancel_import(receipt.id)
    assert refused.value.code == "import_ended"


def test_a_wait_for_an_import_has_an_end(client: Client) -> None:
    receipt = client.import_leads(rows(1), background=True)
    with pytest.raises(TimeoutError):
        client.wait_for_import(receipt.id, within=0)


def test_an_import_can_be_cancelled(client: Client) -> None:
    receipt = client.import_leads(rows(3), background=True)
    assert client.cancel_import(receipt.id).status == ImportStatus.CANCELLED


def test_a_packed_file_is_sent_as_it_is(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(CSV))
    assert client.import_leads(path).imported == 1


def test_columns_and_region_are_said(client: Client, fake: FakeLeadwire) -> None:
    content = b"Who,Family,Email,Cell\nAda,Lovelace,ada@example.com,1\n"
    receipt = client.import_leads(
        content,
        content_type="text/csv",
        region="US",
        columns={"name": "Who", "cellphone": "Cell", "family_name": "Family"},
        dry_run=True,
    )
    assert (receipt.imported, receipt.dry_run) == (1, True)
    assert fake.requests[-1].query["region"] == "US"
    assert client.count_leads().total == 0


def test_an_import_that_was_refused_for_now_is_sent_again_with_its_key(
    client: Client, fake: FakeLeadwire
) -> None:
    fake.refuse_next(503, "too_many_imports", times=2)
    receipt = client.import_leads(rows(2))
    assert receipt.imported == 2
    keys = {each.headers["idempotency-key"] for each in fake.requests}
    assert len(fake.requests) == 3
    assert len(keys) == 1


def test_an_import_whose_first_try_still_runs_is_waited_for(
    client: Client, fake: FakeLeadwire
) -> None:
    fake.refuse_next(409, "import_running", retry_after=1)
    assert client.import_leads(rows(1)).imported == 1


def test_the_same_key_imports_nothing_twice(client: Client) -> None:
    first = client.import_leads(rows(2), idempotency_key="tuesday")
    assert client.import_leads(rows(2), idempotency_key="tuesday") == first
    with pytest.raises(InvalidRequestError) as refused:
        client.import_leads(rows(3), idempotency_key="tuesday")
    assert refused.value.code == "idempotency_key_reused"


def test_rows_that_run_dry_are_not_sent_again(client: Client, fake: FakeLeadwire) -> None:
    fake.refuse_next(503, "too_many_imports")
    with pytest.raises(UnavailableError):
        client.import_leads(each for each in rows(2))
    assert len(fake.requests) == 1
