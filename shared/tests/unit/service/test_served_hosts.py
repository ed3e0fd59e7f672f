"""Under which names a service is asked is decided by its settings, or else by where it listens."""

from pathlib import Path
from typing import Any

import pytest

from leadwire.service import ServiceSettings, served_hosts_of
from leadwire.testing.access import keyring_in

ANY = None
NO_NAME: list[str] = []


def served(*, listens_on: str = "127.0.0.1", **given: Any) -> Any:
    settings = ServiceSettings(
        **{"auth": "off", "broker_url": "memory://x", "database_url": "postgresql://a:b@c/d"}
        | given
    )
    return served_hosts_of(settings, listens_on=listens_on)


@pytest.mark.parametrize(
    ("listens_on", "hosts"),
    [
        *((host, NO_NAME) for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost")),
        *((host, ANY) for host in ("0.0.0.0", "::", "192.0.2.7", "leads.internal")),  # noqa: S104
    ],
)
def test_without_access_no_name_is_served_by_what_listens_on_this_machine_alone(
    listens_on: str, hosts: Any
) -> None:
    assert served(listens_on=listens_on) == hosts


def test_behind_a_gateway_any_name_is_for_that_looks_after_names(tmp_path: Path) -> None:
    assert served(trusted_proxies="127.0.0.0/8") is ANY
    # Nor can a page bring credentials that it does not have.
    assert served(**keyring_in(tmp_path).settings) is ANY


@pytest.mark.parametrize("listens_on", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_what_is_told_counts_wherever_it_listens(listens_on: str, tmp_path: Path) -> None:
    for given in ({}, {"trusted_proxies": "127.0.0.0/8"}, keyring_in(tmp_path).settings):
        told = given | {"allowed_hosts": "leads.example"}
        assert served(listens_on=listens_on, **told) == ["leads.example"]
        assert served(listens_on=listens_on, **given | {"allowed_hosts": "*"}) is ANY
