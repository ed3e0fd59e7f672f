"""Why somebody is not let in, or the files that say who is cannot be used.

```
AccessRefusalError
├── UnauthorizedError       who asks is not known
├── ForbiddenError          he is known, and may not
├── TooManyAttemptsError    passwords were tried too often
└── AccessBusyError         too many passwords wait to be checked
AccessFileError             a file of users or token keys cannot be used
```
"""

import math
from pathlib import Path
from typing import ClassVar


class AccessRefusalError(Exception):
    """Somebody is not let in; the message says what to do and repeats nothing he sent."""

    code: ClassVar[str]


class UnauthorizedError(AccessRefusalError):
    """Credentials are missing or wrong.

    Args:
        detail: What is wrong, and what to do.
        token: Whether it was a token that is wrong.
    """

    code = "unauthorized"

    def __init__(self, detail: str, *, token: bool = False) -> None:
        super().__init__(detail)
        self.token = token


class ForbiddenError(AccessRefusalError):
    """Whoever asks is known, and none of his roles allows this."""

    code = "forbidden"


class TooManyAttemptsError(AccessRefusalError):
    """Passwords were tried too often, for this user or from this address.

    Attributes:
        retry_after: Seconds after which one may be tried again.
    """

    code = "too_many_attempts"

    def __init__(self, *, after: float) -> None:
        self.retry_after = max(1, math.ceil(after))
        super().__init__(
            f"passwords were tried too often; wait {self.retry_after} s before the next one"
        )


class AccessBusyError(AccessRefusalError):
    """Too many passwords wait to be checked already."""

    code = "unavailable"


class AccessFileError(Exception):
    """A file that says who may come in cannot be used.

    Attributes:
        reason: What is wrong with it, and what to do; without anything that stands in it.
        was_read: Whether it was read, and so will be no better before it changes.
    """

    def __init__(self, path: Path, reason: str, *, was_read: bool = True) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason
        self.was_read = was_read
