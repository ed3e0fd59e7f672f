"""The guide of imports says of every code, of a row or of an import, what it means."""

from pathlib import Path
from typing import Final

from import_svc.decoding import UnreadableInputError
from import_svc.domain.reasons import Code
from import_svc.domain.receipt import Interruption
from import_svc.http.refusals import REFUSALS
from import_svc.usecases import early_endings
from import_svc.usecases.import_request import InputCutOffError
from import_svc.usecases.store_chunk import CutOtherwiseError

GUIDE: Final = Path(__file__).parents[2] / "docs" / "guide" / "import.md"
OF_BODIES: Final = {"request_timeout", "malformed_body", "body_too_large"}
"""What `leadwire.http.RequestBody` raises while a body comes."""


def section(title: str) -> str:
    _, _, after = GUIDE.read_text().partition(f"## {title}\n")
    return after.partition("\n## ")[0]


def test_every_code_of_a_row_is_told_of() -> None:
    told = section("What may be wrong with a row")
    assert [code for code in Code if f"`{code}`" not in told] == []


def test_every_code_of_an_import_that_ends_early_is_told_of() -> None:
    endings = [each for each in vars(early_endings).values() if isinstance(each, Interruption)]
    refusals = REFUSALS.described([UnreadableInputError, InputCutOffError, CutOtherwiseError])
    codes = {each.code for each in endings} | {each.code for each in refusals} | OF_BODIES
    assert len(codes) > 15
    told = section("When an import ends early")
    assert sorted(code for code in codes if f"`{code}`" not in told) == []
