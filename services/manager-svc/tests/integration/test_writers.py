"""Whatever writes managers, slots or leads holds the matching lock."""

import re
from typing import TYPE_CHECKING

import pytest

from leadwire.db import Queries
from manager_svc.storage.queries import QUERIES

if TYPE_CHECKING:
    from conftest import Desk

GUARD = """
CREATE FUNCTION needs_the_matching_lock() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 1280262983 AND objid = 1
        AND pid = pg_backend_pid() AND granted
    ) THEN
        RAISE EXCEPTION '% of % without the matching lock', TG_OP, TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER needs_the_matching_lock BEFORE INSERT OR UPDATE OR DELETE ON managers
FOR EACH STATEMENT EXECUTE FUNCTION needs_the_matching_lock();
CREATE TRIGGER needs_the_matching_lock BEFORE INSERT OR UPDATE OR DELETE ON slots
FOR EACH STATEMENT EXECUTE FUNCTION needs_the_matching_lock();
CREATE TRIGGER needs_the_matching_lock BEFORE INSERT OR UPDATE OR DELETE ON leads
FOR EACH STATEMENT EXECUTE FUNCTION needs_the_matching_lock();
"""

WRITES = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) (managers|slots|leads)\b")


AFTER_A_RESTORE = {"lift_lead_revs", "lift_manager_revs"}
"""They are run before any process serves: nobody is there whom the lock would keep waiting."""


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of the queries that were used since."""
    names: set[str] = set()
    find = Queries.__getitem__

    def noting(queries: Queries, name: str) -> str:
        names.add(name)
        return find(queries, name)

    monkeypatch.setattr(Queries, "__getitem__", noting)
    return names


async def test_every_query_that_writes_runs_under_the_matching_lock(
    desk: "Desk", used: set[str]
) -> None:
    writing = {name for name in QUERIES.names if WRITES.search(QUERIES[name])}
    async with desk.database.connection() as connection:
        await connection.execute(GUARD)
    used.clear()
    anna = await desk.manager("Anna", capacity=3)
    path = f"/v1/managers/{anna['id']}"
    first, second, third, waiting = await desk.leads(4)

    await desk.update(desk.contact(rev=2, lead_id=first))
    await desk.call("PATCH", path, json={"name": "Anna Berg", "capacity": 4})
    await desk.mark(first, "reached_out")
    await desk.mark(first, "interested")
    await desk.mark(first, "not_interested", reason="wrong lead")
    await desk.call("PATCH", path, json={"capacity": 3})
    await desk.erase(third)
    await desk.call("POST", f"{path}/pause")
    await desk.call("POST", f"{path}/resume")
    await desk.call("DELETE", f"/v1/leads/{second}/assignee")
    await desk.call("PUT", f"/v1/leads/{second}/assignee", json={"manager_id": anna["id"]})
    await desk.call("DELETE", path, 200, params={"dry_run": "true"})
    await desk.call("DELETE", path, 204)
    await desk.call("POST", f"{path}/restore")

    assert sorted(await desk.holds(anna)) == sorted([second, waiting])
    assert writing - used == AFTER_A_RESTORE, "let this test use them, too"
