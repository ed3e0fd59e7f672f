"""The ring gives followers what is new, without a gap, or says that it cannot."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from stream_svc.domain import ring as ring_module
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter
from stream_svc.domain.follow import Change, Place
from stream_svc.domain.lead import Status
from stream_svc.domain.ring import Batch, Ring

EPOCH = UUID(int=1)
EVERY = LeadFilter()


def change(pos: int) -> Change:
    facets = Facets(
        status=Status.PENDING,
        manager_id=None,
        origin="form",
        import_id=None,
        email_domain="example.org",
        created_at=datetime(2026, 1, 31, tzinfo=UTC),
    )
    return Change(
        pos=pos,
        lead_id=UUID(int=pos),
        rev=1,
        before=None,
        after=facets,
        document='{"n":1}',
        at=datetime(2026, 1, 31, tzinfo=UTC),
    )


def batch(after: int, pos: int) -> Batch:
    return Batch(after=after, pos=pos, changes=[change(each) for each in range(after + 1, pos + 1)])


def at(pos: int, *, epoch: UUID = EPOCH) -> Place:
    return Place(epoch=epoch, pos=pos, key=END_KEY)


def ring(*, most_changes: int = 100, most_bytes: int = 10_000) -> Ring:
    made = Ring(most_changes=most_changes, most_bytes=most_bytes)
    made.restart(epoch=EPOCH, pos=10)
    return made


def spans(batches: list[Batch] | None) -> list[tuple[int, int]] | None:
    return None if batches is None else [(each.after, each.pos) for each in batches]


def test_a_follower_gets_every_batch_after_its_position() -> None:
    kept = ring()
    for span in ((10, 12), (12, 13), (13, 20)):
        kept.append(batch(*span))
    assert spans(kept.since(at(10))) == [(10, 12), (12, 13), (13, 20)]
    assert spans(kept.since(at(11))) == [(10, 12), (12, 13), (13, 20)]
    assert spans(kept.since(at(12))) == [(12, 13), (13, 20)]
    assert spans(kept.since(at(20))) == []
    assert spans(kept.since(at(21))) == []


def test_one_who_is_older_than_the_ring_is_sent_to_the_log() -> None:
    kept = ring(most_changes=3)
    kept.append(batch(10, 12))
    kept.append(batch(12, 14))
    assert spans(kept.since(at(10))) is None
    assert spans(kept.since(at(12))) == [(12, 14)]


def test_the_ring_is_bounded_by_bytes_too() -> None:
    kept = ring(most_bytes=20)
    kept.append(batch(10, 12))
    kept.append(batch(12, 14))
    assert spans(kept.since(at(10))) is None


def test_another_epoch_is_sent_to_the_log() -> None:
    assert ring().since(at(10, epoch=UUID(int=2))) is None


def test_before_the_log_was_ever_read_there_is_nothing_new() -> None:
    assert Ring(most_changes=1, most_bytes=1).since(at(5)) == []


def test_a_batch_that_leaves_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        ring().append(batch(11, 12))


def test_a_follower_far_behind_takes_a_bounded_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "BYTES_AT_ONCE", 10)
    kept = ring()
    for span in ((10, 12), (12, 13), (13, 20)):
        kept.append(batch(*span))
    assert spans(kept.since(at(10))) == [(10, 12)]


def test_followers_with_one_filter_share_the_encoding() -> None:
    told = batch(10, 12)
    assert told.frames(at(10), EVERY) is told.frames(at(10), EVERY)
    assert told.frames(at(10), EVERY).puts == 2


def test_one_who_stands_inside_a_batch_gets_the_rest_of_it() -> None:
    assert batch(10, 12).frames(at(11), EVERY).puts == 1
