"""The demo's view of Leadwire: its HTTP API and nothing else."""

import json
from pathlib import Path
from typing import Any, Self

import aiohttp

JSON = dict[str, Any]

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
}


class RefusedError(Exception):
    """Leadwire refused a request; the message is its own."""


class Client:
    """A few calls of the HTTP API.

    Args:
        url: Where Leadwire answers.
    """

    def __init__(self, *, url: str) -> None:
        self._session = aiohttp.ClientSession(
            base_url=url, timeout=aiohttp.ClientTimeout(total=600)
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._session.close()

    async def import_leads(self, body: bytes, *, name: str, region: str | None) -> JSON:
        """Import a file, whose name tells its format; return the receipt."""
        return await self._call(
            "POST",
            "/v1/imports",
            data=body,
            params={"region": region} if region else {},
            headers={"Content-Type": CONTENT_TYPES.get(Path(name).suffix.lower(), "text/csv")},
        )

    async def add_manager(self, name: str) -> str:
        """Add a lead manager; return his id."""
        manager = await self._call("POST", "/v1/managers", json={"name": name})
        return str(manager["id"])

    async def held_lead(self, manager_id: str) -> str | None:
        """Return the id of the lead that a manager holds."""
        manager = await self._call("GET", f"/v1/managers/{manager_id}")
        return str(manager["leads"][0]["id"]) if manager["leads"] else None

    async def mark(self, lead_id: str, status: str) -> JSON:
        """Record a decision; return the lead and its manager's next one."""
        return await self._call("PUT", f"/v1/leads/{lead_id}/status", json={"status": status})

    async def stream(self, **filters: str) -> list[JSON]:
        """Return the leads that the stream shows now, to its proper end."""
        url = "/v1/leads/stream"
        async with self._session.get(url, params={"follow": "false", **filters}) as response:
            await _refuse_failures(response)
            frames = [json.loads(line) async for line in response.content]
        if not frames or frames[-1]["type"] != "end":
            raise RefusedError("the stream was cut before its end")
        return [frame["lead"] for frame in frames if frame["type"] == "put"]

    async def _call(self, method: str, path: str, **options: Any) -> JSON:
        async with self._session.request(method, path, **options) as response:
            await _refuse_failures(response)
            answer: JSON = await response.json()
            return answer


def _said(problem: JSON) -> str:
    """Return what a problem says, in a line."""
    errors = [
        f"{each['in']} {each['path']}: {each['message']}" for each in problem.get("errors", [])
    ]
    return "; ".join([f"{problem['detail']} ({problem['code']})", *errors])


async def _refuse_failures(response: aiohttp.ClientResponse) -> None:
    if response.ok:
        return
    reason = await response.text()
    if response.content_type == "application/problem+json":
        reason = _said(json.loads(reason))
    raise RefusedError(f"{response.method} {response.url.path}: {reason}")
