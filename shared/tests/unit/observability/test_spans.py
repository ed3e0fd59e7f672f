"""Spans cost nothing until somebody records them, and nest where they are."""

from collections.abc import Iterator

import pytest

from leadwire.observability import (
    FinishedSpan,
    bind_traceparent,
    current_trace,
    set_span_recorder,
    span,
)

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Recorder:
    def __init__(self) -> None:
        self.spans: list[FinishedSpan] = []

    def record(self, span: FinishedSpan) -> None:
        self.spans.append(span)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    set_span_recorder(recorder)
    yield recorder
    set_span_recorder(None)


def test_without_a_recorder_a_span_changes_nothing() -> None:
    with bind_traceparent(INCOMING) as bound, span("work"):
        assert current_trace() == bound


def test_a_nested_span_has_the_outer_one_as_its_parent(recorder: Recorder) -> None:
    with bind_traceparent(INCOMING), span("outer", size=3) as details, span("inner"):
        details["rows"] = 7

    inner, outer, received = recorder.spans
    assert [inner.name, outer.name, received.name] == ["inner", "outer", "handle event"]
    assert inner.context.parent_id == outer.context.span_id
    assert outer.context.parent_id == received.context.span_id
    assert received.context.parent_id == "b7ad6b7169203331"
    assert received.kind == "consumer"
    assert outer.attributes == {"size": 3, "rows": 7}
    assert outer.started_ns <= inner.started_ns <= inner.ended_ns <= outer.ended_ns


def test_a_span_that_an_exception_ended_is_marked(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="x"), span("work"):
        raise ValueError("x")

    assert recorder.spans[0].failed


def test_a_trace_that_is_not_sampled_is_not_recorded(recorder: Recorder) -> None:
    with bind_traceparent(INCOMING[:-2] + "00"), span("work"):
        pass

    assert recorder.spans == []
