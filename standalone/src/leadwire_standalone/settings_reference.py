"""Write `docs/reference/settings.md` from the settings classes, or check that it is current.

python -m leadwire_standalone.settings_reference [--check]
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from leadwire.contracts.generated import write_or_check
from leadwire.service import EnvironmentVariable, environment_variables
from leadwire_standalone.services import SERVICES

PAGE: Final = Path("docs/reference/settings.md")

_INTRODUCTION = """\
# Settings

Every setting is an environment variable. A service that misses one, or finds one wrong, says
which and exits with 2. This page is generated from the settings classes
(`python -m leadwire_standalone.settings_reference`).
"""


def as_markdown() -> str:
    """Return the page: what all services share first, then what is each service's own."""
    shared = {each.name: each for each in environment_variables(SERVICES[0].settings)}
    for service in SERVICES[1:]:
        names = {each.name for each in environment_variables(service.settings)}
        shared = {name: each for name, each in shared.items() if name in names}
    parts = [_INTRODUCTION, "## Every service\n", *_table(shared.values())]
    for service in SERVICES:
        own = [each for each in environment_variables(service.settings) if each.name not in shared]
        parts += [f"\n## {service.name}\n", *_table(own)]
    return "\n".join(parts) + "\n"


def _table(variables: Iterable[EnvironmentVariable]) -> Iterator[str]:
    yield "| Variable | Default | Meaning |"
    yield "|---|---|---|"
    for each in variables:
        unset = "required" if each.required else "not set"
        default = unset if each.default is None else f"`{each.default}`"
        yield f"| `{each.name}` | {default} | {each.description} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with `--check` return 1 if it is not current."""
    return write_or_check(arguments, description=__doc__, files=lambda: {PAGE: as_markdown()})


if __name__ == "__main__":
    sys.exit(main())
