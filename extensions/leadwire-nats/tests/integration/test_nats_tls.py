"""A server that offers TLS only is used like any other, if its certificate is to be trusted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from nats_server import PrivateNats

from leadwire.broker import Accepted, BrokerError, Message, Subscription
from leadwire.testing import eventually
from leadwire.testing.broker_recording import ParkingList, Recorder
from leadwire_nats import NatsBroker

WANTED = Subscription(name="team", types=("lead_assigned",))
EVENT = Message(id="event-1", type="lead_assigned", body=b"{}")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority of our own, which this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
async def secured(authority: trustme.CA, tmp_path: Path) -> AsyncIterator[PrivateNats]:
    certificate = authority.issue_cert("127.0.0.1")
    server = PrivateNats(data_dir=tmp_path / "secured", certificate=certificate)
    await server.start()
    yield server
    await server.close()


async def test_events_go_over_tls_also_after_a_restart(secured: PrivateNats) -> None:
    broker = NatsBroker.from_url(secured.url, name="test")
    await broker.start()
    await broker.declare([WANTED])
    recorder = Recorder()
    await broker.subscribe(WANTED, recorder, parking=ParkingList())
    assert list(await broker.publish([EVENT])) == [Accepted()]
    await eventually(lambda: recorder.finished == ["event-1"])
    await secured.restart()

    async def is_taken() -> bool:
        again = Message(id="event-2", type="lead_assigned", body=b"{}")
        return list(await broker.publish([again])) == [Accepted()]

    await eventually(is_taken, within=30)
    await eventually(lambda: "event-2" in recorder.finished, within=30)
    await broker.stop()


async def test_a_server_whose_certificate_nobody_vouches_for_is_told_nothing(
    secured: PrivateNats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "another.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    broker = NatsBroker.from_url(secured.url, name="test")
    with pytest.raises(BrokerError, match="CERTIFICATE_VERIFY_FAILED"):
        await broker.start()
    await broker.stop()


async def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, tmp_path: Path
) -> None:
    certificate = authority.issue_cert("elsewhere.example.com")
    server = PrivateNats(data_dir=tmp_path / "elsewhere", certificate=certificate)
    await server.start()
    broker = NatsBroker.from_url(server.url, name="test")
    with pytest.raises(BrokerError, match=r"certificate is not valid for '127\.0\.0\.1'"):
        await broker.start()
    await broker.stop()
    await server.close()
