"""RabbitMQ, the production broker (3.10 and newer), on aio-pika.

How an event travels: `publish` sends it, confirmed, to the durable topic exchange
`leadwire.events` with its type as routing key; each subscription's quorum queue
`leadwire.<subscription>` takes what is bound to it. What is for one subscription alone goes
to the topic exchange `leadwire.directed` with its name as routing key. A delivery that
fails goes by the direct exchange `leadwire.<subscription>.returns` through
`leadwire.<subscription>.retry.<ms>` back to the queue; one that crashes
its consumers too often ends in `leadwire.<subscription>.dead`, which is drained into the
parked table.

- `_broker`: the port's methods.
- `_link`: connections that are made on demand and can be cut.
- `_publisher`: pipelined confirmed publishing within a deadline.
- `_consumer`, `_session`: consuming without end, and one consumption of a queue.
- `_subscriber`: retry, order in place, parking of what crashes.
- `_topology`, `_declaration`, `_management`: what exists on the server, and whether it does.
- `_wire`: messages as AMQP properties.

Alert on the depth of queues, `.dead` and delay queues included: nothing of ours expires.
"""

from leadwire.broker.port import DELIVERY_LIMIT
from leadwire.broker.rabbitmq._broker import RabbitMQBroker

__all__ = ["DELIVERY_LIMIT", "RabbitMQBroker"]
