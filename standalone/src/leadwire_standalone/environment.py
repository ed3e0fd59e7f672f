"""The settings of a run: what it gives to the services, and to their commands beside it."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from leadwire.service import ServiceSettings
from leadwire.service.settings import variable_of
from leadwire_standalone.credentials import replace_private
from leadwire_standalone.data import ENVIRONMENT
from leadwire_standalone.services import SERVICES


def set_defaults(data: Path) -> None:
    """Give values to settings that have no default elsewhere, unless the environment has them."""
    for name, value in _defaults(data).items():
        os.environ.setdefault(name, value)


def keep_environment(data: Path, settings: Mapping[str, ServiceSettings]) -> None:
    """Write what commands of the services, such as `resync`, need beside this run.

    Args:
        data: The run's data directory; the file in it, for a shell to source, is readable by
            its owner alone.
        settings: Settings per service name.
    """
    variables = {name: os.environ[name] for name in _defaults(data)}
    for service in SERVICES:
        own = settings[service.name]
        variables |= {
            variable_of(service.settings, "auth"): own.auth,
            variable_of(service.settings, "broker_url"): own.broker_url.get_secret_value(),
            variable_of(service.settings, "database_url"): own.database_url.get_secret_value(),
        }
        files = {"users_file": own.users_file, "token_keys_file": own.token_keys_file}
        variables |= {
            # Whoever reads this may be in another directory.
            variable_of(service.settings, field): str(path.absolute())
            for field, path in files.items()
            if path is not None
        }
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    replace_private(data / ENVIRONMENT, "".join(lines))


def _defaults(data: Path) -> dict[str, str]:
    return {
        "IMPORT_FILES_URL": (data / "files").as_uri(),
        "NOTIFIER_EMAIL_URL": (data / "mail").as_uri(),
        "NOTIFIER_EMAIL_FROM": "Leadwire <leadwire@localhost>",
        "NOTIFIER_ALERT_EMAIL_TO": "sales@localhost",
        # So that a webhook can be tried with an endpoint on the same machine.
        "NOTIFIER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1",
        "NOTIFIER_WEBHOOK_ALLOW_HTTP": "true",
    }
