"""Imports that do not end before a test has done what it does in their middle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

HOLD = """
CREATE OR REPLACE FUNCTION import_svc.hold() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock_shared(17); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER hold BEFORE INSERT ON import_svc.import_chunks
FOR EACH ROW WHEN (NEW.number >= {chunks}) EXECUTE FUNCTION import_svc.hold();
"""


@asynccontextmanager
async def held_imports(admin_database: str, *, chunks: int) -> AsyncIterator[None]:
    """Have no import store more chunks than these, meanwhile; the next one waits before its commit.

    Args:
        admin_database: Where import-svc has its schema.
        chunks: Of each import; they have some thousand rows each.
    """
    connection = await asyncpg.connect(admin_database, timeout=10)
    try:
        await connection.execute(HOLD.format(chunks=chunks))
        await connection.execute("SELECT pg_advisory_lock(17)")
        yield
    finally:
        connection.terminate()  # the server may be away
