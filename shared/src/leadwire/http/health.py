"""Is the process alive, and should it get requests?"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from leadwire.http.keys import LEAVING
from leadwire.http.responses import json_response

log = structlog.get_logger(__name__)

ReadinessCheck = Callable[[], Awaitable[None]]

CHECK_WITHIN = 3.0
"""Seconds after which a check counts as failed."""

READINESS_CHECKS = web.AppKey("readiness_checks", dict[str, ReadinessCheck])


def add_readiness_check(app: web.Application, name: str, check: ReadinessCheck) -> None:
    """Let `/readyz` fail while `check` raises.

    Args:
        app: The application.
        name: Shown in the answer, for example `database`.
        check: Proves within a few seconds that the dependency answers now.

    Raises:
        ValueError: There is a check of this name already.
    """
    if name in app[READINESS_CHECKS]:
        raise ValueError(f"there is a readiness check {name!r} already")
    app[READINESS_CHECKS][name] = check


async def alive(_: web.Request) -> web.Response:
    """The event loop turns: that is all that a restart could mend."""
    return json_response({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """200 when every dependency answers; 503 otherwise and while the process drains.

    With `?exclude=broker` that one is not asked. A balancer in front of replicas that share
    a broker would take out all of them, though requests go on without it.
    """
    if request.app[LEAVING].is_set():
        return json_response({"status": "draining", "checks": {}}, status=503)
    excluded = frozenset(request.query.getall("exclude", []))
    checks = {
        name: check
        for name, check in request.app[READINESS_CHECKS].items()
        if _dependency(name) not in excluded
    }
    results = await asyncio.gather(
        *(_within_bounds(check) for check in checks.values()), return_exceptions=True
    )
    outcome: dict[str, str] = {}
    for name, failure in zip(checks, results, strict=True):
        outcome[name] = "ok" if failure is None else "failed"
        if failure is not None:
            # The answer is public, so the reason goes to the log only.
            log.warning("readiness_check_failed", check=name, error=type(failure).__name__)
    if any(results):
        return json_response({"status": "unavailable", "checks": outcome}, status=503)
    return json_response({"status": "ready", "checks": outcome})


def _dependency(name: str) -> str:
    """Return `broker` of `import-svc broker`."""
    return name.rpartition(" ")[2]


async def _within_bounds(check: ReadinessCheck) -> None:
    async with asyncio.timeout(CHECK_WITHIN):
        await check()
