"""The stream of all leads there are, read to its end, against COPY of the same documents.

The stream is a request to a real stream-svc process. The limit is asyncpg's COPY of the stored
documents, which are what `put` frames carry; frames, marks and HTTP come on top of it.
"""

import time
from collections.abc import Sequence
from typing import Final

import aiohttp
import orjson

from bench.figures import Figure, against_limit
from bench.servers import Servers
from bench.stream_service import contacts, empty_projection, fill, running_stream
from leadwire.db import Connection

LEADS: Final = 100_000
ROUNDS: Final = 7
"""More than of other benchmarks: one takes less than a second."""
WITHIN: Final = aiohttp.ClientTimeout(total=120)


async def measure_snapshot(servers: Servers) -> Sequence[Figure]:
    """Return leads per second of the stream and of COPY, in turn."""
    values, limits = [], []
    async with empty_projection(servers) as (url, connection):
        await fill(url, list(contacts(LEADS)))
        await connection.execute("VACUUM ANALYZE leads")
        await servers.checkpoint()
        async with running_stream(servers, url) as service:
            await _stream(service.url)  # warms up
            await _copy(connection)
            for _ in range(ROUNDS):
                values.append(await _stream(service.url))
                limits.append(await _copy(connection))
    return [
        against_limit("stream-snapshot", values=values, limits=limits, unit="leads/s", target=0.6)
    ]


async def _stream(url: str) -> float:
    """Read the stream to its end; return the leads per second."""
    started = time.perf_counter()
    last = b""
    async with (
        aiohttp.ClientSession(timeout=WITHIN, headers={"Accept-Encoding": "identity"}) as session,
        session.get(f"{url}/v1/leads/stream?follow=false") as response,
    ):
        async for piece in response.content.iter_any():
            last = last[-100:] + piece if len(piece) < 100 else piece
    elapsed = time.perf_counter() - started
    end = orjson.loads(last.splitlines()[-1])
    if end != {"type": "end", "count": LEADS}:
        raise RuntimeError(f"the stream did not end with every lead: {end}")
    return LEADS / elapsed


async def _copy(connection: Connection) -> float:
    """Copy the documents to nowhere; return the leads per second."""

    async def drop(_: bytes) -> None:
        pass

    started = time.perf_counter()
    status = await connection.copy_from_query(
        "SELECT doc FROM leads WHERE doc IS NOT NULL", output=drop
    )
    elapsed = time.perf_counter() - started
    if status != f"COPY {LEADS}":
        raise RuntimeError(f"not every lead was copied: {status}")
    return LEADS / elapsed
