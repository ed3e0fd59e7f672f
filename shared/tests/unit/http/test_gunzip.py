"""Gzip is unpacked the same, however it is cut, and its end is insisted on."""

import gzip
import random
import zlib

import pytest

from leadwire.http.gunzip import BrokenGzipError, Gunzip

NOISE = random.Random(7).randbytes(300_000)


def unpack(packed: bytes, *, step: int) -> bytes:
    gunzip, found = Gunzip(), list[bytes]()
    for begin in range(0, len(packed), step):
        found += gunzip.feed(packed[begin : begin + step])
    gunzip.finish()
    return b"".join(found)


@pytest.mark.parametrize("step", [1, 7, 20_000, 10_000_000])
def test_members_of_any_kind_come_whole(step: int) -> None:
    plain = [b"one", b"", b"x" * 2_000_003, NOISE[: min(len(NOISE), step * 100_000)]]

    packed = b"".join(map(gzip.compress, plain))

    assert unpack(packed, step=step) == b"".join(plain)


@pytest.mark.parametrize("step", [1, 7, 20_000])
def test_padding_after_a_member_is_passed_over(step: int) -> None:
    one, other = gzip.compress(b"one"), gzip.compress(b"other")

    assert unpack(one + bytes(40_000), step=step) == b"one"
    assert unpack(one + bytes(3) + other + bytes(512), step=step) == b"oneother"


def test_no_piece_is_large_however_much_there_is() -> None:
    pieces = list(Gunzip().feed(gzip.compress(bytes(50_000_000))))

    assert sum(map(len, pieces)) == 50_000_000
    assert max(map(len, pieces)) <= 256 * 1_024


def test_every_missing_byte_is_noticed() -> None:
    packed = gzip.compress(b"name,email", mtime=0) + gzip.compress(b"Ada,ada@example.com")
    first = len(gzip.compress(b"name,email", mtime=0))

    for length in set(range(1, len(packed))) - {first}:
        with pytest.raises(BrokenGzipError):
            unpack(packed[:length], step=5)


@pytest.mark.parametrize(
    "broken",
    [
        b"no gzip",
        gzip.compress(b"x", mtime=0) + b"junk",
        gzip.compress(b"x", mtime=0) + bytes(9) + b"junk",
        bytes(9) + gzip.compress(b"x", mtime=0),
        bytes(9),
        zlib.compress(b"x"),
        gzip.compress(b"some text", mtime=0)[:-8] + bytes(8),
    ],
)
def test_what_is_no_gzip_is_refused(broken: bytes) -> None:
    with pytest.raises(BrokenGzipError):
        unpack(broken, step=3)
