"""From the bytes of an import to chunks of judged rows, in flat memory.

The bytes are cut into blocks of a fixed size, wherever the network cut them, so that the
same input always gives the same chunks. Decoding and judging run in a worker thread: a
block takes some 100 ms, and the event loop has heartbeats to answer meanwhile.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from import_svc.decoding import RowDecoder, UnreadableInputError
from import_svc.domain.rows import JudgedRow, RawRow
from import_svc.domain.validation import judge_rows

BLOCK_BYTES: Final = 512 * 1_024
MAX_CHUNK_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedChunk:
    """Rows that are stored together.

    Attributes:
        received: How many rows it has; perhaps none.
        rows: The verdict on each; empty for a chunk that is stored already.
        input_hash: SHA-256 of the input from its beginning to the block where they end.
    """

    received: int
    rows: list[JudgedRow]
    input_hash: bytes


async def judged_chunks(
    pieces: AsyncIterator[bytes], decoder: RowDecoder, *, region: str | None, stored: int = 0
) -> AsyncGenerator[JudgedChunk]:
    """Yield the rows of an input, judged, in chunks of at most `MAX_CHUNK_ROWS`.

    Nothing is yielded before the first block was read and decoded whole, so an input
    of one block that breaks anywhere breaks before any of its rows is stored.

    Args:
        pieces: The input's bytes, as they come.
        decoder: A new decoder for the input's format.
        region: Region of national phone numbers; None if there is no default.
        stored: How many chunks with rows are stored already, from the first one on; these
            are read, but not judged.

    Raises:
        UnreadableInputError: The input is empty or breaks.
    """
    digest = hashlib.sha256()
    async for block, last in _blocks(pieces):
        found = await asyncio.to_thread(_decode, decoder, block, digest, last=last)
        input_hash = digest.digest()
        for begin in range(0, max(len(found), 1), MAX_CHUNK_ROWS):
            raw = found[begin : begin + MAX_CHUNK_ROWS]
            rows: list[JudgedRow] = []
            if stored <= 0:
                rows = await asyncio.to_thread(judge_rows, raw, region=region)
            elif raw:
                stored -= 1
            yield JudgedChunk(received=len(raw), rows=rows, input_hash=input_hash)


async def first_with_rows(chunks: AsyncIterator[JudgedChunk]) -> JudgedChunk:
    """Return the first chunk that has rows, or the last one of an input that has none.

    Input that breaks before its first row has brought nothing: no import need be begun for it.

    Raises:
        UnreadableInputError: The input is empty or breaks.
    """
    chunk = await anext(chunks)
    while not chunk.received and (following := await anext(chunks, None)) is not None:
        chunk = following
    return chunk


async def hash_of(pieces: AsyncIterator[bytes]) -> bytes:
    """Read an input and return its SHA-256, as the last chunk bears it."""
    digest = hashlib.sha256()
    async for block, _ in _blocks(pieces):
        await asyncio.to_thread(digest.update, block)
    return digest.digest()


def _decode(
    decoder: RowDecoder, block: bytes, digest: "hashlib._Hash", *, last: bool
) -> list[RawRow]:
    digest.update(block)
    rows = decoder.feed(block)
    if last:
        rows += decoder.finish()
    return rows


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield blocks of `BLOCK_BYTES`; the last one is shorter, and says that it is the last."""
    buffer = bytearray()
    empty = True
    async for piece in pieces:
        empty = empty and not piece
        buffer += piece
        while len(buffer) > BLOCK_BYTES:
            yield bytes(buffer[:BLOCK_BYTES]), False
            del buffer[:BLOCK_BYTES]
    if empty:
        raise UnreadableInputError(code="empty_body", detail="the request has no body")
    yield bytes(buffer), True
