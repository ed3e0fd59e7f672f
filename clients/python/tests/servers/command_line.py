"""Runs `leadwire` as somebody does."""

import asyncio
import signal
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


async def begun(url: str, *arguments: str, **outputs: object) -> asyncio.subprocess.Process:
    """Begin to run it, and do not wait for its end: it may be interrupted."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadwire_client.command", *arguments),
        env={"LEADWIRE_URL": url},
        # Whoever runs tests in the background may have them ignore Ctrl-C.
        preexec_fn=_heed_interrupts,
        **outputs,  # type: ignore[arg-type]  # as the tests want them
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
