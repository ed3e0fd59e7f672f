"""Everything that this package raises on purpose.

```
LeadwireError
├── ProblemError            the server answered, and refused
│   ├── InvalidRequestError   400, 413, 415, 422: the request is wrong
│   ├── AccessError           401, 403: the credentials do not do
│   ├── NotFoundError         404, 410: there is no such thing, or no more
│   ├── ConflictError         409, 412: the thing is in another state
│   └── UnavailableError      429, 5xx: later, perhaps
├── TransportError          there was no answer, or only a part of one
├── ProtocolError           there was an answer, but not Leadwire's
├── CheckpointError         a checkpoint could not be read or written
├── UnreadableEventError    what was delivered is no event of Leadwire
└── ConsumerError           a consumer cannot run as it is asked to
```

Branch on the class, or on `code`, which is stable.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class LeadwireError(Exception):
    """Any error of this package.

    Attributes:
        code: Stable name of what went wrong.
    """

    code: str = "error"


class ProblemError(LeadwireError):
    """The server refused, with a problem as RFC 9457 describes it.

    Attributes:
        status: HTTP status.
        detail: What is wrong, and what to do about it.
        request_id: Give this when you report a problem; empty if the answer had none.
        errors: With `invalid_request`: every wrong or missing value (`in`, `path`, `message`).
        retry_after: Seconds after which the server wants to be asked again, if it said so.
        extra: Other members of the problem, as `allowed` of `illegal_transition`.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        detail: str,
        request_id: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.extra = dict(extra or {})


class InvalidRequestError(ProblemError):
    """The request is wrong: it will be refused again."""


class AccessError(ProblemError):
    """Credentials are missing or wrong, or do not allow this."""


class NotFoundError(ProblemError):
    """There is no such thing, or it is there no more."""


class ConflictError(ProblemError):
    """The thing is in another state than the request needs."""


class UnavailableError(ProblemError):
    """The server cannot answer now."""


class TransportError(LeadwireError):
    """There was no answer, or only a part of one.

    Attributes:
        sent: Whether the server may have got the request.
    """

    code = "connection_failed"

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class ProtocolError(LeadwireError):
    """There was an answer, but not one that Leadwire gives."""

    code = "not_understood"


class CheckpointError(LeadwireError):
    """A checkpoint could not be read or written."""

    code = "checkpoint_failed"


class UnreadableEventError(LeadwireError):
    """What was delivered is not JSON, no CloudEvent, or does not say what its type says."""

    code = "event_unreadable"


class ConsumerError(LeadwireError):
    """A consumer cannot run as it is asked to; trying again does not help."""

    code = "consumer_refused"


_BY_STATUS: Mapping[int, type[ProblemError]] = {
    401: AccessError,
    403: AccessError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    412: ConflictError,
    429: UnavailableError,
}


def problem_class(status: int) -> type[ProblemError]:
    """Give the class for an HTTP status."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return UnavailableError if status >= 500 else InvalidRequestError
