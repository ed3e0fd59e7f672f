"""Who asks, and what he may: users, API keys and tokens, all judged in the process itself.

`Authenticator` says who shows some credentials; an `Access` says who may use an operation.
Nothing here knows HTTP: `leadwire.http` reads the headers and words the refusals.
"""

from leadwire.access.authenticator import Authenticator
from leadwire.access.buckets import Bucket, Buckets
from leadwire.access.credentials import (
    ApiKey,
    Bearer,
    Credentials,
    Password,
    credentials_from,
)
from leadwire.access.errors import (
    AccessBusyError,
    AccessFileError,
    AccessRefusalError,
    ForbiddenError,
    TooManyAttemptsError,
    UnauthorizedError,
)
from leadwire.access.metrics import AccessMetrics
from leadwire.access.roles import (
    ADMINS,
    ANYBODY,
    EVERY_ROLE,
    EVERYBODY,
    NOBODY,
    PUBLIC,
    Access,
    Principal,
    Role,
    only,
)
from leadwire.access.tokens import IssuedToken

__all__ = [
    "ADMINS",
    "ANYBODY",
    "EVERYBODY",
    "EVERY_ROLE",
    "NOBODY",
    "PUBLIC",
    "Access",
    "AccessBusyError",
    "AccessFileError",
    "AccessMetrics",
    "AccessRefusalError",
    "ApiKey",
    "Authenticator",
    "Bearer",
    "Bucket",
    "Buckets",
    "Credentials",
    "ForbiddenError",
    "IssuedToken",
    "Password",
    "Principal",
    "Role",
    "TooManyAttemptsError",
    "UnauthorizedError",
    "credentials_from",
    "only",
]
