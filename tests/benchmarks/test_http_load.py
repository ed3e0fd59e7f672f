"""The load of the benchmarks is of requests that succeed."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.http_load import RefusedError, json_request, requests_per_second
from leadwire.http.hosts import refuse_other_hosts
from leadwire.http.keys import SERVED_HOSTS


@pytest.fixture
async def asked() -> list[object]:
    return []


@pytest.fixture
async def url(asked: list[object]) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response(asked[-1], status=int(request.match_info["status"]))

    app = web.Application(middlewares=[refuse_other_hosts])
    app[SERVED_HOSTS] = ()  # as of a service without access control
    app.router.add_post("/{status}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url(""))


async def test_each_request_is_sent_once_and_answers_are_counted(
    url: str, asked: list[object]
) -> None:
    requests = (json_request("POST", "/201", {"ö": number}) for number in range(1_000_000))
    assert await requests_per_second(url, requests, clients=3, seconds=0.2) > 0
    assert sorted(map(str, asked)) == sorted(str({"ö": number}) for number in range(len(asked)))


async def test_an_answer_that_is_no_success_is_no_figure(url: str) -> None:
    with pytest.raises(RefusedError, match="409"):
        await requests_per_second(
            url, iter([json_request("POST", "/409", {})]), clients=1, seconds=10
        )
