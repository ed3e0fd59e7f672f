"""What a service needs before its first start, without starting a process for that."""

import pytest

from leadwire.service.prepare import prepare
from leadwire.service.settings import load_settings
from leadwire.testing.process import ServiceProcess
from leadwire_standalone.services import SERVICES


async def prepare_here(service: ServiceProcess) -> None:
    """Do what its command `prepare` does: to start that takes ten times as long."""
    [description] = [each for each in SERVICES if each.name == service.module.replace("_", "-")]
    with pytest.MonkeyPatch.context() as environment:
        for name, value in service.environment.items():
            environment.setenv(name, value)
        settings = load_settings(description.settings)
    await prepare(description, settings, lambda _: None)
