import pytest
from hypothesis import given
from hypothesis import strategies as st

from manager_svc.domain.names import PART, folded, parts_of


@pytest.mark.parametrize(
    ("name", "found_as"),
    [
        ("Zoë Ångström", "zoe angstrom"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łukasz Ødegård", "lukasz odegard"),
        ("İpek Y\u0131ld\u0131z", "ipek yildiz"),
        ("Æsa Đorđević", "aesa dordevic"),
        ("\uff26\uff55\uff4c\uff4c Ⅷ", "full viii"),
    ],
)
def test_names_are_compared_without_case_and_accents(name: str, found_as: str) -> None:
    assert folded(name) == found_as


@given(st.text(max_size=30))
def test_folding_a_folded_name_changes_nothing(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@given(name=st.text(min_size=1, max_size=20), data=st.data())
def test_a_name_has_the_parts_of_every_text_that_it_contains(
    name: str, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(name) - 1))
    last = data.draw(st.integers(first + 1, len(name)))
    every_part = {name[at : at + n] for at in range(len(name)) for n in range(1, PART + 1)}
    assert every_part.issuperset(parts_of(name[first:last]))
