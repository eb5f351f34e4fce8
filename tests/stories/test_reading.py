"""A story that cannot be read names file and step; one that comes out differently names the step and what was seen."""

from pathlib import Path

import pytest

from tests.stories import reading
from tests.stories.running import ACTS, EXPECTATIONS, Outcome
from tests.stories.telling import BadStory, says_all, says_none

HEAD = "story: A story\nwhy: A reason.\ntoday: 2026-12-01\nsteps:\n"


def story(folder: Path, *steps: str) -> reading.Story:
    path = folder / "told.yaml"
    path.write_text(HEAD + "".join(f"  - {step}\n" for step in steps), encoding="utf-8")
    return reading.read(path)


@pytest.mark.parametrize(
    "wrong",
    [
        "presribe: {drug: lithium}",
        "order: {drug: lithium, dose: 300 mg}",
        "taking: [{drug: lithium, sig: 300 mg at bedtime, sinse: -3d}]",
        "expect_either: [{expect_finding: {typ: allergy}}]",
        "expect_either: [{sign: {}}]",
        "basket: {items: [{drug: lithium, dose: 300 mg}]}",
        "plan: {drug: lamotrigine, steps: [{from: today, sig: 25 mg once daily, gate: {codes: anc}}]}",
        "patient: {allergies: [{substance: penicillin, grade: severe}]}",
        "pass: a while",
        "sign: {expect: maybe}",
    ],
)
def test_an_unknown_verb_or_key_names_file_and_step(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(BadStory, match=r"told\.yaml: step 2"):
        story(tmp_path, "patient: {born: 1980-01-01}", wrong)


def test_a_bare_on_is_the_key_it_was_written_as(tmp_path: Path) -> None:
    told = story(tmp_path, "fill: {drug: lithium, quantity: 30, days: 30, on: today}")
    assert told.steps[0].said["on"] == "today"


def test_every_verb_that_can_be_read_can_be_told() -> None:
    assert set(reading.VERBS) == {*ACTS, *EXPECTATIONS, "taking"}


def test_a_story_that_fails_names_the_step_and_what_was_seen(tmp_path: Path) -> None:
    told = story(tmp_path, "patient: {born: 1980-01-01}", "sign: {}")
    outcome = Outcome(told, told.steps[1], "there is no proposal in hand")
    assert outcome.line() == "FAIL  told.yaml: step 2 (sign): there is no proposal in hand"
    assert not outcome.as_json()["ok"]
    assert Outcome(told).line() == "ok    told.yaml: A story"


def test_one_of_the_words_that_a_bar_parts_is_enough_and_spaces_are_alike() -> None:
    assert says_all("Take 50\u00a0mg at\nbedtime", ["50 MG|75 mg", "at bedtime"])
    assert not says_all("Take 50 mg", ["75 mg|100 mg"])
    assert not says_none("Take 50 mg", ["75 mg|50 mg"])
