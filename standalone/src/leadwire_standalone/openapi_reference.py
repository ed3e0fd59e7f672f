"""Write `docs/reference/openapi` from the services' operations, or check it.

A document for each service, and `endpoints.md`, which tells of all of them.

python -m leadwire_standalone.openapi_reference [--check]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from leadwire.contracts.generated import write_or_check
from leadwire.http.openapi import OPENAPI
from leadwire_standalone.endpoints_page import as_markdown
from leadwire_standalone.wired import wired

DIRECTORY: Final = Path("docs/reference/openapi")


def documents() -> dict[str, dict[str, Any]]:
    """Return each service's OpenAPI document, by the service's name."""
    return {name: app[OPENAPI].document() for name, app in wired()}


def files() -> dict[Path, str]:
    """Return the text of each file by its path."""
    described = documents()
    texts = {
        DIRECTORY / f"{name}.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in described.items()
    }
    return texts | {DIRECTORY / "endpoints.md": as_markdown(described)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` return 1 if one is not current or one too many."""
    return write_or_check(arguments, description=__doc__, files=files, alone=f"{DIRECTORY}/*.json")


if __name__ == "__main__":
    sys.exit(main())
