"""Where webhooks may lead."""

import pytest

from services.core.errors import InvalidInputError, SettingsError
from services.core.hook_addresses import AllowedHosts, checked_url, is_public

NOTHING = AllowedHosts()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2002:a00:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)
    assert not NOTHING.permits("hook.example", address)


@pytest.mark.parametrize("address", ["8.8.8.8", "203.113.131.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_outside_is_public(address: str) -> None:
    assert NOTHING.permits("hook.example", address)


def test_the_settings_name_hosts_and_networks() -> None:
    allowed = AllowedHosts.parse(" Hook.lan, 10.0.0.0/8 ,192.168.1.5,fd00::/8,")
    assert allowed.permits("hook.lan", "127.0.0.1")
    assert allowed.permits("HOOK.LAN", "192.168.9.9")
    assert allowed.permits("other", "10.200.0.1")
    assert allowed.permits("other", "::ffff:10.200.0.1")
    assert allowed.permits("other", "192.168.1.5")
    assert allowed.permits("other", "fd12::1")
    assert not allowed.permits("other", "192.168.1.6")
    assert not allowed.permits("other", "127.0.0.1")
    with pytest.raises(SettingsError):
        AllowedHosts.parse("10.0.0.1/8")


@pytest.mark.parametrize(
    "url",
    [
        "", "kho.example", "ftp://kho.example", "http://kho.example/", "https://", "https:///x", "https://u:p@kho.example",
        "https://u@kho.example", "https://kho.example/#x", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1:8443/",
        "https://kho.example:99999/", "https://kho.example:0/", "https://kho.example/a b", "https://kho.éxample/",
        "https://[fe80::1%25eth0]/", "https://kho.example/\r\nx", "https://kho.example/" + "x" * 2000, "https://[::1/",
        "https://[::ffff:169.254.169.254]/latest",
    ],
)  # fmt: skip
def test_an_address_that_could_never_be_used_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        checked_url(url, NOTHING)


def test_other_addresses_are_taken() -> None:
    for url in ("https://kho.example/vanban?x=1", "https://kho.example:8443", "https://8.8.8.8/"):
        assert checked_url(f" {url} ", NOTHING) == url
    allowed = AllowedHosts.parse("hook.lan,127.0.0.1")
    for url in ("http://hook.lan/x", "http://127.0.0.1:9000/", "https://127.0.0.1/"):
        assert checked_url(url, allowed) == url
    with pytest.raises(InvalidInputError):
        checked_url("http://127.0.0.2/", allowed)
