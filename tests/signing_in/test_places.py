"""Whose address a request comes from, behind proxies that are counted."""

import pytest

from medmgmt.signing_in import places

PROXY = places.networks(["10.0.0.2", "10.1.0.0/16", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),
        ("10.0.0.2", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.2", "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.2", "203.0.113.9, 192.0.2.7, 10.1.3.4", "192.0.2.7"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "192.0.2.7:4711", "192.0.2.7"),
        ("10.0.0.2", "[2001:db8::1]:4711", "2001:db8::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.2", "192.0.2.7", "192.0.2.7"),
        ("", "192.0.2.7", ""),
    ],
)
def test_only_what_trusted_proxies_say_is_believed(peer: str, forwarded: str, address: str) -> None:
    assert places.client_address(peer, forwarded, PROXY) == address


def test_without_trusted_proxies_the_connection_alone_says_who_asks() -> None:
    assert places.client_address("10.0.0.2", "192.0.2.7", ()) == "10.0.0.2"


def test_a_whole_64_of_ipv6_counts_as_one_and_ipv4_as_it_is() -> None:
    assert places.counted_as("2001:db8::1") == places.counted_as("2001:db8::ffff:2") != places.counted_as("2001:db9::1")
    assert places.counted_as("192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit Version/17.0 Safari/604.1", "Safari on iPad"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit (KHTML) Chrome/120.0 Safari/537.36 Edg/120", "Edge on Linux"),
        ("", "another program"),
    ],
)
def test_a_device_is_named_in_plain_words(header: str, words: str) -> None:
    assert places.in_words(header) == words
