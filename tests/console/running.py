"""A Leadwire as `make run BROKER_URL=amqp://...` starts it, to be stopped and started again."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from leadwire.db.embedded import EmbeddedPostgres, free_port
from leadwire.testing import eventually

JSON = dict[str, Any]
READY_WITHIN = 90.0
STOPS_WITHIN = 60.0
READ_WITHIN = 30.0


class Leadwire:
    """One process with all services, on an embedded Postgres.

    Args:
        directory: Where it keeps what it needs; the account that runs Postgres passes through.
        broker_url: Of a virtual host of its own; None for the broker in the database.
        environment: Settings besides.
    """

    def __init__(
        self,
        *,
        directory: Path,
        broker_url: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.broker_url = broker_url or ""
        self.url = f"http://127.0.0.1:{free_port()}"
        self._directory = directory
        self._environment = {
            **os.environ,
            "LEADWIRE_BROKER_URL": self.broker_url,
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
        self.kill()
        await EmbeddedPostgres(data_dir=self._directory / "data" / "postgres").destroy()

    async def start(self) -> None:
        """Start it, at the same address each time."""
        log = self._directory / "leadwire.log"
        port = self.url.rpartition(":")[2]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "leadwire_standalone"),
                    *(f"--port={port}", f"--data={self._directory / 'data'}"),
                ],
                env=self._environment,
                stdout=output,
                stderr=output,
            )
        process = self._process

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text()
            return f"Leadwire is ready at {self.url}" in log.read_text()

        await eventually(is_ready, within=READY_WITHIN)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOPS_WITHIN)

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        """Send a request to the API; return the JSON of its answer."""
        assert self._session is not None
        async with self._session.request(method, f"{self.url}{path}", **options) as response:
            assert response.ok, f"{method} {path}: {response.status} {await response.text()}"
            return None if response.status == 204 else await response.json()

    async def add_manager(self, name: str) -> str:
        """Add a lead manager; return his id."""
        return str((await self.ask("POST", "/v1/managers", json={"name": name}))["id"])

    async def add_lead(self, name: str, family_name: str, email: str) -> str:
        """Create a lead; return its id once it can be read."""
        lead = {"name": name, "family_name": family_name, "email": email}
        lead_id = str((await self.ask("POST", "/v1/leads", json=lead))["id"])
        await self.can_read(lead_id)
        return lead_id

    async def can_read(self, lead_id: str) -> None:
        """Wait until a lead is there for those who read, who get leads by events."""
        assert self._session is not None
        session, url = self._session, f"{self.url}/v1/leads/{lead_id}"

        async def is_there() -> bool:
            async with session.get(url) as response:
                return response.status == 200

        await eventually(is_there, within=READ_WITHIN)

    async def mark(self, lead_id: str, status: str) -> JSON:
        """Mark a lead; return the answer."""
        answer: JSON = await self.ask("PUT", f"/v1/leads/{lead_id}/status", json={"status": status})
        return answer
