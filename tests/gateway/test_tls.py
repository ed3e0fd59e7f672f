"""With certificates mounted, the gateway speaks TLS and nothing else."""

import asyncio
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from gateway.conftest import StartGateway, Upstreams
from gateway.nginx import Gateway, give_away
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


async def test_http_2_is_offered(
    start_gateway: StartGateway, new_home: NewHome, authority: trustme.CA
) -> None:
    put_certificate(home := new_home(), authority, "first")
    gateway = await start_gateway(home)
    context = trusting(authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    assert (await handshake(gateway, context)).selected_alpn_protocol() == "h2"


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
