"""From the bytes of an import to chunks of judged rows, in flat memory.

The bytes are cut into blocks of a fixed size, wherever the network cut them, so that the
same input always gives the same chunks. Decoding and judging run in a worker thread: a
block takes some 100 ms, and the event loop has heartbeats to answer meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from import_svc.decoding import RowDecoder, UnreadableInputError
from import_svc.domain.rows import JudgedRow, RawRow
from import_svc.domain.validation import judge_rows

BLOCK_BYTES: Final = 512 * 1_024
MAX_CHUNK_ROWS: Final = 10_000


async def judged_chunks(
    pieces: AsyncIterator[bytes], decoder: RowDecoder, *, region: str | None
) -> AsyncGenerator[list[JudgedRow]]:
    """Yield the rows of an input, judged, in chunks of at most `MAX_CHUNK_ROWS`.

    Nothing is yielded before the first block was read and decoded whole, so an input
    of one block that breaks anywhere breaks before any of its rows is stored.

    Raises:
        UnreadableInputError: The input is empty or breaks.
    """
    async for block, last in _blocks(pieces):
        rows = await asyncio.to_thread(_decode, decoder, block, last=last)
        for begin in range(0, len(rows), MAX_CHUNK_ROWS):
            yield await asyncio.to_thread(
                judge_rows, rows[begin : begin + MAX_CHUNK_ROWS], region=region
            )


def _decode(decoder: RowDecoder, block: bytes, *, last: bool) -> list[RawRow]:
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
