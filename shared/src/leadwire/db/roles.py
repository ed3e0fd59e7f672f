"""Give a service its role and its schema, and nothing else (guarantee G12).

A role owns its schema, may connect to this database, and that is all: the rights that
Postgres grants to everyone, on the database and on the schema `public`, are taken away.
That would lock others out, so a database that holds something of theirs is refused.
"""

import asyncpg
from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from leadwire.db.errors import ProvisioningError
from leadwire.db.queries import Queries
from leadwire.db.scram import scram_verifier
from leadwire.db.session import Connection

_QUERIES = Queries("leadwire.db.sql")

_RACES = (
    asyncpg.DuplicateObjectError,
    asyncpg.UniqueViolationError,
    asyncpg.InternalServerError,  # "tuple concurrently updated"
)


@retry(
    # Roles belong to the whole server, advisory locks to one database: two that
    # provision the same role from two databases can still collide.
    retry=retry_if_exception_type(_RACES),
    stop=stop_after_attempt(8),
    wait=wait_random_exponential(multiplier=0.05, max=1.0),
    reraise=True,
)
async def provision_role(
    admin_connection: Connection, *, role: str, password: str, schema: str | None = None
) -> None:
    """Make a login role and the schema that it owns; done twice, it changes nothing.

    Args:
        admin_connection: Connected to the service's database, as a superuser or as the
            database's owner with CREATEROLE.
        role: Name of the role.
        password: Its password, ASCII; set anew on every call.
        schema: Name of its schema; by default the role's name.

    Raises:
        ProvisioningError: The schema is somebody else's, or the database holds tables of
            others, who would be locked out.
    """
    schema = schema or role
    verifier = scram_verifier(password)
    async with admin_connection.transaction():
        await admin_connection.execute(_QUERIES["lock_provisioning"])
        await _insist_on_our_own(admin_connection, role=role, schema=schema)
        await _create_role(admin_connection, role)
        for name, arguments in (
            ("alter_role_password", (role, verifier)),
            ("alter_role_search_path", (role, schema)),
            ("allow_administrator_to_act_for_role", (role,)),
            ("create_schema_for_role", (schema, role)),
            ("give_schema_to_role", (schema, role)),
            ("close_schema_to_everyone", (schema,)),
            ("close_database_to_everyone", ()),
            ("open_database_to_role", (role,)),
            ("close_public_schema", ()),
        ):
            await _execute_composed(admin_connection, name, *arguments)


async def _insist_on_our_own(connection: Connection, *, role: str, schema: str) -> None:
    owner = await connection.fetchval(_QUERIES["find_foreign_owner"], schema, role)
    if owner is not None:
        raise ProvisioningError(
            f"there is a schema {schema} that belongs to the role {owner}, not to {role}: "
            "give Leadwire a database of its own"
        )
    relation = await connection.fetchval(_QUERIES["find_foreign_relation"], schema)
    if relation is not None:
        raise ProvisioningError(
            f"the database holds {relation}, which is not Leadwire's, and would be closed to "
            "everyone else: give Leadwire a database of its own"
        )


async def _create_role(connection: Connection, role: str) -> None:
    if not await connection.fetchval(_QUERIES["role_exists"], role):
        await _execute_composed(connection, "create_role", role)


async def _execute_composed(connection: Connection, name: str, *arguments: str) -> None:
    """Run the statement that a query composes; DDL takes no parameters, format() quotes."""
    statement = await connection.fetchval(_QUERIES[name], *arguments)
    if statement is not None:
        await connection.execute(statement)
