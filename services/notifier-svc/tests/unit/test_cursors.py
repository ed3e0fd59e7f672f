"""Cursors come back as what they were made from, and nothing else is taken for one."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.http import Problem
from notifier_svc.domain.journal import JournalPlace
from notifier_svc.http.cursors import id_cursor, place_cursor, read_id_cursor, read_place_cursor


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_place_comes_back(turn: int, position: int) -> None:
    place = JournalPlace(turn, position)
    assert read_place_cursor(place_cursor(place)) == place


@given(st.uuids())
def test_an_id_comes_back(value: UUID) -> None:
    assert read_id_cursor(id_cursor(value)) == value


def test_no_cursor_is_the_beginning() -> None:
    assert read_place_cursor(None) is None
    assert read_id_cursor(None) is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "%%%", "ü", id_cursor(UUID(int=1)) + "AAAA", "A" * 99], ids=repr
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    for read in (read_place_cursor, read_id_cursor):
        with pytest.raises(Problem) as caught:
            read(cursor)
        assert (caught.value.status, caught.value.code) == (400, "invalid_request")


@given(st.binary(min_size=16, max_size=16))
def test_any_sixteen_bytes_are_a_place(raw: bytes) -> None:
    cursor = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert isinstance(read_place_cursor(cursor), JournalPlace)
