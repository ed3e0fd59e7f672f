"""Logging of a standalone run: warnings only, unless the environment asks for more."""

import logging
import os
from typing import get_args

from leadwire.observability import LogFormat, configure_logging


def configure_quiet_logging(*, level: str = "warning") -> None:
    """Log what deserves attention; `LEADWIRE_LOG_LEVEL=info` shows all that happens.

    A wrong name is passed over here: the services' settings, which hold it too, refuse it.

    Args:
        level: Lowest level that is logged if the environment names none.
    """
    wanted = os.environ.get("LEADWIRE_LOG_LEVEL", "").upper()
    configure_logging(
        level=wanted if wanted in logging.getLevelNamesMapping() else level,
        format=_format(os.environ.get("LEADWIRE_LOG_FORMAT", "").lower()),
        service="leadwire",
    )


def _format(wanted: str) -> LogFormat:
    known: tuple[LogFormat, ...] = get_args(LogFormat)
    return next((each for each in known if each == wanted), "auto")
