"""One format for every line of the process, with its trace, and without personal data."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from leadwire.lifecycle import BackgroundTask, Supervisor
from leadwire.lifecycle.supervisor import ComponentFailedError
from leadwire.observability import bind_traceparent, configure_logging
from leadwire.observability.logs import without_quoted_data

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [orjson.loads(line) for line in captured.err.splitlines()]


def test_away_from_a_terminal_every_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO", format="auto", service="probe-svc")

    structlog.get_logger("leadwire.outbox").info("relay_leads", backlog=3)
    logging.getLogger("asyncpg").warning("lost %s", "connection")

    ours, theirs = lines(capsys)
    assert ours["event"] == "relay_leads"
    assert (ours["backlog"], ours["service"], ours["level"]) == (3, "probe-svc", "info")
    assert ours["logger"] == "leadwire.outbox"
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == (
        "lost connection",
        "asyncpg",
        "warning",
    )


def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="WARNING", format="json", service="probe-svc")

    structlog.get_logger().info("a")
    logging.getLogger("x").info("b")
    structlog.get_logger().warning("c")

    assert [line["event"] for line in lines(capsys)] == ["c"]


@pytest.mark.parametrize("library", ["aiormq.connection", "aio_pika.connection"])
def test_the_brokers_client_does_not_report_lost_connections(
    capsys: pytest.CaptureFixture[str], library: str
) -> None:
    configure_logging(level="INFO", format="json", service="probe-svc")

    logging.getLogger(library).error("Cannot connect", exc_info=OSError("refused"))
    logging.getLogger(library).warning("lost")

    assert lines(capsys) == []


def test_chatty_libraries_are_heard_at_debug_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO", format="json", service="probe-svc")
    logging.getLogger("aiormq.connection").info("connecting")
    assert lines(capsys) == []

    configure_logging(level="DEBUG", format="json", service="probe-svc")
    logging.getLogger("aiormq.connection").info("connecting")
    assert len(lines(capsys)) == 1


def test_a_line_bears_its_trace_and_what_is_bound(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO", format="json", service="probe-svc")

    with bind_traceparent(INCOMING), structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("a")

    (line,) = lines(capsys)
    assert (line["trace_id"], line["request_id"]) == ("0af7651916cd43dd8448eb211c80319c", "r1")


def test_text_is_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO", format="text", service="probe-svc")

    structlog.get_logger().info("relay_leads", backlog=3)

    text = capsys.readouterr().err
    assert "relay_leads" in text
    assert "backlog=3" in text
    assert not text.startswith("{")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_stack_trace_does_not_quote_the_data(
    capsys: pytest.CaptureFixture[str], log_format: Any
) -> None:
    configure_logging(level="INFO", format=log_format, service="probe-svc")

    class Lead(BaseModel):
        age: int

    error = asyncpg.UniqueViolationError("duplicate key value")
    error.detail = "Key (email)=(alice@example.com) already exists."
    for failure in (error, validation_error(Lead, {"age": "alice@example.com"})):
        structlog.get_logger().error("request_failed", exc_info=failure)

    text = capsys.readouterr().err
    assert "alice" not in text
    assert "duplicate key value" in text
    assert "input_value= (left out)" in text


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_field_quotes_the_data_either(
    capsys: pytest.CaptureFixture[str], log_format: Any
) -> None:
    configure_logging(level="INFO", format=log_format, service="probe-svc")
    error = asyncpg.UniqueViolationError("duplicate key value")
    error.detail = "Key (email)=(alice@example.com) already exists."

    structlog.get_logger().error("a", reason=str(error), error=error)
    logging.getLogger("library").error("%s", error)

    text = capsys.readouterr().err
    assert "alice" not in text
    assert text.count("duplicate key value") == 3


async def test_a_dying_loop_does_not_quote_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="INFO", format="json", service="probe-svc")
    supervisor = Supervisor()
    error = asyncpg.CheckViolationError("new row violates check constraint")
    error.detail = "Failing row contains (1, first line\nalice@example.com)."

    async def fail() -> None:
        async with asyncio.TaskGroup() as parts:
            parts.create_task(refuse())

    async def refuse() -> None:
        raise error

    async def fail_while_stopping() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise error

    supervisor.add("stubborn", BackgroundTask(name="stubborn", body=fail_while_stopping))
    supervisor.add("loop", BackgroundTask(name="loop", body=fail))
    with pytest.raises(ComponentFailedError):
        await supervisor.run()

    text = capsys.readouterr().err
    assert "alice" not in text
    events = {orjson.loads(line)["event"] for line in text.splitlines()}
    assert {"loop_died", "loop_failed_while_stopping"} <= events
    assert "new row violates check constraint" in text


def test_only_the_quotation_is_cut() -> None:
    text = "x: duplicate key\nDETAIL:  Key (email)=(a@b.c) already exists.\nHINT:  Look."

    assert without_quoted_data(text) == "x: duplicate key\nDETAIL: (left out)\nHINT:  Look."


@pytest.mark.parametrize(
    "text",
    [
        "x: y\nDETAIL:  Failing row contains (1, a\nalice).",
        "x: y\nCONTEXT:  COPY leads, line 1: alice",
        "  | x: y\n  | DETAIL:  Key (email)=(alice) exists.\n  +--------",
        repr(ValueError("x: y\nDETAIL:  Key (email)=(alice) exists.")),
        "invalid input for query argument $1: 'alice' (an integer is required)",
        'invalid input syntax for type uuid: "alice"',
    ],
)
def test_a_quotation_is_cut_in_every_form(text: str) -> None:
    assert "alice" not in without_quoted_data(text)


def test_what_follows_a_quotation_in_a_trace_stays() -> None:
    after = "\n\nThe above exception was the direct cause of the following exception:\n\nTrace"
    cut = without_quoted_data(f"x: y\nDETAIL:  alice{after}")
    assert cut == f"x: y\nDETAIL: (left out){after}"


def validation_error(model: type[BaseModel], data: Any) -> ValidationError:
    try:
        model.model_validate(data)
    except ValidationError as error:
        return error
    raise AssertionError("the data was valid")


def test_the_terminal_decides_in_auto(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure_logging(level="INFO", format="auto", service="probe-svc")

    structlog.get_logger().info("relay_leads")

    assert not capsys.readouterr().err.startswith("{")
