"""What pgbench is told, and what is made of its answer, on a real Postgres."""

import asyncpg
import pytest

from bench.pgbench import PgbenchError, as_statement, transactions_per_second
from leadwire.testing.postgres_databases import DatabaseTemplates

COUNTER = """
\\if :begun = 0
SELECT name AS counter FROM counters ORDER BY name OFFSET :client_id LIMIT 1 \\gset
\\set begun 1
\\endif
UPDATE counters SET value = value + :step WHERE name = :counter RETURNING value AS last \\gset
"""


@pytest.fixture
async def url(database_templates: DatabaseTemplates) -> str:
    return database_templates.admin_url(await database_templates.create())


async def test_clients_run_the_script_again_and_again_and_keep_their_variables(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE counters (name text, value integer);"
        "INSERT INTO counters VALUES ('one', 0), ('two', 0), ('unused', 0)"
    )
    rate = await transactions_per_second(
        url, COUNTER, clients=2, seconds=1, variables={"begun": "0", "step": "5"}
    )
    rows = await connection.fetch("SELECT name, value FROM counters")
    counts: dict[str, int] = {row["name"]: row["value"] for row in rows}
    await connection.close()
    assert rate > 0
    assert counts["one"] >= 5
    assert counts["two"] >= 5
    assert (counts["one"] % 5, counts["two"] % 5, counts["unused"]) == (0, 0, 0)


async def test_a_statement_that_fails_is_no_rate(url: str) -> None:
    with pytest.raises(PgbenchError, match="division by zero"):
        await transactions_per_second(url, "SELECT 1 / 0;", clients=1, seconds=1, variables={})


def test_a_query_becomes_a_statement() -> None:
    query = "-- Not $1.\nSELECT $2::text, $1::uuid -- nor $2\nFROM leads;\n"
    assert as_statement(query, ":lead", "now()") == "SELECT now()::text, :lead::uuid \nFROM leads"
