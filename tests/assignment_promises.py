"""What never may be so in manager-svc's tables: G4 and G5, said in SQL.

Each query counts, in one statement and so at one moment, what breaks a promise. The tables are
those of the search path.
"""

from collections.abc import Mapping
from typing import Final

from leadwire.db import Connection

BROKEN: Final[Mapping[str, str]] = {
    "a lead and its place disagree": """
        SELECT count(*) FROM leads
        FULL JOIN slots ON slots.lead_id = leads.id AND slots.manager_id = leads.manager_id
        WHERE (slots.lead_id IS NULL) <> (leads.manager_id IS NULL)
    """,
    "a manager holds more than his capacity": """
        SELECT count(*) FROM managers
        WHERE capacity < (SELECT count(*) FROM leads WHERE leads.manager_id = managers.id)
    """,
    "somebody who is not there holds or may get a lead": """
        SELECT count(*) FROM slots JOIN managers ON managers.id = slots.manager_id
        WHERE state = 'removed' OR (state = 'paused' AND free_since IS NOT NULL)
    """,
    "a lead waits while somebody is free whom it may go to": """
        SELECT count(*) FROM slots
        WHERE free_since IS NOT NULL AND EXISTS (
            SELECT FROM leads
            WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
                AND NOT EXISTS (
                    SELECT FROM given_back
                    WHERE given_back.lead_id = leads.id
                        AND given_back.manager_id = slots.manager_id
                        AND at > now() - interval '1 hour'
                )
        )
    """,
    "a lead is closed to somebody who holds it, or though it is decided or erased": """
        SELECT count(*) FROM given_back JOIN leads ON leads.id = given_back.lead_id
        WHERE leads.manager_id = given_back.manager_id
            OR decided_at IS NOT NULL OR erased_at IS NOT NULL
    """,
}


async def assert_kept(connection: Connection) -> None:
    """Fail if a promise is broken now."""
    for name, query in BROKEN.items():
        assert await connection.fetchval(query) == 0, name
