"""`If-Match` is read as RFC 9110 says."""

import pytest

from leadwire.http import Precondition, Problem, versions_of


def if_match(value: str | None) -> Precondition:
    return Precondition.model_validate({"If-Match": value})


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        (None, None),
        ("*", None),
        ('"work-7"', {"work-7"}),
        ('"work-7", "work-8"', {"work-7", "work-8"}),
        ('W/"work-7"', set()),
        ('"*"', {"*"}),  # a tag of that name, which nothing has
    ],
)
def test_if_match_names_versions(header: str | None, versions: set[str] | None) -> None:
    assert versions_of(if_match(header)) == versions


@pytest.mark.parametrize("header", ["work-7", '"work-7', '"a" "b"', ""])
def test_an_if_match_without_quotes_is_refused(header: str) -> None:
    with pytest.raises(Problem) as caught:
        versions_of(if_match(header))
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
