import pytest

from manager_svc.domain.manager import folded


@pytest.mark.parametrize(
    ("name", "found_as"), [("Zoë Ångström", "zoe angstrom"), ("STRASSE", "strasse")]
)
def test_names_are_compared_without_case_and_accents(name: str, found_as: str) -> None:
    assert folded(name) == found_as
