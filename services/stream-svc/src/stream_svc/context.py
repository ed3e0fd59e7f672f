"""What the handlers of stream-svc share: one frozen value per service in a process."""

from dataclasses import dataclass

from stream_svc.storage.change_log import ChangeLog
from stream_svc.storage.reads import LeadReads
from stream_svc.usecases.tail import Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Parts of the service that requests are answered with.

    Attributes:
        reads: The projection.
        log: The change log.
        tail: What is new in the log.
        heartbeat_seconds: Silence on a stream after which a mark is sent.
        write_within: Seconds that a stream's reader has to take what is sent.
    """

    reads: LeadReads
    log: ChangeLog
    tail: Tail
    heartbeat_seconds: float
    write_within: float
