"""Logging of a standalone run: warnings only, unless the environment asks for more."""

import os
from typing import cast

from leadwire.observability import LogFormat, configure_logging


def configure_quiet_logging(*, level: str = "warning") -> None:
    """Log what deserves attention; `LEADWIRE_LOG_LEVEL=info` shows all that happens.

    Args:
        level: Lowest level that is logged if the environment names none.
    """
    configure_logging(
        level=os.environ.get("LEADWIRE_LOG_LEVEL", level),
        format=cast("LogFormat", os.environ.get("LEADWIRE_LOG_FORMAT", "auto").lower()),
        service="leadwire",
    )
