"""The pytest plugin: fixtures for real servers; failures and a tally of the broker contract."""

from collections import Counter
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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how each transport did in the broker contract."""
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
