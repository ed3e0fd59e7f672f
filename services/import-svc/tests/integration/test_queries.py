"""Queries that an import runs for each chunk use their indexes, however they are planned."""

from leadwire.db import Database, Queries

LEADS = """
    INSERT INTO leads (id, name, family_name, email, email_key, cellphone, origin, created_at,
                       updated_at)
    SELECT gen_random_uuid(), 'a', 'b', n || '@x.com', n || '@x.com', '+' || n, 'api', now(), now()
    FROM generate_series(1, 200000) AS n
"""


async def test_known_keys_are_looked_up_by_index(database: Database) -> None:
    query = Queries("import_svc.storage")["find_known_keys"]
    emails = "\n".join(f"{n}@x.com" for n in range(0, 10_000, 2))
    cellphones = "\n".join(f"+{n}" for n in range(0, 10_000, 2))
    async with database.transaction() as connection:
        await connection.execute(LEADS)
        await connection.execute("ANALYZE leads")
        await connection.execute(f"PREPARE look_up (text, text) AS {query}")
        for plan in ("force_generic_plan", "force_custom_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {plan}")
            lines = await connection.fetch(f"EXPLAIN EXECUTE look_up ('{emails}', '{cellphones}')")
            planned = "\n".join(line[0].split("ANY")[0] for line in lines)
            assert "Seq Scan" not in planned, (plan, planned)
            assert "leads_email_unique" in planned, (plan, planned)
            assert "leads_cellphone_unique" in planned, (plan, planned)
