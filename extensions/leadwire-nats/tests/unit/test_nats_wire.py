"""Names and messages come through whatever they hold."""

import re

from hypothesis import given
from hypothesis import strategies as st

from leadwire.broker import Message
from leadwire_nats._names import Names, token
from leadwire_nats._publisher import _outcome, _Sent
from leadwire_nats._wire import HEADER, decoded, encoded, refusal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    st.builds(
        Message,
        id=TEXTS,
        type=TEXTS,
        body=st.binary(),
        content_type=TEXTS,
        headers=st.dictionaries(TEXTS, TEXTS),
    )
)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    headers = encoded(message)
    assert re.fullmatch(r"[\x20-\x7e]+", headers[HEADER])
    assert decoded(subject="x", headers=headers, body=message.body) == message


@given(TEXTS, TEXTS)
def test_tokens_are_safe_and_differ_where_names_do(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_=-]*", token(one))
    assert (token(one) == token(other)) == (one == other)


def test_streams_that_are_no_subscriptions_get_nothing() -> None:
    names = Names("leadwire")
    streams = ["leadwire-a", "leadwire_attempts", "elsewhere-b", "leadwire2-c"]
    assert names.event_subjects(streams, "x.y") == ["leadwire.events.a.x=2Ey"]


def test_a_message_as_large_as_the_server_takes_passes_and_one_byte_more_does_not() -> None:
    message = Message(id="1", type="t", body=b"x" * 1000)
    headers = encoded(message)
    limit = next(
        size for size in range(1000, 3000) if refusal(message, headers, max_payload=size) is None
    )
    larger = Message(id="1", type="t", body=b"x" * 1001)
    assert refusal(larger, encoded(larger), max_payload=limit) is not None


def test_what_was_not_sent_to_every_subscription_is_not_accepted() -> None:
    assert type(_outcome(_Sent(copies=2))).__name__ == "Unknown"
