"""What may have caused a side effect: likelihood, timing, and reasons in words."""

from datetime import date, timedelta

import pytest

from interactions.engine import suspects
from interactions.engine.suspects import Exposure
from tests.interactions import shipped

DAY = date(2026, 6, 15)


def exposure(name: str, since: int | None = -400, raised: int | None = None) -> Exposure:
    entry = shipped.alone().catalogue.named(name)

    def on(days: int | None) -> date | None:
        return None if days is None else DAY + timedelta(days=days)

    return Exposure(name, name, entry.key if entry else None, on(since), on(raised))


def rank(term: str, *taken: Exposure) -> tuple[suspects.Ranked, ...]:
    return suspects.rank(term, DAY, taken, shipped.alone())


def test_the_drug_that_often_causes_it_comes_before_the_one_that_does_not() -> None:
    first, second = rank("Tremor", exposure("metformin"), exposure("lithium"))
    assert (first.ref, second.ref) == ("lithium", "metformin")
    assert first.reasons[0] == "Tremor is a very common effect of lithium."
    assert second.reasons[0] == "Tremor is not among the listed effects of metformin."


def test_of_two_likely_drugs_the_one_just_started_comes_first() -> None:
    first, second = rank("Nausea", exposure("sertraline", -400), exposure("fluoxetine", -5))
    assert (first.ref, second.ref) == ("fluoxetine", "sertraline")
    assert first.reasons[1] == "It was started 5 days before this began, within the usual time (day 0 to 21)."
    assert "later than usual (day 0 to 21)" in second.reasons[1]


def test_a_raised_dose_counts_like_a_start() -> None:
    first, _ = rank("Nausea", exposure("sertraline", -400), exposure("fluoxetine", -400, raised=-1))
    assert first.ref == "fluoxetine"
    assert first.reasons[1] == "Its dose was raised 1 day before this began, within the usual time (day 0 to 21)."


def test_too_soon_is_said() -> None:
    (only,) = rank("Tardive dyskinesia", exposure("haloperidol", -2))
    assert "sooner than usual" in only.reasons[1]


def test_a_change_after_the_onset_is_no_reason() -> None:
    (only,) = rank("Nausea", exposure("sertraline", 3, raised=5))
    assert only.reasons[1:] == ("When it was started is not on record.",)


def test_a_change_on_the_day_itself_is_told() -> None:
    (only,) = rank("Nausea", exposure("sertraline", 0))
    assert only.reasons[1].startswith("It was started on the day this began")


@pytest.mark.parametrize("term", ["Nausea", "SE001", "feeling sick to your stomach", "  NAUSEA "])
def test_a_term_is_found_by_code_name_or_plain_words(term: str) -> None:
    assert rank(term, exposure("sertraline"))[0].reasons[0] == "Nausea is a very common effect of sertraline."


def test_an_unknown_term_falls_back_to_timing_and_says_so() -> None:
    first, second = rank("purple toenails", exposure("sertraline", -400), exposure("lithium", -3))
    assert first.ref == "lithium"
    assert first.reasons == (
        "This side effect is not in the active knowledge: ranked by timing alone.",
        "It was started 3 days before this began.",
    )
    assert second.score == 0


def test_an_unknown_drug_is_ranked_by_timing_and_says_so() -> None:
    (only,) = rank("Nausea", exposure("herbal tea", -3))
    assert only.reasons[0] == "herbal tea is not in the active knowledge: ranked by timing alone."
    assert only.score > 0


def test_a_product_is_suspected_for_what_its_ingredient_does() -> None:
    (only,) = rank("Tremor", exposure("lithium carbonate"))
    assert "very common" in only.reasons[0]
    (injected,) = rank("Akathisia", exposure("aripiprazole lai monthly"))
    assert "is a" in injected.reasons[0]


def test_nothing_taken_is_nobody_suspected() -> None:
    assert rank("Nausea") == ()


def test_equals_stay_in_a_stable_order() -> None:
    taken = [exposure(name, None) for name in ("metformin", "aspirin", "warfarin")]
    assert [one.ref for one in rank("purple toenails", *taken)] == ["aspirin", "metformin", "warfarin"]


@pytest.mark.parametrize(
    ("ago", "score"),
    [(0, 30), (14, 30), (15, 15), (42, 15), (43, 0)],
)
def test_how_long_ago_the_change_was_counts_in_three_steps(ago: int, score: int) -> None:
    (only,) = rank("no such effect", exposure("sertraline", -ago))
    assert only.score == score


def test_nothing_dated_adds_nothing_and_of_two_changes_the_better_counts() -> None:
    (undated,) = rank("no such effect", exposure("sertraline", None))
    assert (undated.score, undated.reasons[1:]) == (0, ("When it was started is not on record.",))
    (both,) = rank("no such effect", exposure("sertraline", -400, raised=-15))
    assert both.score == 15
    assert len(both.reasons) == 3


def test_listed_and_in_its_usual_time_weighs_most() -> None:
    within, outside, never = (
        rank("Nausea", exposure(name, since))[0].score
        for name, since in (("sertraline", -21), ("sertraline", -22), ("nothing we know", -22))
    )
    likely = suspects.LIKELIHOOD_POINTS["very_common"]
    assert (within, outside, never) == (likely + 15 + 10, likely + 15 // 3, 5)
    assert rank("Nausea", exposure("sertraline", 0))[0].score == likely + 30 + 10
