"""Endpoints that do their worst: what is heard of them, and that nothing forbidden is reached."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leadwire.db.embedded.ports import free_port
from notifier_svc.domain.deliveries import NotDeliveredError
from notifier_svc.domain.urls import Reach, networks_of
from notifier_svc.endpoints import EndpointAnswer, EndpointClient
from notifier_svc.endpoints.client import MAX_ANSWER
from webhook_sink import Connected, raw_server, running_sink

SHORT, LONG = 2.0, 60.0
"""Seconds for an answer that does not come in time, and for one that does."""

LOOPBACK = Reach(networks=networks_of("127.0.0.1"), http=True)

Client = AsyncIterator[EndpointClient]


@asynccontextmanager
async def client_of(
    reach: Reach = LOOPBACK,
    *,
    within: float = LONG,
    look_up: Callable[..., list[Any]] = socket.getaddrinfo,
) -> Client:
    client = EndpointClient(reach=reach, answer_within=within, look_up=look_up)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def post(port: int, *, within: float = LONG) -> EndpointAnswer:
    async with client_of(within=within) as client:
        return await client.post(f"http://127.0.0.1:{port}/", headers={}, body=b"{}")


async def reason(connected: Connected, *, within: float = LONG) -> str:
    async with raw_server(connected) as port:
        with pytest.raises(NotDeliveredError) as caught:
            await post(port, within=within)
    return str(caught.value)


async def heard(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


def names(addresses: Sequence[str]) -> Callable[..., list[Any]]:
    """Resolve every name to these addresses."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in addresses]

    return look_up


async def test_one_that_never_answers_is_left_in_time() -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    assert await reason(never, within=SHORT) == "no answer in time"


async def test_one_that_answers_byte_by_byte_is_left_in_time() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)  # this is what the endpoint does

    assert await reason(drip, within=SHORT) == "no answer in time"


async def test_a_body_that_drips_does_not_matter_once_the_status_is_there() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)  # this is what the endpoint does

    async with raw_server(drip) as port:
        began = time.monotonic()
        answer = await post(port)
    assert answer.status == 202
    assert 0 < len(answer.head) < 1000
    assert time.monotonic() - began < 30


async def test_of_a_body_of_a_gigabyte_some_kilobytes_are_read_and_the_connection_is_cut() -> None:
    sent = 0
    cut = asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            cut.set()

    async with raw_server(flood) as port, client_of() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/", headers={}, body=b"{}")
        async with asyncio.timeout(10):
            await cut.wait()
    assert (answer.status, len(answer.head)) == (200, MAX_ANSWER)
    assert sent < 50_000_000


async def test_a_small_gzip_that_unpacks_to_much_is_not_unpacked() -> None:
    async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb")
        await writer.drain()

    async with raw_server(bomb) as port:
        assert (await post(port)).head == b"bomb"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=["ssh", "tls", "no status", "no length", "a header of 100 kB"],
)
async def test_what_is_not_http_is_said_to_be_none(said: bytes) -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(said)
        await writer.drain()

    assert await reason(garbage) == "the answer is not HTTP"


async def test_headers_without_end_are_not_read_without_end() -> None:
    sent = 0

    async def headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: and more\r\n" * 1000)
            await writer.drain()
            sent += 18_000

    assert await reason(headers) in {"the answer is not HTTP", "no answer in time"}
    assert sent < 50_000_000


async def test_a_connection_that_is_cut_is_told_from_no_connection() -> None:
    async def cut(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await heard(reader)

    assert await reason(cut) == "the connection was cut before an answer"
    with pytest.raises(NotDeliveredError, match="no connection: ECONNREFUSED"):
        await post(free_port())


async def test_redirects_are_not_followed() -> None:
    async with running_sink() as inside, running_sink() as outside:
        outside.status(307, Location=inside.url)
        async with client_of() as client:
            answer = await client.post(outside.url, headers={}, body=b"{}")
        assert answer.status == 307
        assert inside.received == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104 - refused
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ],
)
async def test_no_way_of_writing_leads_to_this_machine(host: str) -> None:
    async with running_sink() as sink, client_of(Reach(http=True)) as client:
        url = sink.url.replace("127.0.0.1", host)
        with pytest.raises(NotDeliveredError) as caught:
            await client.post(url, headers={}, body=b"{}")
    assert "ECONNREFUSED" not in str(caught.value)
    assert sink.received == []


async def test_of_two_addresses_the_forbidden_one_is_never_connected_to() -> None:
    connected: list[str] = []
    port = free_port()  # on either address

    def noting(host: str) -> Connected:
        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected.append(host)
            await heard(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

        return note

    async with (
        raw_server(noting("forbidden"), host="127.0.0.2", port=port),
        raw_server(noting("allowed"), port=port),
    ):
        for addresses in (["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]):
            async with client_of(look_up=names(addresses)) as client:
                url = f"http://two.example.org:{port}/"
                assert (await client.post(url, headers={}, body=b"{}")).status == 200
        async with client_of(look_up=names(["127.0.0.2", "127.0.0.3"])) as client:
            with pytest.raises(NotDeliveredError, match="address is not allowed"):
                await client.post(url, headers={}, body=b"{}")
    assert connected == ["allowed", "allowed"]


async def test_a_name_that_resolves_elsewhere_the_second_time_is_looked_at_again() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        return names(next(answers))(host, port)

    async with running_sink() as sink:
        url = sink.url.replace("127.0.0.1", "rebinding.example.org")
        for reached in (True, False):
            async with client_of(look_up=rebinding if reached else names(["127.0.0.2"])) as client:
                if reached:
                    assert (await client.post(url, headers={}, body=b"{}")).status == 200
                else:
                    with pytest.raises(NotDeliveredError, match="address is not allowed"):
                        await client.post(url, headers={}, body=b"{}")


async def test_a_name_that_does_not_resolve_is_said_to_be_none() -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async with client_of(look_up=unknown) as client:
        with pytest.raises(NotDeliveredError, match="does not resolve"):
            await client.post("http://nowhere.example.org/", headers={}, body=b"{}")
        with pytest.raises(NotDeliveredError):
            await client.post(f"http://{'x' * 64}.example.org/", headers={}, body=b"{}")


async def test_names_that_hang_delay_no_other_name() -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if host.startswith("hanging"):
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
        return names(["127.0.0.1"])(host, port)

    async with running_sink() as sink, client_of(look_up=look_up) as client:
        hanging = [
            asyncio.create_task(
                client.post(
                    sink.url.replace("127.0.0.1", f"hanging{n}.example.org"), headers={}, body=b""
                )
            )
            for n in range(30)
        ]
        url = sink.url.replace("127.0.0.1", "quick.example.org")
        assert (await client.post(url, headers={}, body=b"{}")).status == 200
        assert not any(task.done() for task in hanging)
        released.set()
        await asyncio.gather(*hanging)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    certificate = self_signed(tmp_path)
    server = await asyncio.start_server(never, "127.0.0.1", 0, ssl=certificate)
    port = server.sockets[0].getsockname()[1]
    async with server, client_of() as client:
        with pytest.raises(NotDeliveredError, match="certificate is not valid"):
            await client.post(f"https://127.0.0.1:{port}/", headers={}, body=b"{}")
    async with raw_server(never) as port, client_of() as client:
        with pytest.raises(NotDeliveredError):
            await client.post(f"https://127.0.0.1:{port}/", headers={}, body=b"{}")


def self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_sink() as sink, running_sink() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with client_of() as client:
            await client.post(sink.url, headers={}, body=b"{}")
        assert len(sink.received) == 1
        assert proxy.received == []


async def test_a_connection_is_used_again() -> None:
    ports: list[int] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await heard(reader)
            ports.append(writer.get_extra_info("peername")[1])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()

    async with raw_server(keep) as port, client_of() as client:
        for _ in range(3):
            await client.post(f"http://127.0.0.1:{port}/", headers={}, body=b"")
    assert len(set(ports)) == 1
