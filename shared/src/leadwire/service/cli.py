"""The command line of a service."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from leadwire.broker import BrokerConfigurationError, BrokerError
from leadwire.db import DatabaseError
from leadwire.observability import OtelNotInstalledError, configure_logging, export_spans
from leadwire.service.check import check
from leadwire.service.commands import apply_migrations, check_topology, declare_topology, serve
from leadwire.service.components import NotPreparedError
from leadwire.service.description import ServiceDescription, SettingsT
from leadwire.service.prepare import prepare
from leadwire.service.settings import SettingsError, load_settings

EXIT_FAILED = 1
EXIT_WRONG_SETTINGS = 2
EXIT_INTERRUPTED = 130  # as shells say it: 128 and the number of SIGINT


def main(description: ServiceDescription[SettingsT], argv: Sequence[str] | None = None) -> int:
    """Run one command of a service.

    Args:
        description: The service.
        argv: Arguments after the program's name; by default the process's own.

    Returns:
        The exit code: 0 done; 1 failed, or a component died; 2 a setting is wrong; 130
        Ctrl-C before a command was done.
    """
    arguments = command_line(description).parse_args(argv)
    try:
        settings = load_settings(description.settings)
        configure_logging(
            level=settings.log_level, format=settings.log_format, service=description.name
        )
        with export_spans(settings.otel_endpoint, service=description.name):
            return asyncio.run(_run(arguments, description, settings))
    except SettingsError as error:
        for fault in error.faults:
            _complain(f"{description.name}: {fault}")
        return EXIT_WRONG_SETTINGS
    except BrokerConfigurationError as error:
        _complain(f"{description.name}: LEADWIRE_BROKER_URL is wrong: {error}")
        return EXIT_WRONG_SETTINGS
    except OtelNotInstalledError as error:
        _complain(f"{description.name}: LEADWIRE_OTEL_ENDPOINT is set, but {error}")
        return EXIT_WRONG_SETTINGS
    except (DatabaseError, BrokerError, NotPreparedError) as error:
        _complain(f"{description.name}: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:  # not of `serve`, for which it is the way to stop
        _complain(f"{description.name}: interrupted")
        return EXIT_INTERRUPTED


async def _run(
    arguments: argparse.Namespace,
    description: ServiceDescription[SettingsT],
    settings: SettingsT,
) -> int:
    match arguments.command:
        case "migrate":
            return await apply_migrations(description, settings, _say)
        case "topology":
            topology = check_topology if arguments.check else declare_topology
            return await topology(description, settings, _say)
        case "prepare":
            return await prepare(description, settings, _say)
        case "check":
            return await check(description, settings, _say)
        case "serve":
            return await serve(description, settings)
    own = {command.name: command for command in description.commands}
    return await own[arguments.command].run(description, settings, arguments, _say)


def command_line(description: ServiceDescription[SettingsT]) -> argparse.ArgumentParser:
    """Return what reads the command line of a service."""
    parser = argparse.ArgumentParser(prog=description.name)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the service")
    commands.add_parser("migrate", help="make role and schema, and apply migrations")
    topology = commands.add_parser("topology", help="declare the service's queues at the broker")
    topology.add_argument("--check", action="store_true", help="only say what is missing")
    commands.add_parser("prepare", help="migrate and declare what is missing, in any replica")
    commands.add_parser("check", help="try settings, database, migrations, broker and queues")
    for own in description.commands:
        command = commands.add_parser(own.name, help=own.help, description=own.description)
        own.add_arguments(command)
    return parser


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # whoever watches a long command through a pipe sees it, too


def _complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")
