"""An input's judge in a process of its own.

To decode and judge a row takes longer than to store it, and both in one process would take
turns: Python runs on one processor. So an import larger than a block gets a process for
itself, which costs a few milliseconds, since it is forked from one that has loaded everything
already. It ends with the import, and with it whatever memory the import took. If this process
dies, its pipe ends, and that of the judge with it.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import signal
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

from import_svc.decoding import UnreadableInputError
from import_svc.usecases.input_judge import InputJudge, JudgedChunk

ANSWER_WITHIN: Final = 120.0
"""Seconds for what a block gives first, which takes a tenth of one, and for what it gives next."""

START_WITHIN: Final = 30.0
"""Seconds for the process to begin; the first one waits until everything is loaded."""

_END_WITHIN: Final = 5.0
# Rows are many objects and never cycles: hardly anything is found by looking for these.
_LOOK_FOR_CYCLES_EVERY: Final = 200_000

_T = TypeVar("_T")
_Answer: TypeAlias = JudgedChunk | Exception | None
"""A chunk, or why there is none; None where the block completes none."""

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


class JudgeDiedError(Exception):
    """The process that judged an input failed, ended, or did not answer.

    Args:
        where: What failed, for the log; None if nobody knows.
    """

    code: Final = "import_process_died"

    def __init__(self, where: str | None = None) -> None:
        super().__init__(
            "The process that reads the import failed. Nothing was stored; send it again later."
        )
        self.where = where

    def __reduce__(self) -> tuple[type["JudgeDiedError"], tuple[str | None]]:
        """Say how it is made again in another process."""
        return type(self), (self.where,)


class JudgeProcess:
    """Judges one input in another process; an async context manager.

    Args:
        new_judge: Makes the judge; called there, so it must be picklable.
    """

    def __init__(self, new_judge: Callable[[], InputJudge]) -> None:
        self._pipe, self._theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(
            target=_serve, args=(self._theirs, new_judge), daemon=True, name="input judge"
        )
        # Its own: it waits for as long as the import takes, and all others share the loop's.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="input judge")

    async def __aenter__(self) -> Self:
        """Start the process.

        Raises:
            JudgeDiedError: It did not start.
        """
        try:
            await self._within(START_WITHIN, self._process.start)
        except BaseException:
            self._close()
            raise
        finally:
            self._theirs.close()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End it, whatever it does."""
        self._process.kill()
        try:
            with contextlib.suppress(JudgeDiedError):
                await asyncio.shield(self._within(_END_WITHIN, self._process.join))
        finally:
            self._close()

    async def take(self, block: bytes, *, last: bool) -> AsyncGenerator[JudgedChunk]:
        """Do what `InputJudge.take` does.

        Raises:
            UnreadableInputError: The input breaks in this block.
            JudgeDiedError: The process ended, or did not answer in time.
        """
        answer = await self._within(ANSWER_WITHIN, partial(self._ask, block, last=last))
        while answer is not None:
            if isinstance(answer, Exception):
                raise answer
            yield answer
            if answer.ends_block:
                # Not to be told once more: it has to have its next block before anything else.
                return
            answer = await self._within(ANSWER_WITHIN, self._pipe.recv)

    async def _within(self, seconds: float, work: Callable[[], _T]) -> _T:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (EOFError, OSError, TimeoutError) as error:
            raise JudgeDiedError(type(error).__name__) from error

    def _close(self) -> None:
        self._pipe.close()
        self._thread.shutdown(wait=False)

    def _ask(self, block: bytes, *, last: bool) -> _Answer:
        self._pipe.send((block, last))
        answer: _Answer = self._pipe.recv()
        return answer


def _serve(pipe: Connection, new_judge: Callable[[], InputJudge]) -> None:
    for stop in (signal.SIGINT, signal.SIGTERM):
        # Meant for the process that it works for, whose end it notices.
        signal.signal(stop, signal.SIG_IGN)
    gc.set_threshold(_LOOK_FOR_CYCLES_EVERY)
    judge = new_judge()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            block, last = pipe.recv()
            for answer in _answers(judge, block, last=last):
                # Waits for whoever stores them: no more than one is ahead.
                pipe.send(answer)


def _answers(judge: InputJudge, block: bytes, *, last: bool) -> Iterator[_Answer]:
    try:
        for chunk in judge.take(block, last=last):
            yield chunk
            if chunk.ends_block:
                return
    except UnreadableInputError as error:
        yield error
    except Exception as error:  # noqa: BLE001 (raised in the process that asked)
        # Where it happened, and not with which words: they may be somebody's.
        where = traceback.extract_tb(error.__traceback__)[-1]
        yield JudgeDiedError(f"{type(error).__name__} in {where.name}, line {where.lineno}")
    else:
        yield None
