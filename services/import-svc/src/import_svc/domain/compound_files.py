"""Read which streams a Compound File (OLE2) has at its root: DOC, XLS, PPT and MSI are all such.

After [MS-CFB] of Microsoft's Open Specifications. Everything comes from a stranger: each chain
ends where it comes to a sector again, and is followed no further than a sound file needs, so that
reading takes no more time and memory than a few times the file's size.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")

_ENTRY_BYTES: Final = 128
_SECTOR_SHIFTS: Final = (9, 12)
_HEADER_DIFAT: Final = slice(76, 512)
_LARGEST_SECTOR: Final = 0xFFFFFFFA
_NO_ENTRY: Final = 0xFFFFFFFF
_STREAM: Final = 2


def root_streams(content: bytes) -> Iterator[str]:
    """Yield the names of the streams at the root; none if it is no sound Compound File."""
    shift = int.from_bytes(content[30:32], "little")
    if not content.startswith(SIGNATURE) or shift not in _SECTOR_SHIFTS:
        return
    directory = _Sectors(content, shift).directory()
    yield from (name for name, kind in _children_of_root(directory) if kind == _STREAM)


class _Sectors:
    """The sectors of a file, of which the first comes after the header."""

    def __init__(self, content: bytes, shift: int) -> None:
        self._content = content
        self._shift = shift
        self._count = len(content) >> shift
        self._per_table = (1 << shift) // 4
        # A sound file has a number for each of its sectors; what more it has is not looked up.
        self._most_tables = -(-self._count // self._per_table)
        self._tables = list(_until_again(islice(self._table_sectors(), self._most_tables)))

    def directory(self) -> bytearray:
        """Return the directory, as far as its chain is sound."""
        found = bytearray()
        for number in _until_again(islice(self._directory_sectors(), self._count)):
            found += self._sector(number)
        return found

    def _directory_sectors(self) -> Iterator[int]:
        number = _number(self._content, 48)
        while number < _LARGEST_SECTOR:
            yield number
            number = self._after(number)

    def _after(self, number: int) -> int:
        """Look up in the file allocation table which sector follows another."""
        table, place = divmod(number, self._per_table)
        if table >= len(self._tables):
            return _NO_ENTRY
        return _number(self._sector(self._tables[table]), place * 4)

    def _table_sectors(self) -> Iterator[int]:
        """Yield the sectors that make the file allocation table: first from the header."""
        yield from _used(self._content[_HEADER_DIFAT])
        # Each names several of them, so there are not more.
        for number in _until_again(islice(self._difat_sectors(), self._most_tables)):
            yield from _used(self._sector(number)[:-4])

    def _difat_sectors(self) -> Iterator[int]:
        number = _number(self._content, 68)
        while number < _LARGEST_SECTOR:
            yield number
            sector = self._sector(number)
            number = _number(sector, len(sector) - 4)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        return self._content[start : start + (1 << self._shift)]


def _children_of_root(directory: bytearray) -> Iterator[tuple[str, int]]:
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


def _until_again(numbers: Iterable[int]) -> Iterator[int]:
    """Yield numbers until one comes again, as it does in a circle."""
    seen = set[int]()
    for number in numbers:
        if number in seen:
            return
        seen.add(number)
        yield number


def _used(places: bytes) -> Iterator[int]:
    numbers = (_number(places, at) for at in range(0, len(places) - 3, 4))
    return (number for number in numbers if number < _LARGEST_SECTOR)


def _number(content: bytes | bytearray, at: int) -> int:
    found = content[at : at + 4]
    return int.from_bytes(found, "little") if len(found) == 4 else _NO_ENTRY
