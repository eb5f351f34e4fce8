"""Where a request comes from: the client's address behind counted proxies, its device, and both in plain words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox"),
            ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"),
           ("Windows", "Windows"), ("Mac OS X|Macintosh", "Mac"), ("Linux", "Linux"))  # fmt: skip
"""The first that its header names; many name others beside."""


@dataclass(frozen=True)
class Place:
    """Where somebody is: `address` as text, `device` the word of its cookie (blank: none), `words` for a list."""

    address: str
    device: str = ""
    words: str = ""


def networks(named: Sequence[str]) -> tuple[Network, ...]:
    """The networks that a list of addresses and ranges names; ValueError for anything else."""
    return tuple(ip_network(each.strip(), strict=False) for each in named if each.strip())


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address that asks. `peer` is who opened the connection, `forwarded` what X-Forwarded-For says.

    Each trusted proxy adds, at the end, whom it saw; so the list is read from its end for as long as whoever says so
    is trusted. What anybody else wrote before that is not believed.
    """
    heard = [peer, *reversed([each.strip() for each in forwarded.split(",") if each.strip()][-50:])]
    believed = read(peer)
    for said in heard[1:]:
        if believed is None or not any(believed in network for network in trusted):
            break
        named = read(said)
        if named is None:
            break
        believed = named
    return "" if believed is None else str(believed)


def read(text: str) -> Address | None:
    """The address that a text is, with or without a port; None for anything else. IPv4 in IPv6 is IPv4."""
    bare = text.strip().strip('"')
    with_port = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+", bare)
    try:
        found = ip_address((with_port[1] or with_port[2]) if with_port else bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def counted_as(address: str) -> str:
    """Whom attempts are counted for: the address, or of IPv6 the /64 that one customer has whole."""
    found = read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address


def in_words(header: str) -> str:
    """A browser and its system, as its own header names them: “Firefox on Windows”."""
    browser = next((name for mark, name in BROWSERS if re.search(mark, header)), "")
    system = next((name for mark, name in SYSTEMS if re.search(mark, header)), "")
    return " on ".join(filter(None, (browser, system))) or "another program"
