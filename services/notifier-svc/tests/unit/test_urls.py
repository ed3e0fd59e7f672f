"""Which URLs and addresses events may be sent to."""

import pytest

from notifier_svc.domain.errors import UrlNotAllowedError
from notifier_svc.domain.urls import Reach, networks_of


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",  # noqa: S104 - refused
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not Reach().allows(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_what_is_public_is_reached(address: str) -> None:
    assert Reach().allows(address)


def test_a_network_that_is_allowed_is_reached_under_every_form_of_its_addresses() -> None:
    reach = Reach(networks=networks_of("10.1.0.0/16, fd00::/8 127.0.0.1"))
    assert all(
        map(reach.allows, ["10.1.2.3", "::ffff:10.1.2.3", "2002:a01:203::", "fd12::1", "127.0.0.1"])
    )
    assert not any(map(reach.allows, ["10.2.0.1", "127.0.0.2", "::1", "fc00::1"]))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "localhost", "10.0.0.0/33", "10.0.0"])
def test_networks_are_written_whole(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        networks_of(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "example.org",
        "https:///path",
        "https://",
        "https://user:pass@example.org/",
        "https://@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "unix:///run/docker.sock",
    ],
)
def test_a_url_that_can_never_be_reached_is_refused_at_once(url: str) -> None:
    with pytest.raises(UrlNotAllowedError):
        Reach().check_url(url)


def test_a_url_of_a_public_host_is_taken() -> None:
    Reach().check_url("https://example.org:8443/hook?team=7")
    Reach(http=True).check_url("http://example.org/hook")
