"""The subscribers without the kit: started too early, and killed with events in hand."""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from e2e.other_team import Program, in_javascript, in_plain_python
from leadwire.broker import Accepted, Broker, Message, broker_from_url
from leadwire.contracts import EventType
from leadwire.contracts.samples import sample_bytes
from leadwire.testing import eventually

pytestmark = pytest.mark.fault

CUSTOMERS = "SELECT lead_id FROM customers"
EVENTS = 30
"""More than a subscriber takes in hand."""


@pytest.fixture
async def leadwire(broker_url: str) -> AsyncIterator[Broker]:
    """Publishes as Leadwire does; nothing of it is on the broker yet."""
    broker = broker_from_url(broker_url, name="leadwire")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.mark.parametrize("example", [in_plain_python, in_javascript])
async def test_what_its_database_does_not_take_just_now_comes_again_also_after_a_kill(
    example: Callable[[str, Path], Program], leadwire: Broker, broker_url: str, tmp_path: Path
) -> None:
    program = example(broker_url, tmp_path / "team")
    await program.start()
    try:
        await eventually(program.started_over, within=30)
        await leadwire.declare([])
        await eventually(program.is_subscribed, within=30)

        _execute(program, "ALTER TABLE customers RENAME TO away")
        leads = [str(uuid7()) for _ in range(EVENTS)]
        seen = program.started_over()
        outcomes = await leadwire.publish([_interested(lead) for lead in leads])
        assert list(outcomes) == [Accepted()] * EVENTS
        await eventually(lambda: program.started_over() > seen, within=30)
        await program.kill()
        _execute(program, "ALTER TABLE away RENAME TO customers")
        assert program.column(CUSTOMERS) == []

        await program.start()
        await eventually(lambda: program.column(CUSTOMERS) == sorted(leads), within=30)
        assert program.column("SELECT reason FROM set_aside") == []
    finally:
        await program.kill()


def _interested(lead: str) -> Message:
    event_type = EventType.LEAD_INTERESTED_CREATED
    event = json.loads(sample_bytes(event_type))
    event["data"]["lead"]["id"] = event["data"]["work"]["id"] = event["subject"] = lead
    event["id"] = str(uuid7())
    return Message(id=event["id"], type=event_type, body=json.dumps(event).encode())


def _execute(program: Program, statement: str) -> None:
    with closing(sqlite3.connect(program.database, isolation_level=None, timeout=30)) as database:
        database.execute(statement)
