"""Unpack gzip as it comes in, and notice when it does not come to its end.

aiohttp could unpack bodies by itself, but takes the end of the body for the end of the
gzip: what an upload that was cut off would lack, nobody would know.
"""

import zlib
from collections.abc import Iterator
from typing import Final

# What zlib takes and gives at once. The first bounds what is copied again and again where
# a member ends, the second what a body that unpacks to very much can put into memory.
_MOST_IN: Final = 16 * 1_024
_MOST_OUT: Final = 256 * 1_024

_GZIP: Final = 16 + zlib.MAX_WBITS


class BrokenGzipError(Exception):
    """The bytes are not gzip, or not a whole one."""


class Gunzip:
    """Unpacks a stream of gzip members, one after the other, as RFC 1952 has them.

    NULs after a member are padding, as of what was written in blocks, and passed over.
    """

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self._may_be_padded = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Yield what the next bytes unpack to, in pieces of at most 256 KiB.

        Raises:
            BrokenGzipError: They do not go on as gzip does.
        """
        for begin in range(0, len(packed), _MOST_IN):
            yield from self._unpack(packed[begin : begin + _MOST_IN])

    def finish(self) -> None:
        """Insist on the end of the last member, with its checksum.

        Raises:
            BrokenGzipError: It did not come.
        """
        if self._member is not None:
            raise BrokenGzipError("the end is missing")

    def _unpack(self, packed: bytes) -> Iterator[bytes]:
        full = False
        packed = self._without_padding(packed)
        while packed or full:
            member = self._member = self._member or zlib.decompressobj(_GZIP)
            try:
                unpacked = member.decompress(packed, _MOST_OUT)
            except zlib.error:
                raise BrokenGzipError("not gzip") from None
            if unpacked:
                yield unpacked
            if member.eof:
                self._member, self._may_be_padded = None, True
                packed, full = self._without_padding(member.unused_data), False
            else:
                # A full answer may leave a rest inside zlib, though it took all of the input.
                packed, full = member.unconsumed_tail, len(unpacked) == _MOST_OUT

    def _without_padding(self, packed: bytes) -> bytes:
        is_between = self._may_be_padded and self._member is None
        return packed.lstrip(b"\0") if is_between else packed
