"""Logging of a standalone run: warnings only, unless the environment asks for more."""

import os
from typing import cast

from leadwire.observability import LogFormat, configure_logging


def configure_quiet_logging() -> None:
    """Log what deserves attention; `LEADWIRE_LOG_LEVEL=info` shows all that happens."""
    configure_logging(
        level=os.environ.get("LEADWIRE_LOG_LEVEL", "warning"),
        format=cast("LogFormat", os.environ.get("LEADWIRE_LOG_FORMAT", "auto").lower()),
        service="leadwire",
    )
