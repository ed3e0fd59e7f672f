"""Read every lead from the stream, as any reader of it does."""

from typing import Any, Final

import aiohttp
import orjson

from chaos.evidence import LeadView

_WITHIN: Final = aiohttp.ClientTimeout(total=60)


class StreamCutError(Exception):
    """The stream ended before its end."""


async def read_projection(session: aiohttp.ClientSession, url: str) -> dict[str, LeadView]:
    """Return each lead as the stream tells it, by id, in the words of its owners.

    Raises:
        StreamCutError: The last frame is missing, or counts other leads.
    """
    async with session.get(f"{url}/v1/leads/stream", timeout=_WITHIN) as response:
        response.raise_for_status()
        frames = [orjson.loads(line) for line in (await response.read()).splitlines() if line]
    leads = {frame["id"]: _in_owners_words(frame["lead"]) for frame in frames if _is_put(frame)}
    if not frames or frames[-1].get("count") != len(leads):
        raise StreamCutError(f"{len(leads)} leads, then {frames[-1:]}")
    return leads


def _is_put(frame: dict[str, Any]) -> bool:
    return bool(frame["type"] == "put")


def _in_owners_words(lead: dict[str, Any]) -> LeadView:
    manager, tags = lead["manager"], lead["tags"]
    return {
        **{name: lead[name] for name in ("name", "family_name", "email", "cellphone", "status")},
        "manager_id": None if manager is None else manager["id"],
        "contact_rev": _rev(tags["contact"]),
        "work_rev": _rev(tags["work"]),
    }


def _rev(tag: str | None) -> int:
    return 0 if tag is None else int(tag.rpartition("-")[2])
