"""Where webhooks may lead (pure): never into the network of the archive, but for what the settings name.

An address is judged as it is connected to, after resolving: a name alone says nothing (DNS rebinding).
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.core.errors import InvalidInputError, SettingsError

URL_CHARS = 2_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """What the settings allow besides the public internet: names of hosts, and networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, setting: str) -> "AllowedHosts":
        """Read `hook.lan, 10.0.0.0/8, 127.0.0.1`; raises SettingsError for a network that is none."""
        names, networks = set[str](), list[Network]()
        for part in filter(None, (p.strip().lower() for p in setting.split(","))):
            try:
                networks.append(ipaddress.ip_network(part))
            except ValueError as error:
                if "/" in part:
                    raise SettingsError(f"VANBAN_WEBHOOK_ALLOW: {part!r} is no network.") from error
                names.add(part)
        return cls(frozenset(names), tuple(networks))

    def permits(self, host: str, address: str) -> bool:
        """Tell whether a host may be connected to at this address."""
        return host.lower() in self.names or self.names_address(address) or is_public(address)

    def names_address(self, address: str) -> bool:
        """Tell whether one of the networks has this address."""
        ip = _meant(address)
        return any(ip.version == network.version and ip in network for network in self.networks)

    def names_host(self, host: str) -> bool:
        """Tell whether a host, or the address that stands in its place, is named."""
        try:
            return host.lower() in self.names or self.names_address(host)
        except ValueError:
            return False


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet: not loopback, private, link-local, shared or reserved."""
    ip = _meant(address)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def checked_url(url: str, allowed: AllowedHosts) -> str:
    """Return the address of a receiver; InvalidInputError where it is none or could never be used.

    Outside of what the settings name only https is taken, so that nobody on the way reads or changes what is told.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad("webhook_url", url) from error
    plain = len(url) <= URL_CHARS and url.isascii() and url.strip().isprintable() and " " not in url.strip()
    bare = parts.username is None and parts.password is None and not parts.fragment
    if not (plain and bare and host) or parts.scheme not in ("http", "https") or port == 0:
        raise _bad("webhook_url", url)
    if parts.scheme == "http" and not allowed.names_host(host):
        raise _bad("webhook_insecure", url)
    try:
        permitted = allowed.permits(host, host)
    except ValueError:  # a name: judged when it is resolved
        permitted = True
    if not permitted:
        raise _bad("webhook_private", url)
    return url.strip()


def _meant(address: str) -> Address:
    """Return the address that is reached: the one of version 4 inside mapped, 6to4 and NAT64 ones; ValueError."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def _bad(why: str, url: str) -> InvalidInputError:
    return InvalidInputError(f"This cannot be the address of a webhook: {url[:200]!r}.", why=why, url=url[:200])
