"""Look for somebody in everything that a Leadwire keeps.

Nothing is named here: every column of every table, every file and every queue that there is is read
whole, so that one which is added is looked through as well.
"""

import base64
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp
import asyncpg

TABLES = """
    SELECT c.oid::regclass::text
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
ALL_OF_A_QUEUE = {"count": 10_000, "ackmode": "ack_requeue_true", "encoding": "base64"}
_DAY = re.compile(r"(?<=journal)_\d{8}$")
_GZIP = b"\x1f\x8b"
_ESCAPED = re.compile(rb"\\+u00([0-7][0-9a-f])", re.IGNORECASE)


class Kept:
    """What the database, a directory and a virtual host hold.

    Args:
        admin_database: The database, as one who may read all of it.
        directory: Has the files, emails and logs.
        management_url: Of RabbitMQ's management API.
        broker_url: Names the virtual host.
    """

    def __init__(
        self, *, admin_database: str, directory: Path, management_url: str, broker_url: str
    ) -> None:
        self._database = admin_database
        self._directory = directory
        self._queues = f"{management_url}/api/queues/{urlsplit(broker_url).path.strip('/')}"

    async def places_of(self, person: re.Pattern[bytes]) -> set[str]:
        """Name each column, file and queue that holds what the pattern finds."""
        rows = await self._rows()
        held = {place for place, value in rows if _holds(value, person)}
        held |= {place for place, content in self._files() if _holds(content, person)}
        return held | {place for place, body in await self._messages() if _holds(body, person)}

    async def _rows(self) -> list[tuple[str, object]]:
        connection = await asyncpg.connect(self._database, timeout=10, command_timeout=60)
        try:
            tables = [record[0] for record in await connection.fetch(TABLES)]
            assert len(tables) > 50
            return [
                (f"{_DAY.sub('', table)}.{column}", value)
                for table in tables
                for row in await connection.fetch(f"TABLE {table}")
                for column, value in row.items()
            ]
        finally:
            await connection.close()

    def _files(self) -> Iterator[tuple[str, bytes]]:
        files = [path for path in self._directory.rglob("*") if path.is_file()]
        assert sum(path.suffix == ".log" for path in files) >= 4  # each service has one
        for path in files:
            try:
                yield path.relative_to(self._directory).parts[0], path.read_bytes()
            except FileNotFoundError:
                continue  # deleted just now

    async def _messages(self) -> list[tuple[str, object]]:
        """Take what waits, and give it back; where order matters, only the consumer may take."""
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            async with session.get(self._queues) as response:
                queues = await response.json()
            assert len(queues) >= 8  # of each service that subscribes, and those for its failures
            found: list[tuple[str, object]] = []
            for queue in queues:
                name = queue["name"]
                if queue["arguments"].get("x-single-active-consumer"):
                    assert not queue.get("messages"), f"{name} is being read"
                    continue
                address = f"{self._queues}/{quote(name, safe='')}/get"
                async with session.post(address, json=ALL_OF_A_QUEUE) as response:
                    found += [(f"queue {name}", each) for each in await response.json()]
            return found


def _holds(value: object, person: re.Pattern[bytes]) -> bool:
    return any(person.search(form) for form in _forms(value))


def _forms(value: object) -> Iterator[bytes]:
    """Yield a value as whoever looks at it could read it."""
    match value:
        case None:
            return
        case bytes():
            yield from _readings(value)
        case {"payload": str(payload), "properties": properties}:
            yield from _readings(base64.b64decode(payload))
            yield from _forms(properties)
        case Mapping() | list() | tuple():
            yield from _readings(json.dumps(value, default=str).encode())
        case _:
            yield from _readings(str(value).encode())


def _readings(content: bytes) -> Iterator[bytes]:
    yield content
    yield _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), content)
    if content.startswith(_GZIP):
        yield gzip.decompress(content)
