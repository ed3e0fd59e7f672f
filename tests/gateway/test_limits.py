"""How much of one client the gateway takes, and what it does not let through at all."""

import asyncio

import pytest
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway
from gateway.upstream import OK, Exchange
from gateway.wire import Connection, connected, exchange, request

FORM = request("POST", "/v1/leads", "Content-Type: application/json", body=b"{}")


async def refused(port: int, raw: bytes) -> str | None:
    answer = await exchange(port, raw)
    return None if answer.status == 200 else answer.code


async def test_one_client_sends_the_public_form_only_so_often(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_FORM_RATE="1r/m", GATEWAY_FORM_BURST="2")
    codes = [await refused(gateway.port, FORM) for _ in range(5)]
    assert codes == [None, None, None, "too_many_requests", "too_many_requests"]
    assert len(upstreams["import-svc"].exchanges) == 3
    answer = await exchange(gateway.port, FORM)
    assert answer.header("Retry-After") == "2"
    # Neither reading nor those who have credentials are held to it; the service judges these.
    assert await refused(gateway.port, request("GET", "/v1/leads")) is None
    for credentials in ("Authorization: Bearer t", "X-API-Key: k"):
        assert await refused(gateway.port, request("POST", "/v1/leads", credentials)) is None


async def test_another_client_behind_the_same_balancer_has_a_share_of_its_own(
    start_gateway: StartGateway,
) -> None:
    gateway = await start_gateway(
        GATEWAY_FORM_RATE="1r/m", GATEWAY_FORM_BURST="1", GATEWAY_TRUSTED_PROXIES="127.0.0.1"
    )

    async def sent_by(address: str) -> str | None:
        raw = request("POST", "/v1/leads", f"X-Forwarded-For: {address}", body=b"{}")
        return await refused(gateway.port, raw)

    mine = [await sent_by("203.0.113.1") for _ in range(3)]
    assert mine == [None, None, "too_many_requests"]
    assert await sent_by("203.0.113.2") is None
    # A household has a whole network of IPv6.
    for first, second, other in [
        ("2001:db8:1:2::5", "2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:3::5"),
        ("2001:db8:9::5", "2001:db8:9::6", "2001:db8:a::5"),
    ]:
        assert await sent_by(first) is None
        assert await sent_by(second) is None
        assert await sent_by(second) == "too_many_requests"
        assert await sent_by(other) is None


async def test_one_client_asks_for_tokens_only_so_often(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(GATEWAY_TOKEN_RATE="1r/m", GATEWAY_TOKEN_BURST="1")
    # Nor does it help to bring credentials.
    log_in = request("POST", "/v1/auth/token", "X-API-Key: k", body=b"{}")
    codes = [await refused(gateway.port, log_in) for _ in range(4)]
    assert codes == [None, None, "too_many_requests", "too_many_requests"]
    assert await refused(gateway.port, request("GET", "/v1/auth/me")) is None


async def test_one_client_asks_for_anything_only_so_often(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(GATEWAY_REQUEST_RATE="1r/m", GATEWAY_REQUEST_BURST="3")
    codes = [await refused(gateway.port, request("GET", "/v1/leads")) for _ in range(6)]
    assert codes[:4] == [None] * 4
    assert codes[4:] == ["too_many_requests"] * 2
    # Whoever asks whether it lives is always told.
    assert await refused(gateway.port, request("GET", "/healthz")) is None


async def test_one_client_has_only_so_many_connections_in_use(
    start_gateway: StartGateway, upstreams: Upstreams
) -> None:
    gateway = await start_gateway(GATEWAY_CONNECTIONS="2")

    async def stream(each: Exchange) -> None:
        await each.send(b"HTTP/1.1 200 OK\r\n\r\n{}\n")
        await each.reader.read()

    upstreams["stream-svc"].script = stream
    async with connected(gateway.port) as one, connected(gateway.port) as two:
        for connection in (one, two):
            await connection.send(request("GET", "/v1/leads/stream"))
            assert (await connection.head()).status == 200
        assert await refused(gateway.port, request("GET", "/v1/imports")) == "too_many_requests"


@pytest.mark.parametrize(
    ("target", "limit"),
    [
        ("POST /v1/managers", 1024 * 1024),
        ("PATCH /v1/leads/x", 1024 * 1024),
        ("POST /v1/leads", 64 * 1024 * 1024),
        ("PUT /v1/leads/x/resume", 64 * 1024 * 1024),
        ("POST /v1/imports", 4 * 1024**3),
    ],
)
async def test_a_body_that_is_too_large_is_refused_before_it_is_sent(
    gateway: Gateway, upstreams: Upstreams, target: str, limit: int
) -> None:
    raw = f"{target} HTTP/1.1\r\nHost: x\r\nContent-Length: ".encode()
    answer = await exchange(gateway.port, raw + b"%d\r\n\r\n" % (limit + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert not any(server.exchanges for server in upstreams.values())
    # One byte less is taken.
    assert (await exchange(gateway.port, raw + b"%d\r\n\r\n" % limit)).status == 200


async def test_a_chunked_body_is_counted_as_it_comes(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    async def receive(each: Exchange) -> None:
        await each.reader.read()

    upstreams["manager-svc"].script = receive
    async with connected(gateway.port) as connection:
        head = b"POST /v1/managers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        await connection.send(head)
        sending = asyncio.create_task(_send_chunks(connection, 32))
        answer = await connection.answer()
        assert (answer.status, answer.code) == (413, "body_too_large")
        sending.cancel()


async def _send_chunks(connection: Connection, count: int) -> None:
    try:
        for _ in range(count):
            await connection.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
    except ConnectionError:
        pass


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
MALFORMED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 35\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 35\r\n\r\n",
    "a signed length": b"Content-Length: +35\r\n\r\n",
    "a hexadecimal length": b"Content-Length: 0x23\r\n\r\n",
    "chunks, obscured": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and none": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a chunk of no size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of a huge size": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "a bare line feed in a header": b"X-A: b\n\nX-B: c\r\n\r\n",
    "a header with NUL": b"X-A: \x00\r\n\r\n",
    "a folded header": b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a blank in a header's name": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_no_second_request_hides_in_a_first(
    gateway: Gateway, upstreams: Upstreams, kind: str
) -> None:
    async def whole(each: Exchange) -> None:
        await each.send(OK)

    upstreams["manager-svc"].script = whole
    raw = b"POST /v1/managers HTTP/1.1\r\nHost: x\r\n" + MALFORMED[kind] + SMUGGLED
    async with connected(gateway.port) as connection:
        await connection.send(raw)
        async with asyncio.timeout(20):
            await connection.reader.read(1)
    for exchange_ in upstreams["manager-svc"].exchanges:
        # What gets through has one length, and the connection ends with it.
        lengths = exchange_.values("Content-Length") + exchange_.values("Transfer-Encoding")
        assert len(lengths) <= 1, exchange_.head
        assert exchange_.values("Connection") == ["close"]
        assert exchange_.target == "POST /v1/managers"
    assert all("metrics" not in target for each in upstreams.values() for target in each.targets)


async def test_a_client_cannot_name_headers_of_the_connection_away(
    gateway: Gateway, upstreams: Upstreams
) -> None:
    raw = (
        b"GET /v1/leads HTTP/1.1\r\nHost: x\r\nConnection: close, X-Forwarded-For, X-Request-Id\r\n"
        b"Upgrade: h2c\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy: http://evil\r\n"
        b"X_Forwarded_For: 198.51.100.1\r\n\r\n"
    )
    await exchange(gateway.port, raw)
    got = upstreams["stream-svc"].exchanges[0]
    assert got.values("X-Forwarded-For") == ["127.0.0.1"]
    assert got.values("X-Request-Id")
    assert got.values("Connection") == ["close"]
    assert got.values("Upgrade") == []
    assert b"198.51.100.1" not in got.head
