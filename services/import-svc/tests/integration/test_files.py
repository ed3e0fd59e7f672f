"""The store of files, on the file system and on a server that speaks as S3 and Google's do."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from import_svc.storage import files as files_module
from import_svc.storage.file_errors import (
    FileNotThereError,
    FilesNotUsableError,
    FilesUnavailableError,
    FileTakenError,
    FileTooLargeError,
)
from import_svc.storage.files import FileStore
from leadwire.db.embedded import free_port

MIB = 1024**2
LARGE = 13 * MIB + 7


class SourceBrokeError(Exception):
    pass


async def pieces_of(size: int, *, breaks_at: int | None = None) -> AsyncIterator[bytes]:
    for start in range(0, size, MIB):
        if breaks_at is not None and start >= breaks_at:
            raise SourceBrokeError
        yield bytes([start // MIB]) * min(MIB, size - start)


async def read(store: FileStore, name: str) -> bytes:
    async with store.open(name) as file:
        content = b"".join([piece async for piece in file.pieces])
        assert file.size == len(content)
        return content


async def names(store: FileStore, *, in_seconds: float = 3600.0) -> list[str]:
    moment = datetime.now(UTC) + timedelta(seconds=in_seconds)
    found = [old async for old in store.older_than(moment, under="imports")]
    return sorted(chain.from_iterable(found))


@pytest.fixture(params=["file", "s3", "gs"])
def place(request: pytest.FixtureRequest, tmp_path: Path, bucket: str) -> str:
    on_disk = (tmp_path / "a place" / "files").as_uri()
    return on_disk if request.param == "file" else f"{request.param}://{bucket}/some/prefix"


@pytest.fixture
async def store(place: str) -> FileStore:
    store = FileStore(url=place)
    await store.start()
    return store


@pytest.mark.parametrize("size", [0, 1, 4 * MIB, LARGE])
async def test_what_is_put_is_read_again(store: FileStore, size: int) -> None:
    assert await store.put("imports/one", pieces_of(size), max_bytes=size) == size
    assert await read(store, "imports/one") == b"".join([piece async for piece in pieces_of(size)])


async def test_a_file_is_never_overwritten(store: FileStore) -> None:
    await store.put("imports/one", pieces_of(3), max_bytes=3)
    with pytest.raises(FileTakenError):
        await store.put("imports/one", pieces_of(LARGE), max_bytes=LARGE)
    assert len(await read(store, "imports/one")) == 3


@pytest.mark.parametrize("size", [10, LARGE])
async def test_of_a_file_that_is_too_large_nothing_stays(store: FileStore, size: int) -> None:
    with pytest.raises(FileTooLargeError):
        await store.put("imports/one", pieces_of(size), max_bytes=size - 1)
    assert await names(store) == []


@pytest.mark.parametrize("breaks_at", [MIB, 12 * MIB])
async def test_of_a_file_whose_source_breaks_nothing_stays(
    store: FileStore, breaks_at: int
) -> None:
    with pytest.raises(SourceBrokeError):
        await store.put("imports/one", pieces_of(LARGE, breaks_at=breaks_at), max_bytes=LARGE)
    assert await names(store) == []


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: FileStore) -> None:
    await store.put("imports/one", pieces_of(3), max_bytes=3)
    await store.delete("imports/one")
    await store.delete("imports/one")
    with pytest.raises(FileNotThereError):
        await read(store, "imports/one")
    with pytest.raises(FileNotThereError):
        await store.read("imports/one", start=0, size=1)


async def test_files_are_listed_by_place_and_age(store: FileStore) -> None:
    for name in ("imports/one", "imports/two", "others/three"):
        await store.put(name, pieces_of(3), max_bytes=3)
    assert await names(store) == ["imports/one", "imports/two"]
    assert await names(store, in_seconds=-3600) == []


async def test_nobody_else_may_look_into_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "files"
    await FileStore(url=directory.as_uri()).start()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert [path for path in directory.rglob("*") if path.is_file()] == []


async def test_what_a_killed_process_left_is_swept_once_it_is_old(tmp_path: Path) -> None:
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DIES_WHILE_IT_WRITES, tmp_path.as_uri()
    )
    assert await dying.wait() == -signal.SIGKILL
    [left] = [path for path in tmp_path.rglob("*") if path.is_file()]
    store = FileStore(url=tmp_path.as_uri())
    assert await names(store) == []
    assert await store.sweep(under="imports") == 0
    old = time.time() - files_module.LEFTOVERS_AFTER - 60
    os.utime(left, (old, old))
    await store.put("imports/whole", pieces_of(3), max_bytes=3)
    os.utime(tmp_path / "imports" / "whole", (old, old))
    elsewhere = tmp_path / "others" / "one#1"
    elsewhere.parent.mkdir()
    elsewhere.touch()
    os.utime(elsewhere, (old, old))
    assert await store.sweep(under="imports") == 1
    assert await names(store) == ["imports/whole"]
    assert elsewhere.exists()


async def test_what_a_killed_process_left_is_deleted_with_its_name(tmp_path: Path) -> None:
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DIES_WHILE_IT_WRITES, tmp_path.as_uri()
    )
    assert await dying.wait() == -signal.SIGKILL
    store = FileStore(url=tmp_path.as_uri())
    await store.delete("imports/one")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_many_files_are_listed_some_at_a_time(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "_LISTED_AT_ONCE", 2)
    for number in range(5):
        await store.put(f"imports/{number}", pieces_of(1), max_bytes=1)
    later = datetime.now(UTC) + timedelta(hours=1)
    found = [old async for old in store.older_than(later, under="imports")]
    assert max(map(len, found)) <= 2
    assert sorted(chain.from_iterable(found)) == [f"imports/{number}" for number in range(5)]


async def test_what_a_process_left_that_was_killed_at_its_start_is_swept_once_it_is_old(
    tmp_path: Path,
) -> None:
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DIES_AT_ITS_START, tmp_path.as_uri()
    )
    assert await dying.wait() == -signal.SIGKILL
    [left] = [path for path in tmp_path.rglob("*") if path.is_file()]
    store = FileStore(url=tmp_path.as_uri())
    assert await store.sweep(under="imports") == 0
    old = time.time() - files_module.LEFTOVERS_AFTER - 60
    os.utime(left, (old, old))
    assert await store.sweep(under="imports") == 1
    assert not left.exists()


_DIES_AT_ITS_START = """
import asyncio, os, signal, sys
from import_svc.storage.files import FileStore

class Dying(FileStore):
    async def delete(self, name):
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(Dying(url=sys.argv[1]).start())
"""

_DIES_WHILE_IT_WRITES = """
import asyncio, os, signal, sys
from import_svc.storage.files import FileStore

async def pieces():
    for _ in range(12):
        yield bytes(1024 ** 2)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(FileStore(url=sys.argv[1]).put("imports/one", pieces(), max_bytes=10 ** 9))
"""


async def test_a_directory_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FileStore(url=(tmp_path / "file" / "files").as_uri())
    with pytest.raises(FilesNotUsableError, match=r"IMPORT_FILES_URL.*Not a directory"):
        await store.start()


async def test_a_bucket_that_is_not_there_is_told_at_the_start(bucket: str, s3_secret: str) -> None:
    with pytest.raises(FilesNotUsableError, match="IMPORT_FILES_URL") as caught:
        await FileStore(url="s3://bucket-that-is-not-there/x").start()
    assert s3_secret not in str(caught.value)


async def test_a_store_that_does_not_answer_is_unavailable_and_no_secret_is_told(
    bucket: str, s3_secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    store = FileStore(url=f"s3://{bucket}/x")
    with pytest.raises(FilesUnavailableError) as caught:
        await store.put("imports/one", pieces_of(3), max_bytes=3)
    assert s3_secret not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__suppress_context__
    for attempt in (store.delete("imports/one"), read(store, "imports/one"), names(store)):
        with pytest.raises(FilesUnavailableError):
            await attempt


async def test_a_store_that_hangs_is_unavailable_in_time(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "ANSWER_WITHIN", 0.5)
    # It takes connections and says nothing.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(FilesUnavailableError, match="no answer in time"):
            await FileStore(url=f"s3://{bucket}/x").put("imports/one", pieces_of(3), max_bytes=3)
