"""Messages as columns: exact where Postgres can hold them, storable in any case."""

from hypothesis import given
from hypothesis import strategies as st

from leadwire.broker import Message
from leadwire.outbox._rows import MAX_TEXT, headers_of, message_columns, shortened, storable

any_text = st.text(st.characters())
proper_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.dictionaries(proper_text, proper_text), proper_text, st.binary(max_size=50))
def test_proper_messages_are_stored_exactly(
    headers: dict[str, str], event_id: str, body: bytes
) -> None:
    message = Message(id=event_id, type="told", body=body, headers=headers)
    stored_id, stored_type, content_type, stored_body, column = message_columns(message)
    assert (stored_id, stored_type, stored_body) == (event_id, "told", body)
    assert content_type == message.content_type
    assert headers_of(column) == headers


@given(any_text)
def test_any_text_becomes_text_that_postgres_can_hold(text: str) -> None:
    assert "\x00" not in storable(text)
    storable(text).encode()


@given(any_text.map(lambda text: text * 3_000))
def test_reasons_are_bounded(text: str) -> None:
    assert len(shortened(text)) <= MAX_TEXT
    assert shortened(text)[: MAX_TEXT - 1] == storable(text)[: MAX_TEXT - 1]
