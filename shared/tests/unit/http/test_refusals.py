"""One table says how the errors of a service are answered and documented."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from leadwire.access import PUBLIC
from leadwire.http import Answer, ErrorResponse, Operation, PageQuery, Refusals, Response

Client = TestClient[web.Request, web.Application]


class FullError(Exception):
    """The manager holds as many leads
    as he may.

    More about it.
    """

    code = "full"
    extra: Mapping[str, int] = {"capacity": 3}


class VeryFullError(FullError):
    """A kind of it that the table does not name."""


class BrokenError(Exception):
    """Broken in one of two ways."""

    def __init__(self, code: str) -> None:
        super().__init__("It is broken.")
        self.code = code


class BareError(Exception):
    """An error without a code."""


REFUSALS = Refusals(
    {
        FullError: 409,
        BrokenError: Answer(503, retry_after=7, codes={"bent": "It is bent.", "torn": "Torn."}),
    }
)


async def fails_full(_: web.Request) -> web.StreamResponse:
    raise VeryFullError("Wait for him.")


async def fails_torn(_: web.Request, *, query: PageQuery) -> web.StreamResponse:
    raise BrokenError("torn" if query.cursor is None else "bent")


def probes() -> list[Operation]:
    return [
        Operation(
            "POST", "/full", fails_full, "s", "t", {200: Response(None, "x")},
            errors=[FullError, ErrorResponse(418, "teapot", "By hand.")], access=PUBLIC),
        Operation(
            "GET", "/torn", fails_torn, "s", "t", {200: Response(None, "x")}, errors=[BrokenError],
            access=PUBLIC),
    ]  # fmt: skip


@pytest.fixture
async def client(serve: Callable[..., Awaitable[Client]]) -> Client:
    return await serve(*probes(), refusals=REFUSALS)


async def test_an_error_is_answered_with_its_code_text_and_extra(client: Client) -> None:
    answer = await client.post("/full")
    problem = await answer.json()
    assert answer.status == 409
    assert (problem["code"], problem["detail"], problem["capacity"]) == ("full", "Wait for him.", 3)


async def test_an_answer_may_say_when_to_come_again(client: Client) -> None:
    answer = await client.get("/torn")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert (await answer.json())["code"] == "torn"


async def test_the_documentation_tells_the_same(client: Client) -> None:
    paths = (await (await client.get("/openapi.json")).json())["paths"]
    full, torn = paths["/full"]["post"]["responses"], paths["/torn"]["get"]["responses"]
    described = "`full`: The manager holds as many leads as he may."
    assert full["409"]["description"].endswith(described)
    assert "`teapot`: By hand." in full["418"]["description"]
    assert "`bent`: It is bent. `torn`: Torn." in torn["503"]["description"]
    assert "`invalid_cursor`" in torn["400"]["description"]
    assert "`invalid_cursor`" not in full["400"]["description"]


async def test_an_operation_must_not_name_an_error_that_has_no_answer(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    with pytest.raises(LookupError, match="FullError"):
        await serve(*probes())


def test_an_error_without_a_code_is_refused() -> None:
    with pytest.raises(TypeError, match="BareError"):
        Refusals({BareError: 400})
