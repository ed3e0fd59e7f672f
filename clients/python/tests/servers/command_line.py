"""Runs `leadwire` as somebody does."""

import subprocess
import sys
from typing import Final

from leadwire_client.testing import FakeLeadwire

ENDED_WITHIN: Final = 60


def leadwire(
    fake: FakeLeadwire | str, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it against a server; give how it ended and what it printed."""
    url = fake if isinstance(fake, str) else fake.url
    return subprocess.run(
        [sys.executable, "-m", "leadwire_client.command", *arguments],
        env={"LEADWIRE_URL": url, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN,
        check=False,
    )
