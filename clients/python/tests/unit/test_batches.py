from uuid import UUID

from leadwire_client import Batch, Gone, Hello, Mark, Reset, Synced
from leadwire_client._core.batches import Gatherer

ONE, TWO = Gone(id=UUID(int=1), rev=1), Gone(id=UUID(int=2), rev=1)


def test_changes_come_with_the_cursor_behind_them() -> None:
    gatherer = Gatherer(cursor=None)
    assert gatherer.add(ONE) is None
    assert gatherer.add(TWO) is None
    assert gatherer.add(Mark(cursor="c1")) == Batch(changes=(ONE, TWO), cursor="c1")


def test_what_was_cut_off_from_its_mark_is_left_to_the_next_connection() -> None:
    gatherer = Gatherer(cursor="c0")
    gatherer.add(ONE)
    gatherer.add(Hello())
    assert gatherer.add(Mark(cursor="c0")) is None
    gatherer.add(ONE)
    gatherer.add(TWO)
    assert gatherer.add(Mark(cursor="c1")) == Batch(changes=(ONE, TWO), cursor="c1")


def test_a_newer_cursor_is_news_and_an_equal_one_is_not() -> None:
    gatherer = Gatherer(cursor="c0")
    assert gatherer.add(Mark(cursor="c0")) is None
    assert gatherer.add(Mark(cursor="c1")) == Batch(changes=(), cursor="c1")
    assert gatherer.add(Mark(cursor="c1")) is None
    assert gatherer.add(Synced(cursor="c1")) == Batch(changes=(), cursor="c1", synced=True)


def test_a_reset_voids_what_came_before_and_is_told_with_the_next_batch() -> None:
    gatherer = Gatherer(cursor="c0")
    gatherer.add(ONE)
    gatherer.add(Reset(reason="cursor_expired"))
    assert gatherer.add(Mark(cursor="d0")) == Batch(changes=(), cursor="d0", reset=True)
    gatherer.add(TWO)
    assert gatherer.add(Mark(cursor="d1")) == Batch(changes=(TWO,), cursor="d1")
