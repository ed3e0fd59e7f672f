"""Fetch the next item while somebody works on the last."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

_T = TypeVar("_T")


async def read_ahead(items: AsyncGenerator[_T]) -> AsyncGenerator[_T]:
    """Yield the items; the next one is on its way as soon as one is taken, and never more.

    What an item raises is raised in its place, after the items before it. Whoever leaves early
    closes this (`contextlib.aclosing`): then nothing is on its way any more, and `items` is closed.
    """
    following = asyncio.create_task(_next(items))
    try:
        while found := await following:
            following = asyncio.create_task(_next(items))
            yield found[0]
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await items.aclose()


async def _next(items: AsyncGenerator[_T]) -> tuple[_T] | None:
    """Return the next item, in a tuple of its own; None at the end."""
    try:
        return (await anext(items),)
    except StopAsyncIteration:
        return None
