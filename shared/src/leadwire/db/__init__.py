"""One service's database: its pool, its queries, its migrations, its role.

`leadwire.db.embedded` holds a Postgres server for machines that have none.
"""

from leadwire.db.addresses import DatabaseAddressError, check_address, role_of
from leadwire.db.database import Database
from leadwire.db.errors import (
    DatabaseError,
    DatabaseRefusedError,
    DatabaseUnavailableError,
    MigrationError,
    ProvisioningError,
    is_transient,
)
from leadwire.db.home import Home, current_home, kept_home, move_home
from leadwire.db.leadership import LeaderLock
from leadwire.db.listener import Listener
from leadwire.db.migrations import Migration, MigrationSource, migrate, pending_migrations
from leadwire.db.outages import again_while_away
from leadwire.db.pool_use import PoolUse
from leadwire.db.queries import Queries
from leadwire.db.roles import provision_role
from leadwire.db.rollbacks import ATTEMPTS, again_if_rolled_back
from leadwire.db.session import Connection, DedicatedConnection

__all__ = [
    "ATTEMPTS",
    "Connection",
    "Database",
    "DatabaseAddressError",
    "DatabaseError",
    "DatabaseRefusedError",
    "DatabaseUnavailableError",
    "DedicatedConnection",
    "Home",
    "LeaderLock",
    "Listener",
    "Migration",
    "MigrationError",
    "MigrationSource",
    "PoolUse",
    "ProvisioningError",
    "Queries",
    "again_if_rolled_back",
    "again_while_away",
    "check_address",
    "current_home",
    "is_transient",
    "kept_home",
    "migrate",
    "move_home",
    "pending_migrations",
    "provision_role",
    "role_of",
]
