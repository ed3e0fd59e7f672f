from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from leadwire_client import Gone, Lead, LeadCache, ManagerRef, Put, Reset, Synced

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
SYNCED = Synced(cursor="c")


def lead(lead_id: UUID, rev: int, manager: str | None = None) -> Lead:
    return Lead(
        id=lead_id,
        name="Ada",
        family_name="Lovelace",
        email="ada@example.com",
        created_at=NOW,
        updated_at=NOW,
        rev=rev,
        manager=ManagerRef(id=UUID(int=9), name=manager) if manager else None,
    )


def put(lead_id: UUID, rev: int, manager: str | None = None) -> Put:
    return Put(id=lead_id, rev=rev, lead=lead(lead_id, rev, manager))


def gone(lead_id: UUID, rev: int) -> Gone:
    return Gone(id=lead_id, rev=rev)


def copy_of(*changes: Put | Gone | Reset | Synced) -> LeadCache:
    cache = LeadCache()
    for change in changes:
        cache.apply(change)
    return cache


def revs(cache: LeadCache) -> dict[UUID, int]:
    return {lead_id: each.rev for lead_id, each in cache.items()}


def test_a_copy_is_shown_when_it_is_complete() -> None:
    cache = copy_of(put(ONE, 1), put(TWO, 4))
    assert len(cache) == 0
    assert not cache.synced
    cache.apply(SYNCED)
    assert revs(cache) == {ONE: 1, TWO: 4}
    assert cache.synced


def test_while_a_stream_starts_over_the_old_copy_stays() -> None:
    cache = copy_of(put(ONE, 1), SYNCED, Reset(reason="cursor_expired"), put(TWO, 2))
    assert revs(cache) == {ONE: 1}
    cache.apply(SYNCED)
    assert revs(cache) == {TWO: 2}


def test_an_equal_rev_is_applied_and_a_smaller_one_is_not() -> None:
    cache = copy_of(put(ONE, 3, "Ada"), SYNCED, put(ONE, 3, "Ada King"))
    assert cache[ONE].manager == ManagerRef(id=UUID(int=9), name="Ada King")
    cache.apply(put(ONE, 2))
    assert cache[ONE].rev == 3


def test_gone_is_applied_whatever_its_rev() -> None:
    cache = copy_of(put(ONE, 1), SYNCED)
    assert cache.merge(lead(ONE, 9))
    # It left with 8, and does not match with 9 either: nobody will say so again.
    cache.apply(gone(ONE, 8))
    assert ONE not in cache


@pytest.mark.parametrize(("rev", "news"), [(2, False), (3, True), (4, True)])
def test_what_was_read_elsewhere_counts_if_it_is_as_new(rev: int, *, news: bool) -> None:
    cache = copy_of(put(ONE, 3, "Ada"), SYNCED)
    assert cache.merge(lead(ONE, rev, "Grace")) is news
    assert cache[ONE] == (lead(ONE, rev, "Grace") if news else lead(ONE, 3, "Ada"))


def test_what_is_not_held_is_not_merged_in() -> None:
    cache = copy_of(put(ONE, 3), gone(ONE, 4), SYNCED)
    assert not cache.merge(lead(ONE, 3))
    assert len(cache) == 0


def test_a_copy_can_be_changed_while_it_is_looked_through() -> None:
    cache = copy_of(put(ONE, 1), put(TWO, 1), SYNCED)
    for lead_id in cache:
        cache.apply(gone(lead_id, 2))
    cache = copy_of(put(ONE, 1), put(TWO, 1), SYNCED)
    for each in cache.values():
        cache.apply(gone(each.id, 2))
    assert len(cache) == 0


def test_a_lead_cannot_be_changed_by_who_reads_it() -> None:
    cache = copy_of(put(ONE, 1), SYNCED)
    with pytest.raises(AttributeError):
        cache[ONE].name = "Grace"  # type: ignore[misc]
    assert replace(cache[ONE], name="Grace").name == "Grace"
