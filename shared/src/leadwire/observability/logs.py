"""One way to log for everything in the process: structlog's and the standard library's.

Lines are JSON objects when nobody looks (the default away from a terminal) and coloured
text on a terminal. Logs go to standard error, so that what a command prints stays apart.
"""

import logging
import logging.config
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Literal

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from leadwire.observability.trace import current_trace

LogFormat = Literal["auto", "json", "text"]

# Libraries whose INFO is our DEBUG: they report every (re)connection attempt.
_CHATTY = ("aio_pika", "aiormq", "asyncio", "opentelemetry")

# What exceptions of asyncpg and pydantic quote of the data that they refused.
_QUOTED_DATA = re.compile(
    r"(?m)^(\s*(?:asyncpg\S*: )?(?:DETAIL|CONTEXT):).*$|(input_value=).*?(?=, input_type=)"
)


def configure_logging(*, level: str = "INFO", format: LogFormat = "auto", service: str) -> None:  # noqa: A002  the setting's own name
    """Route structlog and the standard library's loggers to standard error.

    Args:
        level: Name of the lowest level that is written.
        format: `json`, `text`, or `auto` for text on a terminal and JSON elsewhere.
        service: Put in every line as `service`.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    text = format == "text" or (format == "auto" and sys.stderr.isatty())
    shared = _shared_processors(service)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_renderers(text=text),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING) if number > 10 else number)
    logging.captureWarnings(capture=True)


def _shared_processors(service: str) -> Sequence[Processor]:
    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        add_service,
        _add_trace_id,
    )


def _renderers(*, text: bool) -> Sequence[Processor]:
    exceptions = structlog.processors.ExceptionRenderer(_format_exception)
    if text:
        return (exceptions, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    return (exceptions, structlog.processors.JSONRenderer(sort_keys=True, default=str))


def _add_trace_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (trace := current_trace()) is not None:
        event.setdefault("trace_id", trace.trace_id)
    return event


def _format_exception(exc_info: ExcInfo) -> str:
    """Format a stack trace without the data that databases and validators quote."""
    return without_quoted_data("".join(traceback.format_exception(*exc_info)).rstrip())


def without_quoted_data(text: str) -> str:
    """Cut what asyncpg (`DETAIL: Key (email)=(...)`) and pydantic (`input_value=`) quote."""
    return _QUOTED_DATA.sub(lambda match: f"{match[1] or match[2]} (left out)", text)
