"""Requests for every operation of an OpenAPI document: right, nearly right, and wrong."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, TypeVar
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

JSON = dict[str, Any]
T = TypeVar("T")

ANY_JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
# What has broken services before: no text, NUL, half a character, numbers beyond all types,
# moments beyond the calendar.
ODD = st.sampled_from(
    [
        *("", "\x00", "\ud800", "null", "-1", "0", "9" * 30, "1e400", "NaN", "true", "%", "*"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z"),
        *("a" * 3000, "AAAAAAAAAAAAAAAAAAAAAA", "contact-99999999999999999999", "work-7", '"x"'),
    ]
)
# What text of these names must look like to get past the first check.
MEANT: Mapping[str, SearchStrategy[str]] = {
    "name": st.sampled_from(["Ada", "Bo", "Zoë", "x" * 200, "a b"]),
    "family_name": st.sampled_from(["Lovelace", "O'Neil", "王"]),
    "email": st.integers(0, 50).map(lambda n: f"lead-{n}@example.org"),
    "cellphone": st.integers(100, 150).map(lambda n: f"+1212555{n:04}"),
    "status": st.sampled_from(["pending", "reached_out", "interested", "not_interested", "free"]),
    "region": st.sampled_from(["US", "DE", "xx", "001"]),
    "assigned": st.sampled_from(["true", "false"]),
    "origin": st.sampled_from(["form", "import", "form,import"]),
    "at_least": st.sampled_from(["contact-1", "work-1", "work-0"]),
    "If-Match": st.sampled_from(
        ['"work-1"', '"work-2", "work-3"', '"contact-1", "contact-2"', "*", 'W/"work-1"']
    ),
    "Accept": st.sampled_from(["text/event-stream", "application/x-ndjson", "text/csv", "*/*"]),
}
KINDS = st.sampled_from(["", "text/plain", "application/json; charset=x", "application/json;", "a"])
FILES = st.sampled_from(["%PDF-1.7", "name,family_name", "plain", "<p>", "PK\x03\x04", "\x00", ""])
FORM, BOUNDARY = "multipart/form-data", "boundary"
ROWS = st.lists(
    st.tuples(*(MEANT[name] for name in ("name", "family_name", "email", "cellphone"))),
    max_size=5,
)


@dataclass(frozen=True, slots=True)
class Known:
    """Stands for the id of something that exists, which is known only at run time.

    Attributes:
        name: Of the parameter, for example `lead_id`.
        number: Which of them.
    """

    name: str
    number: int


Value = Known | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, but for the ids of what exists."""

    method: str
    path: Sequence[Value]
    query: Sequence[tuple[str, Value]]
    headers: Sequence[tuple[str, Value]]
    body: bytes

    def encoded(self, ids: Mapping[str, Sequence[str]]) -> bytes:
        """Return the bytes to send, on a connection that ends with the answer."""

        def filled(value: Value) -> bytes:
            if isinstance(value, Known):
                return ids[value.name][value.number % len(ids[value.name])].encode()
            return value

        path = "/".join(quote_from_bytes(filled(segment), safe="") for segment in self.path)
        query = "&".join(
            f"{quote_from_bytes(name.encode())}={quote_from_bytes(filled(value), safe='')}"
            for name, value in self.query
        )
        lines = [
            f"{self.method} /{path}{'?' if query else ''}{query} HTTP/1.1".encode(),
            b"Host: localhost",
            b"Connection: close",
            b"Content-Length: %d" % len(self.body),
            # A line break would end the header, and begin something else.
            *(
                name.encode() + b": " + re.sub(rb"[\r\n]", b"", filled(value))
                for name, value in self.headers
            ),
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def operations(document: JSON) -> list[tuple[str, str]]:
    """List method and path of each operation; those that remove something come last."""
    found = [(method.upper(), path) for path, item in document["paths"].items() for method in item]
    return sorted(found, key=lambda each: each[0] == "DELETE")


class Requests:
    """Builds requests from a document.

    Args:
        document: Of all operations.
    """

    def __init__(self, document: JSON) -> None:
        self._document = document
        self._schemas: JSON = document["components"]["schemas"]

    def of(self, method: str, path: str) -> SearchStrategy[Request]:
        """Return requests for one operation."""
        operation = self._document["paths"][path][method.lower()]
        parameters = operation["parameters"]
        segments = {each["name"]: self._value(each) for each in parameters if each["in"] == "path"}
        body = st.just(("", b""))
        if (described := operation.get("requestBody")) is not None:
            bodies = list(self._bodies(described["content"]))
            body = _mostly(st.one_of(*bodies), st.tuples(KINDS, st.binary(max_size=60)))
        return st.builds(
            _request,
            method=st.just(method),
            path=st.tuples(*_path(path, segments)),
            query=self._pairs([each for each in parameters if each["in"] == "query"]),
            headers=self._pairs([each for each in parameters if each["in"] == "header"]),
            body=body,
        )

    def _pairs(self, parameters: Sequence[JSON]) -> SearchStrategy[list[tuple[str, Value]]]:
        named = [st.tuples(st.just(each["name"]), self._value(each)) for each in parameters]
        pairs = st.lists(st.one_of(*named), max_size=3) if named else st.just([])
        return _mostly(pairs.map(lambda found: list(dict(found).items())), pairs)

    def _value(self, parameter: JSON) -> SearchStrategy[Value]:
        name = parameter["name"]
        right = self._matching(parameter["schema"], name).map(_written)
        wrong = ODD.map(_written) | st.text(max_size=20).map(_written) | st.binary(max_size=20)
        if name.endswith("_id"):
            return _mostly(st.integers(0, 7).map(lambda number: Known(name, number)), right | wrong)
        return _mostly(right, wrong)

    def _bodies(self, content: JSON) -> Iterator[SearchStrategy[tuple[str, bytes]]]:
        for kind, described in content.items():
            if kind == "application/json":
                right = self._matching(described["schema"], "")
                texts = _mostly(right, right.flatmap(_damaged) | ANY_JSON).map(_dumped)
            elif kind == FORM:
                texts = self._matching(described["schema"], "").map(_form)
            else:
                texts = ROWS.map(_lines if kind == "text/csv" else _ndjson)
            written = f"{kind}; boundary={BOUNDARY}" if kind == FORM else kind
            yield st.tuples(st.just(written), _mostly(texts, st.binary(max_size=60)))

    def _matching(self, schema: JSON, name: str) -> SearchStrategy[Any]:
        if "$ref" in schema:
            return self._matching(self._schemas[schema["$ref"].rpartition("/")[2]], name)
        if "enum" in schema or "const" in schema:
            return st.sampled_from(schema.get("enum") or [schema["const"]])
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return st.one_of(*(self._matching(each, name) for each in choices))
        return self._typed(schema, name)

    def _typed(self, schema: JSON, name: str) -> SearchStrategy[Any]:
        match schema.get("type"):
            case "array":
                items = self._matching(schema["items"], name)
                found: SearchStrategy[Any] = st.lists(items, max_size=3)
            case "object":
                found = self._objects(schema)
            case "integer":
                found = st.integers(schema.get("minimum", -5), schema.get("maximum", 5))
            case "string":
                found = self._texts(schema, name)
            case "boolean":
                found = st.booleans()
            case kind:
                found = st.none() if kind == "null" else ANY_JSON
        return found

    def _objects(self, schema: JSON) -> SearchStrategy[JSON]:
        properties = {
            name: self._matching(described, name)
            for name, described in schema.get("properties", {}).items()
        }
        required = set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {name: each for name, each in properties.items() if name in required},
            optional={name: each for name, each in properties.items() if name not in required},
        )

    def _texts(self, schema: JSON, name: str) -> SearchStrategy[str]:
        if name in MEANT:
            return MEANT[name]
        match schema.get("format"):
            case "uuid":
                return st.uuids().map(str)
            case "binary":
                return FILES
            case "date-time":
                return st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())
        return st.text(min_size=schema.get("minLength", 0), max_size=12)


def _request(
    *,
    method: str,
    path: Sequence[Value],
    query: Sequence[tuple[str, Value]],
    headers: Sequence[tuple[str, Value]],
    body: tuple[str, bytes],
) -> Request:
    kind, content = body
    described = [("Content-Type", kind.encode())] if kind else []
    return Request(
        method=method, path=path, query=query, headers=[*headers, *described], body=content
    )


def _mostly(right: SearchStrategy[T], wrong: SearchStrategy[T]) -> SearchStrategy[T]:
    """Take the wrong one now and then: a request with one fault gets further than one with all."""
    return st.integers(0, 7).flatmap(lambda n: wrong if n == 7 else right)


def _path(
    template: str, segments: Mapping[str, SearchStrategy[Value]]
) -> Iterator[SearchStrategy[Value]]:
    for segment in template.strip("/").split("/"):
        name = segment.strip("{}")
        yield segments[name] if segment != name else st.just(segment.encode())


def _damaged(whole: Any) -> SearchStrategy[Any]:
    """Put something else into one place of an object, or into a place of its own."""
    if not isinstance(whole, dict):
        return ANY_JSON
    names = st.sampled_from([*whole, "unheard_of"])
    other = ANY_JSON | ODD
    return st.builds(lambda name, value: {**whole, name: value}, names, other)


def _written(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _form(fields: Mapping[str, Any]) -> bytes:
    """Write a form, in which what should be a file is one."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        f"{'; filename=x' if name in {'file', 'resume'} else ''}\r\n\r\n{value}\r\n"
        for name, value in fields.items()
    ]
    return _written(f"{''.join(parts)}--{BOUNDARY}--\r\n")


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    header = "name,family_name,email,cellphone"
    return _written("\n".join([header, *(",".join(row) for row in rows)]))


def _ndjson(rows: Sequence[Sequence[str]]) -> bytes:
    names = ("name", "family_name", "email", "cellphone")
    return b"\n".join(_dumped(dict(zip(names, row, strict=True))) for row in rows)
