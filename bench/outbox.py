"""Events as a pgbench script adds them to the outbox: as many bytes as the service would."""

from collections.abc import Mapping
from typing import Final

from bench.pgbench import as_statement
from leadwire.contracts import EventType, to_message
from leadwire.contracts.events import EVENT_MODELS
from leadwire.contracts.samples import sample_bytes
from leadwire.db import Queries

_ADD_EVENT: Final = Queries("leadwire.outbox.sql")["add_event"]


def add_event(event_type: EventType, *, about: str) -> str:
    """Write the statement that adds an event.

    Args:
        event_type: Which; its columns are the variables of `event_variables`.
        about: The aggregate's id: a variable of the script, or SQL.
    """
    return as_statement(_ADD_EVENT, *event_columns(event_type, about=about)) + ";"


def event_columns(event_type: EventType, *, about: str) -> tuple[str, ...]:
    """Give what stands for the parameters of `add_event`, as `add_event` does."""
    event_id, *rest = (
        f":{event_type}_{column}" for column in ("id", "type", "media", "body", "headers")
    )
    return (event_id, about, *rest)


def event_variables(event_type: EventType) -> Mapping[str, str]:
    """Give the columns of an event in the outbox, as large as such an event is."""
    message = to_message(EVENT_MODELS[event_type].model_validate_json(sample_bytes(event_type)))
    headers = ",".join(f'"{text}"' for pair in message.headers.items() for text in pair)
    return {
        f"{event_type}_id": message.id,
        f"{event_type}_type": message.type,
        f"{event_type}_media": message.content_type,
        f"{event_type}_body": message.body.decode(),
        f"{event_type}_headers": f"{{{headers}}}",
    }
