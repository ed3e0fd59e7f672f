"""docs/operations/retention.md lists every table that there is, and no other."""

import re
from collections import defaultdict
from pathlib import Path

import asyncpg

from leadwire.testing.postgres_databases import FreshDatabase
from leadwire_standalone.services import SERVICES

PAGE = Path(__file__).parents[3] / "docs/operations/retention.md"
OF_ALL = "Tables that all services have"
TABLES = """
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND c.relname !~ '^journal_[0-9]{8}$'
"""
ROW = re.compile(r"^\| `(\w+)` \| .+ \| .+ \|$")


def listed() -> dict[str, set[str]]:
    tables: dict[str, set[str]] = defaultdict(set)
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif found := ROW.match(line):
            tables[section].add(found[1])
    return tables


async def test_every_table_says_how_long_it_keeps_what_is_in_it(
    fresh_database: FreshDatabase,
) -> None:
    urls = [await fresh_database.add(each.schema, each.migrations) for each in SERVICES]
    found: dict[str, set[str]] = defaultdict(set)
    for service, url in zip(SERVICES, urls, strict=True):
        connection = await asyncpg.connect(url, timeout=10, command_timeout=30)
        for record in await connection.fetch(TABLES, [service.schema]):
            found[service.name].add(record["name"])
        await connection.close()
    page = listed()
    of_all = page.pop(OF_ALL)
    assert {name: tables - of_all for name, tables in found.items()} == page
    assert set.union(*found.values()) >= of_all
