"""Cursors are opaque, whole or refused."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.http import Keyset, PageQuery
from stream_svc.domain import cursor as cursor_module
from stream_svc.domain.cursor import InvalidCursorError, StreamCursor

stream_cursors = st.builds(
    StreamCursor,
    epoch=st.uuids(),
    pos=st.integers(0, 2**63 - 1),
    key=st.uuids(),
    fingerprint=st.binary(min_size=8, max_size=8),
)


@given(stream_cursors)
def test_a_stream_cursor_comes_back_as_it_was(cursor: StreamCursor) -> None:
    assert StreamCursor.decode(cursor.encode()) == cursor


@given(stream_cursors)
def test_a_cursor_is_safe_in_a_query_string(cursor: StreamCursor) -> None:
    text = cursor.encode()
    assert text.replace("-", "").replace("_", "").isalnum()
    assert text.isascii()


@given(stream_cursors, st.data())
def test_a_cursor_with_one_other_character_is_refused(
    cursor: StreamCursor, data: st.DataObject
) -> None:
    text = cursor.encode()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda each: each != text[place]))
    damaged = text[:place] + other + text[place + 1 :]
    try:
        # The last character has bits that mean nothing.
        assert StreamCursor.decode(damaged) == cursor
    except InvalidCursorError:
        return
    assert place == len(text) - 1


@given(st.text(max_size=300))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        StreamCursor.decode(text)


def test_the_cursor_of_a_listing_is_refused() -> None:
    of_listing = Keyset[UUID]("leads", key=UUID).cursor(UUID(int=7), PageQuery())
    with pytest.raises(InvalidCursorError, match="damaged"):
        StreamCursor.decode(of_listing)


def test_a_cursor_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = StreamCursor(epoch=UUID(int=1), pos=2, key=UUID(int=3), fingerprint=bytes(8))
    with monkeypatch.context() as later:
        later.setattr(cursor_module, "VERSION", cursor_module.VERSION + 1)
        of_later = cursor.encode()
    with pytest.raises(InvalidCursorError, match="another version"):
        StreamCursor.decode(of_later)
