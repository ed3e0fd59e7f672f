"""An endpoint of another team that is sent every event by a webhook.

It keeps what it gets in a store like that of a subscriber, and so is judged like one. It listens in
this process, on a port that stays the same.
"""

import asyncio
from base64 import b64encode
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes
from typing import Final

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from chaos.subscriber import Store, Vices
from chaos.subscribers import EventKey, Received, reading
from leadwire.db.embedded.ports import LOOPBACK, free_port

HUNG_FOR: Final = 60.0
"""Seconds for which it says nothing, which is longer than anybody waits."""


class Manner(StrEnum):
    """How it answers."""

    WELL = "well"
    FAILS = "fails"
    HANGS = "has the effect, and never answers"


class Endpoint:
    """Takes genuine events, each once, and answers in the manner that it is told.

    Args:
        store: File of its database.

    Attributes:
        manner: How it answers from now on.
        url: Where it listens.
        secret: Signs what it is sent.
    """

    def __init__(self, store: Path) -> None:
        self._port = free_port()
        self._path = store
        self._store = Store(store, Vices())
        self._runner: web.AppRunner | None = None
        self.manner = Manner.WELL
        self.url = f"http://{LOOPBACK}:{self._port}/events"
        self.secret = f"whsec_{b64encode(token_bytes(24)).decode()}"

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_post("/events", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()

    async def stop(self) -> None:
        """Listen no more, and drop what is under way."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def heard(self) -> set[EventKey]:
        """Return the keys of the events that it has received."""
        with closing(reading(self._path)) as store:
            return set(store.execute("SELECT source, id FROM inbox"))

    def received(self) -> Received:
        """Read what it has."""
        return Received.read(self._path)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.manner is Manner.FAILS:
            return web.Response(status=503)
        try:
            event = Webhook(self.secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=401)
        if event["id"] != request.headers["webhook-id"]:
            return web.Response(status=400)
        self._store.take(event["id"], body)
        if self.manner is Manner.HANGS:
            await asyncio.sleep(HUNG_FOR)
        return web.Response(status=204)
