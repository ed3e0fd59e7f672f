"""Managers are found by a part of their name without a look at all of them."""

import json
from typing import Any

from leadwire.db import Database
from manager_svc.domain.names import parts_of
from manager_svc.storage.queries import QUERIES

MANAGERS = """
INSERT INTO managers (id, name, folded_name, capacity, created_at, updated_at)
SELECT gen_random_uuid(), 'M', 'manager ' || md5(n::text), 1, now(), now()
FROM generate_series(1, 20000) AS n;

INSERT INTO slots (manager_id, number, capacity, free_since)
SELECT id, 1, 1, CASE WHEN random() < 0.5 THEN now() END FROM managers;

ANALYZE managers, slots;
"""
FEW = 1_000
"""More rows than any of the searches below finds, and far fewer than there are."""


async def test_a_search_reads_only_what_the_index_finds(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(MANAGERS)
        for cached in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {cached}")
            for part in ("c4ca4", "r c4c", "zo"):
                found = await connection.fetch(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {QUERIES['search_managers']}",
                    *(None, None, None, 101, part, parts_of(part)),
                )
                nodes = _nodes(json.loads(found[0][0])[0]["Plan"])
                taken = {node["Index Name"] for node in nodes if "Index Name" in node}
                assert "managers_by_part_of_name" in taken
                # It has the free places of all, in the order of `free_since`.
                assert "slots_offered" not in taken
                assert not any(node["Node Type"] == "Seq Scan" for node in nodes)
                assert max(node["Actual Rows"] for node in nodes) < FEW


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]
