"""The whole of Leadwire, each service as a process of its own, on private servers."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from e2e.preparing import prepare_here
from leadwire.testing.process import ServiceProcess, run_to_end
from leadwire.testing.services import PREFIXES, Urls, new_process

IMPORT_WITHIN = aiohttp.ClientTimeout(total=180)
JSON = dict[str, Any]


class NotAnsweredError(Exception):
    """A service said that it cannot answer now (503)."""


class System:
    """Four running services and a client that finds the right one for a path."""

    def __init__(
        self,
        *,
        services: Mapping[str, ServiceProcess],
        session: aiohttp.ClientSession,
        admin_database: str,
    ) -> None:
        self.admin_database = admin_database
        self._services = services
        self._session = session
        self._gateway: str | None = None

    @classmethod
    async def start(
        cls,
        urls: Urls,
        *,
        directory: Path,
        settings: Mapping[str, str] | None = None,
        prepare: Callable[[ServiceProcess], Awaitable[None]] = prepare_here,
    ) -> Self:
        """Provision, migrate and declare as an operator would, then start every service.

        Args:
            urls: Where the servers are.
            directory: Takes logs, files and emails.
            settings: More of them, for all services.
            prepare: What each service needs before its start.
        """
        services = {module: new_process(module, urls, directory) for module in PREFIXES}
        # Side by side, as replicas and one-shot jobs are in a deployment.
        async with asyncio.TaskGroup() as starting:
            for service in services.values():
                service.environment = {**service.environment, **(settings or {})}
                starting.create_task(_prepare_and_start(service, prepare))
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return cls(services=services, session=session, admin_database=urls.admin_database)

    def service(self, module: str) -> ServiceProcess:
        """Return the process of one service, for example `manager_svc`."""
        return self._services[module]

    def ask_through(self, gateway: str) -> None:
        """Send every request to this address from now on."""
        self._gateway = gateway

    def _url(self, module: str, path: str) -> str:
        return f"{self._gateway or self._services[module].url}{path}"

    async def stop(self) -> dict[str, int]:
        """Stop every service; return the exit code of each."""
        await self._session.close()
        codes = await asyncio.gather(*(service.stop() for service in self._services.values()))
        return dict(zip(self._services, codes, strict=True))

    async def get(self, module: str, path: str, **query: str) -> JSON:
        """GET a JSON answer from a service."""
        return await self.request("GET", module, path, params=query)

    async def post(self, module: str, path: str, body: JSON) -> JSON:
        """POST a JSON body to a service."""
        return await self.request("POST", module, path, json=body)

    async def patch(self, module: str, path: str, body: JSON) -> JSON:
        """PATCH with a JSON body."""
        return await self.request("PATCH", module, path, json=body)

    async def delete(self, module: str, path: str) -> None:
        """DELETE what a path names."""
        async with self._session.delete(self._url(module, path)) as response:
            assert response.status == 204, f"DELETE {path}: {response.status}"

    async def run(self, module: str, *arguments: str) -> str:
        """Run a command of a service beside the process that serves; return what it printed."""
        environment = self._services[module].environment
        return await run_to_end([module, *arguments], environment=environment)

    async def status_of(self, module: str, path: str) -> int:
        """GET a path for the status of the answer alone."""
        async with self._session.get(self._url(module, path)) as response:
            return response.status

    async def mark(self, lead_id: str, status: str, *, reason: str | None = None) -> JSON:
        """Record a manager's decision, or correct it with a reason."""
        path, body = f"/v1/leads/{lead_id}/status", {"status": status, "reason": reason}
        return await self.request("PUT", "manager_svc", path, json=body)

    async def import_leads(
        self,
        body: bytes,
        content_type: str,
        *,
        key: str | None = None,
        in_background: bool = False,
        **query: str,
    ) -> JSON:
        """Import leads in one call, perhaps with an idempotency key; return the receipt."""
        return await self.request(
            "POST",
            "import_svc",
            "/v1/imports",
            data=io.BytesIO(body),
            params=query,
            headers={"Content-Type": content_type}
            | ({"Idempotency-Key": key} if key else {})
            | ({"Prefer": "respond-async"} if in_background else {}),
            timeout=IMPORT_WITHIN,
        )

    async def send_form(self, data: aiohttp.FormData, *, key: str | None = None) -> JSON:
        """Create a lead from a multipart form, perhaps with an idempotency key."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.request("POST", "import_svc", "/v1/leads", data=data, headers=headers)

    async def stream_text(self, **query: str) -> str:
        """Read the stream to its end."""
        url = self._url("stream_svc", "/v1/leads/stream")
        async with self._session.get(url, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.text()

    async def request(self, method: str, module: str, path: str, **options: Any) -> JSON:
        """Send any request to a service; return its JSON."""
        url = self._url(module, path)
        async with self._session.request(method, url, **options) as response:
            if response.status == 503:
                raise NotAnsweredError(await response.text())
            assert response.ok, f"{method} {path}: {response.status} {await response.text()}"
            answer: JSON = await response.json()
            return answer


async def _prepare_and_start(
    service: ServiceProcess, prepare: Callable[[ServiceProcess], Awaitable[None]]
) -> None:
    await prepare(service)
    await service.start()
