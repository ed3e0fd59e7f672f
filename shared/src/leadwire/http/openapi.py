"""The OpenAPI 3.1 document, from the annotations that the router itself parses by."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from leadwire.access import Access
from leadwire.http.bodies import RequestBody
from leadwire.http.openapi_errors import PROBLEM_SCHEMA, REF_PREFIX, Node, error_responses
from leadwire.http.operations import ErrorResponse, Operation, Response, Schema
from leadwire.http.parsing import Binding

ParameterPlace = Literal["path", "query", "header"]


_SECURITY_SCHEMES: Node = {
    "basic": {"type": "http", "scheme": "basic", "description": "User name and password."},
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of `POST /v1/auth/token`.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key of a program.",
    },
}
_FILE: Node = {"schema": {"type": "string", "format": "binary"}}


@dataclass(frozen=True, slots=True)
class _Entry:
    operation: Operation
    binding: Binding
    errors: Sequence[ErrorResponse]


class OpenApi:
    """Collects operations and describes them.

    Args:
        title: Name of the API.
        version: Its version.
    """

    def __init__(self, *, title: str, version: str) -> None:
        self._info = {"title": title, "version": version}
        self._entries: list[_Entry] = []
        self._document: Node | None = None

    def add(self, operation: Operation, binding: Binding, errors: Sequence[ErrorResponse]) -> None:
        """Take an operation, with the problems of its own, into the document.

        Raises:
            ValueError: It is there already, or its path differs from another one only in
                the names of its parameters, which OpenAPI forbids.
        """
        for other in (entry.operation for entry in self._entries):
            same_path = openapi_path(other.path) == openapi_path(operation.path)
            if same_path and other.method == operation.method:
                raise ValueError(f"{operation.method} {operation.path} is there already")
            if not same_path and _shape(other.path) == _shape(operation.path):
                raise ValueError(
                    f"{operation.path} and {other.path} differ only in parameter names"
                )
        self._entries.append(_Entry(operation, binding, errors))
        self._document = None

    def document(self) -> Node:
        """Return the document; it is made once."""
        if self._document is None:
            self._document = _Writer(self._entries).document(self._info)
        return self._document


OPENAPI = web.AppKey("openapi", OpenApi)


def openapi_path(template: str) -> str:
    """The path template without the patterns that aiohttp's router knows."""
    return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", template)


def _shape(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", template)


class _Writer:
    """Writes one document."""

    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = entries

    def document(self, info: Mapping[str, str]) -> Node:
        paths: Node = {}
        names: set[str] = set()
        for entry in self._entries:
            item = paths.setdefault(openapi_path(entry.operation.path), {})
            item[entry.operation.method.lower()] = self._operation(entry, names)
        schemas = {**self._definitions, "Problem": PROBLEM_SCHEMA}
        used = _used_schemas(paths, schemas)
        return {
            "openapi": "3.1.0",
            "info": dict(info),
            "paths": paths,
            "components": {
                "schemas": {name: schemas[name] for name in sorted(used)},
                "securitySchemes": _SECURITY_SCHEMES,
            },
        }

    def _operation(self, entry: _Entry, names: set[str]) -> Node:
        operation, binding = entry.operation, entry.binding
        node: Node = {
            "operationId": _operation_id(operation, names),
            "summary": operation.summary,
            "tags": [operation.tag],
            "parameters": list(self._parameters(binding)),
            "responses": {
                **{
                    str(status): self._response(response)
                    for status, response in operation.responses.items()
                },
                **error_responses(entry.errors, binding, operation.access),
            },
            "security": _security(operation.access),
        }
        if operation.access.roles is not None:
            node["x-roles"] = sorted(operation.access.roles)
        if operation.description:
            node["description"] = operation.description
        if binding.body is not None:
            node["requestBody"] = {
                "required": operation.needs_body,
                "content": self._body(operation, binding),
            }
        return node

    def _parameters(self, binding: Binding) -> Iterator[Node]:
        for name, adapter in binding.path.items():
            schema = self._schema(adapter, "validation")
            yield {"name": name, "in": "path", "required": True, "schema": schema}
        if binding.query is not None:
            yield from self._model_parameters(binding.query, "query")
        if binding.headers is not None:
            yield from self._model_parameters(binding.headers, "header")

    def _model_parameters(self, model: type[BaseModel], place: ParameterPlace) -> Iterator[Node]:
        whole = self._resolved(self._schema(model, "validation"))
        required = whole.get("required", [])
        for name, described in whole.get("properties", {}).items():
            schema = _without_null(described)
            node: Node = {"name": name, "in": place, "required": name in required}
            if (description := schema.pop("description", None)) is not None:
                node["description"] = description
            yield {**node, "schema": schema}

    def _body(self, operation: Operation, binding: Binding) -> Node:
        if binding.body is not RequestBody:
            return {"application/json": {"schema": self._schema(binding.body, "validation")}}
        consumes = operation.consumes or {"*/*": ""}
        return {kind: self._content(schema, "validation") for kind, schema in consumes.items()}

    def _response(self, response: Response) -> Node:
        node: Node = {"description": response.description}
        default = () if response.model is None else ("application/json",)
        kinds = tuple(response.media_types) or default
        if kinds:
            content = self._content(response.model, "serialization")
            node["content"] = dict.fromkeys(kinds, content) | dict.fromkeys(response.files, _FILE)
        if response.headers:
            node["headers"] = {
                name: {"description": text, "schema": {"type": "string"}}
                for name, text in response.headers.items()
            }
        return node

    def _content(self, schema: Schema, mode: JsonSchemaMode) -> Node:
        match schema:
            case None | "":
                return {}
            case str() as description:
                return {"schema": {"type": "string", "description": description}}
            case Mapping():
                return {"schema": dict(schema)}
            case _:
                return {"schema": self._schema(schema, mode)}

    def _schema(self, described: Any, mode: JsonSchemaMode) -> Node:
        return self._generated[0][_key(described), mode]

    def _resolved(self, schema: Node) -> Node:
        reference = schema.get("$ref")
        return (
            schema if reference is None else self._definitions[reference.removeprefix(REF_PREFIX)]
        )

    @property
    def _definitions(self) -> Node:
        return self._generated[1]

    @cached_property
    def _generated(self) -> tuple[dict[tuple[int, JsonSchemaMode], Node], Node]:
        """Every schema at once, so that pydantic gives equal names to different models apart."""
        described = {(_key(each), mode): (each, mode) for each, mode in self._described()}
        schemas, extra = TypeAdapter.json_schemas(
            [(key, mode, _adapter(each)) for (key, mode), (each, _) in described.items()],
            ref_template=REF_PREFIX + "{model}",
        )
        return dict(schemas), extra.get("$defs", {})

    def _described(self) -> Iterator[tuple[Any, JsonSchemaMode]]:
        for entry in self._entries:
            binding = entry.binding
            inputs = [binding.body, binding.query, binding.headers, *binding.path.values()]
            inputs += (entry.operation.consumes or {}).values()
            outputs = [response.model for response in entry.operation.responses.values()]
            yield from ((each, "validation") for each in inputs if _has_schema(each))
            yield from ((each, "serialization") for each in outputs if _has_schema(each))


def _security(access: Access) -> list[Node]:
    """List the ways in; an empty one stands for none at all."""
    if not access.heeds:
        return []
    ways: list[Node] = [{name: []} for name in _SECURITY_SCHEMES]
    return [{}, *ways] if access.roles is None else ways


def _has_schema(described: object) -> bool:
    return described is not RequestBody and not isinstance(described, str | Mapping | None)


def _key(described: object) -> int:
    # Not every annotation is hashable; each of these lives as long as its operation.
    return id(described)


def _adapter(described: Any) -> TypeAdapter[Any]:
    return described if isinstance(described, TypeAdapter) else TypeAdapter(described)


def _operation_id(operation: Operation, taken: set[str]) -> str:
    """Name an operation the same whether its service is alone in the process or not."""
    handler = getattr(operation.handler, "__name__", "")
    name = "_".join([*re.findall(r"\w+", operation.tag.lower()), handler])
    if not handler or name in taken:
        parts = re.findall(r"\w+", openapi_path(operation.path))
        name = "_".join([operation.method.lower(), *parts])
    taken.add(name)
    return name


def _without_null(schema: Node) -> Node:
    """Nobody can send null in a query: leave it out of what a parameter may be."""
    schema = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        return {**choices[0], **schema}
    if choices:
        schema["anyOf"] = choices
    return schema


def _used_schemas(paths: Node, schemas: Node) -> set[str]:
    used: set[str] = set()
    pending = list(_references(paths))
    while pending:
        name = pending.pop()
        if name not in used:
            used.add(name)
            pending.extend(_references(schemas[name]))
    return used


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(REF_PREFIX)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
