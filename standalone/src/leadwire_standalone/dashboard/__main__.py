"""Write `deploy/grafana/dashboards/leadwire.json`, or check that it is current.

python -m leadwire_standalone.dashboard [--check]

A gauge that every replica measures alike, or one of them alone, is shown by its maximum over
the replicas; what each counts for itself, by the sum.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from leadwire_standalone.dashboard.events import EVENTS, STREAMS
from leadwire_standalone.dashboard.grafana import dashboard
from leadwire_standalone.dashboard.leads import ASSIGNMENT, IMPORTS, NOW
from leadwire_standalone.dashboard.processes import HTTP, NOTIFICATIONS, PROCESSES

DEFAULT_PATH: Final = Path("deploy/grafana/dashboards/leadwire.json")


def as_json() -> str:
    """Return the text of the dashboard's file."""
    document = dashboard(
        uid="leadwire",
        title="Leadwire",
        description="Imports, assignment, events, streams, HTTP and processes of all services.",
        rows=[NOW, IMPORTS, ASSIGNMENT, EVENTS, STREAMS, NOTIFICATIONS, HTTP, PROCESSES],
    )
    return json.dumps(document, indent=2) + "\n"


def main() -> int:
    """Write the file, or with `--check` return 1 if it is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--path", type=Path, default=DEFAULT_PATH)
    given = parser.parse_args()
    wanted = as_json()
    if not given.check:
        given.path.write_text(wanted)
        return 0
    if not given.path.exists() or given.path.read_text() != wanted:
        sys.stderr.write(f"{given.path} is not current: run this module without --check\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
