import os
from pathlib import Path

import pytest

from leadwire_client import CheckpointError, FileCheckpoint, MemoryCheckpoint


def test_a_memory_checkpoint_gives_what_it_was_given() -> None:
    checkpoint = MemoryCheckpoint()
    assert checkpoint.load() is None
    checkpoint.save("c1")
    assert checkpoint.load() == "c1"


def test_a_file_checkpoint_outlives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "leads.cursor"
    assert FileCheckpoint(path).load() is None
    FileCheckpoint(path).save("c1")
    FileCheckpoint(str(path)).save("c2")
    assert FileCheckpoint(path).load() == "c2"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_as_it_was_if_the_new_one_cannot_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "leads.cursor"
    checkpoint = FileCheckpoint(path)
    checkpoint.save("c1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="cannot be written"):
        checkpoint.save("c2")
    assert checkpoint.load() == "c1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "leads.cursor"
    checkpoint = FileCheckpoint(path)
    checkpoint.save("c1")
    seen = []
    real = os.fsync

    def looking(descriptor: int) -> None:
        seen.append(path.read_text())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", looking)
    checkpoint.save("a-much-longer-cursor")
    # Before the file is replaced, and after it, when its directory is synced.
    assert seen == ["c1\n", "a-much-longer-cursor\n"]


def test_a_file_that_cannot_be_read_is_an_error_and_not_a_beginning(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        FileCheckpoint(tmp_path).load()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(CheckpointError):
        FileCheckpoint(tmp_path / "binary").load()
