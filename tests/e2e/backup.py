"""A database backed up and restored by Postgres' programs, as docs/operations/backup.md says."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from leadwire.db.embedded import installed_programs

DATABASE = "leadwire"


def of_leadwire(admin_url: str) -> str:
    """Return the administrator's address of Leadwire's database on a server."""
    return urlsplit(admin_url)._replace(path=f"/{DATABASE}").geturl()


async def make_database(admin_url: str) -> None:
    """Make an empty database on a server."""
    connection = await asyncpg.connect(admin_url, timeout=10)
    await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    await connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """Two files: the roles, and the database at one moment."""

    directory: Path

    async def take(self, admin_url: str) -> None:
        """Back up a server that others work on."""
        await _run(
            "pg_dumpall",
            f"--dbname={admin_url}",
            "--roles-only",
            "--no-role-passwords",
            f"--file={self._roles}",
        )
        await _run(
            "pg_dump",
            f"--dbname={of_leadwire(admin_url)}",
            "--format=custom",
            "--no-unlogged-table-data",
            f"--file={self._database}",
        )

    async def restore(self, admin_url: str) -> None:
        """Restore it on a server that has nothing."""
        # The administrator's own role is there already, of which psql complains.
        await _run("psql", f"--dbname={admin_url}", "--quiet", f"--file={self._roles}")
        await make_database(admin_url)
        await _run(
            "pg_restore", "--exit-on-error", f"--dbname={of_leadwire(admin_url)}", self._database
        )

    @property
    def _roles(self) -> str:
        return str(self.directory / "roles.sql")

    @property
    def _database(self) -> str:
        return str(self.directory / "leadwire.dump")


async def _run(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        installed_programs() / program,
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        _, complaints = await process.communicate()
    assert process.returncode == 0, f"{program}: {complaints.decode(errors='replace')}"
