"""The golden samples and the models say the same, in both directions."""

import json
from importlib.resources import files

import pytest
from pydantic import BaseModel, JsonValue

from leadwire.broker import Message
from leadwire.contracts import EventType, read_envelope, read_event, to_message
from leadwire.contracts.events import EVENT_MODELS
from leadwire.contracts.samples import sample_bytes

every_type = pytest.mark.parametrize("event_type", list(EventType), ids=str)


def message(event_type: EventType) -> Message:
    return Message(id="sample", type=event_type, body=sample_bytes(event_type))


def missing_from(sample: JsonValue, model: type[BaseModel], path: str) -> list[str]:
    """Name the fields that the model writes and the sample does not show, at any depth."""
    assert isinstance(sample, dict), path
    missing = [f"{path}.{name}" for name in model.model_fields if name not in sample]
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel) and name in sample:
            missing += missing_from(sample[name], nested, f"{path}.{name}")
    return missing


@every_type
def test_a_sample_read_and_written_is_the_same_json(event_type: EventType) -> None:
    event = read_event(message(event_type))
    assert json.loads(to_message(event).body) == json.loads(sample_bytes(event_type))


@every_type
def test_a_sample_shows_every_field_of_its_model(event_type: EventType) -> None:
    absent = missing_from(
        json.loads(sample_bytes(event_type)), EVENT_MODELS[event_type], str(event_type)
    )
    without_subject = {"leads_created.subject", "leads_created.sequence"}
    without_rev = {"notification_failed.sequence"}
    assert set(absent) == {
        name for name in without_subject | without_rev if name.startswith(f"{event_type}.")
    }


@every_type
def test_a_sample_is_of_the_type_that_its_file_is_named_for(event_type: EventType) -> None:
    envelope = read_envelope(message(event_type))
    assert envelope.type == event_type
    assert envelope.dataschema == f"leadwire:{event_type}:1"


def test_there_is_no_sample_without_a_model() -> None:
    names = {
        entry.name
        for entry in files("leadwire.contracts.samples").iterdir()
        if entry.name.endswith(".json")
    }
    assert names == {f"{event_type}.json" for event_type in EventType}
