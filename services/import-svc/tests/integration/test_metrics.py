"""What Prometheus hears of imports is true."""

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from import_svc.metrics import ImportMetrics
from import_svc.storage.background import BackgroundStore
from import_svc.storage.files import FileStore
from import_svc.usecases.measure_files import FileGauges
from import_svc.usecases.measure_imports import ImportGauges
from leadwire.testing import eventually
from leadwire.testing.metrics import metric_value

if TYPE_CHECKING:
    from conftest import Desk, MakePerson

ROWS = "leadwire_import_rows_total"


async def value(desk: "Desk", name: str, **labels: str) -> float:
    async with desk.client.get("/metrics") as response:
        return metric_value(await response.text(), name, **labels)


async def test_rows_are_counted_once_however_often_they_are_sent(
    desk: "Desk", person: "MakePerson"
) -> None:
    people = [*(person(number) for number in range(3)), person(3, email="nobody")]
    body = b"\n".join(map(orjson.dumps, people))
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "k"}
    assert await value(desk, ROWS) == 0
    for _ in range(2):
        await desk.call("POST", "/v1/imports", data=io.BytesIO(body), headers=headers)
        assert await value(desk, ROWS, outcome="imported") == 3
        assert await value(desk, ROWS, outcome="failed") == 1
    await desk.bring([person(5)], dry_run="true")
    assert await value(desk, ROWS) == 4


async def test_single_leads_are_counted_by_how_they_came(
    desk: "Desk", person: "MakePerson"
) -> None:
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        await desk.call("POST", "/v1/leads", 201, json=person(1), headers=headers)
    assert await value(desk, "leadwire_single_leads_total", origin="form") == 1
    await desk.call("POST", "/v1/leads", 409, json=person(1))
    assert await value(desk, "leadwire_single_leads_total") == 1


async def test_imports_that_run_and_wait_are_measured(desk: "Desk") -> None:
    registry = CollectorRegistry()
    gauges = ImportGauges(
        database=desk.database,
        background=BackgroundStore(),
        metrics=ImportMetrics(registry),
        interval=0.02,
    )

    def measured(name: str) -> float | None:
        return registry.get_sample_value(f"leadwire_{name}")

    await gauges.start()
    await eventually(lambda: measured("imports_running") == 0)
    waits = (
        "INSERT INTO imports (id, status, media_type, started_at, body_file, body_bytes, body_hash,"
        " not_before) VALUES (gen_random_uuid(), 'running', 'text/csv', now() - interval '1 hour',"
        " 'f', 1, 'h', now() + interval '1 hour')"
    )
    await desk.value(waits)
    await eventually(lambda: measured("imports_waiting") == 1)
    assert 3600 <= (measured("oldest_waiting_import_seconds") or 0) < 5000
    assert measured("imports_running") == 0
    await gauges.stop()


async def test_the_room_for_files_is_measured_and_comes_back_with_the_disk(
    tmp_path: Path, bucket: str
) -> None:
    disk, lost = tmp_path / "disk", tmp_path / "lost"
    files, registry = FileStore(url=disk.as_uri()), CollectorRegistry()
    await files.start()
    room = shutil.disk_usage(disk)
    gauges = FileGauges(files=files, metrics=ImportMetrics(registry), interval=0.02)

    def measured(name: str) -> float:
        return registry.get_sample_value(f"leadwire_files_{name}_bytes") or 0

    disk.rename(lost)
    with capture_logs() as logged:
        await gauges.start()
        await eventually(lambda: "loop_round_failed" in [line["event"] for line in logged])
    lost.rename(disk)
    await eventually(lambda: measured("size") == room.total)
    # Others write to the same disk, and delete.
    assert abs(measured("free") - room.free) < room.total / 20
    await gauges.stop()
    assert await FileStore(url=f"s3://{bucket}").space() is None
