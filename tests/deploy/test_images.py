"""What the images say of how they run; where one is run by itself, nothing else says it."""

import re

import pytest

from manifests import ROOT


def last_stage(path: str) -> list[str]:
    """Return the instructions of the image itself, each on a line."""
    text = (ROOT / path).read_text().replace("\\\n", " ")
    return re.split(r"^FROM ", text, flags=re.MULTILINE)[-1].splitlines()


images = pytest.mark.parametrize("path", ["Dockerfile", "deploy/gateway/Dockerfile"])


@images
def test_an_image_runs_without_root_and_says_whether_it_lives(path: str) -> None:
    lines = last_stage(path)
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert [line for line in lines if line.startswith("HEALTHCHECK ")]
    after = lines[lines.index(users[0]) :]
    assert not [line for line in after if line.startswith(("RUN ", "COPY ", "ADD "))]


@images
def test_an_image_tells_its_title_license_and_version(path: str) -> None:
    told = " ".join(last_stage(path))
    for label in ("title", "description", "vendor", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in told


def test_signals_reach_the_process_that_serves() -> None:
    assert 'ENTRYPOINT ["dumb-init", "--single-child", "--", "service"]' in last_stage("Dockerfile")
    # Nginx ends what is under way on this one alone.
    gateway = last_stage("deploy/gateway/Dockerfile")
    assert "STOPSIGNAL SIGQUIT" in gateway
    assert 'ENTRYPOINT ["/etc/leadwire/gateway/start"]' in gateway


def test_the_gateway_reads_its_files_whatever_umask_the_checkout_was_made_with() -> None:
    text = (ROOT / "deploy" / "gateway" / "Dockerfile").read_text()
    copies = re.findall("^COPY (.+)", text, re.MULTILINE)
    served = [each for each in copies if "requirements/" not in each and "--from=" not in each]
    assert len(served) == 5
    assert all(each.startswith("--chmod=755 ") for each in served)
