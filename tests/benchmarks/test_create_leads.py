"""The limit of creating does what the service does: the same statements to the same end."""

import asyncpg

from bench.create_leads import create_with_pgbench
from import_svc.app import SERVICE
from leadwire.testing.postgres_databases import FreshDatabase


async def test_pgbench_creates_leads_as_the_service_does(fresh_database: FreshDatabase) -> None:
    url = await fresh_database.add(SERVICE.schema, SERVICE.migrations)

    assert await create_with_pgbench(url, clients=2, seconds=1) > 0

    connection = await asyncpg.connect(url)
    leads = await connection.fetchval("SELECT count(DISTINCT (email_key, cellphone)) FROM leads")
    told = await connection.fetchval("SELECT count(*) FROM outbox WHERE type = 'leads_created'")
    await connection.close()
    assert leads == told > 0
