"""The pytest plugin: fixtures for real servers; what a run says at its end.

What the end says is here, not in a `conftest.py`: where tests run in several processes, the
one that reports reads no `conftest.py` of a directory.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

pytest.register_assert_rewrite("leadwire.testing.broker_contract")

from leadwire.testing.broker_contract import CONTRACT  # noqa: E402 - rewriting comes first
from leadwire.testing.postgres_fixtures import (  # noqa: E402
    database_templates,
    fresh_database,
    make_service_database,
    postgres_server,
    private_postgres,
)
from leadwire.testing.rabbitmq_fixtures import (  # noqa: E402
    private_rabbitmq,
    rabbitmq_server,
    rabbitmq_vhost,
)

__all__ = [
    "database_templates",
    "fresh_database",
    "make_service_database",
    "postgres_server",
    "private_postgres",
    "private_rabbitmq",
    "rabbitmq_server",
    "rabbitmq_vhost",
]


COUNTS = "counts"


@pytest.fixture
def report_counts(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[..., None]:
    """Take figures by name, as what a fault test lost, which are shown at the end of the run."""

    def report(**figures: float) -> None:
        listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        record_property(COUNTS, f"{request.node.name}: {listed}")

    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what fault tests counted, and how each transport did in the broker contract."""
    _say_counts(terminalreporter)
    _say_contract(terminalreporter)


def _say_counts(terminalreporter: Any) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    called = [report for report in reports if report.when == "call"]
    lines = [line for each in called for name, line in each.user_properties if name == COUNTS]
    if lines:
        terminalreporter.section("what the fault tests counted")
        for line in lines:
            terminalreporter.line(line)


def _say_contract(terminalreporter: Any) -> None:
    tallies: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            transport = dict(report.user_properties).get(CONTRACT)
            if transport is not None and report.when == "call":
                tallies.setdefault(str(transport), Counter())[outcome] += 1
    if tallies:
        terminalreporter.section("broker contract")
        for transport, tally in sorted(tallies.items()):
            counts = ", ".join(f"{count} {outcome}" for outcome, count in tally.items())
            terminalreporter.line(f"{transport}: {counts}")
