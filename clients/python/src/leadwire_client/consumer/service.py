"""The consumer: what of it a service has to do with."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, Self, TypeVar

from leadwire_client._core.retries import Backoff
from leadwire_client.consumer._consumption import Consumption
from leadwire_client.consumer._declaration import Declaration
from leadwire_client.consumer._link import Link
from leadwire_client.consumer._returns import Returns
from leadwire_client.consumer.dispatch import Dispatcher, Handler
from leadwire_client.consumer.metrics import Counts, Metrics
from leadwire_client.consumer.policy import Policy
from leadwire_client.consumer.queues import Limits, Names
from leadwire_client.consumer.units import Store
from leadwire_client.errors import ConsumerError

log = logging.getLogger("leadwire_client.consumer")

C = TypeVar("C")

_DRAIN_WITHIN: Final = 10.0
_HOUSEKEEPING: Final = 3600.0
_KEEP_KEYS: Final = timedelta(days=60)
_RENEW_AFTER: Final = 30.0


class Consumer(Generic[C]):
    """Receives events of some types, and has each handled once.

    It makes its queue when it starts, and comes back after lost connections, restarted servers
    and deleted queues. What is published while its queue does not exist, it does not get.

    Args:
        url: `amqp://` or `amqps://` address, with credentials and virtual host.
        queue: Name of your queue, after your team: `billing.leads`. Consumers with one name
            share the events.
        types: Types of events; `["#"]` for every one.
        handler: Called for each event that is not known yet, with a transaction; several at a
            time. What it raises undoes the transaction: see `RetryError` and `ParkError`.
        store: Your database.
        subscription: Name under which the store knows what was handled; that of the queue if
            None. Give the old one to a queue that takes the place of another.
        policy: How often, and after which waits, an event is tried.
        prefetch: Most events handled at a time.
        limits: When events that nobody handles go.
        metrics: Told what happens; a `Counts` if None.
        keep_keys: For how long the store knows an event again; longer than Leadwire keeps
            events for replay.
        backoff: Waits between attempts to connect.
        renew_after: Seconds of silence after which the consumption is begun again.

    Raises:
        ConsumerError: The address or the queue's name cannot be.
    """

    def __init__(  # noqa: PLR0913 - most have a default
        self,
        url: str,
        *,
        queue: str,
        types: Sequence[str],
        handler: Handler[C],
        store: Store[C],
        subscription: str | None = None,
        policy: Policy | None = None,
        prefetch: int = 20,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        keep_keys: timedelta = _KEEP_KEYS,
        backoff: Backoff | None = None,
        renew_after: float = _RENEW_AFTER,
    ) -> None:
        if not types or prefetch < 1:
            raise ConsumerError("a consumer needs a type of events, and a prefetch of at least 1")
        policy = policy or Policy()
        self.metrics: Metrics = metrics or Counts()
        names = Names(queue)
        self._queue = queue
        self._subscription = subscription or queue
        self._store = store
        self._keep_keys = keep_keys
        self._consuming = Link(url=url, name=f"{queue} (consuming)")
        self._publishing = Link(url=url, name=f"{queue} (publishing)")
        self._returns = Returns(link=self._publishing, names=names)
        self._consumption = Consumption(
            link=self._consuming,
            names=names,
            declaration=Declaration(
                link=self._consuming,
                names=names,
                types=[str(event_type) for event_type in types],
                limits=limits or Limits(),
                delays=policy.retry_delays,
            ),
            dispatcher=Dispatcher(
                subscription=self._subscription,
                handler=handler,
                store=store,
                policy=policy,
                metrics=self.metrics,
            ),
            returns=self._returns,
            prefetch=prefetch,
            backoff=backoff or Backoff(first=0.2, most=5.0),
            renew_after=renew_after,
            metrics=self.metrics,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping: asyncio.Task[None] | None = None

    async def run(self, *, stop_on: Sequence[signal.Signals] = ()) -> None:
        """Consume until `stop` is called, or one of the signals arrives.

        Raises:
            ConsumerError: The server refuses what the consumer needs; see `start`.
        """
        loop = asyncio.get_running_loop()
        for each in stop_on:
            loop.add_signal_handler(each, self._begin_to_stop)
        try:
            async with self:
                await self.wait()
        finally:
            for each in stop_on:
                loop.remove_signal_handler(each)

    async def start(self) -> None:
        """Make the queue and begin to consume; return then, and wait for a server that is away.

        Raises:
            ConsumerError: The server refused the login, or a queue with other arguments exists.
        """
        await self._store.prepare()
        self._tasks = [
            asyncio.create_task(self._consumption.run(), name=f"consume {self._queue}"),
            asyncio.create_task(self._keep_house(), name=f"keep house {self._queue}"),
        ]
        started = asyncio.create_task(self._consumption.started.wait())
        try:
            await asyncio.wait([started, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            started.cancel()
        if not self._consumption.started.is_set():
            await self.wait()

    async def wait(self) -> None:
        """Return once stopped; raise what ended it otherwise."""
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._stopping is not None:
            await asyncio.shield(self._stopping)
            return
        for task in self._tasks:
            if task.done():
                task.result()

    async def stop(self, deadline: float = _DRAIN_WITHIN) -> None:
        """Take nothing more, let handlers finish, disconnect. Twice, also at once, is harmless.

        Args:
            deadline: Seconds that handlers get; then they are cancelled, and their events come
                again.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(deadline))
        await asyncio.shield(self._stopping)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _begin_to_stop(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(_DRAIN_WITHIN))

    async def _stop(self, deadline: float) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._consumption.close(deadline)
        await self._returns.close()
        await asyncio.gather(self._consuming.close(), self._publishing.close())

    async def _keep_house(self) -> None:
        while True:
            try:
                before = datetime.now(UTC) - self._keep_keys
                await self._store.forget(subscription=self._subscription, before=before)
            except Exception:  # of any database; next time, perhaps
                log.exception("keys_not_forgotten queue=%s", self._queue)
            await asyncio.sleep(_HOUSEKEEPING)
