"""Generate the page of all events for people from the same document as for programs.

`python -m leadwire.contracts.events_page` writes `docs/reference/events.md`; with `--check` it
only compares, and exits with 1 if the page is not up to date.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from leadwire.contracts.asyncapi import schemas
from leadwire.contracts.events import EVENT_MODELS
from leadwire.contracts.generated import write_or_check
from leadwire.contracts.samples import sample_bytes
from leadwire.contracts.vocabulary import EventType

PAGE: Final = Path("docs/reference/events.md")

_INTRODUCTION: Final = """\
# Events

What Leadwire's services publish, as [CloudEvents 1.0](https://cloudevents.io) in structured JSON
(`application/cloudevents+json`), at most 64 KiB each. On RabbitMQ the type is the routing key at
the topic exchange `leadwire.events`. [The guide](../guide/subscribe.md) tells how to receive them;
[asyncapi.json](asyncapi.json) says the same as this page, for programs.

Every event has these attributes beside its `data`:

| Attribute | What |
|---|---|
| `id` | a UUID; with `source` the key to deduplicate by |
| `source` | who published it |
| `type` | which event it is |
| `subject` | id of the one lead or manager that it is about; not there if it is about several |
| `time` | when it happened, in UTC |
| `dataschema` | name and version of the data: a compatible change raises the number |
| `sequence` | the subject's `rev` at the publisher, in ten digits |
| `traceparent` | W3C trace context of the change, if there was one; also a header of the message |

Ignore fields, words and types that you do not know: later versions may add some.
"""

_EXAMPLE: Final = """\
<details><summary>Example</summary>

```json
{}
```

</details>
"""

_Schema = dict[str, Any]


def render() -> str:
    """Return the page as it stands in the file."""
    known = schemas()
    shapes = sorted(name for name in known if _is_shape(name, known))
    parts = [_INTRODUCTION, *_contents(), *(_event(name, known) for name in EventType)]
    parts += ["## Shapes\n", "What several events have in common.\n"]
    parts += [_section(f"### {name}", known[name]) for name in shapes]
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or compare it; return the exit code."""
    return write_or_check(arguments, description=__doc__, files=lambda: {PAGE: render()})


def _contents() -> Iterator[str]:
    yield "| Event | What happened |\n|---|---|"
    for name in EventType:
        yield f"| [`{name}`](#{name}) | {EVENT_MODELS[name].__doc__} |"
    yield ""


def _event(name: EventType, known: dict[str, _Schema]) -> str:
    sample = sample_bytes(name).decode().strip()
    data = known[EVENT_MODELS[name].__name__.removesuffix("Event")]
    said_by = f"From `{json.loads(sample)['source']}`."
    section = _section(f"## {name}", {**data, "description": f"{data['description']} {said_by}"})
    return f"{section}\n{_EXAMPLE.format(sample)}"


def _section(title: str, schema: _Schema) -> str:
    rows = [
        f"| `{name}` | {_kind(field)} | {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    ]
    lines = [title, "", schema["description"], "", "| Field | Value | |", "|---|---|---|", *rows]
    return "\n".join((*lines, ""))


def _is_shape(name: str, known: dict[str, _Schema]) -> bool:
    """Tell whether a schema is of values inside of data, and of more than a word."""
    of_events = {model.__name__ for model in EVENT_MODELS.values()}
    of_data = {each.removesuffix("Event") for each in of_events}
    return "properties" in known[name] and name not in of_events | of_data


def _kind(field: _Schema) -> str:
    """Say in words what a field holds."""
    if "anyOf" in field:
        return " or ".join(_kind(each) for each in field["anyOf"])
    if "$ref" in field:
        return _of_name(field["$ref"].rpartition("/")[2])
    match field.get("type"):
        case "array":
            return f"list of {_kind(field['items'])}"
        case "string":
            return {"uuid": "UUID", "date-time": "moment"}.get(field.get("format", ""), "text")
        case "object":
            return "object, of any JSON"
        case kind:
            return str(kind)


def _of_name(name: str) -> str:
    schema = schemas()[name]
    if words := schema.get("enum"):
        return ", ".join(f"`{word}`" for word in words)
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    sys.exit(main())
