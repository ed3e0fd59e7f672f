"""One trace id from the request to the last handler, as W3C Trace Context asks."""

import asyncio
import re

import pytest

from leadwire.observability import (
    bind_traceparent,
    continue_trace,
    current_trace,
    current_traceparent,
)

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_is_continued_as_a_new_span_below_the_incoming_one() -> None:
    with bind_traceparent(INCOMING) as context:
        version, trace_id, span_id, flags = current_traceparent().split("-")

    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "01")
    assert span_id != "b7ad6b7169203331"
    assert context.parent_id == "b7ad6b7169203331"


def test_the_decision_not_to_sample_is_passed_on() -> None:
    with bind_traceparent(INCOMING[:-2] + "00"):
        assert current_traceparent().endswith("-00")


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "",
        "rubbish",
        INCOMING.upper(),
        INCOMING[:-3],
        "ff" + INCOMING[2:],
        INCOMING + "-more",
        INCOMING + "\n",
        INCOMING.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        INCOMING.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_anything_malformed_starts_a_new_trace(malformed: str | None) -> None:
    context = continue_trace(malformed)

    assert context.parent_id is None
    assert context.trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", context.traceparent)


def test_a_future_version_may_say_more() -> None:
    assert continue_trace("01" + INCOMING[2:] + "-more").trace_id == INCOMING[3:35]


def test_nothing_is_left_bound_behind_the_block() -> None:
    with pytest.raises(RuntimeError), bind_traceparent(INCOMING):
        raise RuntimeError

    assert current_trace() is None


def test_without_a_binding_every_traceparent_begins_a_trace() -> None:
    assert current_traceparent() != current_traceparent()


async def test_tasks_keep_the_trace_that_they_were_started_in() -> None:
    async def read_later() -> str:
        await asyncio.sleep(0)
        return current_traceparent()

    with bind_traceparent(INCOMING):
        inside = asyncio.create_task(read_later())
        bound = current_traceparent()

    assert await inside == bound
