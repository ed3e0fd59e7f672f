"""Render refusals of the domain as problems."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec

from aiohttp import web

from leadwire.http import Problem
from manager_svc.domain.errors import RefusalError

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

    return handle


def _problem(refusal: RefusalError) -> Problem:
    problem = Problem(status=refusal.status, code=refusal.code, detail=refusal.detail)
    problem.extra.update(refusal.extra)
    return problem
