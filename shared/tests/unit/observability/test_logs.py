"""One format for every line of the process, with its trace, and without personal data."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson
import pytest
import structlog
from pydantic import BaseModel, ValidationError

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


def test_only_the_quotation_is_cut() -> None:
    text = "x: duplicate key\nDETAIL:  Key (email)=(a@b.c) already exists.\nHINT:  Look."

    assert without_quoted_data(text) == "x: duplicate key\nDETAIL: (left out)\nHINT:  Look."


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
