"""Render refusals of the domain, and a database that is away, as problems."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

import structlog
from aiohttp import web

from leadwire.db import is_transient
from leadwire.http import Problem
from manager_svc.domain.errors import RefusalError

log = structlog.get_logger(__name__)

P = ParamSpec("P")
Handler = Callable[P, Awaitable[web.StreamResponse]]


def refusing(handler: Handler[P]) -> Handler[P]:
    """Let a handler raise refusals; they are answered as problems with their own code."""

    @functools.wraps(handler)
    async def handle(*args: P.args, **kwargs: P.kwargs) -> web.StreamResponse:
        try:
            return await handler(*args, **kwargs)
        except RefusalError as refusal:
            raise _problem(refusal) from None
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("database_failed_request", error=type(error).__name__)
            raise _unavailable() from error

    return handle


def _problem(refusal: RefusalError) -> Problem:
    problem = Problem(status=refusal.status, code=refusal.code, detail=refusal.detail)
    problem.extra.update(refusal.extra)
    return problem


def _unavailable() -> Problem:
    return Problem(
        status=503,
        code="database_unavailable",
        detail="The database did not answer in time. Try again; a change may have been made.",
        headers={"Retry-After": "1"},
    )
