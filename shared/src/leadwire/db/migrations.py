"""Numbered SQL files, each applied once, in its own transaction, under a lock.

What was applied stands in the table `schema_migrations` of the service's own schema,
with a checksum: a file is never edited after it was applied, a new one is added. A
service runs beside its previous version, so a change comes in two files: one that
expands, and, a release later, one that contracts. Beside them stands where the schema was made
(`home.py`).
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import structlog
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_random

from leadwire.db.errors import MigrationError
from leadwire.db.home import keep_first_home
from leadwire.db.queries import Queries
from leadwire.db.session import Connection

log = structlog.get_logger(__name__)

_QUERIES = Queries("leadwire.db.sql")
_FILE_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")

LOCK_WITHIN = 120.0
"""Seconds to wait for another process that applies migrations to the same schema."""

STATEMENT_WITHIN = 600.0
"""Seconds for one migration file."""


@dataclass(frozen=True, slots=True)
class MigrationSource:
    """A package of migration files.

    Attributes:
        name: Under which the files are recorded, for example `import-svc`.
        package: Import name of the package that holds the files `NNNN_name.sql`.
    """

    name: str
    package: str

    def migrations(self) -> "list[Migration]":
        """Return the files in the order of their numbers.

        Raises:
            MigrationError: A name is not `NNNN_name.sql`, or a number is there twice.
        """
        found = [
            Migration(self.name, entry.name.removesuffix(".sql"), entry.read_text("utf-8"))
            for entry in sorted(files(self.package).iterdir(), key=lambda entry: entry.name)
            if entry.name.endswith(".sql")
        ]
        numbers = [migration.number for migration in found]
        if len(set(numbers)) < len(numbers):
            raise MigrationError(f"two migrations of {self.package} have the same number")
        return found


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file.

    Attributes:
        source: Name of its source.
        name: File name without `.sql`.
        sql: Its text.
    """

    source: str
    name: str
    sql: str

    @property
    def id(self) -> str:
        """Source and name, by which it is known."""
        return f"{self.source}/{self.name}"

    @property
    def number(self) -> str:
        """The four digits that its name starts with.

        Raises:
            MigrationError: It does not.
        """
        if (match := _FILE_NAME.fullmatch(f"{self.name}.sql")) is None:
            raise MigrationError(f"{self.id}: a migration is named NNNN_lower_case.sql")
        return match["number"]

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, as hexadecimal digits."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(
    connection: Connection, *, schema: str, sources: Sequence[MigrationSource]
) -> list[str]:
    """Apply what is pending; processes that do so together wait for one another.

    Args:
        connection: Of the role that owns the schema, not in a transaction.
        schema: Where the tables go; it must exist.
        sources: Applied in this order.

    Returns:
        `source/name` of each file applied now, in order.

    Raises:
        MigrationError: An applied file was changed or is not there any more, a file
            name is wrong, the schema does not exist, or another process held the lock
            for two minutes.
    """
    known = _load(sources)
    key = f"migrate {schema}"
    await _lock(connection, key)
    try:
        applied = await _applied(connection, schema)
        _refuse_changed(known, applied)
        _refuse_unknown(known, applied)
        done = [await _apply(connection, schema, one) for one in known if one.id not in applied]
        async with connection.transaction():
            await _enter_schema(connection, schema)
            await keep_first_home(connection)
    finally:
        if not connection.is_closed():
            await connection.execute(_QUERIES["unlock_migrations"], key)
    return done


async def pending_migrations(
    connection: Connection, *, schema: str, sources: Sequence[MigrationSource]
) -> list[str]:
    """Name the migrations that are not applied yet, as `source/name`.

    Files that were applied and are not known here are no error: a newer version of the
    service has migrated, and this one runs beside it.

    Raises:
        MigrationError: An applied file was changed, or the schema does not exist.
    """
    known = _load(sources)
    applied = await _applied(connection, schema)
    _refuse_changed(known, applied)
    return [migration.id for migration in known if migration.id not in applied]


def _load(sources: Sequence[MigrationSource]) -> list[Migration]:
    return [migration for source in sources for migration in source.migrations()]


async def _lock(connection: Connection, key: str) -> None:
    """Take the session's advisory lock, polling: waiting in the server would hold a snapshot."""
    trying = AsyncRetrying(
        retry=retry_if_result(lambda locked: not locked),
        wait=wait_random(0.05, 0.25),
        stop=stop_after_delay(LOCK_WITHIN),
    )
    try:
        await trying(connection.fetchval, _QUERIES["try_lock_migrations"], key)
    except RetryError as error:
        raise MigrationError(
            f"another process has held the migration lock for {LOCK_WITHIN:g} s"
        ) from error


async def _applied(connection: Connection, schema: str) -> dict[str, str]:
    """Return the checksums of the applied files by `source/name`."""
    async with connection.transaction():
        await _enter_schema(connection, schema)
        if not await connection.fetchval(_QUERIES["schema_migrations_exists"], schema):
            return {}
        rows = await connection.fetch(_QUERIES["list_applied_migrations"])
    return {f"{row['source']}/{row['name']}": row["checksum"] for row in rows}


async def _apply(connection: Connection, schema: str, migration: Migration) -> str:
    async with connection.transaction():
        await _enter_schema(connection, schema)
        await connection.execute(_QUERIES["create_schema_migrations"])
        # asyncpg's own time-out must not end sooner what the server is given longer for.
        await connection.execute(migration.sql, timeout=STATEMENT_WITHIN)
        await connection.execute(
            _QUERIES["record_migration"], migration.source, migration.name, migration.checksum
        )
    log.info("migration_applied", schema=schema, migration=migration.id)
    return migration.id


async def _enter_schema(connection: Connection, schema: str) -> None:
    if not await connection.fetchval(_QUERIES["schema_exists"], schema):
        raise MigrationError(f"the schema {schema} does not exist: provision its role first")
    milliseconds = f"{STATEMENT_WITHIN * 1000:.0f}"
    await connection.execute(_QUERIES["enter_schema_for_migration"], f'"{schema}"', milliseconds)


def _refuse_changed(known: Sequence[Migration], applied: dict[str, str]) -> None:
    changed = [one.id for one in known if applied.get(one.id, one.checksum) != one.checksum]
    if changed:
        raise MigrationError(
            f"changed after they were applied: {', '.join(changed)}; "
            "restore them and add a new migration instead"
        )


def _refuse_unknown(known: Sequence[Migration], applied: dict[str, str]) -> None:
    unknown = sorted(applied.keys() - {migration.id for migration in known})
    if unknown:
        raise MigrationError(
            f"applied to this schema, but not known here: {', '.join(unknown)}; "
            "this version is older than the schema, or the wrong schema was named"
        )
