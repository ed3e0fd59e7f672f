"""A reader gets the fields that it asked for, and nothing else is touched."""

import orjson
import pytest

from stream_svc.domain import frames
from stream_svc.domain.fields import ALL_FIELDS, FIELDS, parse_fields
from stream_svc.http.views import LeadView

LEAD = dict.fromkeys(FIELDS) | {"id": "7", "name": 'a "put"\u2028', "attributes": {}}
DOCUMENT = orjson.dumps(LEAD).decode()
PUT = f'{{"type":"put","id":"7","rev":1,"why":"snapshot","lead":{DOCUMENT}}}\n'.encode()


def test_the_fields_are_those_of_a_lead_as_read() -> None:
    assert list(FIELDS) == list(LeadView.model_fields)


def test_the_id_is_always_among_them_and_order_and_repetition_mean_nothing() -> None:
    assert parse_fields("name").names == ("id", "name")
    assert parse_fields("rev, name,id,name") == parse_fields("name,rev")


@pytest.mark.parametrize("text", ["", "nom", "name,", "Name", "manager.name"])
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be of id, name"):
        parse_fields(text)


def test_a_document_has_the_chosen_fields() -> None:
    chosen = parse_fields("attributes,name").of_document(DOCUMENT)
    assert orjson.loads(chosen) == {"id": "7", "name": LEAD["name"], "attributes": {}}
    assert ALL_FIELDS.of_document(DOCUMENT) == DOCUMENT.encode()


def test_only_leads_in_frames_are_cut_down() -> None:
    mark = frames.mark(cursor="c", lag_ms=0)
    lines = mark + PUT + PUT + mark
    narrowed = parse_fields("rev").of_frames(lines).split(b"\n")
    assert narrowed[0] + b"\n" == narrowed[3] + b"\n" == mark
    put = orjson.loads(narrowed[1])
    assert put["lead"] == {"id": "7", "rev": None}
    assert list(put) == ["type", "id", "rev", "why", "lead"]
    assert ALL_FIELDS.of_frames(lines) == lines
    assert parse_fields("rev").of_frames(b"") == b""
