"""G12: each service's role works in its own schema and is shut out of every other one."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from leadwire.broker import broker_from_url
from leadwire.db import DedicatedConnection
from leadwire.testing.postgres_databases import FreshDatabase
from leadwire_standalone.services import SERVICES

SCHEMAS = tuple(service.schema for service in SERVICES)
BROKER = "broker"
DENIED = asyncpg.InsufficientPrivilegeError

HARMLESS = (
    "SELECT {columns} FROM {table}",
    "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE false",
    "UPDATE {table} SET {first} = {first} WHERE false",
    "DELETE FROM {table} WHERE false",
)
HARMFUL = (
    "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE {table} SET {first} = NULL",
    "DELETE FROM {table}",
    "COPY {table} TO STDOUT",
    "TRUNCATE {table}",
    "DROP TABLE {table}",
)
ANYWHERE = (
    "CREATE TABLE public.intruder (id int)",
    "CREATE FUNCTION public.intruder() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE public.intruder AS (id int)",
    "CREATE SCHEMA intruder",
)


class Building:
    """One database with the schemas of all services and of the broker, as they are deployed."""

    def __init__(self, *, admin: DedicatedConnection, urls: dict[str, str]) -> None:
        self.admin = admin
        self._urls = urls

    async def enter(self, schema: str) -> DedicatedConnection:
        """Connect as the role that owns a schema."""
        return await asyncpg.connect(self._urls[schema], timeout=10, command_timeout=10)

    async def tables(self, schema: str) -> dict[str, str]:
        """Return what can be written of each table: its columns, ready for a statement."""
        rows = await self.admin.fetch(
            "SELECT table_name, string_agg(quote_ident(column_name), ', ') AS columns "
            "FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) "
            "WHERE table_schema = $1 AND table_type = 'BASE TABLE' "
            "AND is_generated = 'NEVER' AND identity_generation IS DISTINCT FROM 'ALWAYS' "
            "GROUP BY table_name ORDER BY table_name",
            schema,
        )
        assert len(rows) >= 3, schema
        return {row["table_name"]: row["columns"] for row in rows}


def statements(schema: str, table: str, columns: str) -> list[str]:
    """Whatever one can do to a table."""
    first = columns.partition(", ")[0]
    return [
        template.format(table=f'{schema}."{table}"', columns=columns, first=first)
        for template in (*HARMLESS, *HARMFUL)
    ]


@pytest.fixture
async def building(fresh_database: FreshDatabase) -> AsyncIterator[Building]:
    urls: dict[str, Any] = {}
    for service in SERVICES:
        urls[service.schema] = await fresh_database.add(service.schema, service.migrations)
    urls[BROKER] = await fresh_database.add(BROKER, ())
    broker = broker_from_url(urls[BROKER], name="test")
    await broker.start()
    for service in SERVICES:
        await broker.declare(service.subscriptions)
    await broker.stop()
    admin = await asyncpg.connect(await fresh_database.admin_url(), timeout=10)
    yield Building(admin=admin, urls=urls)
    await admin.close()


async def test_a_service_reads_and_writes_all_of_its_own_tables(building: Building) -> None:
    for schema in SCHEMAS:
        connection = await building.enter(schema)
        assert await connection.fetchval("SELECT current_schema()") == schema
        for table, columns in (await building.tables(schema)).items():
            for statement in statements(schema, table, columns)[: len(HARMLESS)]:
                await connection.execute(statement)
        await connection.close()


async def test_a_service_is_shut_out_of_the_others_and_of_the_broker(building: Building) -> None:
    tried = 0
    for schema in SCHEMAS:
        connection = await building.enter(schema)
        for other in {*SCHEMAS, BROKER} - {schema}:
            for table, columns in (await building.tables(other)).items():
                for statement in statements(other, table, columns):
                    await _is_denied(connection, statement)
                    tried += 1
            await _is_denied(connection, f"CREATE TABLE {other}.intruder (id int)")
            await _is_denied(connection, f"GRANT USAGE ON SCHEMA {other} TO CURRENT_USER")
        await connection.close()
    assert tried > 400


async def test_the_broker_is_shut_out_of_the_services(building: Building) -> None:
    connection = await building.enter(BROKER)
    for schema in SCHEMAS:
        for table, columns in (await building.tables(schema)).items():
            for statement in statements(schema, table, columns):
                await _is_denied(connection, statement)
    await connection.close()


async def test_nobody_creates_anything_where_all_could_meet(building: Building) -> None:
    for schema in (*SCHEMAS, BROKER):
        connection = await building.enter(schema)
        for statement in ANYWHERE:
            await _is_denied(connection, statement)
        await connection.close()


async def _is_denied(connection: DedicatedConnection, statement: str) -> None:
    try:
        await connection.execute(statement)
    except DENIED:
        return
    pytest.fail(f"allowed: {statement}")
