"""The judge of `make chaos` notices what must never be, in falsified evidence of each kind."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from chaos.evidence import Committed, Evidence, Parked
from chaos.facts import lead_created, lead_erased, lead_marked
from chaos.judge import Finding, Wrong, judge
from chaos.ledger import Notes
from chaos.poison import CONSUMERS
from chaos.subscribers import Received

CREATED = ("leadwire/import-svc", "event-1")
MARKED = ("leadwire/manager-svc", "event-2")
LEAD = "lead-1"
AS_COMMITTED = b"hash of the body"
FACTS = {lead_created("ada@example.com"), lead_marked(LEAD, "interested")}


def evidence() -> Evidence:
    """What an honest run of two events leaves."""
    committed = {
        CREATED: _committed("leads_created", lead_created("ada@example.com")),
        MARKED: _committed("lead_interested_created", lead_marked(LEAD, "interested")),
    }
    as_owned = {"status": "interested", "contact_rev": 1, "work_rev": 2}
    return Evidence(
        notes=Notes(attempted=set(FACTS), confirmed=set(FACTS)),
        committed=committed,
        journaled=Counter(list(committed)),
        kept_whole=dict.fromkeys(committed, AS_COMMITTED),
        received={name: _received() for name in ("slow", "crashing", "endpoint")},
        journal_readers=["endpoint"],
        planned=Counter(list(committed)),
        owned={LEAD: as_owned},
        projected={LEAD: dict(as_owned)},
        projected_revs=[((LEAD, "projected"), 1), ((LEAD, "projected"), 3)],
        emails=[(LEAD, 1, 1)],
    )


def _committed(event_type: str, *facts: tuple[str, ...]) -> Committed:
    return Committed(
        type=event_type,
        facts=frozenset(facts),
        hashes=frozenset([AS_COMMITTED]),
        added_at=1.0,
        removed_at=2.0,
        withdrawn=False,
    )


def _received() -> Received:
    return Received(
        first_at={CREATED: 1.1, MARKED: 1.2},
        deliveries=3,
        hashes={CREATED: {AS_COMMITTED}, MARKED: {AS_COMMITTED}},
        effects=Counter([CREATED, MARKED]),
        news=[((LEAD, "contact"), 1), ((LEAD, "work"), 2)],
        sides={(LEAD, "contact"): {"rev": 1}, (LEAD, "work"): {"rev": 2}},
    )


def test_an_honest_run_is_found_in_order() -> None:
    assert judge(evidence()) == []


def test_a_repeated_delivery_is_no_fault() -> None:
    honest = evidence()
    honest.received["slow"].deliveries = 30
    assert judge(honest) == []


def lose_at_one_subscriber(found: Evidence) -> None:
    del found.received["slow"].first_at[MARKED]
    del found.received["slow"].effects[MARKED]


def lose_everywhere(found: Evidence) -> None:
    for each in found.received.values():
        del each.first_at[MARKED], each.effects[MARKED]
    del found.journaled[MARKED]


def lose_at_the_endpoint(found: Evidence) -> None:
    del found.received["endpoint"].first_at[MARKED]
    del found.received["endpoint"].effects[MARKED]


def plan_for_the_endpoint_twice(found: Evidence) -> None:
    found.planned[MARKED] += 1


def lose_in_the_journal(found: Evidence) -> None:
    del found.journaled[MARKED]


def receive_without_an_effect(found: Evidence) -> None:
    del found.received["crashing"].effects[MARKED]


def confirm_what_was_not_committed(found: Evidence) -> None:
    found.notes.attempted.add(lead_erased(LEAD))
    found.notes.confirmed.add(lead_erased(LEAD))


def commit_what_nobody_asked_for(found: Evidence) -> None:
    found.notes.attempted.remove(lead_marked(LEAD, "interested"))
    found.notes.confirmed.remove(lead_marked(LEAD, "interested"))


def mark_twice(found: Evidence) -> None:
    again = ("leadwire/manager-svc", "event-3")
    found.committed = {**found.committed, again: found.committed[MARKED]}
    found.journaled[again] += 1
    for each in found.received.values():
        each.first_at[again] = 1.3
        each.effects[again] += 1


def have_an_effect_twice(found: Evidence) -> None:
    found.received["crashing"].effects[MARKED] += 1


def journal_twice(found: Evidence) -> None:
    found.journaled[CREATED] += 1


def send_no_email(found: Evidence) -> None:
    found.emails = [(LEAD, 1, 0)]


def send_two_emails(found: Evidence) -> None:
    found.emails = [(LEAD, 2, 1)]


def deliver_what_was_never_committed(found: Evidence) -> None:
    found.received["slow"].first_at["leadwire/manager-svc", "event-9"] = 1.4
    found.received["slow"].effects["leadwire/manager-svc", "event-9"] += 1


def deliver_something_else(found: Evidence) -> None:
    found.received["slow"].hashes[MARKED].add(b"of another body")


def post_something_else(found: Evidence) -> None:
    found.received["endpoint"].hashes[MARKED] = {b"of another body"}


def journal_something_else(found: Evidence) -> None:
    found.kept_whole = {**found.kept_whole, MARKED: b"of another body"}


def take_old_news(found: Evidence) -> None:
    found.received["slow"].news = [((LEAD, "work"), 2), ((LEAD, "work"), 1)]


def project_old_news(found: Evidence) -> None:
    found.projected_revs = [((LEAD, "projected"), 3), ((LEAD, "projected"), 1)]


def project_another_state(found: Evidence) -> None:
    found.projected = {LEAD: {**found.projected[LEAD], "status": "pending"}}


def project_what_nobody_has(found: Evidence) -> None:
    found.projected = {**found.projected, "lead-2": {}}


def project_nothing(found: Evidence) -> None:
    found.projected = {}


def believe_an_older_state(found: Evidence) -> None:
    found.received["slow"].sides[LEAD, "work"] = {"rev": 1}


def park(found: Evidence) -> None:
    found.parked = [Parked("stream_svc", "stream-svc", "event-1", "unreadable")]


def refuse(found: Evidence) -> None:
    found.notes.refused.append("PUT /v1/leads/lead-1/status: 409 illegal_transition")


def move_on(found: Evidence) -> None:
    found.moving = {"queue leadwire.stream-svc": 3}


def end(found: Evidence) -> None:
    found.ended = ["stream_svc-1"]


@pytest.mark.parametrize(
    ("falsify", "wrong"),
    [
        (lose_at_one_subscriber, Wrong.LOST),
        (lose_everywhere, Wrong.LOST),
        (lose_at_the_endpoint, Wrong.LOST),
        (lose_in_the_journal, Wrong.LOST),
        (receive_without_an_effect, Wrong.LOST),
        (confirm_what_was_not_committed, Wrong.LOST),
        (send_no_email, Wrong.LOST),
        (commit_what_nobody_asked_for, Wrong.UNASKED),
        (mark_twice, Wrong.DUPLICATE),
        (have_an_effect_twice, Wrong.DUPLICATE),
        (journal_twice, Wrong.DUPLICATE),
        (plan_for_the_endpoint_twice, Wrong.DUPLICATE),
        (send_two_emails, Wrong.DUPLICATE),
        (deliver_what_was_never_committed, Wrong.INVENTED),
        (deliver_something_else, Wrong.ALTERED),
        (post_something_else, Wrong.ALTERED),
        (journal_something_else, Wrong.ALTERED),
        (take_old_news, Wrong.OLD_NEWS),
        (project_old_news, Wrong.OLD_NEWS),
        (project_another_state, Wrong.DISAGREEMENT),
        (project_what_nobody_has, Wrong.DISAGREEMENT),
        (project_nothing, Wrong.DISAGREEMENT),
        (believe_an_older_state, Wrong.DISAGREEMENT),
        (park, Wrong.PARKED),
        (refuse, Wrong.REFUSED),
        (move_on, Wrong.RESTLESS),
        (end, Wrong.ENDED),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(
    falsify: Callable[[Evidence], None], wrong: Wrong
) -> None:
    falsified = evidence()
    falsify(falsified)
    assert [finding.kind for finding in judge(falsified)] == [wrong]


def with_poison() -> Evidence:
    """What an honest run leaves that had an event which nobody can read."""
    found = evidence()
    found.poison = ["poison-1"]
    found.parked = [Parked(service, "all", "poison-1", "not JSON") for service in CONSUMERS]
    for name in ("slow", "crashing"):  # the journal, from which the endpoint is told, has no such
        found.received[name].unreadable = frozenset(found.poison)
    return found


def test_what_nobody_can_read_is_to_be_set_aside() -> None:
    assert judge(with_poison()) == []


def test_what_one_service_has_not_set_aside_is_lost() -> None:
    falsified = with_poison()
    falsified.parked = falsified.parked[1:]
    assert [finding.kind for finding in judge(falsified)] == [Wrong.LOST]


def test_nothing_is_set_aside_without_a_reason() -> None:
    falsified = with_poison()
    falsified.parked = [*falsified.parked[1:], Parked(CONSUMERS[0], "all", "poison-1", "")]
    assert [finding.kind for finding in judge(falsified)] == [Wrong.PARKED]


def test_what_is_lost_is_named_with_where_it_was_last_seen() -> None:
    falsified = evidence()
    lose_at_one_subscriber(falsified)
    assert judge(falsified) == [
        Finding(
            Wrong.LOST,
            "lead_interested_created leadwire/manager-svc/event-2",
            "missed by slow; committed at 00:00:01.000, out of the outbox at 00:00:02.000, "
            "seen by crashing, endpoint, journal",
        )
    ]


def test_what_an_erasure_withdrew_need_not_be_told_but_may_be() -> None:
    withdrawn = evidence()
    event = replace(withdrawn.committed[CREATED], withdrawn=True)
    withdrawn.committed = {**withdrawn.committed, CREATED: event}
    assert judge(withdrawn) == []
    lost = withdrawn.received["slow"]
    del lost.first_at[CREATED], lost.effects[CREATED]
    assert judge(withdrawn) == []


def test_what_an_erasure_left_nothing_of_need_not_be_told_by_the_journal() -> None:
    redacted = evidence()
    redacted.redacted = {MARKED}
    lose_at_the_endpoint(redacted)
    assert judge(redacted) == []
    lose_at_one_subscriber(redacted)
    assert [finding.kind for finding in judge(redacted)] == [Wrong.LOST]


def test_what_an_erasure_left_of_an_event_is_told_by_the_journal_alone() -> None:
    redacted = evidence()
    redacted.kept_whole = {CREATED: AS_COMMITTED}
    redacted.received["endpoint"].hashes[MARKED].add(b"of what is left")
    assert judge(redacted) == []
    redacted.received["slow"].hashes[MARKED].add(b"of what is left")
    assert [finding.kind for finding in judge(redacted)] == [Wrong.ALTERED]
