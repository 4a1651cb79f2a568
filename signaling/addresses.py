"""Whose address it is. Pure."""

from ipaddress import IPv4Address, ip_address, ip_network


def subscriber(address: str) -> str:
    """Who is behind an address: of IPv6 addresses everybody has as many as there are, in one network of 64 bits."""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or ip_network((int(known) >> 64 << 64, 64)))
