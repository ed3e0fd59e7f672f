"""JSON: an array of objects, or `{"leads": [...]}`."""

import json
import re
from collections.abc import Mapping
from typing import Final

import orjson

from import_svc.decoding.columns import NO_MAP
from import_svc.decoding.json_elements import ElementScanner, broken
from import_svc.decoding.objects import TOO_LARGE, ObjectReader
from import_svc.domain.rows import MAX_ROW_BYTES, RawRow

_OPENING: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[|(?P<object>\{)\s*"leads"\s*:\s*\[)')
_BOM: Final = b"\xef\xbb\xbf"
_LONGEST_OPENING: Final = 4_096
_EXPECTED: Final = 'expected a JSON array of leads, or an object with the one key "leads"'


class JsonDecoder:
    """Decodes `application/json`, element by element.

    An element that is JSON but cannot be stored fails alone; a syntax error breaks the
    input, because what follows it may mean anything.

    Args:
        mapped: Key by field, where the sender said so.
    """

    def __init__(self, mapped: Mapping[str, str] = NO_MAP) -> None:
        self._reader = ObjectReader(mapped)
        self._scanner = ElementScanner(max_bytes=MAX_ROW_BYTES)
        self._opening: bytes | None = b""
        self._closing = b""

    def feed(self, block: bytes) -> list[RawRow]:
        """Take the next block; return the rows whose elements ended in it.

        Raises:
            UnreadableInputError: A syntax error, or not an array of leads at all.
        """
        if self._opening is not None:
            inside = self._open(self._opening + block)
            if inside is None:
                return []
            block = inside
        if self._scanner.rest() is not None:
            self._check_end(block)
            return []
        elements = self._scanner.feed(block)
        rest = self._scanner.rest()
        if rest is not None:
            self._check_end(rest)
        return [TOO_LARGE if e is None else self._row(e) for e in elements]

    def finish(self) -> list[RawRow]:
        """Check that the document is whole.

        Raises:
            UnreadableInputError: It is cut off, or was none.
        """
        if self._opening is not None and not _begins_well(self._opening):
            raise broken(_EXPECTED)
        if self._opening is not None or self._scanner.rest() is None or self._closing:
            raise broken("the document ends before it is complete")
        return []

    def _open(self, data: bytes) -> bytes | None:
        match = _OPENING.match(data)
        if match is None:
            if len(data) > _LONGEST_OPENING:
                raise broken(_EXPECTED)
            self._opening = data
            return None
        self._opening = None
        self._closing = b"}" if match["object"] else b""
        return data[match.end() :]

    def _check_end(self, data: bytes) -> None:
        rest = data.strip()
        if self._closing and rest.startswith(self._closing):
            self._closing = b""
            rest = rest[1:].strip()
        if rest:
            raise broken(f"something follows the array of leads: {_EXPECTED}")

    def _row(self, element: bytes) -> RawRow:
        try:
            value = orjson.loads(element)
        except orjson.JSONDecodeError:
            _check_syntax(element)
            return self._reader.refused(element)
        return self._reader.row(value)


def _begins_well(opening: bytes) -> bool:
    """Tell whether the array of leads could still have come."""
    begun = b"".join(opening.removeprefix(_BOM).split())
    return bool(begun) and b'{"leads":'.startswith(begun)


def _check_syntax(element: bytes) -> None:
    """Tell a syntax error from what is JSON, but not for us: lone surrogates, depth, NaN."""
    try:
        json.loads(element)
    except json.JSONDecodeError as error:
        raise broken(f"an element of the array is not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        # Not UTF-8, a number of thousands of digits, or nested too deep: this row alone fails.
        return
