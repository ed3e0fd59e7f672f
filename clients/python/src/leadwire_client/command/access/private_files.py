"""JSON files that hold secrets: changed as a whole, one change after another, not for others."""

import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

PRIVATE: Final = 0o640
FOR_ALL: Final = 0o644

Json: TypeAlias = dict[str, Any]


def read(path: Path) -> Json:
    """Read a file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is broken; what stands in it is not told.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    raise ValueError(f"{path} is broken: it is no JSON object")


def entries(path: Path, content: Json, key: str, *, bearing: str) -> list[Json]:
    """Return a list of the content of a file.

    Args:
        path: Of the file.
        content: What was read from it.
        key: Where the list stands.
        bearing: What each entry must have, a text.

    Raises:
        ValueError: It is broken.
    """
    found = content.get(key, [])
    if isinstance(found, list) and all(
        isinstance(each, dict) and isinstance(each.get(bearing), str) for each in found
    ):
        return found
    raise ValueError(f"{path} is broken: {key} is no list of which each has a {bearing}")


def write(path: Path, content: Json, *, mode: int = PRIVATE) -> None:
    """Put a file in the place of what is there, at once and for good.

    Its group stays, so that a service that could read it still can; a group that could not cannot.

    Raises:
        OSError: It cannot be written.
    """
    path = path.resolve()  # a symbolic link stays one
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_new(new, json.dumps(content, indent=2) + "\n", mode=mode, like=path)
        new.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            new.unlink()
        raise
    _keep(path.parent)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Let nobody else change a file of this directory meanwhile.

    Raises:
        OSError: There is no such directory.
    """
    import fcntl  # noqa: PLC0415 - not everywhere, and nothing else of the command needs it

    descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_new(new: Path, text: str, *, mode: int, like: Path) -> None:
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if like.exists():
            before = like.stat()
            os.fchown(descriptor, -1, before.st_gid)
            mode &= before.st_mode | stat.S_IRUSR | stat.S_IWUSR
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _keep(directory: Path) -> None:
    """See to it that the new name survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
