"""Notice that a queue or binding of the service has vanished while the service runs.

Nobody else would: a publication that another subscription takes as well is accepted, and
notifier-svc takes every event, so the events of a missing queue pass it by without an error.
They stand in notifier-svc's journal.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge

from leadwire.broker import Broker, BrokerError, Subscription
from leadwire.lifecycle import BackgroundTask

log = structlog.get_logger(__name__)

_random = random.SystemRandom()

LOOK_EVERY: Final = 30.0
"""Seconds between two looks."""

ANSWER_WITHIN: Final = 20.0
"""Seconds that the broker has to say what is there."""


class TopologyWatch:
    """Compares what the subscriptions need with what is there, again and again.

    Start it after `PreparedTopology`, which has made the first comparison. It tells and
    mends nothing: a queue that somebody removed with intent is not to come back by itself.

    Args:
        service: Name of the service, for the remedy.
        broker: Started before.
        subscriptions: What should be there.
        registry: Gets the gauge `leadwire_broker_missing`.
        interval: Seconds between two looks.
    """

    def __init__(
        self,
        *,
        service: str,
        broker: Broker,
        subscriptions: Sequence[Subscription],
        registry: CollectorRegistry,
        interval: float = LOOK_EVERY,
    ) -> None:
        self._service = service
        self._broker = broker
        self._subscriptions = subscriptions
        self._interval = interval
        self._known: list[str] = []
        self._missing = Gauge(
            "leadwire_broker_missing",
            "Queues and bindings of the service's subscriptions that the broker lacks.",
            registry=registry,
        )
        self._task = BackgroundTask(name="topology watch", body=self._run)

    async def start(self) -> None:
        """Begin to look, for the first time after an interval."""
        await self._task.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._task.stop()

    async def wait(self) -> None:
        """Return once stopped; raise what ended the watch otherwise."""
        await self._task.wait()

    async def _run(self) -> None:
        while True:
            # Spread, so that replicas started together do not ask together for ever.
            await asyncio.sleep(self._interval * _random.uniform(0.9, 1.1))
            await self._look()

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                missing = await self._broker.missing(self._subscriptions)
        except (BrokerError, OSError) as error:
            # The gauge keeps what was last known; that the broker is away shows in readiness.
            log.warning("topology_not_checked", error=type(error).__name__)
            return
        self._missing.set(len(missing))
        if missing != self._known:
            self._tell(missing)
        self._known = missing

    def _tell(self, missing: list[str]) -> None:
        if missing:
            log.error("topology_incomplete", missing=missing, remedy=f"{self._service} topology")
        else:
            log.info("topology_complete_again")
