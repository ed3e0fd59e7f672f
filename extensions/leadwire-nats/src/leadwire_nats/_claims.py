"""What a consumer has of the server: deliveries, with what their acknowledgement needs."""

from collections import deque
from dataclasses import dataclass, field

from nats.aio.msg import Msg

from leadwire.broker import Delivery
from leadwire.broker.pull import Claim
from leadwire_nats._attempts import Attempts, Note
from leadwire_nats._link import Connection
from leadwire_nats._wire import decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsClaim(Claim):
    """A delivery that a session holds.

    Attributes:
        reply: Where its acknowledgement goes.
        note: What is known of its past.
        delivered: How often the server has delivered it.
    """

    reply: str
    note: Note
    delivered: int


@dataclass(slots=True)
class Standing:
    """What a consumer holds beyond its session, which a lost connection ends.

    Attributes:
        held: What handlers have, by number.
        ahead: What the server has sent and nobody has claimed yet.
    """

    held: dict[int, NatsClaim] = field(default_factory=dict)
    ahead: deque[NatsClaim] = field(default_factory=deque)

    def has(self, number: int) -> bool:
        """Tell whether a delivery is here already."""
        return number in self.held or any(number == each.number for each in self.ahead)


async def claim_of(message: Msg, connection: Connection, attempts: Attempts) -> NatsClaim:
    """Return what the server has delivered; its past is looked up if it came before."""
    meta = message.metadata
    content = decoded(subject=message.subject, headers=message.headers, body=message.data)
    number, note = meta.sequence.stream, Note(id=content.id)
    if meta.num_delivered > 1:
        note = await attempts.read(connection, number, message_id=content.id)
    return NatsClaim(
        number=number,
        session=0,
        delivery=Delivery(
            message=content,
            subscription=attempts.subscription,
            attempt=note.attempt,
            excused=note.excused,
        ),
        losses=max(meta.num_delivered - 1 - note.given_back, 0),
        reply=message.reply,
        note=note,
        delivered=meta.num_delivered,
    )
