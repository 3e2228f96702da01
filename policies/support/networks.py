"""Networks as sets of addresses: what of the internet they hold together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

# More than this share of the public addresses of a family is "the internet": no organisation owns so many.
_SHARE = 1 / 32
_PUBLIC_V6 = IPv6Network("2000::/3")
# What IANA keeps back from the internet: private, shared, loopback, link-local, multicast and reserved blocks.
_RESERVED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)


def parse(addresses: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """The networks among texts; what is none, such as a prefix list's id, is left out."""
    found = []
    for address in addresses:
        try:
            found.append(ip_network(address.strip(), strict=False))
        except ValueError:
            continue
    return found


def is_internet(addresses: Iterable[str]) -> bool:
    """Whether networks together hold so much of the internet's addresses that they stand for anyone."""
    return _is_internet(frozenset(addresses))


@lru_cache(maxsize=4096)
def _is_internet(addresses: frozenset[str]) -> bool:
    networks = parse(addresses)
    v4 = collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    v6 = collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
    return sum(map(_public_v4, v4)) > _SHARE * 2**32 or sum(map(_public_v6, v6)) > _SHARE * _PUBLIC_V6.num_addresses


def _public_v4(network: IPv4Network) -> int:
    if any(network.subnet_of(block) for block in _RESERVED_V4):
        return 0
    return network.num_addresses - sum(block.num_addresses for block in _RESERVED_V4 if block.subnet_of(network))


def _public_v6(network: IPv6Network) -> int:
    if network.subnet_of(_PUBLIC_V6):
        return network.num_addresses
    return _PUBLIC_V6.num_addresses if _PUBLIC_V6.subnet_of(network) else 0
