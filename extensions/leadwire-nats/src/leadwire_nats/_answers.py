"""Publish without waiting for each answer.

The client has `publish_async` for that, but nats-py 2.16 loses every answer in which JetStream
refuses: what builds the error raises it, and nobody is told.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Self, TypeAlias

from nats.aio.msg import Msg

from leadwire_nats._link import Connection

Answer: TypeAlias = "asyncio.Future[Msg]"


class Answers:
    """The answers to one batch, on an inbox of its own. Made by `to_a_batch`."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection
        self._inbox = connection.new_inbox()
        self._numbers = count()
        self._open: dict[str, Answer] = {}

    @classmethod
    @asynccontextmanager
    async def to_a_batch(cls, connection: Connection) -> AsyncIterator[Self]:
        """Listen to answers while the block runs."""
        answers = cls(connection=connection)
        listening = await connection.subscribe(
            f"{answers._inbox}.*", cb=answers._receive, pending_bytes_limit=0
        )
        try:
            yield answers
        finally:
            if not connection.lost.is_set():
                await listening.unsubscribe()

    async def send(self, subject: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a message, after those that were sent before; return where its answer will be."""
        inbox = f"{self._inbox}.{next(self._numbers)}"
        answer: Answer = asyncio.get_running_loop().create_future()
        self._open[inbox] = answer
        await self._connection.publish(subject, body, reply=inbox, headers=dict(headers))
        return answer

    async def all(self) -> None:
        """Return when everything is answered.

        Raises:
            ConnectionResetError: The connection was lost before.
        """
        if not self._open:
            return
        lost = asyncio.create_task(self._connection.lost.wait(), name="connection lost")
        answered = asyncio.create_task(_all_of(list(self._open.values())), name="all answered")
        try:
            await asyncio.wait([lost, answered], return_when=asyncio.FIRST_COMPLETED)
            if not answered.done():
                raise ConnectionResetError("the connection was lost")
        finally:
            lost.cancel()
            answered.cancel()

    async def _receive(self, message: Msg) -> None:
        answer = self._open.get(message.subject)
        if answer is not None and not answer.done():
            answer.set_result(message)


async def _all_of(answers: list[Answer]) -> None:
    await asyncio.wait(answers)
