"""Write `docs/reference/openapi` from the services' operations, or check it.

A document for each service, and `endpoints.md`, which tells of all of them.

python -m leadwire_standalone.openapi_reference [--check]
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from leadwire.http.openapi import OPENAPI
from leadwire_standalone.endpoints_page import as_markdown
from leadwire_standalone.services import SERVICES
from leadwire_standalone.wired import wired

DEFAULT_DIRECTORY = Path("docs/reference/openapi")


def documents() -> dict[str, dict[str, Any]]:
    """Return each service's OpenAPI document, by the service's name."""
    return {name: app[OPENAPI].document() for name, app in wired()}


def files() -> dict[str, str]:
    """Return the text of each file by its name."""
    described = documents()
    texts = {
        f"{name}.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in described.items()
    }
    return texts | {"endpoints.md": as_markdown(described)}


def main() -> int:
    """Write the files, or with `--check` return 1 if one is not current or one too many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--directory", type=Path, default=DEFAULT_DIRECTORY)
    given = parser.parse_args()
    return _check(given.directory) if given.check else _write(given.directory)


def _write(directory: Path) -> int:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (directory / name).write_text(text, encoding="utf-8")
    for path in _superfluous(directory):
        path.unlink()
    return 0


def _check(directory: Path) -> int:
    wrong = [directory / name for name, text in files().items() if _read(directory / name) != text]
    wrong += _superfluous(directory)
    for path in wrong:
        sys.stderr.write(f"{path} is not current: run this module without --check\n")
    return 1 if wrong else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _superfluous(directory: Path) -> list[Path]:
    names = {f"{service.name}.json" for service in SERVICES}
    return [path for path in sorted(directory.glob("*.json")) if path.name not in names]


if __name__ == "__main__":
    sys.exit(main())
