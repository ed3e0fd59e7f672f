"""A cursor goes on where its own listing stopped, and nothing else is taken for one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, Field

from leadwire.http import Keyset, PageQuery, Position, Problem
from leadwire.http.paging import LONGEST_CURSOR

IDS = Keyset[UUID]("ids", key=UUID)
PLACES = Keyset[tuple[datetime, int]]("places", key=tuple[AwareDatetime, Position])


class Chosen(PageQuery):
    """A page of what the filters leave."""

    kind: list[str] = Field(default_factory=list)
    since: AwareDatetime | None = None


def asked(cursor: str | None, **filters: object) -> Chosen:
    return Chosen.model_validate({"cursor": cursor, **filters})


def assert_refused(cursor: str, **filters: object) -> None:
    with pytest.raises(Problem) as caught:
        IDS.after(asked(cursor, **filters))
    assert (caught.value.status, caught.value.code) == (400, "invalid_cursor")


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**63 - 1))
def test_a_key_comes_back_from_a_cursor_of_bounded_length(moment: datetime, number: int) -> None:
    cursor = PLACES.cursor((moment, number), asked(None))
    assert len(cursor) <= LONGEST_CURSOR
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert PLACES.after(asked(cursor)) == (moment, number)


def test_no_cursor_is_the_beginning() -> None:
    assert IDS.after(asked(None)) is None


@given(st.text(max_size=2 * LONGEST_CURSOR))
def test_other_text_is_refused(text: str) -> None:
    assert_refused(text)


@given(st.uuids(), st.data())
def test_a_cursor_with_one_other_character_is_refused(key: UUID, data: st.DataObject) -> None:
    cursor = IDS.cursor(key, asked(None))
    # The last character has bits that mean nothing.
    place = data.draw(st.integers(0, len(cursor) - 2))
    other = data.draw(st.sampled_from("ABxy09-_").filter(lambda each: each != cursor[place]))
    assert_refused(cursor[:place] + other + cursor[place + 1 :])


def test_a_cursor_serves_only_the_filters_that_it_was_given_with() -> None:
    cursor = IDS.cursor(UUID(int=7), asked(None, kind=["a", "b"]))
    assert IDS.after(asked(cursor, kind=["b", "a", "b"], limit=3)) == UUID(int=7)
    assert_refused(cursor)
    assert_refused(cursor, kind=["a"])
    assert_refused(cursor, kind=["a", "b"], since="2026-01-31T09:00:00Z")


def test_a_cursor_serves_only_its_own_listing() -> None:
    assert_refused(Keyset[UUID]("others", key=UUID).cursor(UUID(int=7), asked(None)))
    assert_refused(IDS.cursor(UUID(int=7), asked(None), within="lead 1"))


def test_a_number_that_no_database_holds_is_refused() -> None:
    cursor = Keyset[int]("numbers", key=int).cursor(2**63, asked(None))
    with pytest.raises(Problem):
        Keyset[int]("numbers", key=Position).after(asked(cursor))


def test_a_page_has_a_cursor_only_if_another_one_follows() -> None:
    ids = [UUID(int=number) for number in range(3)]
    query = asked(None, limit=2)
    assert IDS.cut(ids[:2], query, key=lambda each: each) == (ids[:2], None)
    page, cursor = IDS.cut(ids, query, key=lambda each: each)
    assert page == ids[:2]
    assert IDS.after(asked(cursor)) == ids[1]
