"""The limit of marking does what the service does: the same statements to the same end."""

from prometheus_client import CollectorRegistry

from bench.mark_leads import mark_with_pgbench, open_office
from leadwire.db import Database
from leadwire.outbox import Outbox
from leadwire.testing.postgres_databases import FreshDatabase
from manager_svc.app import SERVICE
from manager_svc.metrics import ManagerMetrics
from manager_svc.usecases.match import match
from manager_svc.usecases.unit import Units

MANAGERS = 3

COUNTS = """
SELECT
    (SELECT count(*) FROM leads WHERE status = 'interested') AS decided,
    (SELECT count(*) FROM lead_history WHERE what = 'lead_interested_created') AS noted,
    (SELECT count(*) FROM lead_history WHERE what = 'lead_assigned') AS assigned,
    (SELECT count(*) FROM leads WHERE manager_id IS NOT NULL) AS held,
    (SELECT count(*) FROM outbox) AS told
"""


async def test_pgbench_marks_leads_as_the_service_does(fresh_database: FreshDatabase) -> None:
    url = await fresh_database.add(SERVICE.schema, SERVICE.migrations)
    database = Database(url=url, schema=SERVICE.schema, application_name="test", pool_size=1)
    await database.start()
    async with database.connection() as connection:
        await open_office(connection, managers=MANAGERS, leads=20_000)
    units = Units(
        database=database,
        outbox=Outbox(),
        auto_assign=True,
        metrics=ManagerMetrics(CollectorRegistry()),
    )
    assert len(await units.run(match, actor="test")) == MANAGERS

    assert await mark_with_pgbench(url, clients=MANAGERS, seconds=1) > 0

    async with database.connection() as connection:
        counts = await connection.fetchrow(COUNTS)
    await database.stop()
    assert counts is not None
    decided = counts["decided"]
    assert decided >= MANAGERS
    assert dict(counts) == {
        "decided": decided,
        "noted": decided,
        "assigned": MANAGERS + decided,
        "held": MANAGERS,
        "told": MANAGERS + 2 * decided,
    }
