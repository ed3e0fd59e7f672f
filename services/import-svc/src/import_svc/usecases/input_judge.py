"""From the blocks of an input to chunks of judged rows: no I/O, only work for a processor."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from import_svc.decoding import InputFormat
from import_svc.domain.rows import JudgedRows, RawRow
from import_svc.domain.validation import judge_rows

MAX_CHUNK_ROWS: Final = 10_000
LEAST_CHUNK_ROWS: Final = MAX_CHUNK_ROWS // 2
MAX_CHUNK_BLOCKS: Final = 2
"""A chunk costs some round trips and a commit, whatever it has. So a block with fewer rows than the
least is stored with the next one: of JSON, where each row names its fields, a block has half as
many as of CSV. No more blocks than that: they stay in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedChunk:
    """Rows that are stored together.

    Attributes:
        received: How many rows it has; perhaps none.
        rows: The verdict on each; empty for a chunk that is stored already.
        input_hash: SHA-256 of the input from its beginning to the block where they end.
        input_bytes: How many bytes that is.
        ends_block: Whether that block has no more chunks.
    """

    received: int
    rows: JudgedRows
    input_hash: bytes
    input_bytes: int
    ends_block: bool


class InputJudge:
    """Decodes and judges one input, block by block.

    Args:
        input_format: How it is to be read.
        region: Region of national phone numbers; None if there is no default.
        stored: How many chunks with rows are stored already, from the first one on; these
            are read, but not judged.
    """

    def __init__(self, *, input_format: InputFormat, region: str | None, stored: int) -> None:
        self._decoder = input_format.new_decoder()
        self._region = region
        self._stored = stored
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._rows: list[RawRow] = []
        self._blocks = 0

    def take(self, block: bytes, *, last: bool) -> Iterator[JudgedChunk]:
        """Yield the chunks, of at most `MAX_CHUNK_ROWS`, that a block completes.

        All are to be taken before the next block. The same blocks always give the same chunks, and
        the last one at least one. The block is decoded whole before any, but each is judged
        when it is asked for: of rows of two bytes a block has a quarter of a million.

        Raises:
            UnreadableInputError: The input breaks in this block; before any chunk of it.
        """
        self._digest.update(block)
        self._bytes += len(block)
        self._blocks += 1
        self._rows += self._decoder.feed(block)
        if last:
            self._rows += self._decoder.finish()
        elif len(self._rows) < LEAST_CHUNK_ROWS and self._blocks < MAX_CHUNK_BLOCKS:
            return
        rows, self._rows, self._blocks = self._rows, [], 0
        for begin in range(0, max(len(rows), 1), MAX_CHUNK_ROWS):
            end = begin + MAX_CHUNK_ROWS
            yield self._chunk(rows[begin:end], ends_block=end >= len(rows))

    def _chunk(self, rows: list[RawRow], *, ends_block: bool) -> JudgedChunk:
        judged = JudgedRows()
        if self._stored <= 0:
            judged = judge_rows(rows, region=self._region)
        elif rows:
            self._stored -= 1
        return JudgedChunk(
            received=len(rows),
            rows=judged,
            input_hash=self._digest.digest(),
            input_bytes=self._bytes,
            ends_block=ends_block,
        )
