"""What is imported: a file, bytes, or rows, and how it is called."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, TypeGuard, cast

import msgspec

PIECE: Final = 256 * 1024
"""Bytes that are read, and sent, at once."""

Rows: TypeAlias = Iterable[Mapping[str, object]]
Source: TypeAlias = str | Path | bytes | BinaryIO | Rows
Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with bytes sent, and bytes in all, or None if that is not known."""

_TYPES: Final[Mapping[str, str]] = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".txt": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A body that is sent piece by piece.

    Attributes:
        open: Begins it anew.
        content_type: Its media type.
        encoding: Its `Content-Encoding`, if any.
        size: Its bytes; None if that is not known.
        repeatable: Whether it can be begun more than once.
        progress: Told of what is sent.
    """

    open: Callable[[], Iterator[bytes]]
    content_type: str
    encoding: str | None = None
    size: int | None = None
    repeatable: bool = True
    progress: Progress | None = None

    def pieces(self) -> Iterator[bytes]:
        """Give it from its beginning, and tell how far it is."""
        sent = 0
        for piece in self.open():
            yield piece
            sent += len(piece)
            self._tell(sent)

    async def pieces_async(self) -> AsyncIterator[bytes]:
        """Do the same, reading in a thread."""
        sent = 0
        pieces = self.open()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
            sent += len(piece)
            self._tell(sent)

    def _tell(self, sent: int) -> None:
        if self.progress is not None:
            self.progress(sent, self.size)


def upload_of(
    source: Source, *, content_type: str | None = None, progress: Progress | None = None
) -> Upload:
    """Make an upload of a path, of bytes, of an open binary file, or of rows.

    The media type is told from a path's name, where `.gz` means that it is packed; rows are
    sent as NDJSON.

    Raises:
        ValueError: The media type cannot be told: give it.
        OSError: There is no such file.
    """
    if isinstance(source, str | Path):
        return _of_path(Path(source), content_type, progress)
    if isinstance(source, bytes):
        kind = _required(content_type)
        return Upload(
            open=lambda: _cut(source), content_type=kind, size=len(source), progress=progress
        )
    if _is_file(source):
        return _of_file(source, _required(content_type), progress)
    return _of_rows(cast("Rows", source), progress)


def _is_file(source: object) -> TypeGuard[BinaryIO]:
    return hasattr(source, "read")


def _of_path(path: Path, content_type: str | None, progress: Progress | None) -> Upload:
    packed = path.suffix.lower() == ".gz"
    name = Path(path.stem) if packed else path
    kind = content_type or _TYPES.get(name.suffix.lower())
    if kind is None:
        raise ValueError(
            f"what {path.name} holds cannot be told by its name: give its type, content_type"
        )
    return Upload(
        open=lambda: _read(path),
        content_type=kind,
        encoding="gzip" if packed else None,
        size=path.stat().st_size,
        progress=progress,
    )


def _of_file(file: BinaryIO, kind: str, progress: Progress | None) -> Upload:
    if not file.seekable():
        return Upload(
            open=lambda: _pieces(file), content_type=kind, repeatable=False, progress=progress
        )
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start

    def from_start() -> Iterator[bytes]:
        file.seek(start)
        yield from _pieces(file)

    return Upload(open=from_start, content_type=kind, size=size, progress=progress)


def _of_rows(rows: Rows, progress: Progress | None) -> Upload:
    # What can be iterated more than once is not its own iterator.
    repeatable = iter(rows) is not rows
    return Upload(
        open=lambda: _lines(rows),
        content_type="application/x-ndjson",
        repeatable=repeatable,
        progress=progress,
    )


def _required(content_type: str | None) -> str:
    if content_type is None:
        raise ValueError("give content_type: it cannot be told from bytes or an open file")
    return content_type


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _pieces(file)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _cut(content: bytes) -> Iterator[bytes]:
    for offset in range(0, len(content), PIECE):
        yield content[offset : offset + PIECE]


def _lines(rows: Rows) -> Iterator[bytes]:
    """Give rows as lines, many at once: a write for each would take its time."""
    lines: list[bytes] = []
    size = 0
    for row in rows:
        line = msgspec.json.encode(row) + b"\n"
        lines.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)
