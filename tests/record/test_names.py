"""Names, record numbers and dates as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record import legible, names


def finds(search: str, *of: str) -> bool:
    """Whether every word of a search stands in the key of these names."""
    words, _days = names.asked(search)
    return bool(words) and all(word in names.key(*of) for word in words)


@pytest.mark.parametrize(
    ("search", "of"),
    [
        ("nunez", ("Ana", "Nuñez")),
        ("oneill", ("Siobhán", "O\u2019Neill")),
        ("o neill siobhan", ("Siobhán", "O'Neill")),
        ("O\u02bcNeill, Siobhan", ("Siobhán", "O`Neill")),
        ("isik", ("", "Işık")),
        ("IŞIK", ("", "Işık")),
        ("strasse weiss", ("Jörg", "Weiß Straße")),
        ("fiona oeuvre", ("\ufb01ona", "Œuvre")),
        ("john", ("Ｊｏｈｎ", "")),
        ("garcia-lopez", ("Ana", "García López")),
        ("garcialopez", ("Ana", "Garcia-Lopez")),
        ("de la cruz", ("Juan", "De la Cruz")),
        ("nun\u0303ez", ("Ana", "Nuñez")),
        ("ليلى", ("ليلى", "محمد")),
    ],
)
def test_somebody_is_found_however_the_name_is_typed(search: str, of: tuple[str, str]) -> None:
    assert finds(search, *of)


def test_another_name_is_not_found() -> None:
    assert not finds("nunes", "Ana", "Nuñez")
    assert not finds("oneal", "Siobhán", "O'Neill")


@pytest.mark.parametrize(
    "typed",
    ["1991-03-17", "17 Mar 1991", "March 17, 1991", "17.3.1991", "3/17/1991", "17 de marzo de 1991", "19910317"],
)
def test_a_birth_date_is_read_in_its_usual_forms(typed: str) -> None:
    assert names.asked(f"neill {typed}") == (["neill"], [frozenset({date(1991, 3, 17)})])


def test_a_date_of_two_orders_means_both_and_an_impossible_one_none() -> None:
    assert names.asked("3/4/1991") == ([], [frozenset({date(1991, 3, 4), date(1991, 4, 3)})])
    assert names.asked("31/31/1991")[1] == []


def test_the_same_names_are_the_same_in_any_order_and_writing() -> None:
    one = names.whole("Siobhán", "O\u2019Neill")
    assert not one.isdisjoint(names.whole("ONEILL", "siobhan"))
    assert not names.whole("Ana María", "Garcia Lopez").isdisjoint(names.whole("Ana", "Maria Garcia-Lopez"))
    assert one.isdisjoint(names.whole("Siobhán", "Neill"))


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_name_has_a_key_and_finds_itself(given_name: str, family_name: str) -> None:
    key = names.key(given_name, family_name)
    assert names.asked(f"{given_name} {family_name}") is not None
    assert all(word in key for word in names.words(given_name))


@given(st.text(max_size=200))
def test_what_is_left_of_any_text_turns_nothing(text: str) -> None:
    plain = legible.plain(text)
    assert not any(one in plain for one in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\ufeff")
    assert not legible.has_controls(legible.readable(text))


def test_only_a_text_that_runs_from_right_to_left_is_isolated() -> None:
    assert legible.isolated("O'Neill") == "O'Neill"
    assert legible.isolated("محمد") == "\u2068محمد\u2069"
