"""Which addresses are this machine's own."""

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Tell whether a name or address can only mean this machine."""
    if host is None:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
