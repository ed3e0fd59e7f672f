"""Give every distribution its version, in a copy of the tree."""

import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from release.errors import ReleaseError

_OWN: Final = re.compile(r'^version = "[^"]*"$', re.MULTILINE)
_PIN: Final = re.compile(r'"(leadwire(?:-[a-z-]+)?(?:\[[a-z,]+\])?)==[^"]*"')
_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!https?://|#)[^)]*\)")


def stamp(tree: Path, distributions: Iterable[str], version: str) -> None:
    """Write the version, also where distributions need each other, and add the licence.

    Raises:
        ReleaseError: A distribution does not say its version as the others do.
    """
    for name in distributions:
        path = tree / name / "pyproject.toml"
        text = path.read_text(encoding="utf-8")
        text = _OWN.sub(f'version = "{version}"', text, count=1)
        text = _PIN.sub(rf'"\1=={version}"', text)
        _check(name, tomllib.loads(text)["project"], version)
        path.write_text(text, encoding="utf-8")
        shutil.copy(tree / "LICENSE", tree / name / "LICENSE")
        _stand_alone(tree / name / "README.md")


def _stand_alone(readme: Path) -> None:
    """Take links into the repository out: they lead nowhere from a package index."""
    text = readme.read_text(encoding="utf-8")
    readme.write_text(_LINK.sub(r"\1", text), encoding="utf-8")


def _check(name: str, project: Mapping[str, Any], version: str) -> None:
    needed: Sequence[str] = project.get("dependencies", ())
    pins = [each for each in needed if each.startswith("leadwire")]
    if project.get("version") != version or any(f"=={version}" not in each for each in pins):
        raise ReleaseError(f"{name}/pyproject.toml does not take the version {version}")
