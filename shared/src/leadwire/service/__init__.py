"""What every service process is made of: settings, backbone, commands.

A service describes itself as a `ServiceDescription` and hands it to `main`; its `setup`
calls `install_backbone`, `install_relay` and `add_consumer` for what it needs.
"""

from leadwire.service.access import authenticator_of, served_hosts_of
from leadwire.service.backbone import Backbone, add_consumer, install_backbone, install_relay
from leadwire.service.cli import command_line, main
from leadwire.service.commands import create_app, migrated_database
from leadwire.service.description import (
    Check,
    CheckFailedError,
    Command,
    Say,
    ServiceDescription,
)
from leadwire.service.restored import restored_command
from leadwire.service.resync import resync_command
from leadwire.service.settings import (
    BrokerUrl,
    EnvironmentVariable,
    PostgresUrl,
    ServiceSettings,
    SettingsError,
    environment_variables,
    load_settings,
)

__all__ = [
    "Backbone",
    "BrokerUrl",
    "Check",
    "CheckFailedError",
    "Command",
    "EnvironmentVariable",
    "PostgresUrl",
    "Say",
    "ServiceDescription",
    "ServiceSettings",
    "SettingsError",
    "add_consumer",
    "authenticator_of",
    "command_line",
    "create_app",
    "environment_variables",
    "install_backbone",
    "install_relay",
    "load_settings",
    "main",
    "migrated_database",
    "restored_command",
    "resync_command",
    "served_hosts_of",
]
