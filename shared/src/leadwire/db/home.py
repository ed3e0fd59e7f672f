"""Where a schema is at home: server, database and the schema itself, as Postgres counts them.

`migrate` keeps it in the schema. A backup takes it along: so a schema that was restored, or copied,
tells of another home than it has. No name does: everything may be called as before.

- Another server has another system identifier, made at random by `initdb`.
- On the same server a database that was made anew has another OID, as has a schema.
- A server that was recovered to a moment in the past, or promoted, goes on on a new timeline.

What a storage's snapshot brings back, server and all, is the same in all of these.
"""

from dataclasses import dataclass

from leadwire.db.queries import Queries
from leadwire.db.session import Connection

_QUERIES = Queries("leadwire.db.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a schema is, as numbers; None where that is not known.

    Attributes:
        system_identifier: Of the server.
        timeline: Of the server, as of its last checkpoint.
        database_oid: Of the database.
        schema_oid: Of the schema.
    """

    system_identifier: int | None
    timeline: int | None
    database_oid: int | None
    schema_oid: int | None

    def is_elsewhere(self, other: "Home") -> bool:
        """Tell whether it is for sure another place; the timeline does not count."""
        return any(
            mine is not None and theirs is not None and mine != theirs
            for mine, theirs in (
                (self.system_identifier, other.system_identifier),
                (self.database_oid, other.database_oid),
                (self.schema_oid, other.schema_oid),
            )
        )

    def is_on_another_timeline(self, other: "Home") -> bool:
        """Tell whether the server was recovered or promoted."""
        return None not in (self.timeline, other.timeline) and self.timeline != other.timeline


async def current_home(connection: Connection) -> Home:
    """Return where the connection's schema is."""
    values = {"system_identifier": None, "timeline": None, "database_oid": None, "schema_oid": None}
    values |= dict(await connection.fetchrow(_QUERIES["tell_database"]) or {})
    if await connection.fetchval(_QUERIES["may_know_server"]):
        values |= dict(await connection.fetchrow(_QUERIES["tell_server"]) or {})
    return Home(**values)


async def kept_home(connection: Connection) -> Home | None:
    """Return where the schema says that it is at home; None if it says nothing."""
    record = await connection.fetchrow(_QUERIES["find_schema_home"])
    return None if record is None else Home(**record)


async def keep_first_home(connection: Connection) -> None:
    """Note where the connection's schema is, unless it says already where it was made."""
    await connection.execute(_QUERIES["create_schema_home"])
    await _write(connection, "keep_schema_home", await current_home(connection))


async def move_home(connection: Connection) -> None:
    """Note that the connection's schema is at home where it is now."""
    await _write(connection, "replace_schema_home", await current_home(connection))


async def _write(connection: Connection, query: str, home: Home) -> None:
    await connection.execute(
        _QUERIES[query],
        home.system_identifier,
        home.timeline,
        home.database_oid,
        home.schema_oid,
    )
