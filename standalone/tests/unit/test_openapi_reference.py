"""The OpenAPI documents are written from the code, and are current."""

import json
from pathlib import Path

import pytest

from leadwire_standalone.openapi_reference import DIRECTORY, main
from leadwire_standalone.services import SERVICES

ROOT = Path(__file__).parents[3]
NAMES = {f"{service.name}.json" for service in SERVICES}


def test_the_documents_in_the_documentation_are_current() -> None:
    assert main(["--check", f"--root={ROOT}"]) == 0


def test_written_documents_describe_every_service(tmp_path: Path) -> None:
    assert main([f"--root={tmp_path}"]) == 0
    directory = tmp_path / DIRECTORY
    assert {path.name for path in directory.iterdir()} == NAMES | {"endpoints.md"}
    page = (directory / "endpoints.md").read_text()
    for path in directory.glob("*.json"):
        document = json.loads(path.read_text())
        assert document["info"]["title"] == path.stem
        assert document["paths"]
        for template, methods in document["paths"].items():
            shown = template.replace(f"/v1/ops/{path.stem}/", "/v1/ops/{service}/")
            for method in methods:
                assert page.count(f"\n### {method.upper()} {shown}\n") == 1


def test_a_document_of_no_service_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([f"--root={tmp_path}"])
    retired = tmp_path / DIRECTORY / "retired-svc.json"
    retired.write_text("{}\n")
    assert main(["--check", f"--root={tmp_path}"]) == 1
    assert capsys.readouterr().err.startswith(f"{retired} is not current")


def test_settings_of_the_machine_do_not_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    main([f"--root={tmp_path}"])
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "amqp://user:secret@broker/")
    monkeypatch.setenv("IMPORT_MAX_BODY_BYTES", "4321")
    assert main(["--check", f"--root={tmp_path}"]) == 0
