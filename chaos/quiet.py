"""Wait until nothing moves any more, and say what does if that does not come."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final

from chaos.cluster import Cluster
from chaos.witness import Witness
from leadwire.testing.rabbitmq import RabbitMQNotAvailableError

QUIET_WITHIN: Final = 120.0
_LOOK_EVERY: Final = 0.5
_SAY_EVERY: Final = 10.0


async def wait_for_quiet(
    cluster: Cluster, witness: Witness, *, say: Callable[[str], None], within: float = QUIET_WITHIN
) -> dict[str, int]:
    """Return what still moves after that many seconds; nothing, as soon as nothing does.

    Moving are: rows of an outbox, emails and events to send, imports and replays that run, messages
    in any queue, and events that a subscriber, the endpoint or the journal has not got yet.
    """
    deadline, said_at = time.monotonic() + within, time.monotonic()
    while moving := await _moving(cluster, witness):
        if time.monotonic() > deadline:
            return moving
        if time.monotonic() - said_at > _SAY_EVERY:
            say(f"still moving: {in_words(moving)}")
            said_at = time.monotonic()
        await asyncio.sleep(_LOOK_EVERY)
    return {}


def in_words(moving: dict[str, int]) -> str:
    """Say what moves in a line."""
    return ", ".join(f"{what} {count}" for what, count in moving.items())


async def _moving(cluster: Cluster, witness: Witness) -> dict[str, int]:
    """Look where it is cheap first: `rabbitmqctl` takes a second."""
    return await witness.moving() or await _not_received(cluster, witness) or await _queued(cluster)


async def _not_received(cluster: Cluster, witness: Witness) -> dict[str, int]:
    committed, redacted = await witness.committed_keys(), await witness.redacted()
    missing = {
        f"not received by {name}": len(
            committed - each.heard() - (redacted if name in cluster.readers_of_journal else set())
        )
        for name, each in cluster.readers.items()
    }
    missing["not in the journal"] = len(committed - (await witness.journaled()).keys())
    return {what: count for what, count in missing.items() if count}


async def _queued(cluster: Cluster) -> dict[str, int]:
    try:
        listed = await cluster.rabbitmq.ctl("list_queues", "name", "messages", "--formatter=json")
    except RabbitMQNotAvailableError:
        return {"RabbitMQ does not list its queues": 1}
    queues = json.loads(listed[listed.index("[") :])
    return {f"queue {each['name']}": each["messages"] for each in queues if each["messages"]}
