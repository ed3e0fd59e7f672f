"""Do to the system what the plan says."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt

from chaos.cluster import START_WITHIN, Cluster, Replica
from chaos.endpoint import Endpoint, Manner
from chaos.plan import Fault, Kind, Plan
from chaos.poison import publish_poison
from chaos.post_office import MailServer
from chaos.relay_kill import MissedError, kill_relay
from leadwire.testing.process import ProcessFailedError
from leadwire.testing.rabbitmq_errors import RabbitMQNotAvailableError

TRIES: Final = 3
"""How often a fault is tried that another one came in the way of."""

PEACE: Final = (5.0, 2.0, 2.0)
"""Seconds from the end of a fault to the next one of its lane, at least: where servers start slowly
they would follow on each other without a moment in which anything works."""

_AWAY: Final = ("did not answer within", "s (start)")
"""What a service says last that ends since it has waited for long enough for a broker, or for a
database."""

_DELAY: Final = 0.15
_BREAKING_OFF: Final = 2.0
_WATCH_EVERY: Final = 0.5


@dataclass(slots=True)
class Course:
    """What befell the system.

    Attributes:
        done: Faults that happened.
        missed: Faults that did not, with the reason.
        ended: Services that ended without being killed, each in a line.
        given_up: Starts of services that ended, as they should, since a server was away for long.
        undeleted: Events that killed relays left in their outboxes.
        poison: Ids of events that were published and that nobody can read.
    """

    done: list[Fault] = field(default_factory=list)
    missed: list[tuple[Fault, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    given_up: int = 0
    undeleted: int = 0
    poison: list[str] = field(default_factory=list)


class Faults:
    """Works off a plan, each lane in its order.

    Args:
        cluster: What suffers.
        say: Told of each fault as it happens.
    """

    def __init__(self, *, cluster: Cluster, say: Callable[[str], None]) -> None:
        self.course = Course()
        self._cluster = cluster
        self._say = say
        self._in_hand: set[str] = set()
        self._how: Mapping[Kind, Callable[[Fault], Awaitable[None]]] = {
            Kind.SERVICE_KILLED: self._kill_service,
            Kind.RELAY_KILLED: self._kill_relay,
            Kind.BROKEN_OFF: self._break_off,
            Kind.DELAYED: self._delay,
            Kind.SILENCED: self._silence,
            Kind.POISONED: self._poison,
            Kind.SUBSCRIBER_KILLED: self._kill_subscriber,
            Kind.BROKER_STOPPED: self._stop_broker,
            Kind.BROKER_RESTARTED: self._restart_broker,
            Kind.BROKER_ALARMED: self._alarm_broker,
            Kind.DATABASE_RESTARTED: self._restart_database,
            Kind.ENDPOINT_FAILED: partial(self._misbehave, Manner.FAILS),
            Kind.ENDPOINT_HUNG: partial(self._misbehave, Manner.HANGS),
            Kind.ENDPOINT_STOPPED: partial(self._stop, cluster.endpoint),
            Kind.MAIL_STOPPED: partial(self._stop, cluster.mail),
            Kind.MAIL_DROPPED: self._drop_mail,
        }

    async def run(self, plan: Plan) -> None:
        """Do everything; return when the last fault is over and all processes run again."""
        began = time.monotonic()
        watching = asyncio.create_task(self._watch(), name="watch over services")
        try:
            async with asyncio.TaskGroup() as lanes:
                for lane, peace in zip(plan.lanes, PEACE, strict=True):
                    lanes.create_task(self._run_lane(lane, began, peace))
        finally:
            watching.cancel()

    async def _run_lane(self, lane: Sequence[Fault], began: float, peace: float) -> None:
        for fault in lane:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            self._say(f"{time.monotonic() - began:6.1f} s  {fault.in_words}")
            await self._do(fault)
            await asyncio.sleep(peace)

    async def _do(self, fault: Fault) -> None:
        for left in reversed(range(TRIES)):
            try:
                await self._how[fault.kind](fault)
            except MissedError as missed:
                self._say(f"missed: {fault.in_words}: {missed}")
                if not left:
                    self.course.missed.append((fault, str(missed)))
            else:
                self.course.done.append(fault)
                return

    async def _kill_service(self, fault: Fault) -> None:
        replica = self._cluster.replicas[fault.target]
        self._in_hand.add(replica.name)
        await replica.process.kill()
        await self._start_again(replica)

    async def _kill_relay(self, fault: Fault) -> None:
        replicas = self._cluster.of(fault.target)
        self._in_hand |= {replica.name for replica in replicas}
        try:
            self.course.undeleted += await kill_relay(
                self._cluster.admin_database, service=fault.target, replicas=replicas
            )
        finally:
            for replica in replicas:
                await self._start_again(replica)

    async def _break_off(self, fault: Fault) -> None:
        for proxy in self._cluster.replicas[fault.target].proxies:
            proxy.break_off()
        await asyncio.sleep(_BREAKING_OFF)

    async def _delay(self, fault: Fault) -> None:
        proxies = self._cluster.replicas[fault.target].proxies
        for proxy in proxies:
            proxy.delay = _DELAY
        await asyncio.sleep(fault.seconds)
        for proxy in proxies:
            proxy.delay = 0.0

    async def _silence(self, fault: Fault) -> None:
        """Let nothing through, and nobody know: as a network that swallows everything."""
        proxies = self._cluster.replicas[fault.target].proxies
        for proxy in proxies:
            proxy.freeze()
        await asyncio.sleep(fault.seconds)
        for proxy in proxies:
            proxy.thaw()

    async def _poison(self, _fault: Fault) -> None:
        event_id = f"poison-{len(self.course.poison) + 1}"
        self.course.poison.append(event_id)
        await publish_poison(self._cluster.rabbitmq.url, event_id)

    async def _kill_subscriber(self, fault: Fault) -> None:
        self._cluster.subscribers[fault.target].kill()

    async def _stop_broker(self, fault: Fault) -> None:
        await self._cluster.rabbitmq.stop()
        await asyncio.sleep(fault.seconds)
        await self._cluster.rabbitmq.start()

    async def _restart_broker(self, _fault: Fault) -> None:
        await self._cluster.rabbitmq.restart()

    async def _alarm_broker(self, fault: Fault) -> None:
        """Let it have too much memory in use: it takes nothing from publishers then."""
        await self._allow_memory("0.000001")
        await asyncio.sleep(fault.seconds)
        await self._allow_memory("0.4")

    async def _allow_memory(self, share: str) -> None:
        """Set its limit. The command is a whole Erlang: where much else runs it may not get on."""
        asking = AsyncRetrying(
            retry=retry_if_exception_type(RabbitMQNotAvailableError),
            stop=stop_after_attempt(TRIES),
            reraise=True,
        )
        await asking(self._cluster.rabbitmq.ctl, "set_vm_memory_high_watermark", share)

    async def _restart_database(self, _fault: Fault) -> None:
        await self._cluster.postgres.restart()

    async def _misbehave(self, manner: Manner, fault: Fault) -> None:
        self._cluster.endpoint.manner = manner
        await asyncio.sleep(fault.seconds)
        self._cluster.endpoint.manner = Manner.WELL

    async def _stop(self, outside: Endpoint | MailServer, fault: Fault) -> None:
        await outside.stop()
        await asyncio.sleep(fault.seconds)
        await outside.start()

    async def _drop_mail(self, fault: Fault) -> None:
        """Take emails, and drop the connection before it is said."""
        self._cluster.mail.drops = True
        await asyncio.sleep(fault.seconds)
        self._cluster.mail.drops = False

    async def _start_again(self, replica: Replica) -> None:
        """Start what was killed, or ended by itself meanwhile, as an orchestrator does."""
        while not replica.process.is_running:
            try:
                await replica.process.start(within=START_WITHIN)
            except ProcessFailedError as error:
                if any(words in replica.process.tail() for words in _AWAY):
                    self.course.given_up += 1
                else:
                    self._note_end(replica, str(error))
        self._in_hand.discard(replica.name)

    async def _watch(self) -> None:
        """Start again what ends by itself, and note it: nothing should."""
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            for replica in self._cluster.replicas.values():
                if replica.process.has_ended and replica.name not in self._in_hand:
                    self._in_hand.add(replica.name)
                    self._note_end(replica, replica.process.tail(500))
                    await self._start_again(replica)

    def _note_end(self, replica: Replica, said: str) -> None:
        self.course.ended.append(f"{replica.name} ({replica.process.log})")
        self._say(f"{replica.name} ended by itself: {said[-500:]}")
