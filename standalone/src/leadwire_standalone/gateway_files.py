"""Write what the gateway knows of the services, or check it.

`routes.conf` says which service answers a method on a path; `openapi.json` describes all
operations in one document, with what the gateway itself answers.

python -m leadwire_standalone.gateway_files [--check]
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from leadwire.contracts.generated import write_or_check
from leadwire.http.openapi import OPENAPI
from leadwire.http.openapi_errors import REF_PREFIX
from leadwire.http.operations import ErrorResponse
from leadwire.http.problems import PROBLEM_MEDIA_TYPE, title_of
from leadwire_standalone.wired import wired, wired_together

DIRECTORY: Final = Path("deploy/gateway/generated")

Node = dict[str, Any]

_API: Final = "/v1/"
_ANY: Final = (
    ErrorResponse(400, "bad_request", "The gateway cannot understand the request."),
    ErrorResponse(414, "uri_too_long", "Path and query are longer than 8,190 bytes."),
    ErrorResponse(429, "too_many_requests", "The gateway takes no more from this client now."),
    ErrorResponse(431, "headers_too_large", "A header is longer than 8,192 bytes."),
    ErrorResponse(502, "bad_gateway", "The service did not answer, or broke off."),
    ErrorResponse(504, "gateway_timeout", "The service did not answer in time."),
)
_WITH_BODY: Final = (
    ErrorResponse(408, "request_timeout", "The body did not arrive in time."),
    ErrorResponse(413, "body_too_large", "The body is larger than allowed."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method on a path, and who answers it.

    Attributes:
        method: HTTP method.
        template: Path template, `/v1/leads/{lead_id}`.
        service: Name of the service.
    """

    method: str
    template: str
    service: str


def routes() -> list[Route]:
    """Return every route of the services that is for clients, in order of path and method.

    Raises:
        ValueError: Two services answer the same.
    """
    owner: dict[tuple[str, str], str] = {}
    for name, app in wired():
        for route in app.router.routes():
            template = "" if route.resource is None else route.resource.canonical
            if (
                template.startswith(_API)
                and owner.setdefault((template, route.method), name) != name
            ):
                raise ValueError(f"{owner[template, route.method]} and {name} answer {template}")
    return [
        Route(method=method, template=template, service=name)
        for (template, method), name in sorted(owner.items())
    ]


def routes_conf(found: Sequence[Route]) -> str:
    """Return the maps of nginx that find the route, the service and the methods of a path."""
    templates = sorted({route.template for route in found}, key=_by_precedence)
    methods = {
        each: sorted({route.method for route in found if route.template == each})
        for each in templates
    }
    return "\n".join(
        [
            "# Written by leadwire_standalone.gateway_files from the services' operations.",
            *_map("$request_uri", "$route", {_pattern(each): each for each in templates}, "none"),
            *_map(
                "$request_method:$route",
                "$service",
                {f"{route.method}:{route.template}": route.service for route in found},
            ),
            *_map("$route", "$allow", {each: ", ".join(methods[each]) for each in templates}),
            "",
        ]
    )


def document() -> Node:
    """Return the document of all operations, as clients of the gateway find them."""
    whole: Node = json.loads(json.dumps(wired_together()[OPENAPI].document()))
    for item in whole["paths"].values():
        for operation in item.values():
            _add_answers(operation, [*_ANY, *(_WITH_BODY if "requestBody" in operation else ())])
    return whole


def files() -> dict[Path, str]:
    """Return the text of each file by its path."""
    return {
        DIRECTORY / "routes.conf": routes_conf(routes()),
        DIRECTORY / "openapi.json": json.dumps(document(), indent=1, ensure_ascii=False) + "\n",
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` return 1 if one is not current."""
    return write_or_check(arguments, description=__doc__, files=files)


def _by_precedence(template: str) -> list[tuple[bool, str]]:
    # The first pattern that fits wins: a fixed word before a parameter.
    return [(segment.startswith("{"), segment) for segment in template.split("/")]


def _pattern(template: str) -> str:
    """Return the expression for what a client may send as this path, perhaps with a query."""
    segments = [
        "[^/?#]+" if segment.startswith("{") else re.escape(segment).replace(r"\-", "-")
        for segment in template.split("/")
    ]
    return rf"~^{'/'.join(segments)}(?:\?|$)"


def _map(source: str, name: str, entries: Mapping[str, str], default: str = "") -> Iterator[str]:
    yield f"map {source} {name} {{"
    yield f'    default "{default}";'
    yield from (f'    "{key}" "{value}";' for key, value in entries.items())
    yield "}"


def _add_answers(operation: Node, errors: Sequence[ErrorResponse]) -> None:
    responses = operation["responses"]
    for error in errors:
        known = responses.setdefault(str(error.status), _nothing_yet(error.status))
        codes = known["content"][PROBLEM_MEDIA_TYPE]["schema"]["allOf"][1]["properties"]["code"]
        if error.code not in codes["enum"]:
            codes["enum"] = sorted([*codes["enum"], error.code])
            known["description"] += f" `{error.code}`: {error.description}"
    operation["responses"] = dict(sorted(responses.items()))


def _nothing_yet(status: int) -> Node:
    codes: Node = {"properties": {"code": {"enum": []}}}
    schema = {"allOf": [{"$ref": REF_PREFIX + "Problem"}, codes]}
    return {
        "description": f"{title_of(status)}.",
        "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}},
    }


if __name__ == "__main__":
    sys.exit(main())
