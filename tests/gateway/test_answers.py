"""What the gateway adds to answers, and what it answers itself."""

import asyncio
import json
import re

import pytest
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway
from gateway.upstream import Exchange
from gateway.wire import connected, exchange, request

from leadwire.testing import eventually
from leadwire_standalone.console import CONTENT_SECURITY_POLICY

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def answering(headers: str, body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("path", ["/v1/leads", "/docs", "/healthz", "/openapi.json", "/nothing"])
async def test_every_answer_has_the_security_headers(gateway: Gateway, path: str) -> None:
    answer = await exchange(gateway.port, request("GET", path))
    for name, value in SECURITY.items():
        assert answer.header(name) == value, name
    policy = answer.header("Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(other in policy for other in ("http:", "https:", "*")), "no other host"
    assert answer.header("Strict-Transport-Security") is None, "without TLS"
    assert answer.header("Server") == "nginx", "no version"


async def test_what_a_service_says_of_a_file_stands(gateway: Gateway, upstreams: Upstreams) -> None:
    async def file(each: Exchange) -> None:
        headers = (
            "Content-Security-Policy: sandbox\r\nCache-Control: private, no-cache\r\n"
            "X-Content-Type-Options: nosniff\r\nServer: leadwire\r\nX-Request-Id: other\r\n"
        )
        await each.send(answering(headers, b"%PDF"))

    upstreams["import-svc"].script = file
    answer = await exchange(
        gateway.port, request("GET", "/v1/leads/x/resume", "X-Request-Id: mine")
    )
    assert answer.body == b"%PDF"
    assert answer.header("Content-Security-Policy") == "sandbox"
    assert answer.header("Cache-Control") == "private, no-cache"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-Request-Id") == "mine"


async def test_nobody_on_the_way_keeps_an_answer_of_a_service(
    gateway: Gateway,
) -> None:
    answer = await exchange(gateway.port, request("GET", "/v1/leads"))
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a-sane.id:1/2+3=_~", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("a b", False),
        ('"quoted"', False),
        ("", False),
    ],
)
async def test_a_request_id_is_passed_on_if_it_is_sane_and_made_if_not(
    gateway: Gateway, upstreams: Upstreams, sent: str, kept: bool
) -> None:
    raw = request("GET", "/v1/leads", f"X-Request-Id: {sent}")
    answer = await exchange(gateway.port, raw)
    given = answer.header("X-Request-Id")
    assert upstreams["stream-svc"].exchanges[0].values("X-Request-Id") == [given]
    assert (given == sent) is kept
    assert given
    logged = await eventually(gateway.requests, within=10)
    assert logged[-1]["request_id"] == given


async def test_of_two_request_ids_one_goes_all_the_way(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    raw = request("GET", "/v1/leads", "X-Request-Id: one", "X-Request-Id: two")
    answer = await exchange(gateway.port, raw)
    got = upstreams["stream-svc"].exchanges[0].values("X-Request-Id")
    assert got == [answer.header("X-Request-Id")]
    assert "," not in got[0]


async def test_services_are_told_the_address_that_the_gateway_saw(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    pretended = (
        "X-Forwarded-For: 198.51.100.1",
        "X-Forwarded-For: 198.51.100.2",
        "X-Real-IP: 198.51.100.3",
        "Forwarded: for=198.51.100.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Authorization: Bearer t",
    )
    await exchange(gateway.port, request("GET", "/v1/leads", *pretended))
    got = upstreams["stream-svc"].exchanges[0]
    assert got.values("X-Forwarded-For") == ["127.0.0.1"]
    assert got.values("X-Forwarded-Proto") == ["http"]
    assert b"198.51.100" not in got.head
    assert b"evil" not in got.head
    assert got.values("traceparent") == ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
    assert got.values("Authorization") == ["Bearer t"]


async def test_a_trusted_balancer_is_believed_about_the_last_address_only(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_TRUSTED_PROXIES="127.0.0.0/8 10.0.0.0/8")
    forwarded = "X-Forwarded-For: 192.0.2.66, 203.0.113.9, 10.1.2.3"
    await exchange(gateway.port, request("GET", "/v1/leads", forwarded))
    assert upstreams["stream-svc"].exchanges[0].values("X-Forwarded-For") == ["203.0.113.9"]


LARGE = {
    "GET /v1/leads": "stream-svc",
    "GET /v1/leads/x": "stream-svc",
    "POST /v1/leads": "import-svc",
    "PATCH /v1/leads/x": "import-svc",
    "PUT /v1/leads/x/status": "manager-svc",
    "DELETE /v1/leads/x/assignee": "manager-svc",
    "POST /v1/managers/x/next-lead": "manager-svc",
    "PUT /v1/leads/x/resume": "import-svc",
}


@pytest.mark.parametrize("target", LARGE)
async def test_json_is_compressed_but_for_what_answers_a_change_and_has_a_tag_to_match(
    gateway: Gateway, upstreams: Upstreams, target: str
) -> None:
    async def large(each: Exchange) -> None:
        headers = 'Content-Type: application/json; charset=utf-8\r\nETag: "contact-3"\r\n'
        await each.send(answering(headers, b"x" * 5000))

    method, path = target.split()
    upstreams[LARGE[target]].script = large
    async with connected(gateway.port) as connection:
        await connection.send(request(method, path, "Accept-Encoding: gzip"))
        head = await connection.head()
    compressed = method == "GET"
    assert head.header("Content-Encoding") == ("gzip" if compressed else None)
    assert head.header("Vary") == ("Accept-Encoding" if compressed else None)
    assert compressed or head.header("ETag") == '"contact-3"'


@pytest.mark.parametrize("sent", ["", "*", '"a"', 'W/"a"', 'W/"a", "b"'])
async def test_a_precondition_is_passed_on_as_it_was_sent(
    gateway: Gateway, upstreams: Upstreams, sent: str
) -> None:
    # Also an empty one, which a service refuses: without it, the change would be made anyway.
    await exchange(gateway.port, request("PATCH", "/v1/leads/x", f"If-Match: {sent}"))
    assert upstreams["import-svc"].exchanges[-1].values("If-Match") == [sent]


async def test_the_documentation_needs_no_other_host(gateway: Gateway) -> None:
    page = await exchange(gateway.port, request("GET", "/docs"))
    assert page.status == 200
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    for path in ("/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/initializer.js"):
        assert path.encode() in page.body
        part = await exchange(gateway.port, request("GET", path))
        assert part.status == 200
        assert "text/" in str(part.header("Content-Type"))
    document = json.loads((await exchange(gateway.port, request("GET", "/openapi.json"))).body)
    assert "/v1/managers" in document["paths"]
    assert "/v1/imports" in document["paths"]


async def test_the_console_is_at_the_root_and_closed_to_everything_but_its_server(
    gateway: Gateway,
) -> None:
    page = await exchange(gateway.port, request("GET", "/"))
    assert (page.status, page.header("Content-Type")) == (200, "text/html; charset=utf-8")
    assert page.header("Content-Security-Policy") == CONTENT_SECURITY_POLICY
    assert page.header("Cache-Control") == "no-cache"
    parts = re.findall(rb'(?:src|href)="\./([^"]+)"', page.body)
    assert len(parts) >= 3
    for part in parts:
        file = await exchange(gateway.port, request("GET", f"/{part.decode()}"))
        assert file.status == 200
        assert file.header("Content-Type") != "application/octet-stream"
        for_ever = str(file.header("Cache-Control")).endswith("immutable")
        assert for_ever == part.startswith(b"assets/")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (request("GET", "/nothing"), 404, "not_found"),
        (request("GET", "/docs/../../etc/passwd"), 400, "bad_request"),
        (request("GET", "/docs/%00"), 400, "bad_request"),
        (request("POST", "/docs"), 405, "method_not_allowed"),
        (request("GET", "/v1/leads?q=" + "x" * 9000), 414, "uri_too_long"),
        (request("GET", "/v1/leads", "Cookie: " + "x" * 9000), 431, "headers_too_large"),
        (request("GET", "/v1/leads", "Transfer-Encoding: gzip"), 501, "not_implemented"),
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/leads HTTP/1.1\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/leads HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/leads HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "bad_request"),
        (b"GET /v1/leads HTTP/3.0\r\nHost: a\r\n\r\n", 505, "http_version_not_supported"),
    ],
)
async def test_what_nginx_refuses_is_a_problem(
    gateway: Gateway, upstreams: Upstreams, raw: bytes, status: int, code: str
) -> None:
    answer = await exchange(gateway.port, raw)
    assert answer.status == status, answer
    assert answer.code == code
    assert b"nginx" not in answer.body
    assert not upstreams["stream-svc"].exchanges


async def test_a_service_that_is_away_breaks_off_or_talks_nonsense_is_a_bad_gateway(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    async def break_off(_: Exchange) -> None:
        return

    async def nonsense(each: Exchange) -> None:
        await each.send(b"HTTP/1.1 200 OK\r\nno header\x00\r\n\r\n")

    await upstreams["manager-svc"].stop()
    upstreams["stream-svc"].script = break_off
    upstreams["import-svc"].script = nonsense
    for target in ("GET /v1/managers", "GET /v1/leads", "GET /v1/imports", "POST /v1/managers"):
        method, path = target.split()
        answer = await exchange(gateway.port, request(method, path))
        assert (answer.status, answer.code) == (502, "bad_gateway"), target
        assert answer.header("Retry-After") == "2"


async def test_a_name_that_is_not_known_is_a_bad_gateway(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(
        GATEWAY_IMPORT_SVC="import-svc.invalid:8080", GATEWAY_RESOLVER="127.0.0.1:1"
    )
    answer = await exchange(gateway.port, request("GET", "/v1/imports"))
    assert (answer.status, answer.code) == (502, "bad_gateway")
    assert (await exchange(gateway.port, request("GET", "/v1/leads"))).status == 200


async def test_the_log_has_the_route_and_nothing_that_people_look_for(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    secrets = ("anna@example.org", "Bearer", "Lovelace", "anna")

    async def break_off(_: Exchange) -> None:
        return

    raw = request(
        "GET", "/v1/leads?q=anna@example.org", "Authorization: Bearer t", "User-Agent: Lovelace"
    )
    await exchange(gateway.port, raw)
    await has_logged(gateway, 1)
    upstreams["stream-svc"].script = break_off
    asked = [
        raw,
        request("GET", "/v1/leads/anna@example.org/anna"),
        request("GET", "/anna@example.org"),
        request("POST", "/v1/managers", body=b'{"name": "Lovelace"}'),
    ]
    for number, each in enumerate(asked, start=2):
        await exchange(gateway.port, each)
        await has_logged(gateway, number)
    logged = gateway.requests()
    assert [(each["route"], each["status"], each["target"]) for each in logged] == [
        ("/v1/leads", 200, "stream-svc"),
        ("/v1/leads", 502, "stream-svc"),
        ("none", 404, ""),
        ("none", 404, ""),
        ("/v1/managers", 200, "manager-svc"),
    ]
    assert logged[0]["network"] == "127.0.0.0/24"
    assert not any(secret in gateway.log() for secret in secrets), gateway.log()


async def has_logged(gateway: Gateway, count: int) -> None:
    """Wait for a line, so that the next one, perhaps of another worker, comes after it."""
    await eventually(lambda: len(gateway.requests()) >= count, within=10)


async def test_requests_under_way_come_to_their_end_when_the_gateway_stops(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway()
    go_on = asyncio.Event()

    async def late(each: Exchange) -> None:
        await go_on.wait()
        await each.send(answering("", b"late"))

    upstreams["stream-svc"].script = late
    asked = asyncio.create_task(exchange(gateway.port, request("GET", "/v1/leads")))
    await eventually(lambda: bool(upstreams["stream-svc"].exchanges), within=10)
    stopping = asyncio.create_task(gateway.stop())
    await eventually(lambda: refuses(gateway), within=10)
    go_on.set()
    assert (await asked).body == b"late"
    assert await stopping == 0


async def refuses(gateway: Gateway) -> bool:
    try:
        async with connected(gateway.port):
            return False
    except ConnectionRefusedError:
        return True
