"""The ring gives followers what is new, without a gap, or says that it cannot."""

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from stream_svc.domain import encodings
from stream_svc.domain import ring as ring_module
from stream_svc.domain.cursor import END_KEY
from stream_svc.domain.facets import Facets
from stream_svc.domain.filters import LeadFilter, parse_filter
from stream_svc.domain.follow import Change, Place
from stream_svc.domain.lead import Status
from stream_svc.domain.ring import Batch, Ring

EPOCH = UUID(int=1)
EVERY = LeadFilter()
MOMENT = datetime(2026, 1, 31, tzinfo=UTC)


def facets(domain: str) -> Facets:
    """Facets that share nothing with others, as they come out of the log."""
    made = Facets(
        status=Status.PENDING,
        manager_id=UUID(int=8),
        origin="form",
        import_id=UUID(int=9),
        email_domain=domain,
        created_at=MOMENT,
    )
    return Facets.from_json(made.to_json())


def change(pos: int, letters: str = "") -> Change:
    domain = f"{letters}.example.org"
    return Change(
        pos=pos,
        lead_id=UUID(int=2**90 + pos),
        rev=1,
        before=facets(domain),
        after=facets(domain),
        document=f'{{"n":"{pos}{letters}"}}',
        at=MOMENT,
    )


def batch(after: int, pos: int) -> Batch:
    return Batch(after=after, pos=pos, changes=[change(each) for each in range(after + 1, pos + 1)])


def at(pos: int, *, epoch: UUID = EPOCH) -> Place:
    return Place(epoch=epoch, pos=pos, key=END_KEY)


def filters(count: int) -> list[LeadFilter]:
    """Filters that every change meets, each of another moment."""
    moments = [MOMENT - timedelta(minutes=number) for number in range(count)]
    return [parse_filter({"created_after": moment.isoformat()}) for moment in moments]


def ring(*, most_bytes: int = 100_000) -> Ring:
    made = Ring(most_bytes=most_bytes)
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
    first, second = batch(10, 12), batch(12, 14)
    kept = ring(most_bytes=2 * (first.size + second.size) - 1)
    kept.append(first)
    kept.append(second)
    assert spans(kept.since(at(10))) is None
    assert spans(kept.since(at(12))) == [(12, 14)]


@pytest.mark.parametrize("letters", ["x" * 300, "\N{GREEK SMALL LETTER OMEGA}" * 300, ""])
@pytest.mark.parametrize("changes_per_batch", [1, 100])
def test_all_that_the_ring_holds_is_within_its_bound(letters: str, changes_per_batch: int) -> None:
    """However many filters followers have, also such as no lead meets."""
    most_bytes = 512 * 1024
    wanted = [*filters(20), *(parse_filter({"origin": f"origin {n}"}) for n in range(20))]
    kept = ring(most_bytes=most_bytes)
    gc.collect()
    tracemalloc.start()
    try:
        for after in range(10, 510, changes_per_batch):
            pos = after + changes_per_batch
            changes = [change(each, letters) for each in range(after, pos)]
            new = Batch(after=after, pos=pos, changes=changes)
            kept.append(new)
            for leads in wanted:
                kept.frames(new, at(after), leads)
        del new, changes
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes / 4 < held < most_bytes


def test_another_epoch_is_sent_to_the_log() -> None:
    assert ring().since(at(10, epoch=UUID(int=2))) is None


def test_before_the_log_was_ever_read_there_is_nothing_new() -> None:
    assert Ring(most_bytes=1).since(at(5)) == []


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
    kept, told = ring(), batch(10, 12)
    kept.append(told)
    same = [parse_filter({"status": text}) for text in ("pending,interested", "interested,pending")]
    first, second = (kept.frames(told, at(10), leads) for leads in same)
    assert first is second
    assert first.puts == 2


def test_encodings_of_older_batches_make_room_and_those_of_one_batch_do_not() -> None:
    old, new = batch(10, 12), batch(12, 14)
    leads = filters(5)
    size = encodings.size_of(ring().frames(old, at(10), leads[0]))
    kept = ring(most_bytes=2 * 3 * size)

    first = [kept.frames(old, at(10), each) for each in leads]
    again = [kept.frames(old, at(10), each) for each in leads]
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True, True, False, False]
    assert first == again

    told = [kept.frames(new, at(12), each) for each in leads[:2]]
    assert told[0] is kept.frames(new, at(12), leads[0])
    assert told[1] is kept.frames(new, at(12), leads[1])
    assert first[2] is kept.frames(old, at(10), leads[2])
    assert first[0] is not kept.frames(old, at(10), leads[0])


def test_what_was_told_before_a_restart_is_not_told_after_it() -> None:
    kept = ring()
    before = kept.frames(batch(10, 12), at(10), EVERY)
    kept.restart(epoch=UUID(int=2), pos=10)
    after = kept.frames(batch(10, 12), at(10, epoch=UUID(int=2)), EVERY)
    assert before is not after


def test_one_who_stands_inside_a_batch_gets_the_rest_of_it() -> None:
    assert ring().frames(batch(10, 12), at(11), EVERY).puts == 1
