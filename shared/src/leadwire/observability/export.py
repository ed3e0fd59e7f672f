"""Export the spans of a process, if an endpoint is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from leadwire.observability.spans import set_span_recorder


class OtelNotInstalledError(Exception):
    """An endpoint is set, but the packages that would send to it are not installed."""


@contextmanager
def export_spans(endpoint: str | None, *, service: str) -> Iterator[None]:
    """Export every sampled span of the process for the duration of the block.

    Args:
        endpoint: Base address of an OpenTelemetry collector, `http://host:4318`; None for
            no export.
        service: Reported as `service.name`.

    Raises:
        OtelNotInstalledError: The extra `leadwire[otel]` is missing.
    """
    if endpoint is None:
        yield
        return
    try:
        otel = import_module("leadwire.observability.otel")
    except ModuleNotFoundError as error:
        raise OtelNotInstalledError(
            f"the extra leadwire[otel] is not installed (no module {error.name})"
        ) from None
    recorder = otel.OtelRecorder(endpoint=endpoint, service=service)
    set_span_recorder(recorder)
    try:
        yield
    finally:
        set_span_recorder(None)
        recorder.close()
