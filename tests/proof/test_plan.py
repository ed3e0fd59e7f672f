"""A plan follows from its seed, and leaves nothing out."""

from collections import Counter

import pytest

from chaos.plan import PUBLISHERS, SERVICES, Kind, make_plan


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert make_plan(seed=7, minutes=10) == make_plan(seed=7, minutes=10)
    assert make_plan(seed=7, minutes=10).faults != make_plan(seed=8, minutes=10).faults


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    """So that what was found after minutes can be looked for in fewer."""
    short, long = make_plan(seed=7, minutes=1), make_plan(seed=7, minutes=10)
    for some, all_of_them in zip(short.lanes, long.lanes, strict=True):
        assert all_of_them[: len(some)] == some


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_has_every_kind_of_fault(seed: int) -> None:
    plan = make_plan(seed=seed, minutes=1)
    assert Counter(fault.kind for fault in plan.faults).keys() == set(Kind)
    killed = {fault.target[:-2] for fault in plan.faults if fault.kind is Kind.SERVICE_KILLED}
    assert killed == set(SERVICES)
    relays = {fault.target for fault in plan.faults if fault.kind is Kind.RELAY_KILLED}
    assert relays == set(PUBLISHERS)
    assert all(0 < fault.at < 60 for fault in plan.faults)
