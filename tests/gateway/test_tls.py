"""With certificates mounted, the gateway speaks TLS and nothing else."""

import asyncio
import os
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway, give_away
from gateway.upstream import OK, Exchange
from gateway.wire import exchange, request

NewHome = Callable[[], Path]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def put_certificate(home: Path, authority: trustme.CA, name: str) -> None:
    """Write them as a mounted Secret has them."""
    issued = authority.issue_cert("localhost", common_name=name)
    (home / "tls").mkdir(exist_ok=True)
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    (home / "tls" / "tls.crt").write_bytes(chain)
    (home / "tls" / "tls.key").write_bytes(issued.private_key_pem.bytes())
    give_away(home)


def trusting(authority: trustme.CA, **options: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    for name, value in options.items():
        setattr(context, name, value)
    return context


async def test_https_is_served_and_http_leads_there(
    start_gateway: StartGateway, new_home: NewHome, upstreams: Upstreams, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home, GATEWAY_PUBLIC_HTTPS_PORT="8443")
    answer = await exchange(gateway.https_port, request("GET", "/v1/leads"), trusting(authority))
    assert answer.status == 200
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"
    assert upstreams["stream-svc"].exchanges[0].values("X-Forwarded-Proto") == ["https"]
    for method in ("GET", "POST"):
        plain = await exchange(gateway.port, request(method, "/v1/leads?q=a%20b"))
        assert plain.status == 308
        assert plain.header("Location") == "https://localhost:8443/v1/leads?q=a%20b"
        assert plain.header("Strict-Transport-Security") is None
    assert len(upstreams["stream-svc"].exchanges) == 1
    assert (await exchange(gateway.port, request("GET", "/healthz"))).status == 200


async def test_http_at_the_port_of_https_is_told_so(
    start_gateway: StartGateway, new_home: NewHome, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home)
    answer = await exchange(gateway.https_port, request("GET", "/v1/leads"))
    assert (answer.status, answer.code) == (400, "bad_request")


async def test_old_protocols_are_not_spoken(
    start_gateway: StartGateway, new_home: NewHome, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        spoken = trusting(authority, minimum_version=version, maximum_version=version)
        assert (
            await exchange(gateway.https_port, request("GET", "/healthz"), spoken)
        ).status == 200
    old = trusting(authority)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        await exchange(gateway.https_port, request("GET", "/healthz"), old)


async def test_http_2_is_offered_and_brings_bodies_with_a_length_and_without(
    start_gateway: StartGateway, new_home: NewHome, upstreams: Upstreams, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home)
    came: list[int] = []

    async def count(each: Exchange) -> None:
        end = b"end" if each.values("Content-Length") else b"end\r\n0\r\n\r\n"
        body = b""
        while not body.endswith(end):
            if not (part := await each.reader.read(len(end) + 65536)):
                return
            body += part
        came.append(len(body))
        await each.send(OK)

    upstreams["manager-svc"].script = count
    url = f"https://localhost:{gateway.https_port}/v1/managers"
    body = b"x" * 300_000 + b"end"
    for told in ([], ["--header", "Transfer-Encoding: chunked"]):
        assert await curl(url, *told, body=body) == "2 200"
        assert came.pop() >= len(body)
    large = b"x" * 2_000_000 + b"end"
    assert await curl(url, "--header", "Transfer-Encoding: chunked", body=large) == "2 413"
    assert "[warn]" not in gateway.log()


async def curl(url: str, *options: str, body: bytes) -> str:
    """Post a body by HTTP/2; return which version was spoken, and the status."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--insecure", "--http2", "--max-time", "30", "--output", os.devnull),
        *("--write-out", "%{http_version} %{http_code}", "--data-binary", "@-", *options, url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(body)
    return told.decode()


async def test_a_renewed_certificate_is_used_without_a_restart(
    start_gateway: StartGateway, new_home: NewHome, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home)
    context = trusting(authority)
    first = (await handshake(gateway, context)).getpeercert(binary_form=True)
    assert (await handshake(gateway, context)).getpeercert(binary_form=True) == first
    put_certificate(home, authority, "second")
    assert (await handshake(gateway, context)).getpeercert(binary_form=True) != first


async def handshake(gateway: Gateway, context: ssl.SSLContext) -> ssl.SSLObject:
    _, writer = await asyncio.open_connection(
        "127.0.0.1", gateway.https_port, ssl=context, server_hostname="localhost"
    )
    found: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return found


@pytest.mark.parametrize("broken", ["tls.crt", "tls.key"])
async def test_a_certificate_that_is_no_good_ends_the_start(
    new_home: NewHome, authority: trustme.CA, broken: str
) -> None:
    put_certificate(home := new_home(), authority, "first")
    (home / "tls" / broken).write_text("nonsense")
    code, printed = Gateway(home=home, upstreams={}, settings={}).check()
    assert code != 0
    assert broken in printed
