"""What the handlers of this service work with."""

from dataclasses import dataclass

from stream_svc.http.slots import StreamSlots
from stream_svc.metrics import StreamMetrics
from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.tail import Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per process, in `app.py`.

    Attributes:
        reads: The projection.
        log: The change log.
        tail: What is new in the log.
        heartbeat_seconds: Silence on a stream after which a mark is sent.
        write_within: Seconds that a stream's reader has to take what is sent.
        rotate_after: Seconds after which a follower is asked to reconnect.
        slots: How many streams there may be.
        metrics: Told what is streamed, and what is cut.
    """

    reads: LeadReads
    log: ChangeLog
    tail: Tail
    heartbeat_seconds: float
    write_within: float
    rotate_after: float
    slots: StreamSlots
    metrics: StreamMetrics
