"""The command `leadwire-standalone`."""

import asyncio
import os
import sys

from pydantic import ValidationError

from leadwire.broker import BrokerError
from leadwire.lifecycle import ComponentFailedError
from leadwire.observability import configure_logging
from leadwire_standalone.options import parse_options
from leadwire_standalone.process import run


def main() -> int:
    """Run until interrupted; return the exit code: 0 after a clean stop."""
    options = parse_options()
    configure_logging(
        level=os.environ.get("LEADWIRE_LOG_LEVEL", "warning"),
        format=os.environ.get("LEADWIRE_LOG_FORMAT", "auto"),
        service="leadwire",
    )
    try:
        asyncio.run(run(options))
    except KeyboardInterrupt:
        return 0
    except (ComponentFailedError, BrokerError, OSError, ValidationError) as error:
        print(f"Leadwire could not run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
