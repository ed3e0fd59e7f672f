"""Blocks become chunks: of few rows two together, and never more than memory is meant for."""

import hashlib

import pytest

from import_svc.decoding import InputFormat
from import_svc.domain.rows import JudgedRows, RawRow
from import_svc.domain.validation import judge_rows
from import_svc.usecases import input_judge
from import_svc.usecases.input_judge import (
    LEAST_CHUNK_ROWS,
    MAX_CHUNK_BLOCKS,
    MAX_CHUNK_ROWS,
    InputJudge,
)

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
    assert list(judge.take(block(FEW), last=False)) == []
    [chunk] = judge.take(block(LEAST_CHUNK_ROWS - FEW), last=False)
    read = block(LEAST_CHUNK_ROWS)
    assert (chunk.received, chunk.input_bytes) == (LEAST_CHUNK_ROWS, len(read))
    assert chunk.input_hash == hashlib.sha256(read).digest()

    [chunk] = judge.take(block(LEAST_CHUNK_ROWS), last=False)
    assert chunk.received == LEAST_CHUNK_ROWS  # and none of the chunk before


def test_blocks_of_wide_rows_make_a_chunk_before_they_are_too_many(judge: InputJudge) -> None:
    for _ in range(MAX_CHUNK_BLOCKS - 1):
        assert list(judge.take(block(1), last=False)) == []
    assert [chunk.received for chunk in judge.take(block(1), last=False)] == [MAX_CHUNK_BLOCKS]
    assert list(judge.take(block(1), last=False)) == []


def test_the_last_block_ends_a_chunk_however_few_rows_there_are(judge: InputJudge) -> None:
    assert list(judge.take(block(2), last=False)) == []
    assert [chunk.received for chunk in judge.take(block(1), last=True)] == [3]


def test_the_last_block_gives_a_chunk_also_without_a_row(judge: InputJudge) -> None:
    assert [chunk.received for chunk in judge.take(b"", last=True)] == [0]


def test_of_a_block_with_very_many_rows_one_chunk_is_judged_at_a_time(
    judge: InputJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []

    def counted(rows: list[RawRow], *, region: str | None) -> JudgedRows:
        judged.append(len(rows))
        return judge_rows(rows, region=region)

    monkeypatch.setattr(input_judge, "judge_rows", counted)
    chunks = judge.take(b"1\n" * (2 * MAX_CHUNK_ROWS + 1), last=True)
    assert [(chunk.received, len(judged), chunk.ends_block) for chunk in chunks] == [
        (MAX_CHUNK_ROWS, 1, False),
        (MAX_CHUNK_ROWS, 2, False),
        (1, 3, True),
    ]


def test_a_block_may_end_with_a_whole_chunk(judge: InputJudge) -> None:
    chunks = judge.take(block(MAX_CHUNK_ROWS), last=True)
    assert [(chunk.received, chunk.ends_block) for chunk in chunks] == [(MAX_CHUNK_ROWS, True)]
