"""What `make bench` prints and writes."""

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figures import Figure, against_limit, as_table, time_against_limit, write_json
from bench.servers import Servers


def test_the_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # The second round's machine was ten times slower, for both sides alike.
    figure = against_limit(
        "relay",
        values=[80.0, 9.0, 70.0],
        limits=[100.0, 10.0, 100.0],
        unit="messages/s",
        target=0.7,
    )
    assert figure.ratio == pytest.approx(0.8)
    assert (figure.value, figure.limit, figure.met) == (70.0, 100.0, True)


def test_a_time_is_the_better_the_shorter_it_is() -> None:
    figure = time_against_limit(
        "matcher-1m", values=[4.0, 5.0], limits=[1.0, 5.0], unit="ms", target=0.7
    )
    assert figure.ratio == pytest.approx(0.625)
    assert (figure.value, figure.limit, figure.met) == (4.5, 3.0, False)


def test_a_target_that_is_not_reached_is_not_met() -> None:
    figure = against_limit("import-csv", values=[4.0], limits=[10.0], unit="rows/s", target=0.5)
    assert figure.met is False


def test_the_json_is_a_list_with_the_documented_fields(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    write_json([Figure(name="import-memory", value=1.5, unit="MiB")], path)
    assert json.loads(path.read_text()) == [
        {
            "name": "import-memory",
            "value": 1.5,
            "unit": "MiB",
            "limit": None,
            "ratio": None,
            "target": None,
            "met": None,
        }
    ]


def test_the_table_has_a_line_for_each_figure() -> None:
    figures = [
        against_limit("relay", values=[7.0], limits=[10.0], unit="messages/s", target=0.7),
        Figure(name="import-memory", value=120.0, unit="MiB"),
    ]
    header, relay, memory = as_table(figures).splitlines()
    assert header.split() == ["name", "value", "unit", "limit", "ratio", "target", "met"]
    assert relay.split() == ["relay", "7", "messages/s", "10", "0.70", ">=", "0.7", "yes"]
    assert memory.split() == ["import-memory", "120", "MiB", "-", "-", "-", "-"]


async def test_only_the_benchmarks_asked_for_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def one(_servers: Servers) -> list[Figure]:
        ran.append("one")
        return [Figure(name="one", value=1, unit="things/s")]

    async def two(_servers: Servers) -> list[Figure]:
        ran.append("two")
        return []

    monkeypatch.setattr(command, "BENCHMARKS", {"one": one, "two": two})
    servers = Servers(admin_url="postgresql://nowhere", rabbitmq_url="amqp://nowhere")
    assert [figure.name for figure in await command.measure(["one"], servers)] == ["one"]
    assert ran == ["one"]
