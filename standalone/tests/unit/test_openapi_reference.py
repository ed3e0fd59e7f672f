"""The OpenAPI documents are written from the code, and are current."""

import json
import sys
from pathlib import Path

import pytest

from leadwire_standalone.openapi_reference import DEFAULT_DIRECTORY, main
from leadwire_standalone.services import SERVICES

ROOT = Path(__file__).parents[3]
NAMES = {f"{service.name}.json" for service in SERVICES}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["openapi_reference", *arguments])
    return main()


def test_the_documents_in_the_documentation_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--check", f"--directory={ROOT / DEFAULT_DIRECTORY}") == 0


def test_written_documents_are_current_and_describe_every_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "not" / "there"
    assert run(monkeypatch, f"--directory={directory}") == 0
    assert run(monkeypatch, "--check", f"--directory={directory}") == 0
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


@pytest.mark.parametrize("name", ["import-svc.json", "retired-svc.json", "endpoints.md"])
def test_a_document_that_is_old_missing_or_of_no_service_is_told_of_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(monkeypatch, "--check", f"--directory={tmp_path}") == 1
    assert list(tmp_path.iterdir()) == []
    run(monkeypatch, f"--directory={tmp_path}")
    (tmp_path / name).write_text("{}\n")
    capsys.readouterr()
    assert run(monkeypatch, "--check", f"--directory={tmp_path}") == 1
    assert (tmp_path / name).read_text() == "{}\n"
    assert capsys.readouterr().err.count("is not current") == 1
    run(monkeypatch, f"--directory={tmp_path}")
    assert run(monkeypatch, "--check", f"--directory={tmp_path}") == 0


def test_settings_of_the_machine_do_not_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(monkeypatch, f"--directory={tmp_path}")
    monkeypatch.setenv("LEADWIRE_BROKER_URL", "amqp://user:secret@broker/")
    monkeypatch.setenv("IMPORT_MAX_BODY_BYTES", "4321")
    assert run(monkeypatch, "--check", f"--directory={tmp_path}") == 0
