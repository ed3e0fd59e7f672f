"""Write `deploy/grafana/dashboards/leadwire.json`, or check that it is current.

python -m leadwire_standalone.dashboard [--check]

A gauge that every replica measures alike, or one of them alone, is shown by its maximum over
the replicas; what each counts for itself, by the sum.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from leadwire.contracts.generated import write_or_check
from leadwire_standalone.dashboard.events import EVENTS, STREAMS
from leadwire_standalone.dashboard.grafana import dashboard
from leadwire_standalone.dashboard.leads import ASSIGNMENT, IMPORTS, NOW
from leadwire_standalone.dashboard.processes import GATEWAY, HTTP, NOTIFICATIONS, PROCESSES

FILE: Final = Path("deploy/grafana/dashboards/leadwire.json")


def as_json() -> str:
    """Return the text of the dashboard's file."""
    document = dashboard(
        uid="leadwire",
        title="Leadwire",
        description="Imports, assignment, events, streams, HTTP and processes of all services.",
        rows=[NOW, IMPORTS, ASSIGNMENT, EVENTS, STREAMS, NOTIFICATIONS, HTTP, GATEWAY, PROCESSES],
    )
    return json.dumps(document, indent=2) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with `--check` return 1 if it is not current."""
    return write_or_check(arguments, description=__doc__, files=lambda: {FILE: as_json()})


if __name__ == "__main__":
    sys.exit(main())
