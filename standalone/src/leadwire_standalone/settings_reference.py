"""Write `docs/reference/settings.md` from the settings classes, or check that it is current.

python -m leadwire_standalone.settings_reference [--check]
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from leadwire.service import EnvironmentVariable, environment_variables
from leadwire_standalone.services import SERVICES

DEFAULT_PATH = Path("docs/reference/settings.md")

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


def main() -> int:
    """Write the page, or with `--check` return 1 if it is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--path", type=Path, default=DEFAULT_PATH)
    given = parser.parse_args()
    wanted = as_markdown()
    if not given.check:
        given.path.write_text(wanted)
        return 0
    if not given.path.exists() or given.path.read_text() != wanted:
        sys.stderr.write(f"{given.path} is not current: run this module without --check\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
