"""The services' OpenAPI documents as one page to read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Node = dict[str, Any]

_INTRODUCTION: Final = """\
# Endpoints

Every path under which a service answers, from its OpenAPI document, which stands beside this page;
a running Leadwire lets you try them under `/docs`. Behind the gateway, and with `make run`, all are
at one address. Every error is a problem (`application/problem+json`, RFC 9457) with a stable
`code`; the codes of each status are named. Health and metrics are told of in
[Run the services](../../operations/services.md#what-an-operator-sees). This page is generated
(`python -m leadwire_standalone.openapi_reference`).
"""

_OPS: Final = "/v1/ops/"


def as_markdown(documents: Mapping[str, Node]) -> str:
    """Return the page: what every service answers alike first, then each service's own."""
    first = next(iter(documents))
    parts = [_INTRODUCTION, "## Every service\n", "`{service}` is the service's name.\n"]
    parts += _section(documents[first], service=first, shared=True)
    for service, document in documents.items():
        parts += [f"## {service}\n", *_section(document, service=service, shared=False)]
    return "\n".join(parts)


def _section(document: Node, *, service: str, shared: bool) -> Iterator[str]:
    named: dict[str, None] = {}
    for path, methods in document["paths"].items():
        if path.startswith(_OPS) is shared:
            for method, operation in methods.items():
                shown = path.replace(f"{_OPS}{service}/", _OPS + "{service}/")
                yield from _operation(f"{method.upper()} {shown}", operation)
                named |= dict.fromkeys(_schemas_in(operation))
    schemas = document["components"]["schemas"]
    for name in _with_what_they_name(named, schemas):
        if name != "Problem":
            yield from _schema(name, schemas[name])


def _operation(heading: str, operation: Node) -> Iterator[str]:
    yield f"### {heading}\n"
    yield f"**{operation['summary']}.** {operation.get('description', '')}".rstrip() + "\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "| Parameter | In | Type | Meaning |\n|---|---|---|---|"
        for each in parameters:
            required = " (required)" if each.get("required") else ""
            meaning = _cell(each.get("description", each["schema"].get("description", "")))
            yield (
                f"| `{each['name']}` | {each['in']}{required} "
                f"| {_type(each['schema'])} | {meaning} |"
            )
        yield ""
    if body := operation.get("requestBody"):
        kinds = [f"`{kind}`: {_type(each['schema'])}" for kind, each in body["content"].items()]
        yield "Body: " + "; ".join(kinds) + "\n"
    yield "| Status | Answer |\n|---|---|"
    for status, response in operation["responses"].items():
        yield f"| {status} | {_cell(response['description'])}{_content(response)} |"
    yield ""


def _content(response: Node) -> str:
    kinds = [
        f"`{kind}`" + (f" {_type(each['schema'])}" if "$ref" in each.get("schema", {}) else "")
        for kind, each in response.get("content", {}).items()
        if kind != "application/problem+json"
    ]
    return f" ({', '.join(kinds)})" if kinds else ""


def _schema(name: str, schema: Node) -> Iterator[str]:
    properties = schema.get("properties")
    about = _cell(schema.get("description", ""))
    if not properties:
        yield f"`{name}`: {_type(schema)}. {about}".rstrip() + "\n"
        return
    yield f"`{name}`: {about}\n" if about else f"`{name}`:\n"
    yield "| Field | Type | Meaning |\n|---|---|---|"
    required = schema.get("required", [])
    for field, each in properties.items():
        optional = "" if field in required else " (optional)"
        yield f"| `{field}` | {_type(each)}{optional} | {_cell(each.get('description', ''))} |"
    yield ""


def _type(schema: Node) -> str:
    """Say in a few words what a value is."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[key]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = schema.get("type", "anything")
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _cell(text: str) -> str:
    """Return text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _schemas_in(node: Any) -> Iterator[str]:
    """Yield the names of the schemas that a part of a document refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from _schemas_in(each)
    elif isinstance(node, list):
        for each in node:
            yield from _schemas_in(each)


def _with_what_they_name(named: Mapping[str, None], schemas: Mapping[str, Node]) -> list[str]:
    """Return schemas and those that they refer to, in alphabetical order."""
    found: set[str] = set()
    waiting = list(named)
    while waiting:
        name = waiting.pop()
        if name not in found and name in schemas:
            found.add(name)
            waiting += _schemas_in(schemas[name])
    return sorted(found)
