"""Brokers are found by the scheme of their URL."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadwire.broker import BrokerConfigurationError, broker_from_url, known_schemes
from leadwire.broker.memory import MemoryBroker
from leadwire.broker.registry import installed_transports

MODULE = """
class PigeonBroker:
    def __init__(self, url, name):
        self.url, self.name = url, name

    @classmethod
    def from_url(cls, url, *, name):
        return cls(url, name)
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a distribution of somebody else, which brings the scheme `pigeon`."""
    (tmp_path / "pigeon_post.py").write_text(MODULE)
    metadata = tmp_path / "pigeon_post-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon-post\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[leadwire.brokers]\npigeon = pigeon_post:PigeonBroker\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pigeon_post", raising=False)
    installed_transports.cache_clear()
    yield
    installed_transports.cache_clear()


def test_the_scheme_chooses_the_broker() -> None:
    assert isinstance(broker_from_url("memory://registry", name="test"), MemoryBroker)


def test_the_box_has_three_brokers() -> None:
    assert {"amqp", "amqps", "memory", "postgresql"} <= set(known_schemes())


@pytest.mark.usefixtures("third_party")
def test_a_third_party_adds_a_broker_by_being_installed() -> None:
    assert "pigeon" in known_schemes()
    broker = broker_from_url("pigeon://loft", name="test")
    assert type(broker).__name__ == "PigeonBroker"
    assert vars(broker) == {"url": "pigeon://loft", "name": "test"}


def test_an_unknown_scheme_is_refused_with_the_known_ones_and_without_the_password() -> None:
    with pytest.raises(BrokerConfigurationError) as refused:
        broker_from_url("pigeon://user:secret@loft", name="test")
    assert "'pigeon://'" in str(refused.value)
    assert "memory" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["", "no url at all", "://host"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BrokerConfigurationError):
        broker_from_url(url, name="test")
