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

# Below these levels libraries are heard at our DEBUG only. The clients of RabbitMQ report
# every failed attempt to connect, and each connection that is lost with its stack: that is
# for those who call them to say, once.
_CHATTY = {
    "aio_pika": logging.CRITICAL,
    "aiormq": logging.CRITICAL,
    "asyncio": logging.WARNING,
    "opentelemetry": logging.WARNING,
}

# What exceptions of asyncpg and pydantic quote of the data that they refused. A quoted
# value may have lines of its own, so the quotation goes on until something that surely is
# none. In the trace of a group every line begins with bars; in a `repr`, with a written \n.
_QUOTED_DATA = re.compile(
    r"""
    ((?:^|\\n)[ |]*(?:asyncpg\S*:[ ])?(?:DETAIL|CONTEXT):)
        .*?(?=(?:\n|\\n)[ |]*HINT:|\n[ |]*\+-|\n[ |]*\n[ |]*(?:The[ ]above|During[ ]handling)|\Z)
    |(invalid[ ]input[ ]for[ ]query[ ]argument[ ]\$\d+:)[^\n]*
    |(invalid[ ]input[ ]syntax[ ]for[ ]type[ ][^:\n]+:)[^\n]*
    |(input_value=).*?(?=,[ ]input_type=)
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
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
    for name, lowest in _CHATTY.items():
        heard = number if number <= logging.DEBUG else max(number, lowest)
        logging.getLogger(name).setLevel(heard)
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
    # The cut comes after everything that makes text: also of what libraries log.
    last = (structlog.processors.ExceptionRenderer(_format_exception), _cut_quoted_data)
    if text:
        return (*last, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    return (*last, structlog.processors.JSONRenderer(sort_keys=True, default=str))


def _add_trace_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (trace := current_trace()) is not None:
        event.setdefault("trace_id", trace.trace_id)
    return event


def _format_exception(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _cut_quoted_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take the data that databases and validators quote out of every field with text."""
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = without_quoted_data(f"{type(value).__name__}: {value}")
        elif isinstance(value, str):
            event[name] = without_quoted_data(value)
    return event


def without_quoted_data(text: str) -> str:
    """Cut what asyncpg (`DETAIL: Key (email)=(...)`) and pydantic (`input_value=`) quote."""
    return _QUOTED_DATA.sub(lambda match: f"{match[match.lastindex or 0]} (left out)", text)
