"""A service that does next to nothing, to try what every service is made of.

Run as a process by the tests, and imported by them.
"""

import asyncio
import sys
import uuid
from dataclasses import dataclass, field

from aiohttp import web
from pydantic_settings import SettingsConfigDict

from leadwire.access import PUBLIC
from leadwire.broker import Ack, Delivery, Message, Subscription, Verdict
from leadwire.http import SUPERVISOR, Operation, Response, add_operations, json_response
from leadwire.observability import current_trace, current_traceparent
from leadwire.outbox import OUTBOX_MIGRATIONS, OutgoingEvent
from leadwire.service import (
    Backbone,
    ServiceDescription,
    ServiceSettings,
    add_consumer,
    install_backbone,
    install_relay,
    main,
)


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")


class Mortal:
    """A component that dies when it is told to."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._stopped = False

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self._stopped = True
        self._told.set()

    async def wait(self) -> None:
        await self._told.wait()
        if not self._stopped:
            raise RuntimeError("told to die")

    async def die(self, _: web.Request) -> web.StreamResponse:
        self._told.set()
        return json_response({})


@dataclass
class Probe:
    """Publishes an event for each request, and shows the traces in which they came back."""

    backbone: Backbone
    traces: list[str] = field(default_factory=list)

    async def publish(self, _: web.Request) -> web.StreamResponse:
        message = Message(
            id=str(uuid.uuid4()),
            type="probed",
            body=b"{}",
            headers={"ce-source": "probe", "traceparent": current_traceparent()},
        )
        event = OutgoingEvent(message=message, aggregate_id=None)
        async with self.backbone.database.transaction() as connection:
            await self.backbone.outbox.add(connection, [event])
        return json_response({}, 202)

    async def handle(self, delivery: Delivery) -> Verdict:
        trace = current_trace()
        assert trace is not None
        self.traces.append(trace.trace_id)
        return Ack()

    async def show(self, _: web.Request) -> web.StreamResponse:
        return json_response({"traces": self.traces})

    async def slow(self, _: web.Request) -> web.StreamResponse:
        async with self.backbone.database.connection() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(1)")
        return json_response({"waited": True})


def setup(app: web.Application, settings: ProbeSettings) -> None:
    backbone = install_backbone(app, settings, SERVICE)
    probe, mortal = Probe(backbone), Mortal()
    app[SUPERVISOR].add("mortal", mortal)
    install_relay(app, backbone)
    add_consumer(app, backbone, SUBSCRIPTION, probe.handle)
    ok = {200: Response(None, "Fine.")}
    add_operations(
        app,
        [
            Operation("POST", "/publish", probe.publish, "Publish", "Probe", ok, access=PUBLIC),
            Operation("GET", "/traces", probe.show, "Show", "Probe", ok, access=PUBLIC),
            Operation("GET", "/slow", probe.slow, "Wait", "Probe", ok, access=PUBLIC),
            Operation("POST", "/die", mortal.die, "Die", "Probe", ok, access=PUBLIC),
        ],
    )


SUBSCRIPTION = Subscription(name="probe-svc", types=("probed",), prefetch=4)
SERVICE = ServiceDescription(
    name="probe-svc",
    schema="probe_svc",
    settings=ProbeSettings,
    migrations=[OUTBOX_MIGRATIONS],
    subscriptions=[SUBSCRIPTION],
    setup=setup,
)

if __name__ == "__main__":
    sys.exit(main(SERVICE))
