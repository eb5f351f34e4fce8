"""What people say that cannot wait is heard in their own words, on the medicines that make it so; nothing else is."""

import csv
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interactions.engine import own_words, red_flags
from interactions.engine.red_flags import RedFlags
from tests.interactions import shipped

CASES = Path(__file__).parents[1] / "cases" / "red_flags.csv"


@cache
def flags() -> RedFlags:
    return shipped.alone().formulary.flags


def cases(wanted: bool) -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if bool(row["heard"]) is wanted]


def heard(row: dict[str, str]) -> list[str]:
    taken = frozenset(filter(None, row["taken"].split(";")))
    return [flag.flag_id for flag in flags().heard(row["words"], taken)]


@pytest.mark.parametrize("row", cases(wanted=True), ids=lambda row: f"{row['words'][:40]} {row['taken']}")
def test_what_cannot_wait_is_heard(row: dict[str, str]) -> None:
    assert row["heard"] in heard(row)


@pytest.mark.parametrize("row", cases(wanted=False), ids=lambda row: f"{row['words'][:40]} {row['taken']}")
def test_what_can_wait_alarms_nobody(row: dict[str, str]) -> None:
    assert heard(row) == []


def test_every_term_that_is_always_an_emergency_is_heard_by_its_names_on_the_drugs_it_is_known_of() -> None:
    every = frozenset(shipped.alone().catalogue.drugs)
    known = [term for term in shipped.alone().terms if term.red_flag == "always"]
    named = {(term.name, name) for term in known for name in (term.name, term.plain)}
    deaf = {about for about, name in named if not flags().heard(name, every)}
    assert deaf == {"DRESS"}, "which is what people wear as well: its own signs are heard"


def test_every_flag_can_be_raised_and_says_what_to_do_in_both_languages() -> None:
    signs = {sign for of in flags().words.phrases.values() for sign, _phrase in of} | {red_flags.IN_DANGER}
    for flag in flags().flags:
        assert any(needed <= signs for needed in flag.needs), flag.flag_id
        assert flag.do_now["en"] != flag.do_now["es"]
        assert flag.action


def test_in_danger_by_ones_own_choice_is_enough_without_any_word() -> None:
    assert [flag.is_crisis for flag in flags().heard("", (), [red_flags.IN_DANGER])] == [True]


def test_a_question_about_harming_oneself_is_an_alarm_and_one_about_a_side_effect_is_not() -> None:
    assert flags().heard("what if I kill myself", ())
    assert not flags().heard("what if I get chest pain", ())


def test_a_release_without_the_tables_hears_nothing() -> None:
    assert RedFlags().heard("chest pain", ()) == ()


@example("took 𐹠 pills")
@given(st.text(max_size=200))
def test_any_text_can_be_heard(text: str) -> None:
    flags().heard(text, ())
    assert isinstance(own_words.tokens_of(text), list)


@given(
    st.sampled_from(["no ", "not having any ", "sin ", "never had a "]), st.sampled_from(["seizure", "fever", "rash"])
)
def test_what_is_denied_is_not_heard_and_what_follows_a_but_is(denial: str, sign: str) -> None:
    assert not flags().heard(f"{denial}{sign}", {"clozapine", "lamotrigine"})
    assert flags().heard(f"{denial}{sign} but chest pain", ())
