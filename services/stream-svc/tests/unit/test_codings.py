"""Compression holds nothing back: with each batch the client has all of it."""

import os
import zlib

import pytest

from stream_svc.http.codings import PIECE_BYTES, Coding, Gzip, Identity

BATCHES = [b'{"type":"mark"}\n', b"x" * (2 * PIECE_BYTES + 1), os.urandom(PIECE_BYTES), b"y\n"]


def test_every_batch_can_be_read_as_soon_as_it_was_sent() -> None:
    coding, reader = Gzip(), zlib.decompressobj(zlib.MAX_WBITS | 16)
    for batch in BATCHES:
        sent = b"".join(coding.pieces(batch))
        assert reader.decompress(sent) == batch
    reader.decompress(coding.end())
    assert reader.eof


def test_a_stream_that_is_not_compressed_stays_as_it_is() -> None:
    coding = Identity()
    assert [b"".join(coding.pieces(batch)) for batch in BATCHES] == BATCHES
    assert coding.end() == b""


@pytest.mark.parametrize("coding", [Gzip(), Identity()])
def test_large_batches_go_in_pieces(coding: Coding) -> None:
    pieces = list(coding.pieces(os.urandom(3 * PIECE_BYTES)))
    assert len(pieces) == 3
    assert max(map(len, pieces)) < 1.01 * PIECE_BYTES
