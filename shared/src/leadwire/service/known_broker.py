"""Refuse a broker while others serve the same schema with another one.

Only one replica publishes at a time, to the broker that it has: of two installations on one
database, either would miss half of its events, and nothing would tell
(docs/adr/0035-a-schema-is-served-with-one-broker.md).
"""

import asyncio
import random
from typing import Final

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from leadwire.broker import BrokerError, BrokerRefusedError, BrokerUnavailableError
from leadwire.db import Database, DedicatedConnection, heartbeat, is_transient
from leadwire.db.errors import LOST_IN_USE
from leadwire.lifecycle import BackgroundTask
from leadwire.outbox import (
    NO_MARK,
    BrokerMark,
    BrokerMarks,
    ServedElsewhereError,
    UnmarkedBrokerError,
)
from leadwire.service.components import NotPreparedError

log = structlog.get_logger(__name__)

_random = random.SystemRandom()

LOOK_EVERY: Final = 30.0
"""Seconds between two looks at which broker it is."""

ANSWER_WITHIN: Final = 20.0
"""Seconds that one look may take."""


class KnownBroker:
    """Serves with the broker at hand, if nobody serves with another one.

    It holds a connection of its own, whose lock says so to others. A broker may be another one
    while it runs, if it lost its data and was prepared anew: it looks now and then.

    Args:
        service: Name of the service, for messages.
        marks: By which the broker is known.
        database: Of the service, started before.
        answer_within: Seconds that a start waits for database and broker, and for others to end.
        look_every: Seconds between two looks at which broker it is.
    """

    def __init__(
        self,
        *,
        service: str,
        marks: BrokerMarks,
        database: Database,
        answer_within: float,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._service = service
        self._marks = marks
        self._database = database
        self._answer_within = answer_within
        self._look_every = look_every
        self._mark = NO_MARK
        self._connection: DedicatedConnection | None = None
        self._task = BackgroundTask(name="known broker", body=self._run)

    async def start(self) -> None:
        """Begin to serve with the broker at hand.

        Raises:
            ServedElsewhereError: Others serve with another one, also after `answer_within`.
            NotPreparedError: The broker has no mark of the schema.
            BrokerUnavailableError: The broker did not answer within `answer_within`.
            DatabaseUnavailableError: Nor did the database.
        """
        await self._hold(within=self._answer_within)
        await self._task.start()

    async def stop(self) -> None:
        """Let others serve with the broker that they have."""
        await self._task.stop()
        await self._let_go()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the watch otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        # Other replicas may see a broker that was prepared anew one look later.
        within = max(self._answer_within, 2 * self._look_every)
        while True:
            try:
                await self._until_lost_or_changed()
                await self._let_go()
                await self._hold(within=within)
            except Exception as error:
                if not _passes(error):
                    raise
                log.warning("broker_not_held", service=self._service, error=type(error).__name__)

    async def _hold(self, *, within: float) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            wait=wait_random_exponential(multiplier=0.25, max=5.0),
            stop=stop_after_delay(within),
            before_sleep=self._say_not_held,
            reraise=True,
        )
        await retrying(self._try_to_hold)

    async def _try_to_hold(self) -> None:
        mark = await self._found() or self._mark
        connection = await self._database.dedicated(purpose="broker")
        try:
            is_change = await self._marks.hold(connection, mark)
        except BaseException as error:
            await heartbeat.close(connection)
            if not isinstance(error, UnmarkedBrokerError):
                raise
            raise NotPreparedError(
                "the broker is not known to the schema: it is a new one, or lost its data; "
                f"run `{self._service} topology`"
            ) from error
        self._connection, self._mark = connection, mark
        if is_change:
            self._say_changed()

    async def _found(self) -> BrokerMark:
        try:
            return await self._marks.find()
        except BrokerError:
            # Who serves already goes on with the broker that it had: it may be away for long.
            if self._mark == NO_MARK:
                raise
            return NO_MARK

    async def _until_lost_or_changed(self) -> None:
        if self._connection is None:
            return
        lost = asyncio.create_task(heartbeat.until_lost(self._connection), name="beat of broker")
        try:
            while not lost.done():
                # Spread, so that replicas started together do not ask together for ever.
                pause = self._look_every * _random.uniform(0.9, 1.1)
                await asyncio.wait({lost}, timeout=pause)
                if not lost.done() and await self._is_another():
                    return
        finally:
            lost.cancel()

    async def _is_another(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                found = await self._marks.find()
        except Exception as error:
            if not (isinstance(error, BrokerError) or _passes(error)):
                raise
            log.warning("broker_not_looked_at", service=self._service, error=type(error).__name__)
            return False
        # One that has lost its data has no mark before its queues are declared again.
        return found not in {NO_MARK, self._mark}

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await heartbeat.close(connection)

    def _say_not_held(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ServedElsewhereError):
            log.warning(error.code, service=self._service, replicas=error.addresses)
        else:
            log.warning("broker_not_held", service=self._service, error=type(error).__name__)

    def _say_changed(self) -> None:
        log.warning(
            "broker_changed",
            service=self._service,
            remedy="what waited at the former broker does not come along: start once more with "
            "that, until nothing waits, or replay it from notifier-svc's journal",
        )


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, BrokerRefusedError):
        return False
    return _passes(error) or isinstance(error, BrokerUnavailableError | ServedElsewhereError)


def _passes(error: BaseException) -> bool:
    return is_transient(error) or isinstance(error, LOST_IN_USE)
