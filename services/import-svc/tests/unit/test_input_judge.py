"""Blocks become chunks: of few rows two together, and never more than memory is meant for."""

import hashlib

import pytest

from import_svc.decoding import InputFormat
from import_svc.usecases.input_judge import LEAST_CHUNK_ROWS, MAX_CHUNK_BLOCKS, InputJudge

FEW = LEAST_CHUNK_ROWS // 2


@pytest.fixture
def judge() -> InputJudge:
    return InputJudge(
        input_format=InputFormat.of("application/x-ndjson", None), region=None, stored=0
    )


def block(rows: int) -> bytes:
    return b'{"name":"Ada"}\n' * rows


def test_blocks_with_few_rows_make_one_chunk_which_ends_where_the_last_of_them_does(
    judge: InputJudge,
) -> None:
    assert judge.take(block(FEW), last=False) == []
    [chunk] = judge.take(block(LEAST_CHUNK_ROWS - FEW), last=False)
    read = block(LEAST_CHUNK_ROWS)
    assert (chunk.received, chunk.input_bytes) == (LEAST_CHUNK_ROWS, len(read))
    assert chunk.input_hash == hashlib.sha256(read).digest()

    [chunk] = judge.take(block(LEAST_CHUNK_ROWS), last=False)
    assert chunk.received == LEAST_CHUNK_ROWS  # and none of the chunk before


def test_blocks_of_wide_rows_make_a_chunk_before_they_are_too_many(judge: InputJudge) -> None:
    for _ in range(MAX_CHUNK_BLOCKS - 1):
        assert judge.take(block(1), last=False) == []
    assert [chunk.received for chunk in judge.take(block(1), last=False)] == [MAX_CHUNK_BLOCKS]
    assert judge.take(block(1), last=False) == []


def test_the_last_block_ends_a_chunk_however_few_rows_there_are(judge: InputJudge) -> None:
    judge.take(block(2), last=False)
    assert [chunk.received for chunk in judge.take(block(1), last=True)] == [3]


def test_the_last_block_gives_a_chunk_also_without_a_row(judge: InputJudge) -> None:
    assert [chunk.received for chunk in judge.take(b"", last=True)] == [0]
