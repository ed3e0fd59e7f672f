"""What who installs the package gets."""

import inspect
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

import leadwire_client
from leadwire_client import AsyncClient, Client

README = Path(__file__).parents[2] / "README.md"


def parameters(kind: type, name: str) -> list[tuple[str, object, object]]:
    signature = inspect.signature(getattr(kind, name))
    return [(each.name, each.kind, each.default) for each in signature.parameters.values()]


def public(kind: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(kind) if not name.startswith("_")]


def test_both_clients_can_do_the_same() -> None:
    assert public(Client) == public(AsyncClient)


@pytest.mark.parametrize("name", ["__init__", *public(Client)])
def test_both_clients_are_asked_in_the_same_way(name: str) -> None:
    assert parameters(Client, name) == parameters(AsyncClient, name)


def test_at_most_four_other_packages_are_needed() -> None:
    needed = [each for each in requires("leadwire-client") or [] if "extra ==" not in each]
    assert len(needed) <= 4
    assert not any(each.startswith("leadwire") for each in needed)


def test_the_readme_names_each_package_that_is_needed_and_no_other() -> None:
    needed = [re.split(r"[^\w-]", each)[0] for each in requires("leadwire-client") or []]
    [said] = re.findall(r"^It needs (.*?\.)$", README.read_text(), re.MULTILINE | re.DOTALL)
    *always, last, hashes, keys, to_receive = needed  # extras by their names
    assert re.sub(r"\[(.*?)\]\(.*?\)", r"\1", said.replace("\n", " ")) == (
        f"{', '.join(always)} and {last}, and nothing else of Leadwire; "
        f"to receive events, {to_receive} as well; "
        f"to write files of users and keys, {hashes} and {keys}."
    )


def test_nothing_else_of_leadwire_is_loaded() -> None:
    program = "import leadwire_client.testing, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {each.partition(".")[0] for each in done.stdout.split()}
    assert {each for each in loaded if each.startswith("leadwire")} == {"leadwire_client"}
    assert not loaded & {"import_svc", "manager_svc", "notifier_svc", "stream_svc", "aiohttp"}
    assert not loaded & {"aio_pika", "argon2", "cryptography"}, "they come with extras"


def test_every_public_name_is_there() -> None:
    assert sorted(leadwire_client.__all__) == leadwire_client.__all__
    for name in leadwire_client.__all__:
        assert getattr(leadwire_client, name) is not None
