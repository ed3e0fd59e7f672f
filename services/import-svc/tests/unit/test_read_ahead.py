"""One item ahead, in order, and nothing left behind."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from import_svc.usecases.read_ahead import read_ahead
from leadwire.testing import eventually


class Source:
    """Gives numbers, and knows how many were asked for."""

    def __init__(self, count: int, *, then: Exception | None = None) -> None:
        self.given = 0
        self.is_closed = False
        self._count = count
        self._then = then

    async def items(self) -> AsyncGenerator[int]:
        try:
            for number in range(self._count):
                self.given = number + 1
                yield number
            if self._then is not None:
                raise self._then
        finally:
            self.is_closed = True


async def test_the_next_item_comes_while_the_last_is_worked_on_and_never_two() -> None:
    source = Source(10)
    async with contextlib.aclosing(read_ahead(source.items())) as items:
        assert await anext(items) == 0
        await eventually(lambda: source.given == 2, message="the next one is fetched")
        for _ in range(10):
            await asyncio.sleep(0)
        assert source.given == 2


async def test_all_items_come_in_order_and_their_end() -> None:
    assert [item async for item in read_ahead(Source(5).items())] == [0, 1, 2, 3, 4]
    assert [item async for item in read_ahead(Source(0).items())] == []


async def test_an_error_comes_after_the_items_before_it() -> None:
    items = read_ahead(Source(2, then=LookupError()).items())
    assert [await anext(items), await anext(items)] == [0, 1]
    with pytest.raises(LookupError):
        await anext(items)


async def test_whoever_leaves_early_leaves_nothing_on_its_way() -> None:
    before, source = asyncio.all_tasks(), Source(10)
    async with contextlib.aclosing(read_ahead(source.items())) as items:
        await anext(items)
    assert asyncio.all_tasks() == before
    assert source.is_closed
