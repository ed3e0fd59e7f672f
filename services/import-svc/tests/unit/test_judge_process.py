"""An input's judge in another process does what it does in this one, and ends with it."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from import_svc.decoding import InputFormat, UnreadableInputError
from import_svc.domain.reasons import Code
from import_svc.usecases import judge_process
from import_svc.usecases.input_judge import InputJudge, JudgedChunk
from import_svc.usecases.judge_process import JudgeDiedError, JudgeProcess
from leadwire.testing import eventually

HEAD = b"name,family_name,email,cellphone,Company\n"
ROWS = b"".join(
    b" Given%d,Family%d,P%d@x.com,(415) 555-%04d x%d,Example\n" % (n, n, n, n, n)
    for n in range(2_000)
)
BROKEN = b"Ada,Lovelace,nonsense,\nB,C\nb,c,d@x.com,+14155552671,\x00\n"

new_judge = partial(
    InputJudge, input_format=InputFormat.of("text/csv", None), region="US", stored=0
)


class BrokenJudge(InputJudge):
    """Fails at the text that it is given, with the text in its message."""

    def __init__(self) -> None:
        pass

    def take(self, block: bytes, *, last: bool) -> Iterator[JudgedChunk]:
        raise ValueError(block.decode())


class HalfBrokenJudge(InputJudge):
    """Fails after the first chunk that it gives."""

    def __init__(self) -> None:
        pass

    def take(self, block: bytes, *, last: bool) -> Iterator[JudgedChunk]:
        yield replace(next(new_judge().take(block, last=last)), ends_block=False)
        raise ValueError


async def taken(judge: JudgeProcess, block: bytes, *, last: bool) -> list[JudgedChunk]:
    return [chunk async for chunk in judge.take(block, last=last)]


async def test_the_chunks_of_another_process_are_those_of_this_one() -> None:
    here = new_judge()
    async with JudgeProcess(new_judge) as there:
        for block, last in ((HEAD + ROWS, False), (BROKEN, False), (b"", True)):
            assert await taken(there, block, last=last) == list(here.take(block, last=last))


async def test_chunks_come_as_they_are_judged() -> None:
    async with JudgeProcess(HalfBrokenJudge) as judge:
        chunks = judge.take(HEAD + ROWS, last=True)
        assert (await anext(chunks)).received == 2_000
        with pytest.raises(JudgeDiedError):
            await anext(chunks)


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize(
    ("field", "code"), [("name", Code.NAME_INVALID), ("Company", Code.ROW_MALFORMED)]
)
async def test_a_row_as_deep_as_can_be_read_fails_alone(
    media_type: str, field: str, code: Code
) -> None:
    """What can be sent from one process to another is not as deep."""
    row = b'{"%s":%s}' % (field.encode(), b"[" * 1_000 + b"]" * 1_000)
    body = b"[" + row + b"]" if media_type == "application/json" else row
    judge = partial(
        InputJudge, input_format=InputFormat.of(media_type, None), region=None, stored=0
    )
    async with JudgeProcess(judge) as there:
        chunks = await taken(there, body, last=True)
    assert chunks == list(judge().take(body, last=True))
    assert code in chunks[0].rows.failed[0].codes


async def test_input_that_breaks_breaks_there_as_here() -> None:
    with pytest.raises(UnreadableInputError) as here:
        next(new_judge().take(b"a,b\n1,2\n", last=True))
    async with JudgeProcess(new_judge) as judge:
        with pytest.raises(UnreadableInputError) as there:
            await taken(judge, b"a,b\n1,2\n", last=True)
    assert vars(there.value) == vars(here.value)
    assert there.value.extra["headers_found"] == ["a", "b"]


async def test_a_killed_judge_is_an_error() -> None:
    async with JudgeProcess(new_judge) as judge:
        await taken(judge, HEAD, last=False)
        (process,) = multiprocessing.active_children()
        process.kill()
        with pytest.raises(JudgeDiedError):
            await taken(judge, ROWS, last=True)
    assert not multiprocessing.active_children()


async def test_an_error_in_the_judge_tells_where_and_not_what_was_read() -> None:
    async with JudgeProcess(BrokenJudge) as judge:
        with pytest.raises(JudgeDiedError) as caught:
            await taken(judge, b"ada@example.com", last=True)
    assert caught.value.where is not None
    assert caught.value.where.startswith("ValueError in take")
    assert "ada" not in repr(vars(caught.value)) + str(caught.value)


@pytest.mark.parametrize("error", [EOFError(), OSError(11, "try again")])
async def test_a_judge_that_cannot_be_started_is_an_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object) -> None:
        raise error

    ends = judge_process._CONTEXT.Pipe()
    monkeypatch.setattr(judge_process._CONTEXT, "Pipe", lambda: ends)
    monkeypatch.setattr(judge_process._CONTEXT.Process, "start", fail)
    with pytest.raises(JudgeDiedError):
        await JudgeProcess(new_judge).__aenter__()
    assert [end.closed for end in ends] == [True, True]


async def test_leaving_ends_the_process_whatever_it_does() -> None:
    async with JudgeProcess(new_judge) as judge:
        asking = asyncio.create_task(taken(judge, HEAD + ROWS * 500, last=True))
        await asyncio.sleep(0)
        asking.cancel()
    assert not multiprocessing.active_children()


SCRIPT = """
import asyncio
import sys
from import_svc.__main__ import main

class Loaded:
    def take(self, block, *, last):
        return sorted(name for name in sys.modules if name in {"aiohttp", "asyncpg"})

async def loaded_by_a_judge():
    from import_svc.usecases.judge_process import JudgeProcess
    async with JudgeProcess(Loaded) as judge:
        print([each async for each in judge.take(b"", last=True)])

if __name__ == "__main__":
    asyncio.run(loaded_by_a_judge())
"""


async def test_a_judge_of_the_installed_command_loads_no_service_again(tmp_path: Path) -> None:
    """As the command `import-svc` is: a script, which every process of Python's runs again."""
    script = tmp_path / "import-svc"
    script.write_text(SCRIPT)
    run = partial(subprocess.run, [sys.executable, script], capture_output=True, text=True)
    done = await asyncio.to_thread(run)
    assert done.stdout == "[]\n", done.stderr


PARENT = """
import asyncio, multiprocessing
from functools import partial
from import_svc.decoding import InputFormat
from import_svc.usecases.input_judge import InputJudge
from import_svc.usecases.judge_process import JudgeProcess

async def main():
    new_judge = partial(
        InputJudge, input_format=InputFormat.of("text/csv", None), region=None, stored=0
    )
    async with JudgeProcess(new_judge) as judge:
        assert [chunk async for chunk in judge.take(b"name", last=False)] == []
        print(multiprocessing.active_children()[0].pid, flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_a_judge_does_not_outlive_a_killed_service(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        judge = int(await asyncio.to_thread(parent.stdout.readline))
        os.kill(judge, signal.SIGTERM)  # as a terminal or an init system may: not its business
        os.kill(judge, 0)
        parent.kill()

    async def gone() -> bool:
        try:
            os.kill(judge, 0)
        except ProcessLookupError:
            return True
        return False

    await eventually(gone, message="the judge ends")
