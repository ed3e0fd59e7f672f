"""For services of other teams: receive Leadwire's events from RabbitMQ, each with one effect.

`pip install leadwire-client[consumer]`. A `Consumer` has a durable queue of its own, hands each
event to a handler in a transaction of the service's own database, tries again what fails, and
sets aside what cannot be handled. `SqliteStore` is in `consumer.sqlite`, `PostgresStore` in
`consumer.postgres`; the events are in `leadwire_client.events`; for tests there is
`leadwire_client.testing.consumer`. `python -m leadwire_client.consumer` lists, requeues and
discards what was set aside.
"""

from leadwire_client.consumer.dispatch import Handler, ParkError, RetryError
from leadwire_client.consumer.metrics import Counts, Metrics, PrometheusMetrics
from leadwire_client.consumer.parked import ParkedEvent, ParkedEvents
from leadwire_client.consumer.policy import Policy
from leadwire_client.consumer.queues import Limits
from leadwire_client.consumer.service import Consumer
from leadwire_client.consumer.units import Key, Revs, Store, Unit
from leadwire_client.errors import ConsumerError

__all__ = [
    "Consumer",
    "ConsumerError",
    "Counts",
    "Handler",
    "Key",
    "Limits",
    "Metrics",
    "ParkError",
    "ParkedEvent",
    "ParkedEvents",
    "Policy",
    "PrometheusMetrics",
    "RetryError",
    "Revs",
    "Store",
    "Unit",
]
