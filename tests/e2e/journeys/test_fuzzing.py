"""Whatever clients send: an answer below 500 (but for 503), and every refusal has a code.

Nothing that was accepted may be an event that some service cannot handle, either.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest
from aiohttp import web
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from e2e.requests import Known, Request, Requests, operations
from leadwire.http import SUPERVISOR, HttpServer
from leadwire.http.openapi import OPENAPI
from leadwire.service import ServiceDescription, ServiceSettings
from leadwire.testing import eventually
from leadwire.testing.postgres_databases import DatabaseTemplates
from leadwire_standalone.app import create_app
from leadwire_standalone.services import SERVICES

FUZZ = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    # What it finds is short enough to be read as it is.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SCHEMAS = tuple(service.schema for service in SERVICES)
COUNT = "SELECT count(*) FROM {table}"


def wired(*, broker: str, place: str, database_urls: Mapping[str, str]) -> web.Application:
    def settings_of(service: ServiceDescription[Any]) -> ServiceSettings:
        given: ServiceSettings = service.settings(
            auth="off",
            broker_url=broker,
            database_url=database_urls[service.schema],
            files_url=f"{place}/files",
            email_url=f"{place}/mail",
            email_from="leads@example.com",
        )
        return given

    return create_app({service.name: settings_of(service) for service in SERVICES})


# Wired only to be described: nothing is started or connected to.
DOCUMENT = wired(
    broker="memory://described",
    place="file:///described",
    database_urls=dict.fromkeys(SCHEMAS, "postgresql://described"),
)[OPENAPI].document()
REQUESTS = Requests(DOCUMENT)
OPERATIONS = operations(DOCUMENT)


class Leadwire:
    """All services in this process, which run while a request is under way."""

    def __init__(self, *, runner: asyncio.Runner, port: int, database_url: str) -> None:
        self._runner = runner
        self._port = port
        self._database_url = database_url
        self.ids: Mapping[str, Sequence[str]] = {}

    def send(self, raw: bytes) -> tuple[int, bytes]:
        """Send a request; return the status and, for a refusal, the whole answer."""
        return self._runner.run(self._exchange(raw))

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a right request and return the JSON of its answer."""
        request = Request(
            method=method,
            path=[segment.encode() for segment in path.strip("/").split("/")],
            query=(),
            headers=[("Content-Type", b"application/json")],
            body=b"" if body is None else orjson.dumps(body),
        )
        status, answer = self.send(request.encoded({}))
        assert status < 300, answer
        return orjson.loads(answer.partition(b"\r\n\r\n")[2])

    def rows(self, table: str) -> int:
        """Count the rows that all services together have in a table of this name."""
        return self._runner.run(self._rows(table))

    def settle(self) -> None:
        """Run until everything that was published is handled or parked."""

        async def nothing_is_left() -> bool:
            return await self._rows("outbox") == 0

        self._runner.run(eventually(nothing_is_left, within=20, message="all is published"))

    def leads(self, count: int) -> list[str]:
        """Wait until so many leads are shown; return their ids."""

        async def ids() -> list[str] | None:
            _, answer = await self._exchange(
                b"GET /v1/leads HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            items = orjson.loads(answer.partition(b"\r\n\r\n")[2])["items"]
            return [item["id"] for item in items] if len(items) == count else None

        found = self._runner.run(eventually(ids, within=20, message="the leads are shown"))
        assert found is not None
        return found

    async def _exchange(self, raw: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(raw)
            async with asyncio.timeout(20):
                answer = await reader.readuntil(b"\r\n\r\n")
                status = int(answer.split()[1])
                if status >= 300 or b"application/json" in answer:  # others may never end
                    answer += await reader.read(-1)
        finally:
            writer.transport.abort()
        return status, answer

    async def _rows(self, table: str) -> int:
        connection = await asyncpg.connect(self._database_url, timeout=10)
        try:
            counts = [
                await connection.fetchval(COUNT.format(table=f"{schema}.{table}"))
                for schema in SCHEMAS
            ]
        finally:
            await connection.close()
        return sum(counts)


@pytest.fixture(scope="module")
def leadwire(
    database_templates: DatabaseTemplates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Leadwire]:
    with asyncio.Runner() as runner:
        name, app, server = runner.run(_started(database_templates, tmp_path_factory.mktemp("m")))
        url = database_templates.admin_url(name)
        leadwire = Leadwire(runner=runner, port=server.port, database_url=url)
        leadwire.ids = _furnished(leadwire)
        yield leadwire
        runner.run(app[SUPERVISOR].stop())
        runner.run(database_templates.drop(name))


async def _started(
    templates: DatabaseTemplates, place: Path
) -> tuple[str, web.Application, HttpServer]:
    name = await templates.create()
    for service in SERVICES:
        await templates.add(name, service.schema, service.migrations)
    app = wired(
        broker=f"memory://{uuid4()}",
        place=place.as_uri(),
        database_urls={schema: templates.service_url(name, schema) for schema in SCHEMAS},
    )
    server = HttpServer(app=app, host="127.0.0.1", port=0)
    app[SUPERVISOR].add("http", server)
    await app[SUPERVISOR].start()
    return name, app, server


def _furnished(leadwire: Leadwire) -> dict[str, list[str]]:
    """Make managers, leads and an import for requests to be about; return their ids."""
    managers = [leadwire.call("POST", "/v1/managers", {"name": name}) for name in ("Ada", "Bo")]
    leads = [
        {
            "name": "N",
            "family_name": "F",
            "email": f"{n}@example.com",
            "cellphone": f"+1212555019{n}",
        }
        for n in range(5)
    ]
    receipt = leadwire.call("POST", "/v1/imports", leads)
    webhook = leadwire.call("POST", "/v1/webhooks", {"url": "https://hooks.invalid/"})
    order = {"webhook_id": webhook["id"], "from": "2026-01-01T00:00:00Z"}
    replay = leadwire.call("POST", "/v1/replays", order)
    return {
        "manager_id": [manager["id"] for manager in managers],
        "lead_id": leadwire.leads(len(leads)),
        "import_id": [receipt["id"]],
        "webhook_id": [webhook["id"]],
        "replay_id": [replay["id"]],
        "delivery_id": [str(uuid4())],
        "parked_id": ["consumer-1", "outbox-1"],
    }


def check(request: bytes, answer: tuple[int, bytes]) -> None:
    status, raw = answer
    assert status < 500 or status == 503, (request, raw)
    if status >= 400:
        head, _, body = raw.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head, (request, raw)
        problem = orjson.loads(body)
        assert problem["code"], (request, raw)
        assert problem["status"] == status, (request, raw)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=map(" ".join, OPERATIONS))
def test_any_request_for_an_operation(leadwire: Leadwire, method: str, path: str) -> None:
    @FUZZ
    @given(request=REQUESTS.of(method, path))
    def any_request(request: Request) -> None:
        raw = request.encoded(leadwire.ids)
        check(raw, leadwire.send(raw))

    any_request()


@FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]),
    path=st.sampled_from([path for _, path in OPERATIONS]),
    kind=st.sampled_from([b"application/json", b"text/csv", b"\xff", b"multipart/form-data"]),
    body=st.binary(max_size=40),
)
def test_any_method_and_media_type(
    leadwire: Leadwire, method: str, path: str, kind: bytes, body: bytes
) -> None:
    segments = [
        Known(segment.strip("{}"), 0) if segment.startswith("{") else segment.encode()
        for segment in path.strip("/").split("/")
    ]
    request = Request(
        method=method, path=segments, query=(), headers=[("Content-Type", kind)], body=body
    )
    raw = request.encoded(leadwire.ids)
    check(raw, leadwire.send(raw))


def test_every_service_could_handle_what_was_accepted(leadwire: Leadwire) -> None:
    leadwire.settle()
    assert leadwire.rows("parked") == 0
    assert leadwire.rows("inbox") > 50
    assert (
        leadwire.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0]
        == 200
    )
