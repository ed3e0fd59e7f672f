from typing import Any

import pytest

from leadwire.broker import ALL_TYPES, Subscription
from leadwire.broker.port import DELIVERY_LIMIT
from leadwire.broker.rabbitmq._topology import Names, queues, step_for, steps

NAMES = Names("leadwire")


def subscription(**fields: Any) -> Subscription:
    return Subscription(**{"name": "manager-svc", "types": (ALL_TYPES,), **fields})


def test_names_are_those_that_operators_know() -> None:
    assert (NAMES.events, NAMES.directed) == ("leadwire.events", "leadwire.directed")
    found = [
        queue.name
        for queue in queues(NAMES, subscription(retry_delays=(1.0, 5.0)), delivery_limit=1)
    ]
    assert found == [
        "leadwire.manager-svc.dead",
        "leadwire.manager-svc",
        "leadwire.manager-svc.retry.1000",
        "leadwire.manager-svc.retry.5000",
    ]


def test_nothing_that_is_dead_lettered_can_be_lost_on_the_way() -> None:
    for queue in queues(NAMES, subscription(), delivery_limit=DELIVERY_LIMIT):
        arguments = queue.arguments
        assert arguments["x-queue-type"] == "quorum"
        assert isinstance(arguments["x-delivery-limit"], int)
        assert arguments["x-delivery-limit"] >= DELIVERY_LIMIT
        if "x-dead-letter-exchange" in arguments:
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
            assert arguments["x-overflow"] == "reject-publish"


def test_delays_lead_back_to_the_queue_and_the_queue_to_its_dead_letters() -> None:
    dead, main, delay = queues(NAMES, subscription(retry_delays=(0.25,)), delivery_limit=7)
    assert "x-dead-letter-exchange" not in dead.arguments
    assert main.arguments["x-dead-letter-routing-key"] == dead.name
    assert main.arguments["x-delivery-limit"] == 7
    assert delay.arguments["x-dead-letter-routing-key"] == main.name
    assert delay.arguments["x-message-ttl"] == 250


def test_an_ordered_subscription_has_one_active_consumer_and_no_delays() -> None:
    found = queues(NAMES, subscription(ordered=True), delivery_limit=7)
    assert [queue.name for queue in found] == [
        "leadwire.manager-svc.dead",
        "leadwire.manager-svc",
    ]
    assert found[1].arguments["x-single-active-consumer"] is True


@pytest.mark.parametrize(
    ("delay", "step"),
    [(0.0, 100), (0.1, 100), (0.1001, 5000), (5.0, 5000), (5.001, 30_000), (999.0, 30_000)],
)
def test_a_delay_is_rounded_up_to_the_next_step(delay: float, step: int) -> None:
    assert step_for(subscription(retry_delays=(5.0, 0.1, 30.0)), delay) == step


def test_steps_are_ascending_and_unlike_each_other() -> None:
    assert steps(subscription(retry_delays=(5.0, 0.1, 5.0, 0.3))) == [100, 300, 5000]


def test_binding_markers_name_the_types_that_were_bound_in_any_order() -> None:
    one = subscription(types=("a", "b"))
    same = subscription(types=("b", "a", "b"))
    more = subscription(types=("a", "b", "c"))
    assert NAMES.queue_marker(one) == NAMES.queue_marker(same) != NAMES.queue_marker(more)
    assert NAMES.exchange_markers(one) == NAMES.exchange_markers(same)
    markers = [NAMES.queue_marker(one), *NAMES.exchange_markers(one).values()]
    assert len(set(markers)) == 3
