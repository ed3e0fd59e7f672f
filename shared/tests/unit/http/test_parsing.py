"""Requests are parsed by the handler's annotations, and refused without repeating values."""

import enum
import gzip
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pydantic import BaseModel, Field, field_validator

from leadwire.access import PUBLIC
from leadwire.http import Operation, RequestBody, Response, json_response, new_application
from leadwire.http.application import add_operations

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]
Places = Callable[[list[dict[str, str]]], list[tuple[str, str]]]


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class NewThing(BaseModel):
    name: str = Field(max_length=20)
    count: int = 1
    colour: Colour | None = None

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if name == "nameless":
            raise ValueError("a thing needs a real name")
        return name


class ThingQuery(BaseModel):
    limit: int = Field(default=100, ge=1, le=1000)
    colour: list[Colour] | None = None
    created_after: str | None = Field(default=None, alias="from")


class ThingHeaders(BaseModel):
    idempotency_key: str | None = Field(default=None, alias="Idempotency-Key", max_length=5)


class Things:
    """Handlers bound to an object, as services have them."""

    async def add(self, _: web.Request, *, body: NewThing) -> web.StreamResponse:
        return json_response(body, 201)

    async def find(
        self, _: web.Request, *, thing_id: uuid.UUID, query: ThingQuery, headers: ThingHeaders
    ) -> web.StreamResponse:
        return json_response(
            {
                "id": str(thing_id),
                "query": query.model_dump(mode="json"),
                "key": headers.idempotency_key,
            }
        )

    async def store(self, _: web.Request, *, body: RequestBody) -> web.StreamResponse:
        return json_response({"bytes": len(await body.read()), "type": body.content_type})


def operations(**changes: Any) -> list[Operation]:
    things, ok = Things(), {200: Response(None, "fine")}
    return [
        Operation(
            "POST",
            "/things",
            things.add,
            "Add",
            "Things",
            {201: Response(NewThing, "x")},
            access=PUBLIC,
        ),
        Operation("GET", "/things/{thing_id}", things.find, "Find", "Things", ok, access=PUBLIC),
        Operation(
            "PUT",
            "/raw",
            things.store,
            "Store",
            "Things",
            ok,
            consumes={"text/csv": "CSV"},
            **changes,
            access=PUBLIC,
        ),
    ]


@pytest.fixture
async def client(serve: Serve) -> Client:
    return await serve(*operations())


THING = f"/things/{uuid.UUID(int=7)}"


async def test_a_json_body_arrives_as_its_model(client: Client) -> None:
    answer = await client.post("/things", json={"name": "a", "colour": "red"})

    assert answer.status == 201
    assert await answer.json() == {"name": "a", "count": 1, "colour": "red"}


async def test_query_headers_and_path_arrive_typed(client: Client) -> None:
    answer = await client.get(
        f"{THING}?colour=red&colour=blue&limit=7&from=now", headers={"Idempotency-Key": "k"}
    )

    assert await answer.json() == {
        "id": THING.removeprefix("/things/"),
        "query": {"limit": 7, "colour": ["red", "blue"], "created_after": "now"},
        "key": "k",
    }


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/things/7", ("path", "thing_id")),
        ("/things/a%00b", ("path", "thing_id")),
        (f"{THING}?limit=0", ("query", "limit")),
        (f"{THING}?limit=1&limit=2", ("query", "limit")),
        (f"{THING}?limitt=1", ("query", "limitt")),
        (f"{THING}?created_after=x", ("query", "created_after")),
        (f"{THING}?from=%00", ("query", "from")),
        (f"{THING}?colour=green", ("query", "colour.0")),
    ],
)
async def test_a_wrong_parameter_is_a_400_that_names_it(
    client: Client, places: Places, path: str, where: tuple[str, str]
) -> None:
    answer = await client.get(path)

    problem = await answer.json()
    assert (answer.status, problem["code"]) == (400, "invalid_request")
    assert places(problem["errors"]) == [where]


async def test_a_query_where_none_is_expected_is_refused(client: Client) -> None:
    answer = await client.post("/things?dry_run=true", json={"name": "a"})

    assert answer.status == 400
    assert (await answer.json())["errors"][0]["path"] == "dry_run"


async def test_a_wrong_header_is_named(client: Client, places: Places) -> None:
    answer = await client.get(THING, headers={"Idempotency-Key": "far too long"})

    assert places((await answer.json())["errors"]) == [("header", "Idempotency-Key")]


async def test_every_wrong_value_of_a_body_is_listed_and_none_repeated(
    client: Client, places: Places
) -> None:
    answer = await client.post(
        "/things", json={"name": "alice@example.com" * 9, "count": "alice", "colour": "alice"}
    )

    text = await answer.text()
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (422, "invalid_request")
    assert places(problem["errors"]) == [("body", "name"), ("body", "count"), ("body", "colour")]
    assert "alice" not in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": "a"',
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b"[" * 1000,
    ],
)
async def test_what_is_not_json_is_malformed_json(client: Client, body: bytes) -> None:
    answer = await client.post("/things", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status, (await answer.json())["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1e999", b'{"name": 1}'])
async def test_json_of_another_shape_is_invalid(client: Client, body: bytes) -> None:
    answer = await client.post("/things", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status, (await answer.json())["code"]) in {
        (422, "invalid_request"),
        (400, "malformed_json"),
    }


async def test_a_nul_character_is_refused_before_a_database_sees_it(client: Client) -> None:
    refused = await client.post("/things", json={"name": "a\x00b"})
    escaped = await client.post("/things", json={"name": "a\\u0000b"})

    assert (refused.status, (await refused.json())["code"]) == (422, "invalid_request")
    assert escaped.status == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x"],
)
async def test_a_body_of_another_content_type_is_415(client: Client, content_type: str) -> None:
    answer = await client.post(
        "/things", data=b'{"name": "a"}', headers={"Content-Type": content_type}
    )

    assert (answer.status, (await answer.json())["code"]) == (415, "unsupported_media_type")


async def test_a_body_that_may_be_left_out_has_the_right_content_type_if_it_is_there(
    serve: Serve,
) -> None:
    client = await serve(*operations(needs_body=False))
    for content_type in ("text/plain", "text/csv", None):
        headers = {"Content-Type": content_type} if content_type else None
        assert (await client.put("/raw", headers=headers, data=b"")).status == 200
    assert (await client.put("/raw", headers={"Content-Type": "text/csv"}, data=b"a")).status == 200
    assert (await client.put("/raw", json={})).status == 415


async def test_a_body_that_names_no_content_type_is_taken_for_json(client: Client) -> None:
    answer = await client.post("/things", data=b'{"name": "a"}', skip_auto_headers=["Content-Type"])

    assert answer.status == 201


async def test_a_json_body_over_the_limit_is_413(client: Client) -> None:
    answer = await client.post("/things", json={"name": "a" * 2000})

    problem = await answer.json()
    assert (answer.status, problem["code"]) == (413, "body_too_large")
    assert problem["max_bytes"] == 1024


async def test_a_body_of_unannounced_size_is_cut_off_at_the_limit(client: Client) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 1000

    answer = await client.put("/raw", data=endless(), headers={"Content-Type": "text/csv"})

    assert (answer.status, (await answer.json())["code"]) == (413, "body_too_large")


async def test_an_operation_can_have_its_own_limit(serve: Serve) -> None:
    client = await serve(*operations(max_body=5000))

    accepted = await client.put("/raw", data=b"x" * 5000, headers={"Content-Type": "text/csv"})
    refused = await client.put("/raw", data=b"x" * 5001, headers={"Content-Type": "text/csv"})

    assert await accepted.json() == {"bytes": 5000, "type": "text/csv"}
    assert refused.status == 413


async def test_the_limit_counts_what_a_compressed_body_unpacks_to(client: Client) -> None:
    answer = await client.put(
        "/raw", data=b"x" * 100_000, headers={"Content-Type": "text/csv"}, compress="gzip"
    )

    assert (answer.status, (await answer.json())["code"]) == (413, "body_too_large")


async def test_broken_compression_is_a_malformed_body(client: Client) -> None:
    answer = await client.put(
        "/raw", data=b"no gzip", headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    )

    assert (answer.status, (await answer.json())["code"]) == (400, "malformed_body")


CSV_IN_GZIP = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
JSON = {"Content-Type": "application/json"}
JSON_IN_GZIP = {**JSON, "Content-Encoding": "gzip"}
PACKED = gzip.compress(b'{"name": "a"}')


@pytest.mark.parametrize("cut", [1, 4, 8, 12, len(PACKED) // 2, len(PACKED) - 1])
async def test_gzip_that_ends_early_is_a_malformed_body(client: Client, cut: int) -> None:
    raw = await client.put("/raw", data=PACKED[:-cut], headers=CSV_IN_GZIP)
    model = await client.post("/things", data=PACKED[:-cut], headers=JSON_IN_GZIP)

    for answer in (raw, model):
        assert (answer.status, (await answer.json())["code"]) == (400, "malformed_body")


async def test_a_packed_body_arrives_unpacked(client: Client) -> None:
    raw = await client.put("/raw", data=PACKED, headers=CSV_IN_GZIP)
    model = await client.post("/things", data=PACKED, headers=JSON_IN_GZIP)

    assert (await raw.json())["bytes"] == 13
    assert (await model.json())["name"] == "a"


async def test_gzip_of_several_members_is_read_to_the_end_of_the_last(client: Client) -> None:
    members = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"three")

    whole = await client.put("/raw", data=members, headers=CSV_IN_GZIP)
    cut_off = await client.put("/raw", data=members[:-1], headers=CSV_IN_GZIP)
    with_junk = await client.put("/raw", data=members + b"junk", headers=CSV_IN_GZIP)

    assert (await whole.json())["bytes"] == 8
    assert (cut_off.status, with_junk.status) == (400, 400)


async def test_an_empty_body_is_empty_in_gzip_too(client: Client) -> None:
    answer = await client.put("/raw", data=b"", headers=CSV_IN_GZIP)

    assert (await answer.json())["bytes"] == 0


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "no such thing"])
async def test_an_unknown_encoding_is_415_and_told_what_is_taken(
    client: Client, encoding: str
) -> None:
    headers = {"Content-Encoding": encoding}

    raw = await client.put("/raw", data=b"x", headers={"Content-Type": "text/csv", **headers})
    model = await client.post("/things", data=b"x", headers=headers | JSON)

    for answer in (raw, model):
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (415, "unsupported_encoding")
        assert "send gzip or no encoding" in problem["detail"]
        assert answer.headers["Accept-Encoding"] == "gzip"


async def test_a_validators_message_comes_without_pydantics_words(client: Client) -> None:
    answer = await client.post("/things", json={"name": "nameless"})

    (error,) = (await answer.json())["errors"]
    assert error["message"] == "a thing needs a real name"


async def test_a_raw_body_of_an_unnamed_type_is_415_and_told_what_is_taken(client: Client) -> None:
    answer = await client.put("/raw", data=b"x", headers={"Content-Type": "image/png"})

    assert answer.status == 415
    assert answer.headers["Accept"] == "text/csv"


async def test_head_is_answered_as_get_without_its_body(client: Client) -> None:
    get, head = await client.get(THING), await client.head(THING)

    assert (head.status, await head.read()) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


async def test_head_of_a_stream_is_not_answered(serve: Serve) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"row\n")
        return response

    rows = {200: Response(None, "rows", media_types=("text/csv",))}
    client = await serve(Operation("GET", "/rows", stream, "Rows", "Things", rows, access=PUBLIC))

    assert (await client.get("/rows")).status == 200
    assert (await client.head("/rows")).status == 405


def test_a_handler_that_does_not_fit_its_path_is_refused_at_once() -> None:
    app = new_application(title="probe", version="1", authenticator=None)
    operation = Operation("GET", "/things/{id}", Things().find, "s", "t", {}, access=PUBLIC)

    with pytest.raises(TypeError, match="thing_id"):
        add_operations(app, [operation])
