"""Which column is what: by its name, or because the sender says so."""

import unicodedata

import pytest

from import_svc.decoding.columns import recognise


@pytest.mark.parametrize(
    ("headers", "mapped", "positions"),
    [
        # Each would be taken for the one before it, were letters and digits all that counts.
        (["Name", "Family", "Phone", "Phone #", "Mail"], {"cellphone": "Phone #"}, (0, 1, 4, 3)),
        (["Name", "Family", "E-mail", "email", "Phone"], {"email": "email"}, (0, 1, 3, 4)),
        (["#", "✉", "☎", "Name", "Family"], {"email": "✉", "cellphone": "☎"}, (3, 4, 1, 2)),
        (["पिता", "पीता", "Name", "Mail", "Tel"], {"family_name": "पीता"}, (2, 1, 3, 4)),
        # The very one for one field, and nearly the same for another.
        (
            ["Name", "Family", "Contact", "contact"],
            {"email": "CONTACT", "cellphone": "Contact"},
            (0, 1, 3, 2),
        ),
        (["Name", "Family", "Mail", "Phone"], {"family_name": "Mail"}, (0, 2, None, 3)),
    ],
)
def test_the_sender_gets_the_very_column_that_he_names(
    headers: list[str], mapped: dict[str, str], positions: tuple[int | None, ...]
) -> None:
    assert recognise(headers, mapped).positions == positions


def test_no_two_fields_have_the_same_column() -> None:
    columns = recognise(["Name", "Family", "line"], {"email": "Line", "cellphone": "LINE"})
    assert columns.positions == (0, 1, 2, None)


@pytest.mark.parametrize("file", ["NFC", "NFD"])
@pytest.mark.parametrize("sender", ["NFC", "NFD"])
def test_accents_may_be_written_in_either_form(file: str, sender: str) -> None:
    name, family_name = (unicodedata.normalize(file, each) for each in ("Prénom", "Nom été"))  # type: ignore[arg-type]
    mapped = {"name": unicodedata.normalize(sender, "prénom"), "family_name": "NOM ETE"}  # type: ignore[arg-type]
    columns = recognise([name, family_name, "Mail", "Téléphone"], mapped)
    assert columns.positions == (0, 1, 2, 3)


@pytest.mark.parametrize("header", ["EMAİL", "Ｅｍａｉｌ", "\u200eE-mail\u200f", "É-mail"])  # noqa: RUF001
def test_a_header_is_known_whatever_its_letters_are_made_of(header: str) -> None:
    assert recognise(["Name", "Family", header, "Phone"]).positions == (0, 1, 2, 3)


def test_a_header_of_signs_alone_is_no_other_one() -> None:
    columns = recognise(["Name", "Family", "Mail", "", "?"], {"cellphone": "#"})
    assert columns.missing == ["cellphone"]


def test_no_two_other_columns_have_the_same_name() -> None:
    headers = ["Name", "Family", "Mail", "Tel", "Tag", " Tag", "Tag (2)", "", "column 8", "Tag"]
    names = [name for _, name in recognise(headers).others]
    assert names == ["Tag", "Tag (2)", "Tag (2) (2)", "column 8", "column 8 (2)", "Tag (3)"]
