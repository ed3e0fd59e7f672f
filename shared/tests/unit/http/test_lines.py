"""A line in a request is as the document describes it, and loses the spaces around it."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from leadwire.http import Reason

REASONS = TypeAdapter(Reason)


@pytest.mark.parametrize("sent", ["no budget", "  no budget ", "\u00a0no budget"])
def test_the_spaces_around_a_reason_go(sent: str) -> None:
    assert REASONS.validate_python(sent) == "no budget"


@pytest.mark.parametrize("sent", ["no budget\n", "\rno budget", "no\u2028budget", "", " " * 501])
def test_what_the_document_excludes_is_refused_though_stripping_would_mend_it(sent: str) -> None:
    schema = REASONS.json_schema()
    described = re.fullmatch(schema["pattern"].strip("^$"), sent)
    assert described is None or not schema["minLength"] <= len(sent) <= schema["maxLength"]
    with pytest.raises(ValidationError):
        REASONS.validate_python(sent)


def test_spaces_alone_are_no_reason() -> None:
    with pytest.raises(ValidationError, match="only spaces"):
        REASONS.validate_python("   ")
