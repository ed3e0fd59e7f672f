"""How often a delivery was tried, and when it may be tried again.

The server counts deliveries, among them those whose consumer vanished, and forgets a delay when it
restarts. So each verdict to try again is noted in a stream of our own before the delivery is given
back, and deleted when it is handled. Only deliveries that come a second time are looked up.
"""

import json
from dataclasses import asdict, dataclass

from nats.js.errors import NotFoundError

from leadwire_nats._link import Connection
from leadwire_nats._names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is known of a delivery's past.

    Attributes:
        id: The message's id: a stream that was made anew counts from 1 again.
        attempt: Number of the next attempt.
        excused: Attempts before that whose failure was excused.
        given_back: Deliveries that ended in a verdict, so were no losses of a consumer.
        due: Seconds since the epoch before which it is not to be handled.
    """

    id: str
    attempt: int = 1
    excused: int = 0
    given_back: int = 0
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """The notes on the deliveries of one subscription.

    Attributes:
        names: What the stream and its subjects are called.
        subscription: Name of the subscription.
    """

    names: Names
    subscription: str

    async def read(self, connection: Connection, number: int, *, message_id: str) -> Note:
        """Return the note on a delivery; one that says nothing, if there is none."""
        try:
            stored = await connection.js.get_last_msg(
                self.names.attempts_stream, self._subject(number)
            )
            note = Note(**json.loads(stored.data or b""))
        except (NotFoundError, ValueError, TypeError):
            return Note(id=message_id)
        return note if note.id == message_id else Note(id=message_id)

    async def write(self, connection: Connection, number: int, note: Note) -> None:
        """Note it, in place of what was noted before."""
        text = json.dumps(asdict(note)).encode()
        await connection.js.publish(self._subject(number), text)

    async def forget(self, connection: Connection, number: int) -> None:
        """Delete the note on a delivery that is handled."""
        await connection.js.purge_stream(self.names.attempts_stream, subject=self._subject(number))

    def _subject(self, number: int) -> str:
        return self.names.attempts(self.subscription, number)
