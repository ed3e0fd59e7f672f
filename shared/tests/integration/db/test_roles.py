"""G12: a service's role reads and writes its own schema, and nothing else."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from leadwire.db import (
    DedicatedConnection,
    ProvisioningError,
    provision_role,
)
from leadwire.outbox import OUTBOX_MIGRATIONS
from leadwire.testing.postgres_databases import DatabaseTemplates, FreshDatabase

Connect = Callable[[str], Awaitable[DedicatedConnection]]

DENIED = asyncpg.InsufficientPrivilegeError


@pytest.fixture
async def two_services(
    fresh_database: FreshDatabase, connect: Connect
) -> list[DedicatedConnection]:
    """Connections of two services' roles in one database; each has made a table."""
    urls = [await fresh_database.add(schema, []) for schema in ("a_svc", "b_svc")]
    connections = [await connect(url) for url in urls]
    for connection in connections:
        await connection.execute("CREATE TABLE secrets (id int); INSERT INTO secrets VALUES (1)")
    return connections


async def test_a_role_works_in_its_own_schema_without_naming_it(
    two_services: list[DedicatedConnection],
) -> None:
    for connection, schema in zip(two_services, ("a_svc", "b_svc"), strict=True):
        assert await connection.fetchval("SELECT current_schema()") == schema
        assert await connection.fetchval("SELECT count(*) FROM secrets") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM b_svc.secrets",
        "INSERT INTO b_svc.secrets VALUES (2)",
        "UPDATE b_svc.secrets SET id = 3",
        "DELETE FROM b_svc.secrets",
        "TRUNCATE b_svc.secrets",
        "DO 'BEGIN LOCK TABLE b_svc.secrets; END'",
        "COPY b_svc.secrets TO STDOUT",
        "DROP TABLE b_svc.secrets",
        "CREATE TABLE b_svc.intruder (id int)",
        "GRANT USAGE ON SCHEMA b_svc TO CURRENT_USER",
        "CREATE TABLE public.intruder (id int)",
        "SELECT * FROM public.what_others_left_there",
        "CREATE SCHEMA intruder",
        "CREATE ROLE intruder",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
    ],
)
async def test_a_role_can_do_nothing_elsewhere(
    two_services: list[DedicatedConnection], statement: str
) -> None:
    with pytest.raises(DENIED):
        await two_services[0].execute(statement)


async def test_no_role_makes_temporary_tables_however_its_database_was_made(
    two_services: list[DedicatedConnection],
) -> None:
    for connection in two_services:
        with pytest.raises(DENIED):
            await connection.execute("CREATE TEMPORARY TABLE intruder (id int)")


async def test_a_role_cannot_become_another(two_services: list[DedicatedConnection]) -> None:
    other = await two_services[1].fetchval("SELECT current_user")

    with pytest.raises(DENIED):
        await two_services[0].execute(f"SET ROLE {other}")


async def test_a_role_cannot_enter_a_database_that_is_not_its_own(
    two_services: list[DedicatedConnection], database_templates: DatabaseTemplates, connect: Connect
) -> None:
    elsewhere = await database_templates.create()
    await database_templates.add(elsewhere, "c_svc", [])

    with pytest.raises(DENIED):
        await connect(database_templates.service_url(elsewhere, "a_svc"))
    await database_templates.drop(elsewhere)


async def test_a_copied_database_is_as_closed_as_its_template(
    fresh_database: FreshDatabase, database_templates: DatabaseTemplates, connect: Connect
) -> None:
    await fresh_database.add("a_svc", [])
    other = await database_templates.create()
    await database_templates.add(other, "d_svc", [])
    name = (await fresh_database.admin_url()).rpartition("/")[2].partition("?")[0]

    with pytest.raises(DENIED):
        await connect(database_templates.service_url(name, "d_svc"))
    await database_templates.drop(other)


@pytest.fixture
async def role(fresh_database: FreshDatabase, connect: Connect) -> AsyncIterator[str]:
    """A role name of this test's own; the role is removed at the end."""
    name = f"role_{secrets.token_hex(4)}"
    url = await fresh_database.admin_url()
    yield name
    admin = await connect(url)
    if await admin.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name):
        await admin.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
    await admin.close()


def as_role(url: str, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@{url.rpartition('@')[2]}"


async def test_provisioning_twice_changes_nothing_but_the_password(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    url = await fresh_database.admin_url()
    admin = await connect(url)
    await provision_role(admin, role=role, password="first", schema="kept")
    mine = await connect(as_role(url, role, "first"))
    await mine.execute("CREATE TABLE things (id int)")

    await provision_role(admin, role=role, password="second", schema="kept")

    again = await connect(as_role(url, role, "second"))
    assert await again.fetchval("SELECT count(*) FROM kept.things") == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(as_role(url, role, "first"))


async def test_the_schema_is_named_after_the_role_unless_told_otherwise(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    url = await fresh_database.admin_url()

    await provision_role(await connect(url), role=role, password="pw")

    mine = await connect(as_role(url, role, "pw"))
    assert await mine.fetchval("SELECT current_schema()") == role


async def test_names_and_passwords_with_quotes_are_safe(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    admin = await connect(await fresh_database.admin_url())

    await provision_role(admin, role=role, password="'; DROP SCHEMA x; --", schema='odd "name"; --')

    owner = await admin.fetchval(
        "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1", 'odd "name"; --'
    )
    assert owner == role


async def test_a_schema_that_somebody_else_made_is_handed_over_and_closed_to_others(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    url = await fresh_database.admin_url()
    admin = await connect(url)
    await admin.execute("CREATE SCHEMA prepared; GRANT ALL ON SCHEMA prepared TO PUBLIC")

    await provision_role(admin, role=role, password="pw", schema="prepared")

    closed = "SELECT NOT has_schema_privilege('public', 'prepared', 'USAGE, CREATE')"
    assert await admin.fetchval(closed)

    mine = await connect(as_role(url, role, "pw"))
    await mine.execute("CREATE TABLE prepared.things (id int)")


async def test_a_schema_of_somebody_else_is_not_taken_over(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    admin = await connect(await fresh_database.admin_url())
    await provision_role(admin, role=role, password="pw", schema="theirs")

    with pytest.raises(ProvisioningError, match=f"belongs to the role {role}"):
        await provision_role(admin, role=f"other_{role}", password="pw", schema="theirs")

    assert not await admin.fetchval("SELECT to_regrole($1)", f"other_{role}")


async def test_a_schema_in_which_an_administrator_has_something_is_not_taken_over(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    admin = await connect(await fresh_database.admin_url())
    await admin.execute("CREATE SCHEMA theirs; CREATE TABLE theirs.orders (id int)")

    with pytest.raises(ProvisioningError, match="schema theirs"):
        await provision_role(admin, role=role, password="pw", schema="theirs")


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE public.orders (id int)",
        "CREATE SCHEMA shop; CREATE VIEW shop.orders AS SELECT 1",
        # Other tools keep a table of this name, too.
        "CREATE TABLE public.schema_migrations (version text)",
    ],
)
async def test_a_database_that_others_use_is_not_closed_to_them(
    fresh_database: FreshDatabase, connect: Connect, role: str, theirs: str
) -> None:
    admin = await connect(await fresh_database.admin_url())
    await admin.execute(theirs)

    with pytest.raises(ProvisioningError, match="a database of its own"):
        await provision_role(admin, role=role, password="pw")

    everyone = (
        "SELECT has_database_privilege('public', current_database(), 'CONNECT') "
        "AND has_schema_privilege('public', 'public', 'USAGE')"
    )
    assert await admin.fetchval(everyone)


async def test_what_an_extension_brings_is_nobody_elses(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    admin = await connect(await fresh_database.admin_url())
    await admin.execute("CREATE TABLE public.brought (id int)")
    await admin.execute("ALTER EXTENSION plpgsql ADD TABLE public.brought")

    await provision_role(admin, role=role, password="pw")


async def test_a_database_of_ours_that_was_opened_again_is_closed_again(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    """As after a restore, which brings the schemas, but not the rights on the database."""
    await fresh_database.add("a_svc", [OUTBOX_MIGRATIONS])
    url = await fresh_database.add("b_svc", [OUTBOX_MIGRATIONS])
    admin = await connect(await fresh_database.admin_url())
    name = url.rpartition("/")[2].partition("?")[0]
    await admin.execute(f"GRANT CONNECT ON DATABASE {name} TO PUBLIC")

    await provision_role(admin, role=role, password="pw")

    closed = "SELECT NOT has_database_privilege('public', current_database(), 'CONNECT')"
    assert await admin.fetchval(closed)


async def test_many_at_once_agree_also_from_different_databases(
    fresh_database: FreshDatabase,
    database_templates: DatabaseTemplates,
    connect: Connect,
    role: str,
) -> None:
    url = await fresh_database.admin_url()
    elsewhere = await database_templates.create()
    admins = [await connect(url) for _ in range(3)]
    admins += [await connect(database_templates.admin_url(elsewhere)) for _ in range(3)]

    await asyncio.gather(
        *(provision_role(admin, role=role, password="same", schema="s") for admin in admins)
    )

    assert await (await connect(as_role(url, role, "same"))).fetchval("SELECT 1") == 1
    for admin in admins[3:]:
        await admin.close()
    await database_templates.drop(elsewhere)


async def test_an_administrator_who_is_no_superuser_can_provision(
    fresh_database: FreshDatabase, connect: Connect, role: str
) -> None:
    url = await fresh_database.admin_url()
    superuser = await connect(url)
    name = await superuser.fetchval("SELECT current_database()")
    administrator = f"admin_of_{role}"
    await superuser.execute(
        f"CREATE ROLE {administrator} LOGIN CREATEROLE PASSWORD 'pw';"
        f"ALTER DATABASE {name} OWNER TO {administrator}"
    )
    try:
        admin = await connect(as_role(url, administrator, "pw"))
        await provision_role(admin, role=role, password="pw", schema="s")
        await provision_role(admin, role=role, password="pw", schema="s")

        mine = await connect(as_role(url, role, "pw"))
        await mine.execute("CREATE TABLE s.things (id int)")
        await admin.close()
    finally:
        await superuser.execute(
            f"ALTER DATABASE {name} OWNER TO CURRENT_USER;"
            f"DROP OWNED BY {role} CASCADE; DROP ROLE {role};"
            f"DROP OWNED BY {administrator} CASCADE; DROP ROLE {administrator}"
        )
