"""Wait until no event is on its way any more: `python -m e2e.at_rest DIRECTORY`, of a standalone.

The documentation lets its reader pause for a second, in which events arrive on any machine but a
very busy one. Where its commands are tested they wait for this instead.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import asyncpg

from e2e.standalone import database_of
from leadwire.testing import eventually

# Not by what knows the services: to load that takes longer than to wait.
MOVING: Final = """
SELECT FROM import_svc.outbox UNION ALL SELECT FROM manager_svc.outbox
UNION ALL SELECT FROM notifier_svc.outbox UNION ALL SELECT FROM broker.deliveries
"""

# In place of `sleep 1`; what is asked for again and again pauses as it stands there.
IN_PLACE_OF_A_SECOND: Final = f"""
sleep() {{
  if [ "$1" = 1 ]; then PYTHONPATH={Path(__file__).parents[1]} {sys.executable} -m e2e.at_rest .
  else command sleep "$1"; fi
}}
"""


async def at_rest(database: str) -> None:
    """Return once every event was handled.

    An event stands in the outbox until it is at the broker, and there until what it leads to is
    committed: other events too, in an outbox.
    """
    connection = await asyncpg.connect(database, timeout=10, command_timeout=10)

    async def nothing_moves() -> bool:
        return not await connection.fetchval(f"SELECT EXISTS ({MOVING})")

    try:
        await eventually(nothing_moves, within=30, message="all events were handled")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(at_rest(database_of(Path(sys.argv[1]))))
