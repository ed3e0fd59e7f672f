"""The same SQL through pgbench: the limit that requests to a service are held to.

pgbench comes with the embedded Postgres, so it is as new as the server that it drives. Its
clients send each transaction's statements one by one, prepared, and do nothing else.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from leadwire.db.embedded import installed_programs

ENDS_WITHIN: Final = 60.0
"""Seconds beyond its time that pgbench may take to begin and to end."""

_COMMENT: Final = re.compile(r"--[^\n]*")
_PARAMETER: Final = re.compile(r"\$(\d+)")
_RATE: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)


class PgbenchError(Exception):
    """pgbench ended with an error, or some of its transactions did."""


def as_statement(query: str, *arguments: str) -> str:
    r"""Write a query as a statement of a pgbench script, without its semicolon.

    Args:
        query: The text of a `.sql` file.
        arguments: What stands for `$1`, `$2` and so on: a variable of the script, as
            `:lead_id`, or SQL.

    >>> as_statement("SELECT $1::uuid, $2 -- of $1\n", ":lead_id", "now()")
    'SELECT :lead_id::uuid, now()'
    """
    bare = _COMMENT.sub("", query).strip().removesuffix(";")
    return _PARAMETER.sub(lambda found: arguments[int(found[1]) - 1], bare).rstrip()


async def transactions_per_second(
    url: str, script: str, *, clients: int, seconds: int, variables: Mapping[str, str]
) -> float:
    r"""Run a pgbench script from some clients at once, again and again, for some seconds.

    Args:
        url: Of a role whose search path names the schema.
        script: The statements of one transaction; `\gset` keeps what one has returned.
        clients: How many run it at a time; each has its number in `:client_id`.
        seconds: How long.
        variables: What the script's variables are at first.

    Raises:
        PgbenchError: A statement failed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".pgbench") as file:
        file.write(script)
        file.flush()
        output = await _run(
            [
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={clients}",
                "--jobs=1",
                f"--time={seconds}",
                f"--file={file.name}",
                *(f"--define={name}={value}" for name, value in variables.items()),
            ],
            environment=_connection(url),
            within=seconds + ENDS_WITHIN,
        )
    return _rate_in(output)


async def _run(arguments: list[str], *, environment: Mapping[str, str], within: float) -> str:
    process = await asyncio.create_subprocess_exec(
        installed_programs() / "pgbench",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(within):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise PgbenchError(f"pgbench exited with {process.returncode}:\n{text[-2000:]}")
    return text


def _rate_in(output: str) -> float:
    rate, failed = _RATE.search(output), _FAILED.search(output)
    if rate is None or failed is None or int(failed[1]):
        raise PgbenchError(f"pgbench did not say a rate without failures:\n{output[-2000:]}")
    return float(rate[1])


def _connection(url: str) -> dict[str, str]:
    """Say in libpq's variables where to connect: a command line would show the password."""
    parts = urlsplit(url)
    return {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.removeprefix("/"),
        "PGSSLMODE": dict(parse_qsl(parts.query)).get("sslmode", "prefer"),
    }
