"""Change and event in one commit, and each event's effect once.

A publishing service adds events to its `Outbox` in the transaction that makes the change;
the `Relay` publishes them and deletes what the broker accepted. A consuming service makes
its handlers with `transactional_handler`, whose inbox row commits with the effect, or with
`BatchingHandler` where many events in one transaction pay, and gives the broker
`ParkedEvents` for what cannot be handled.
"""

from leadwire.outbox._store import Measurement, OutboxStore
from leadwire.outbox.batching import BatchingHandler
from leadwire.outbox.broker_marks import NO_MARK, BrokerMark, BrokerMarks
from leadwire.outbox.errors import ServedElsewhereError, UnmarkedBrokerError, UnreadableError
from leadwire.outbox.handling import Identified, transactional_handler
from leadwire.outbox.metrics import RelayMetrics
from leadwire.outbox.parked_store import (
    Decision,
    DecisionKind,
    ParkedEvent,
    ParkedFilter,
    ParkedId,
    ParkedStore,
    Place,
)
from leadwire.outbox.parking import ParkedEvents, redact_parked
from leadwire.outbox.pruner import InboxPruner
from leadwire.outbox.relay import Relay
from leadwire.outbox.writer import (
    OUTBOX_MIGRATIONS,
    Outbox,
    OutgoingEvent,
    UnpublishedEvent,
    event_values,
    with_event,
)

__all__ = [
    "NO_MARK",
    "OUTBOX_MIGRATIONS",
    "BatchingHandler",
    "BrokerMark",
    "BrokerMarks",
    "Decision",
    "DecisionKind",
    "Identified",
    "InboxPruner",
    "Measurement",
    "Outbox",
    "OutboxStore",
    "OutgoingEvent",
    "ParkedEvent",
    "ParkedEvents",
    "ParkedFilter",
    "ParkedId",
    "ParkedStore",
    "Place",
    "Relay",
    "RelayMetrics",
    "ServedElsewhereError",
    "UnmarkedBrokerError",
    "UnpublishedEvent",
    "UnreadableError",
    "event_values",
    "redact_parked",
    "transactional_handler",
    "with_event",
]
