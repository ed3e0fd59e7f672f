"""The OpenAPI document is valid 3.1 and says what the router does."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field

from leadwire.access import PUBLIC
from leadwire.http import (
    ErrorResponse,
    Operation,
    RequestBody,
    Response,
    add_operations,
    json_response,
    new_application,
)

Client = TestClient[web.Request, web.Application]
Serve = Callable[..., Awaitable[Client]]


class Owner(BaseModel):
    name: str


class Thing(BaseModel):
    id: uuid.UUID
    owner: Owner | None = None


class ThingQuery(BaseModel):
    limit: int = Field(default=100, ge=1, le=1000, description="Most things.")
    kind: list[str] | None = None
    cursor: str


class Things:
    async def add(self, _: web.Request, *, body: Owner) -> web.StreamResponse:
        return json_response(body)

    async def show(self, _: web.Request, *, key: uuid.UUID) -> web.StreamResponse:
        return json_response(None)

    async def search(self, _: web.Request, *, query: ThingQuery) -> web.StreamResponse:
        return json_response(None)

    async def load(self, _: web.Request, *, body: RequestBody) -> web.StreamResponse:
        return json_response(None)


class OtherThings:
    async def show(self, _: web.Request, *, key: uuid.UUID) -> web.StreamResponse:
        return json_response(None)


THINGS = Things()
OPERATIONS = [
    Operation(
        "POST",
        "/things",
        THINGS.add,
        "Add a thing",
        "Things",
        {201: Response(Thing, "Added.", headers={"Location": "Where it is."})},
        errors=[
            ErrorResponse(409, "thing_exists", "There is one."),
            ErrorResponse(409, "owner_busy", "He is busy."),
        ],
        description="Long.",
        access=PUBLIC,
    ),
    Operation(
        "GET",
        "/things/{key}",
        THINGS.show,
        "Show",
        "Things",
        {200: Response(Thing, "It.")},
        access=PUBLIC,
    ),
    Operation(
        "GET",
        "/things",
        THINGS.search,
        "Search",
        "Things",
        {200: Response(list[Thing], "Them.")},
        access=PUBLIC,
    ),
    Operation(
        "PUT",
        "/things/{key:[0-9a-f-]+}/parts",
        OtherThings().show,
        "Parts",
        "Things",
        {204: Response(None, "Done.")},
        access=PUBLIC,
    ),
    Operation(
        "POST",
        "/loads",
        THINGS.load,
        "Load",
        "Loads",
        {
            200: Response(Owner, "Loaded."),
            202: Response(None, "Later.", media_types=["application/x-ndjson"]),
        },
        consumes={"text/csv": "A CSV file.", "application/json": list[Owner]},
        access=PUBLIC,
    ),
]


@pytest.fixture
async def document(serve: Serve) -> Any:
    client = await serve(*OPERATIONS)
    return await (await client.get("/openapi.json")).json()


def test_it_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_bears_title_and_version(document: Any) -> None:
    assert document["info"] == {"title": "probe", "version": "1.2.3"}


def test_bodies_and_answers_refer_to_their_models(document: Any) -> None:
    add = document["paths"]["/things"]["post"]

    assert add["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Owner"
    }
    assert add["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Thing"
    }
    assert set(add["responses"]["201"]["headers"]) == {"Location"}
    assert {"Owner", "Thing", "Problem"} <= set(document["components"]["schemas"])


def test_every_error_code_is_named_under_its_status(document: Any) -> None:
    responses = document["paths"]["/things"]["post"]["responses"]

    schema = responses["409"]["content"]["application/problem+json"]["schema"]
    assert schema["allOf"][1] == {"properties": {"code": {"enum": ["owner_busy", "thing_exists"]}}}
    assert {"400", "413", "415", "422", "500", "503"} <= set(responses)


def test_query_parameters_come_from_the_model(document: Any) -> None:
    parameters = {p["name"]: p for p in document["paths"]["/things"]["get"]["parameters"]}

    assert parameters["limit"] == {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "Most things.",
        "schema": {
            "default": 100,
            "maximum": 1000,
            "minimum": 1,
            "title": "Limit",
            "type": "integer",
        },
    }
    assert parameters["kind"]["schema"]["type"] == "array"
    assert parameters["cursor"]["required"] is True
    assert "ThingQuery" not in document["components"]["schemas"]


def test_patterns_of_the_router_are_left_out_of_paths(document: Any) -> None:
    assert "/things/{key}/parts" in document["paths"]


def test_operation_ids_are_unique(document: Any) -> None:
    ids = [each["operationId"] for item in document["paths"].values() for each in item.values()]

    assert len(set(ids)) == len(ids)
    assert {"things_add", "loads_load", "put_things_key_parts"} <= set(ids)


async def test_a_body_is_required_unless_its_operation_needs_none(serve: Serve) -> None:
    load = OPERATIONS[-1]
    client = await serve(load, replace(load, path="/perhaps", needs_body=False))
    paths = (await (await client.get("/openapi.json")).json())["paths"]

    assert paths["/loads"]["post"]["requestBody"]["required"] is True
    assert paths["/perhaps"]["post"]["requestBody"]["required"] is False


def test_raw_bodies_name_their_media_types(document: Any) -> None:
    load = document["paths"]["/loads"]["post"]

    assert set(load["requestBody"]["content"]) == {"text/csv", "application/json"}
    assert load["responses"]["202"]["content"] == {"application/x-ndjson": {}}


def test_paths_that_differ_only_in_parameter_names_are_refused() -> None:
    app = new_application(title="probe", version="1", authenticator=None)

    async def show(_: web.Request, *, thing_id: uuid.UUID) -> web.StreamResponse:
        return json_response(None)

    clash = Operation(
        "DELETE", "/things/{thing_id}", show, "s", "t", {204: Response(None, "x")}, access=PUBLIC
    )
    with pytest.raises(ValueError, match="parameter names"):
        add_operations(app, [*OPERATIONS, clash])


def test_an_operation_cannot_be_added_twice() -> None:
    app = new_application(title="probe", version="1", authenticator=None)

    with pytest.raises(ValueError, match="already"):
        add_operations(app, [*OPERATIONS, OPERATIONS[0]])


async def test_swagger_ui_is_served_from_here_alone(serve: Serve) -> None:
    client = await serve(*OPERATIONS)

    page = await client.get("/docs")

    text = await page.text()
    assert page.content_type == "text/html"
    assert "https://" not in text
    assert "'self'" in page.headers["Content-Security-Policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "initializer.js", "favicon-32x32.png"):
        file = await client.get(f"/docs/{name}")
        assert file.status == 200, name
        assert len(await file.read()) > 100, name
        assert f"/docs/{name}" in text


@pytest.mark.parametrize("wanted", ["bytes=100000000-", "bytes=9-1", "lines=1-2"])
@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui.css"])
async def test_a_range_that_a_file_does_not_have_is_a_problem(
    serve: Serve, path: str, wanted: str
) -> None:
    client = await serve()

    refused = await client.get(path, headers={"Range": wanted})

    assert refused.status == 416
    assert refused.content_type == "application/problem+json"
    assert (await refused.json())["code"] == "range_not_satisfiable"
    assert refused.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=-10"])
async def test_a_range_that_a_file_has_is_served(serve: Serve, wanted: str) -> None:
    client = await serve()

    part = await client.get("/docs/swagger-ui.css", headers={"Range": wanted})

    assert (part.status, len(await part.read())) == (206, 10)


async def test_the_root_leads_to_the_documentation(serve: Serve) -> None:
    client = await serve()

    redirection = await client.get("/", allow_redirects=False)
    page = await client.get("/")

    assert (redirection.status, redirection.headers["Location"]) == (302, "/docs")
    assert "swagger-ui" in await page.text()


async def test_the_bundled_swagger_ui_knows_openapi_3_1(serve: Serve) -> None:
    client = await serve()

    bundle = await (await client.get("/docs/swagger-ui-bundle.js")).text()

    assert "openapi_3_1" in bundle or "OpenAPI31" in bundle
