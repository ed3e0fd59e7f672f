"""A broker that is not there yet is waited for in few words, which say what to do."""

import asyncio

import pytest
from structlog.testing import capture_logs

from leadwire.broker import BrokerUnavailableError, broker_from_url
from leadwire.db.embedded import free_port
from leadwire.service import components
from leadwire.service.components import PatientBroker


def patient(url: str, *, within: float) -> PatientBroker:
    return PatientBroker(broker=broker_from_url(url, name="a"), url=url, connect_within=within)


async def test_a_broker_that_is_not_there_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(components, "_FIRST_WORD_AFTER", 0.2)
    port = free_port()
    broker = patient(f"amqp://leadwire:hidden@127.0.0.1:{port}/", within=1.0)

    with capture_logs() as said, pytest.raises(BrokerUnavailableError) as caught:
        await broker.start()
    await broker.stop()

    [line] = [each for each in said if each["event"] == "broker_not_there_yet"]
    assert line["broker"] == f"127.0.0.1:{port}"
    assert line["variable"] == "LEADWIRE_BROKER_URL"
    assert line["waiting_for_another_s"] == 0.8
    assert f"127.0.0.1:{port} did not answer within 1 s" in str(caught.value)
    assert "LEADWIRE_BROKER_URL" in str(caught.value)
    assert "hidden" not in f"{said} {caught.value}"


async def test_it_is_repeated_while_the_wait_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "_FIRST_WORD_AFTER", 0.05)
    monkeypatch.setattr(components, "_NEXT_WORD_AFTER", 0.6)
    broker = patient(f"amqp://127.0.0.1:{free_port()}", within=1.2)

    with capture_logs() as said, pytest.raises(BrokerUnavailableError):
        await broker.start()
    await broker.stop()

    assert [each["event"] for each in said].count("broker_not_there_yet") == 2


async def test_nothing_is_said_of_a_broker_that_is_there() -> None:
    broker = patient("memory://patience", within=1.0)

    with capture_logs() as said:
        await broker.start()
    await broker.stop()

    assert said == []
    assert not [each for each in asyncio.all_tasks() if "wait for" in each.get_name()]
