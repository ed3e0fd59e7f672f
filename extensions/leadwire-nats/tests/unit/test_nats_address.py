"""What an address of NATS may say, and that its secrets stay in it."""

import pytest

from leadwire.broker import BrokerConfigurationError, known_schemes
from leadwire_nats import NatsBroker


@pytest.mark.parametrize(
    "url",
    [
        "nats://localhost",
        "nats://user:p%40ss@one:4222,two:4222,three?namespace=mine&replicas=3",
        "nats+tls://token@host:4222/",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    assert NatsBroker.from_url(url, name="test").capabilities.durable


@pytest.mark.parametrize(
    "url",
    [
        "nats://",
        "nats://:secret@",
        "amqp://user:secret@host",
        "nats://user:secret@one,,two",
        "nats://user:secret@host/vhost",
        "nats://user:secret@host?namspace=typo",
        "nats://user:secret@host?namespace=a-b",
        "nats://user:secret@host?namespace=a.*",
        "nats://user:secret@host?replicas=6",
        "nats://user:secret@host?replicas=many",
        "nats://user:secret@[host",
        "nats://user:secret@host:secret",
    ],
)
def test_addresses_that_are_refused_without_being_shown(url: str) -> None:
    with pytest.raises(BrokerConfigurationError) as refused:
        NatsBroker.from_url(url, name="test")
    assert "secret" not in str(refused.value)


def test_both_schemes_are_found() -> None:
    assert {"nats", "nats+tls"} <= set(known_schemes())


def test_nothing_that_describes_a_client_shows_its_password() -> None:
    broker = NatsBroker.from_url("nats://user:secret@host", name="test")
    assert "secret" not in repr(broker._address)
