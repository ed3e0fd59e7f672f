"""What docker-compose.yml promises: least rights, bounds, and no way past the gateway."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadwire.http.clients import networks_of
from leadwire.http.server import CUT_WITHIN
from leadwire.lifecycle import STOPS_WITHIN
from leadwire.service import ServiceSettings, environment_variables

HOUSE = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((HOUSE / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Any] = COMPOSE["services"]
OURS = ("import-svc", "manager-svc", "notifier-svc", "stream-svc")
JOBS = ("secrets", *(f"{name}-prepare" for name in OURS))
MORE_RIGHTS = {
    "secrets": ["CHOWN"],
    "postgres": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
}


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_has_least_rights_and_bounds(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == MORE_RIGHTS.get(name, [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["restart"] == ("no" if name in JOBS else "unless-stopped")
    assert not service["image"].endswith(":latest")
    assert ":" in service["image"]


def test_the_database_and_the_broker_are_reached_by_the_services_alone() -> None:
    behind = {name for name, each in SERVICES.items() if "back" in each.get("networks", ())}
    assert behind == {"postgres", "rabbitmq", *OURS, *(f"{name}-prepare" for name in OURS)}
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert COMPOSE["networks"]["front"] == {"internal": True}


def test_the_log_of_the_database_tells_nothing_of_people() -> None:
    assert "log_error_verbosity=terse" in SERVICES["postgres"]["command"]


def test_only_what_is_for_people_has_a_port_and_only_on_this_machine() -> None:
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert set(published) == {"gateway", "grafana", "mail"}
    for ports in published.values():
        assert all(port.startswith("${LEADWIRE_LISTEN:-127.0.0.1}:") for port in ports)


def test_each_reader_has_its_own_secrets_and_cannot_change_them() -> None:
    readers: dict[str, set[str]] = {}
    for name, volume, target, mode in _volumes():
        if volume == "secrets" or volume.startswith("secrets-"):
            readers.setdefault(volume, set()).add(name)
            assert (mode == "ro") is (name != "secrets"), (name, target)
    made = {volume: names - {"secrets"} for volume, names in readers.items()}
    assert made.pop("secrets") == set()
    assert made.pop("secrets-prepare") == {f"{name}-prepare" for name in OURS}
    assert all(names == {volume.removeprefix("secrets-")} for volume, names in made.items())


def test_no_password_stands_in_the_file() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|BROKER_URL", variable)
            assert not secret or variable.endswith(("_FILE", "_DIR")), (name, variable, value)


def test_nothing_is_published_before_every_queue_is_there() -> None:
    for name in OURS:
        assert SERVICES[name]["depends_on"] == {
            f"{each}-prepare": {"condition": "service_completed_successfully"} for each in OURS
        }


@pytest.mark.parametrize("name", OURS)
def test_access_is_on_and_clients_are_told_apart(name: str) -> None:
    given = SERVICES[name]["environment"]
    assert given["LEADWIRE_AUTH"] == "${LEADWIRE_AUTH:-on}"
    believed = networks_of(given["LEADWIRE_TRUSTED_PROXIES"])
    for gateway, is_ours in (("172.18.0.9", True), ("192.168.16.9", True), ("198.51.100.9", False)):
        assert any(ip_address(gateway) in each for each in believed) is is_ours


@pytest.mark.parametrize("name", OURS)
def test_what_stops_has_the_time_that_it_takes(name: str) -> None:
    defaults = {each.name: each.default for each in environment_variables(ServiceSettings)}
    drains = sum(float(str(defaults[f"LEADWIRE_DRAIN_{each}_S"])) for each in ("DELAY", "WITHIN"))
    grace = float(SERVICES[name]["stop_grace_period"].removesuffix("s"))
    assert grace > drains + CUT_WITHIN + STOPS_WITHIN


def test_who_makes_the_secrets_talks_to_nobody() -> None:
    assert SERVICES["secrets"]["network_mode"] == "none"
    assert "networks" not in SERVICES["secrets"]


def test_what_is_mounted_from_the_repository_is_there() -> None:
    for name, source, _, mode in _volumes():
        if source.startswith("./"):
            assert (HOUSE / source).exists(), (name, source)
            assert mode == "ro"
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OURS)
def test_the_image_locks_all_that_the_service_needs(name: str) -> None:
    needed: set[str] = set()
    for project in (HOUSE / "shared", HOUSE / "services" / name):
        about = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        needed |= {_plain(each) for each in about["dependencies"]}
        needed |= {_plain(each) for each in about.get("optional-dependencies", {}).get("otel", ())}
    lock = (HOUSE / "requirements" / f"{name}.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9.-]+)(?:\[.*?\])?==(\S+)", lock, re.MULTILINE))
    assert needed - {"leadwire"} <= set(locked), "run `make lock`"
    tested = (HOUSE / "requirements" / "dev.txt").read_text()
    for package, version in locked.items():
        if package != "dumb-init":
            assert re.search(rf"^{package}(\[.*?\])?=={re.escape(version)} ", tested, re.MULTILINE)


def test_an_alertmanager_as_the_guide_has_it_is_found_by_prometheus() -> None:
    guide = (HOUSE / "docs" / "operations" / "compose.md").read_text()
    section = guide.partition("## Be told of alerts")[2].partition("\n## ")[0]
    override, config = map(yaml.safe_load, re.findall("```yaml\n(.+?)```", section, re.DOTALL))
    [(name, service)] = override["services"].items()
    prometheus = yaml.safe_load((HOUSE / "deploy" / "prometheus" / "prometheus.yml").read_text())
    [where] = prometheus["alerting"]["alertmanagers"][0]["dns_sd_configs"]
    assert where["names"] == [name]
    assert set(SERVICES["prometheus"]["networks"]) <= set(service["networks"])
    assert service["profiles"] == SERVICES["prometheus"]["profiles"]
    assert config["route"]["receiver"] in {each["name"] for each in config["receivers"]}


def test_users_of_the_broker_are_named_as_the_services() -> None:
    rights = json.loads((HOUSE / "deploy" / "rabbitmq" / "rights.json").read_text())
    assert {each["user"] for each in rights["permissions"]} == {"topology", *OURS}


def test_files_of_the_guide_are_for_their_owner_and_what_is_pulled_later_is_not(
    tmp_path: Path,
) -> None:
    _as_typed("Users", 0, tmp_path, "rm() { :; }")
    _as_typed("Back up and restore", 0, tmp_path)
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    files = {"users.json", "roles.sql", "leadwire.dump", "files.tar", "pulled"}
    assert modes == dict.fromkeys(files, 0o600) | {"pulled": 0o644}


def test_a_file_of_users_that_is_refused_is_still_there_to_be_mended(tmp_path: Path) -> None:
    refused = "docker() { case $* in *--take-users*) return 1 ;; esac; }"
    _as_typed("Users", 0, tmp_path, "set +e", refused)
    assert (tmp_path / "users.json").exists()
    _as_typed("Users", 0, tmp_path)
    assert not (tmp_path / "users.json").exists()


def test_a_restore_reads_the_list_of_the_erased_though_it_was_written_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    for name in ("roles.sql", "leadwire.dump", "files.tar", "users.json", "erased.txt"):
        (tmp_path / name).touch(mode=0o600)
    _as_typed("Back up and restore", 1, tmp_path)
    assert (tmp_path / "erased.txt").stat().st_mode & 0o777 == 0o644


def _as_typed(section: str, number: int, place: Path, *stubs: str) -> None:
    """Type a block of commands of the guide into a shell, and then have a file be pulled."""
    guide = (HOUSE / "docs" / "operations" / "compose.md").read_text()
    text = guide.partition(f"## {section}\n")[2].partition("\n## ")[0]
    block = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)[number]
    typed = ("umask 022", "docker() { :; }", "leadwire() { :; }", *stubs, block, ": > pulled")
    subprocess.run(["bash", "-euc", "\n".join(typed)], cwd=place, check=True, timeout=60)


def _volumes() -> Iterator[tuple[str, str, str, str]]:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, target, *mode = volume.split(":")
            yield name, source, target, "".join(mode)


def _plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower()


def test_what_an_operator_writes_beside_it_is_not_committed() -> None:
    ignored = (HOUSE / ".gitignore").read_text().splitlines()
    written = {"/.env", "/docker-compose.override.yml", "/users.json"}
    written |= {"/alertmanager.yml", "/roles.sql", "/leadwire.dump", "/files.tar", "/erased.txt"}
    assert written <= set(ignored)
