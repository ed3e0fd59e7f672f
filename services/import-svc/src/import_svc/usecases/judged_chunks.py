"""From the bytes of an import to chunks of judged rows, in flat memory.

The bytes are cut into blocks of a fixed size, wherever the network cut them, and a chunk is
the rows of one block, or of several if these have few rows: so the same input always gives the
same chunks. Decoding and judging run beside the event loop: a block takes some 100 ms, and the
loop has heartbeats to answer meanwhile.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Final

from import_svc.decoding import InputFormat, no_body
from import_svc.usecases.input_judge import InputJudge, JudgedChunk
from import_svc.usecases.judge_process import JudgeProcess
from import_svc.usecases.read_ahead import read_ahead

BLOCK_BYTES: Final = 512 * 1_024


async def judged_chunks(
    pieces: AsyncIterator[bytes],
    input_format: InputFormat,
    *,
    region: str | None,
    stored: int = 0,
) -> AsyncGenerator[JudgedChunk]:
    """Yield the rows of an input, judged, in chunks.

    Nothing is yielded before the first block was read and decoded whole, so an input
    of one block that breaks anywhere breaks before any of its rows is stored.

    Args:
        pieces: The input's bytes, as they come.
        input_format: How it is to be read.
        region: Region of national phone numbers; None if there is no default.
        stored: How many chunks with rows are stored already, from the first one on; these
            are read, but not judged.

    Raises:
        UnreadableInputError: The input is empty or breaks.
        JudgeDiedError: The process that judged it died.
    """
    new_judge = partial(InputJudge, input_format=input_format, region=region, stored=stored)
    blocks = _blocks(pieces)
    block, last = await anext(blocks)
    if last:
        # What fits into a block is done before a process has begun.
        found = new_judge().take(block, last=True)
        while (chunk := await asyncio.to_thread(next, found, None)) is not None:
            yield chunk
        return
    async with (
        JudgeProcess(new_judge) as judge,
        # So that it has the next block at once, however long the last one takes to be stored.
        contextlib.aclosing(read_ahead(_judged(judge, block, blocks))) as chunks,
    ):
        async for chunk in chunks:
            yield chunk


async def _judged(
    judge: JudgeProcess, first: bytes, others: AsyncIterator[tuple[bytes, bool]]
) -> AsyncGenerator[JudgedChunk]:
    async for chunk in judge.take(first, last=False):
        yield chunk
    async for block, last in others:
        async for chunk in judge.take(block, last=last):
            yield chunk


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


def ends_input(size: int) -> bool:
    """Tell whether a chunk that ends after so many bytes was certainly the last of its input."""
    return size % BLOCK_BYTES != 0


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
        raise no_body()
    yield bytes(buffer), True
