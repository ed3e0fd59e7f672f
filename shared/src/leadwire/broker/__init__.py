"""Publish and receive events, whatever the broker.

`broker_from_url` returns a transport for a URL; `port` says what it promises, and
`leadwire.testing.broker_contract` holds every transport to it.
"""

from leadwire.broker.errors import (
    BrokerConfigurationError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    TopologyConflictError,
)
from leadwire.broker.port import (
    ALL_TYPES,
    Accepted,
    Ack,
    Broker,
    Capabilities,
    Consumer,
    Delivery,
    Handler,
    Message,
    Outcome,
    Park,
    ParkingLot,
    Rejected,
    Retry,
    Subscription,
    Unknown,
    Unroutable,
    Verdict,
)
from leadwire.broker.registry import broker_from_url, known_schemes

__all__ = [
    "ALL_TYPES",
    "Accepted",
    "Ack",
    "Broker",
    "BrokerConfigurationError",
    "BrokerError",
    "BrokerRefusedError",
    "BrokerUnavailableError",
    "Capabilities",
    "Consumer",
    "Delivery",
    "Handler",
    "Message",
    "Outcome",
    "Park",
    "ParkingLot",
    "Rejected",
    "Retry",
    "Subscription",
    "TopologyConflictError",
    "Unknown",
    "Unroutable",
    "Verdict",
    "broker_from_url",
    "known_schemes",
]
