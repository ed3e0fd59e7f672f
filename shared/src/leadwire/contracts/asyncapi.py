"""Generate the AsyncAPI 3 document of all events from their models.

`python -m leadwire.contracts.asyncapi` writes `docs/reference/asyncapi.json`; with
`--check` it only compares, and exits with 1 if the document is not up to date.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from leadwire.contracts.events import CONTENT_TYPE, EVENT_MODELS
from leadwire.contracts.generated import write_or_check
from leadwire.contracts.samples import sample_bytes
from leadwire.contracts.vocabulary import EventType

DOCUMENT: Final = Path("docs/reference/asyncapi.json")

JsonObject = dict[str, JsonValue]

_INFO: Final[JsonObject] = {
    "title": "Leadwire events",
    "version": "1",
    "description": (
        "Facts that Leadwire's services publish, as CloudEvents 1.0 in structured JSON, at "
        "most 64 KiB each. An event reaches every subscription at least once: deduplicate by "
        "`source` and `id`. Events about one lead are first published in the order they "
        "happened; a repeated one may come late, so take the one with the higher `rev`. "
        "Ignore fields that you do not know."
    ),
    "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
}

_HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "ce-source": {"type": "string", "description": "The event's `source`."},
        "traceparent": {"type": "string", "description": "W3C trace context of the change."},
    },
}


def document() -> JsonObject:
    """Return the document: a channel, an operation and a message for every event type."""
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": CONTENT_TYPE,
        "channels": {str(name): _channel(name) for name in EventType},
        "operations": {f"publish_{name}": _operation(name) for name in EventType},
        "components": {
            "messages": {str(name): _message(name) for name in EventType},
            "schemas": schemas(),
        },
    }


def render() -> str:
    """Return the document as it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document, or compare it; return the exit code."""
    return write_or_check(arguments, description=__doc__, files=lambda: {DOCUMENT: render()})


def _channel(name: EventType) -> JsonObject:
    return {
        "address": str(name),
        "description": (
            f"On RabbitMQ the routing key `{name}` of the topic exchange `leadwire.events`."
        ),
        "messages": {str(name): {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(name: EventType) -> JsonObject:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
    }


def _message(name: EventType) -> JsonObject:
    model = EVENT_MODELS[name]
    return {
        "name": str(name),
        "title": str(name),
        "summary": model.__doc__,
        "contentType": CONTENT_TYPE,
        "headers": _HEADERS,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": [{"name": str(name), "payload": json.loads(sample_bytes(name))}],
    }


def schemas() -> dict[str, Any]:
    """Return the JSON schema of every event, and of what is in it, by the model's name."""
    mode: Literal["serialization"] = "serialization"
    models = [(model, mode) for model in EVENT_MODELS.values()]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    definitions: Mapping[str, JsonValue] = found["$defs"]
    return dict(definitions)


if __name__ == "__main__":
    sys.exit(main())
