from typing import Any

import pytest
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal, unmarshal
from pamqp.header import ContentHeader

from leadwire.broker import Delivery, Message
from leadwire.broker.rabbitmq import _wire

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SHORT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
HEADER_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: not name.startswith("x-") and name not in {"CC", "BCC"}
)


def delivered(
    properties: Basic.Properties,
    body: bytes = b"{}",
    *,
    exchange: str = "e",
    routing_key: str = "the_key",
) -> DeliveredMessage:
    """As it would come from the server: the properties go through their bytes."""
    header = ContentHeader(properties=properties, body_size=len(body))
    _, _, read = unmarshal(marshal(header, 1))
    assert isinstance(read, ContentHeader)
    frame = Basic.Deliver(
        consumer_tag="t", delivery_tag=1, exchange=exchange, routing_key=routing_key
    )
    nowhere: Any = None
    return DeliveredMessage(delivery=frame, header=read, body=body, channel=nowhere)


def returned(properties: Basic.Properties) -> DeliveredMessage:
    """As it comes back from a delay queue."""
    return delivered(properties, exchange="")


def message(**fields: Any) -> Message:
    return Message(**{"id": "1", "type": "t", "body": b"{}", **fields})


@given(
    message_id=SHORT,
    event_type=SHORT,
    body=st.binary(max_size=100),
    headers=st.dictionaries(HEADER_NAMES, TEXT, max_size=5),
)
def test_what_is_sent_is_read_back_exactly(
    message_id: str, event_type: str, body: bytes, headers: dict[str, str]
) -> None:
    sent = Message(id=message_id, type=event_type, body=body, headers=headers)
    assert _wire.refusal(sent) is None
    out = _wire.outgoing(sent, exchange="e", routing_key="k")
    assert _wire.read(
        delivered(out.properties, out.body), subscription="s", returns="r"
    ) == Delivery(message=sent, subscription="s", attempt=1)


@given(headers=st.dictionaries(HEADER_NAMES, TEXT, max_size=5))
def test_a_retried_message_keeps_its_headers_and_gains_only_its_attempt(
    headers: dict[str, str],
) -> None:
    first = Delivery(message=message(headers=headers), subscription="s", attempt=3, excused=1)
    copy = _wire.again(first.again(is_excused=True), returns="r", queue="q", due=None)
    assert (copy.exchange, copy.routing_key) == ("r", "q")
    read = _wire.read(returned(copy.properties), subscription="s", returns="r")
    assert read == Delivery(message=first.message, subscription="s", attempt=4, excused=2)


def test_a_due_time_travels_with_a_retried_message() -> None:
    first = Delivery(message=message(), subscription="s", attempt=1)
    copy = _wire.again(first, returns="r", queue="q", due=1_750_000_000.25)
    assert _wire.due_at(returned(copy.properties), returns="r") == 1_750_000_000.25
    without = _wire.again(first, returns="r", queue="q", due=None)
    assert _wire.due_at(returned(without.properties), returns="r") == 0


def test_redeliveries_after_a_loss_are_no_attempts() -> None:
    properties = Basic.Properties(headers={_wire.ATTEMPT: 3, "x-delivery-count": 2})
    assert _wire.read(returned(properties), subscription="s", returns="r").attempt == 3


def test_what_a_publisher_says_of_attempts_and_of_when_it_is_due_is_not_believed() -> None:
    said = Basic.Properties(headers={_wire.ATTEMPT: 2**40, _wire.DUE: 2**60})
    assert _wire.read(delivered(said), subscription="s", returns="r").attempt == 1
    assert _wire.due_at(delivered(said), returns="r") == 0
    # By its dead-letter queue it comes as what was sent back does, and is parked with a number.
    assert _wire.read(returned(said), subscription="s", returns="r").attempt < 2**31


def test_what_the_broker_adds_is_taken_off() -> None:
    properties = Basic.Properties(
        message_id="1",
        headers={
            "x-death": [{"queue": "q", "count": 1}],
            "x-first-death-queue": "q",
            "x-last-death-reason": "expired",
            "x-delivery-count": 1,
            "x-acquired-count": 1,
            "kept": "yes",
        },
    )
    read = _wire.read(delivered(properties), subscription="s", returns="r")
    assert dict(read.message.headers) == {"kept": "yes"}


def test_a_foreign_message_gets_an_id_that_stays_the_same_and_its_routing_key_as_type() -> None:
    bare = Basic.Properties(headers={"number": 7, "text": "seven"})
    first = _wire.read(delivered(bare, b"body"), subscription="s", returns="r").message
    second = _wire.read(delivered(bare, b"body"), subscription="s", returns="r").message
    other = _wire.read(delivered(bare, b"other"), subscription="s", returns="r").message
    assert first.id == second.id != other.id
    assert first.type == "the_key"
    assert dict(first.headers) == {"text": "seven"}


@pytest.mark.parametrize("content_type", [None, "", "text/plain"])
@pytest.mark.parametrize("routing_key", ["", "the_key"])
def test_whatever_others_publish_can_be_sent_again(
    content_type: str | None, routing_key: str
) -> None:
    came = delivered(Basic.Properties(content_type=content_type), routing_key=routing_key)
    # Our client would cut such a name off, or refuse it; others do not.
    came.header.properties.headers = {"CC": "x", "kept": "yes", "x" * 200: "long", "": "nameless"}
    read = _wire.read(came, subscription="s", returns="r").message
    assert _wire.refusal(read) is None
    assert dict(read.headers) == {"kept": "yes"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "id"),
        ({"id": "é" * 128}, "id"),
        ({"type": "t" * 256}, "type"),
        ({"content_type": ""}, "content type"),
        ({"headers": {"": "x"}}, "name"),
        # The client would cut such a name off, silently.
        ({"headers": {"é" * 65: "x"}}, "name"),
        # RabbitMQ would close the channel, or route by them.
        ({"headers": {"CC": "other"}}, "reserved"),
        ({"headers": {"BCC": "other"}}, "reserved"),
        ({"headers": {"x-death": "me"}}, "reserved"),
        ({"headers": {_wire.ATTEMPT: "7"}}, "reserved"),
        # RabbitMQ would close the connection.
        ({"headers": {"long": "x" * 110_000}}, "exceed"),
        ({"headers": {"odd": "\ud800"}}, "UTF-8"),
        ({"id": "\ud800"}, "UTF-8"),
    ],
)
def test_what_can_never_be_sent_is_refused_with_a_reason(
    fields: dict[str, object], reason: str
) -> None:
    assert reason in (_wire.refusal(message(**fields)) or "")


def test_properties_fit_one_frame_with_the_largest_headers_allowed() -> None:
    largest = message(headers={f"h{n}": "x" * 10_000 for n in range(10)})
    assert _wire.refusal(largest) is None
    out = _wire.outgoing(largest, exchange="e", routing_key="k")
    assert len(marshal(ContentHeader(properties=out.properties, body_size=2), 1)) < 131_072
    assert len(marshal(ContentBody(largest.body), 1)) < 131_072
