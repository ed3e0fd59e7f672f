"""NDJSON: one JSON object a line. A line that is not one fails alone."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from import_svc.decoding.columns import NO_MAP
from import_svc.decoding.objects import TOO_LARGE, ObjectReader
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow

_BOM: Final = b"\xef\xbb\xbf"


class NdjsonDecoder:
    """Decodes `application/x-ndjson`.

    Args:
        mapped: Key by field, where the sender said so.
    """

    def __init__(self, mapped: Mapping[str, str] = NO_MAP) -> None:
        self._reader = ObjectReader(mapped)
        self._unfinished = b""
        self._at_start = True
        self._skipping = False

    def feed(self, block: bytes) -> list[RawRow]:
        """Take the next block; return the rows of the lines that ended in it."""
        lines = (self._unfinished + block).split(b"\n")
        self._unfinished = lines.pop()
        if lines and self._skipping:
            # The end of a line that was too large, and was counted when that was seen.
            del lines[0]
            self._skipping = False
        rows = self._rows(lines)
        if len(self._unfinished) > MAX_ROW_BYTES:
            if not self._skipping:
                rows.append(TOO_LARGE)
            self._skipping = True
            self._unfinished = b""
        return rows

    def finish(self) -> list[RawRow]:
        """Return the row of a last line without line end."""
        lines = [] if self._skipping else [self._unfinished]
        self._unfinished = b""
        return self._rows(lines)

    def _rows(self, lines: list[bytes]) -> list[RawRow]:
        if lines and self._at_start:
            self._at_start = False
            lines[0] = lines[0].removeprefix(_BOM)
        lines = [line for line in lines if line and not line.isspace()]
        values = _objects(lines)
        if values is not None:
            return self._reader.rows(values)
        return [self._row(line) for line in lines]

    def _row(self, line: bytes) -> RawRow:
        if len(line) > MAX_ROW_BYTES:
            return TOO_LARGE
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            return self._reader.refused(line)
        return self._reader.row(value)


def _objects(lines: list[bytes]) -> list[dict[str, Any]] | None:
    """Read lines at once that are an object each, as nearly all are; None if any may not be.

    Where each line begins an object, only an array could go on in the next line; and without
    one, as many values as lines are one of each.
    """
    text = b",\n".join(lines)
    if not text.startswith(b"{") or text.count(b"\n{") != len(lines) - 1 or b"[" in text:
        return None
    if max(map(len, lines)) > MAX_ROW_BYTES:
        return None
    try:
        values: list[dict[str, Any]] = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError:
        return None
    return values if len(values) == len(lines) else None
