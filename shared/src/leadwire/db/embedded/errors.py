"""What the embedded server can raise."""

from leadwire.db.errors import DatabaseError


class EmbeddedPostgresError(DatabaseError):
    """The embedded Postgres cannot be prepared, started or stopped; the message says why."""
