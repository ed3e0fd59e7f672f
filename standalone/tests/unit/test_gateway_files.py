"""What the gateway knows of the services is written from them, and is current."""

import json
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from leadwire_standalone.gateway_files import Route, document, main, routes_conf
from leadwire_standalone.openapi_reference import documents

ROOT = Path(__file__).parents[3]
GATEWAYS_OWN = {
    "bad_request",
    "uri_too_long",
    "too_many_requests",
    "headers_too_large",
    "bad_gateway",
    "gateway_timeout",
    "request_timeout",
    "body_too_large",
}


def test_the_files_of_the_gateway_are_current() -> None:
    assert main(["--check", f"--root={ROOT}"]) == 0


def test_the_one_document_is_valid_and_the_same_each_time() -> None:
    whole = document()
    OpenAPIV31SpecValidator(whole).validate()
    assert json.dumps(whole) == json.dumps(document())


def test_the_one_document_has_every_operation_as_its_service_describes_it() -> None:
    whole = document()
    described = {
        (path, method): (operation, of_service)
        for of_service in documents().values()
        for path, item in of_service["paths"].items()
        for method, operation in item.items()
    }
    assert {
        (path, method) for path, item in whole["paths"].items() for method in item
    } == described.keys()
    for (path, method), (operation, of_service) in described.items():
        ours = whole["paths"][path][method]
        for key in ("parameters", "requestBody", "summary", "tags"):
            assert resolved(ours.get(key), whole) == resolved(operation.get(key), of_service)
        for status in operation["responses"]:
            got, expected = (
                resolved(each["responses"][status], doc)
                for each, doc in ((ours, whole), (operation, of_service))
            )
            if int(status) < 400:
                assert got == expected
            else:
                assert codes(got) - codes(expected) <= GATEWAYS_OWN
                assert codes(expected) <= codes(got)


def test_operation_ids_are_unique() -> None:
    ids = [each["operationId"] for item in document()["paths"].values() for each in item.values()]
    assert len(ids) == len(set(ids)) > 60


def test_a_fixed_word_comes_before_a_parameter_wherever_it_stands_in_the_path() -> None:
    found = [
        Route(method="GET", template=template, service="s")
        for template in ("/v1/a/{id}", "/v1/a/b", "/v1/{x}/b", "/v1/a/{id}/c", "/v1/a.b-c/{id}")
    ]
    text = routes_conf(found)
    order = ["/v1/a/b", "/v1/a/{id}", "/v1/a/{id}/c", "/v1/a.b-c/{id}", "/v1/{x}/b"]
    assert [line.split('"')[3] for line in text.splitlines() if line.startswith('    "~')] == order
    assert r'"~^/v1/a\.b-c/[^/?#]+(?:\?|$)"' in text


def codes(response: Any) -> set[str]:
    schema = response["content"]["application/problem+json"]["schema"]
    return set(schema["allOf"][1]["properties"]["code"]["enum"])


def resolved(node: Any, of_document: Any, depth: int = 0) -> Any:
    """Put schemas in place of references: their names may differ."""
    if depth > 40:
        return "..."
    if isinstance(node, list):
        return [resolved(each, of_document, depth + 1) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return resolved(of_document["components"]["schemas"][name], of_document, depth + 1)
    return {key: resolved(value, of_document, depth + 1) for key, value in node.items()}
