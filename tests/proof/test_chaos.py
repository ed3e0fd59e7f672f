"""A minute of `make chaos`, as anybody runs it: every kind of fault, and nothing lost."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.plan import Kind
from leadwire.testing.process import run_to_end

ReportCounts = Callable[..., None]

ROOT = Path(__file__).parents[2]
SEED = 4
WITHIN = 480.0


@pytest.mark.fault
@pytest.mark.timeout(500)
async def test_a_minute_of_every_fault_loses_nothing(
    tmp_path: Path, report_counts: ReportCounts
) -> None:
    output = await run_to_end(
        ["chaos", "--minutes=1", f"--seed={SEED}", f"--directory={tmp_path / 'run'}"],
        environment={"PYTHONPATH": str(ROOT)},
        within=WITHIN,
    )
    faults = {kind.value: _count(output, kind.value) for kind in Kind}
    assert all(faults.values()), output
    shown = (
        "events committed",
        "duplicate deliveries, slow subscriber",
        "events received, late",
        "events received, endpoint",
        "emails about leads that are there",
        "lost",
        "duplicate effect",
    )
    counts = {name: _count(output, name) for name in shown}
    assert counts["events committed"] > 100
    assert counts["events received, late"] > 100
    assert counts["events received, endpoint"] > 100
    assert counts["emails about leads that are there"] > 10
    assert output.splitlines()[-2] == "nothing was lost"
    report_counts(**faults, **counts)


async def test_help_and_plan_start_nothing() -> None:
    here = {"PYTHONPATH": str(ROOT)}
    assert "docs/guide/proof.md" in await run_to_end(["chaos", "--help"], environment=here)
    planned = await run_to_end(["chaos", "--plan", "--seed=4"], environment=here)
    assert planned == await run_to_end(["chaos", "--plan", "--seed=4"], environment=here)
    assert "RabbitMQ stopped" in planned


def _count(table: str, name: str) -> int:
    found = re.search(rf"^{re.escape(name)} +([\d,]+)", table, re.MULTILINE)
    assert found is not None, f"the table has no row {name!r}:\n{table}"
    return int(found[1].replace(",", ""))
