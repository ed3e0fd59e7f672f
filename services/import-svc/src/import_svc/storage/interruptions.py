"""Why imports ended early, as columns."""

import asyncpg
import orjson

from import_svc.domain.receipt import Interruption


def interruption_of(record: asyncpg.Record) -> Interruption | None:
    """Return why an import ended early, from its `error_` columns; None if it did not."""
    if record["error_code"] is None:
        return None
    extra = record["error_extra"]
    return Interruption(
        code=record["error_code"],
        detail=record["error_detail"],
        extra={} if extra is None else orjson.loads(extra),
    )


def lists_of(interruption: Interruption) -> str | None:
    """Return the lists that help to mend the input, for `error_extra`; None if there are none."""
    return orjson.dumps(dict(interruption.extra)).decode() if interruption.extra else None
