"""The pytest plugin: fixtures for real servers, and readable failures of the broker contract."""

import pytest

pytest.register_assert_rewrite("leadwire.testing.broker_contract")

from leadwire.testing.postgres_fixtures import (  # noqa: E402 - rewriting comes first
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
