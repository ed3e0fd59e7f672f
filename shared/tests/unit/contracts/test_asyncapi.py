"""The generated AsyncAPI document, held to the specification's own JSON schema.

`asyncapi-3.0.0.schema.json.gz` is `schemas/3.0.0-without-$id.json` of the npm package
@asyncapi/specs 6.11.1 (Apache-2.0), unchanged.
"""

import copy
import gzip
import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import JsonValue

from leadwire.contracts import EventType
from leadwire.contracts.asyncapi import document, main

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[3]


def specification() -> Draft7Validator:
    schema = json.loads(gzip.decompress((HERE / "asyncapi-3.0.0.schema.json.gz").read_bytes()))
    return Draft7Validator(schema)


def broken(found: JsonValue) -> list[str]:
    return [error.message for error in specification().iter_errors(found)]


def test_the_document_is_valid_asyncapi_3() -> None:
    assert broken(document()) == []


def test_the_specification_would_refuse_a_broken_document() -> None:
    wrong = copy.deepcopy(document())
    operations = wrong["operations"]
    assert isinstance(operations, dict)
    operations["publish_lead_assigned"] = {"action": "shout"}
    assert broken(wrong)


def test_every_event_type_has_channel_operation_and_message() -> None:
    found = json.loads(json.dumps(document()))
    names = {str(event_type) for event_type in EventType}
    assert set(found["channels"]) == set(found["components"]["messages"]) == names
    assert {op["channel"]["$ref"] for op in found["operations"].values()} == {
        f"#/channels/{name}" for name in names
    }


@pytest.mark.parametrize("event_type", list(EventType), ids=str)
def test_each_example_fits_the_schema_it_illustrates(event_type: EventType) -> None:
    found = json.loads(json.dumps(document()))
    message = found["components"]["messages"][event_type]
    validator = Draft202012Validator({**message["payload"], "components": found["components"]})
    [example] = message["examples"]
    assert [error.message for error in validator.iter_errors(example["payload"])] == []
    assert not validator.is_valid({**example["payload"], "data": {}})


def test_the_document_in_the_repository_is_up_to_date() -> None:
    assert main(["--check", f"--root={REPOSITORY}"]) == 0
