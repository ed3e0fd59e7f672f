"""What counts as a lost connection, and what as a fault of our own."""

import asyncio

import aiormq
import pytest

from leadwire.broker import BrokerUnavailableError, Rejected, Unknown
from leadwire.broker.rabbitmq._link import call
from leadwire.broker.rabbitmq._publisher import _failure

LOSSES = [
    ConnectionResetError("by peer"),
    TimeoutError(),
    aiormq.exceptions.AMQPConnectionError("gone"),
    aiormq.exceptions.ChannelInvalidStateError("closed"),
    asyncio.CancelledError(),
    # Of a connection that ended at the end of a frame, without a goodbye.
    Exception(),
]
FAULTS = [RuntimeError("a fault"), NotImplementedError(), RecursionError(), AttributeError("x")]


async def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", LOSSES, ids=repr)
async def test_a_loss_is_a_broker_that_does_not_answer(error: BaseException) -> None:
    with pytest.raises(BrokerUnavailableError):
        await call(fail(error))
    assert isinstance(_failure(error), Unknown)


@pytest.mark.parametrize("error", FAULTS, ids=repr)
async def test_a_fault_of_our_own_is_no_outage_and_no_refusal(error: Exception) -> None:
    with pytest.raises(type(error)):
        await call(fail(error))
    with pytest.raises(type(error)):
        _failure(error)


@pytest.mark.parametrize("error", [TypeError("int required"), ValueError("too long")], ids=repr)
async def test_what_cannot_be_written_is_refused_for_ever(error: Exception) -> None:
    assert isinstance(answer := _failure(error), Rejected)
    assert answer.permanent
