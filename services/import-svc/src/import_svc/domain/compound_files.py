"""Read which streams a Compound File (OLE2) has at its root: DOC, XLS, PPT and MSI are all such.

After [MS-CFB] of Microsoft's Open Specifications. Everything comes from a stranger: each chain
is followed no further than the file has sectors, and nothing is read twice.
"""

from collections.abc import Iterator
from typing import Final

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")

_ENTRY_BYTES: Final = 128
_SECTOR_SHIFTS: Final = (9, 12)
_HEADER_DIFAT: Final = slice(76, 512)
_LARGEST_SECTOR: Final = 0xFFFFFFFA
_NO_ENTRY: Final = 0xFFFFFFFF
_STREAM: Final = 2


def root_streams(content: bytes) -> set[str]:
    """Return the names of the streams at the root; empty if it is no sound Compound File."""
    shift = int.from_bytes(content[30:32], "little")
    if not content.startswith(SIGNATURE) or shift not in _SECTOR_SHIFTS:
        return set()
    directory = _Sectors(content, shift).directory()
    return {name for name, kind in _children_of_root(directory) if kind == _STREAM}


class _Sectors:
    """The sectors of a file, of which the first comes after the header."""

    def __init__(self, content: bytes, shift: int) -> None:
        self._content = content
        self._shift = shift
        self._count = len(content) >> shift

    def directory(self) -> bytes:
        """Return the directory, as far as its chain is sound."""
        table = b"".join(self._sector(number) for number in self._table_sectors())
        found: list[bytes] = []
        number = _number(self._content, 48)
        while number < _LARGEST_SECTOR and len(found) < self._count:
            found.append(self._sector(number))
            number = _number(table, number * 4)
        return b"".join(found)

    def _table_sectors(self) -> Iterator[int]:
        """Yield the sectors that make the file allocation table: first from the header."""
        places, following = self._content[_HEADER_DIFAT], _number(self._content, 68)
        for _ in range(self._count):
            yield from (n for n in _numbers(places) if n < _LARGEST_SECTOR)
            if following >= _LARGEST_SECTOR:
                return
            sector = self._sector(following)
            places, following = sector[:-4], _number(sector, len(sector) - 4)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        return self._content[start : start + (1 << self._shift)]


def _children_of_root(directory: bytes) -> Iterator[tuple[str, int]]:
    """Yield name and kind of each entry in the tree below the root, the first entry."""
    pending, seen = [_number(directory, 76)], set[int]()
    while pending:
        at = pending.pop()
        entry = directory[at * _ENTRY_BYTES : (at + 1) * _ENTRY_BYTES]
        if at in seen or len(entry) < _ENTRY_BYTES:
            continue
        seen.add(at)
        name_bytes = max(int.from_bytes(entry[64:66], "little") - 2, 0)
        yield entry[: min(name_bytes, 62)].decode("utf-16-le", "replace"), entry[66]
        pending += [_number(entry, 68), _number(entry, 72)]


def _numbers(content: bytes) -> Iterator[int]:
    return (_number(content, at) for at in range(0, len(content) - 3, 4))


def _number(content: bytes, at: int) -> int:
    found = content[at : at + 4]
    return int.from_bytes(found, "little") if len(found) == 4 else _NO_ENTRY
