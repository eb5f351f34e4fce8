"""What is taken on a day: sigs that can be followed, courses that make sense, and properties that always hold."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record import dosing
from medmgmt.record.dosing import Dose, ImpossibleSig, ImpossibleStep, Sig, Step

MONDAY = date(2026, 3, 2)
NBSP = "\u00a0"


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def sig(amount: str = "50", **values: object) -> Sig:
    return Sig.of(**{"amount": Decimal(amount), "unit": "mg", "route": "PO", "timing": "daily", **values})


def step(kind: str, on: int, amount: str = "50", *, order: int = 0, ref: int = 0) -> Step:
    taken = sig(amount) if kind in dosing.KINDS_WITH_SIG else None
    return Step(kind=kind, effective_on=day(on), sig=taken, ref=ref or order, order=order)


def course(*steps: tuple[str, int] | tuple[str, int, str]) -> list[Step]:
    return [step(*values, order=number) for number, values in enumerate(steps, start=1)]


# -- sigs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "50 mg by mouth once daily"),
        ({"amount": "50.0000"}, "50 mg by mouth once daily"),
        ({"amount": "0.5000", "timing": "bedtime"}, "0.5 mg by mouth at bedtime"),
        ({"amount": ".25", "timing": "BID", "route": "SL"}, "0.25 mg under the tongue twice daily"),
        ({"amount": "1500", "timing": "TID"}, "1,500 mg by mouth three times daily"),
        ({"amount": "1E+2"}, "100 mg by mouth once daily"),
        ({"amount": "25", "unit": "ug", "timing": "morning"}, "25 mcg by mouth every morning"),
        ({"amount": "2400000", "unit": "[iU]", "route": "IM", "timing": "weekly"},
         "2,400,000 units into the muscle once a week"),
        ({"amount": "156", "route": "IM", "timing": "every_n_days", "every_days": 28},
         "156 mg into the muscle every 28 days"),
        ({"amount": "1", "timing": "PRN", "as_needed": True, "max_per_day": Decimal("3.0")},
         "1 mg by mouth as needed, at most 3 mg a day"),
        ({"amount": "25", "timing": "Q6H", "as_needed": True, "max_per_day": Decimal(100)},
         "25 mg by mouth every 6 hours as needed, at most 100 mg a day"),
        ({"amount": "1", "unit": "{tablet}"}, "1 tablet by mouth once daily"),
        ({"amount": "0.5", "unit": "{tablet}"}, "0.5 tablet by mouth once daily"),
        ({"amount": "2", "unit": "{tablet}", "timing": "BID"}, "2 tablets by mouth twice daily"),
        ({"amount": "1", "unit": "{patch}", "route": "TD", "timing": "weekly"}, "1 patch through the skin once a week"),
        ({"amount": "5", "unit": "mL", "timing": "every_other_day"}, "5 mL by mouth every other day"),
    ],
)  # fmt: skip
def test_a_sig_reads_like_a_good_medication_line(values, line):
    assert sig(**values).text().replace(NBSP, " ") == line


def test_a_number_never_wraps_from_its_unit():
    assert sig("12.5", timing="PRN", as_needed=True, max_per_day=Decimal(25)).text() == (
        f"12.5{NBSP}mg by mouth as needed, at most 25{NBSP}mg a day"
    )


@pytest.mark.parametrize(
    ("values", "per_day", "doses"),
    [
        ({}, "50", "1"),
        ({"timing": "BID"}, "100", "2"),
        ({"timing": "TID"}, "150", "3"),
        ({"timing": "QID"}, "200", "4"),
        ({"timing": "Q4H"}, "300", "6"),
        ({"timing": "Q6H"}, "200", "4"),
        ({"timing": "Q8H"}, "150", "3"),
        ({"timing": "Q12H"}, "100", "2"),
        ({"amount": "70", "timing": "twice_weekly"}, "20", None),
        ({"timing": "every_other_day"}, "25", "0.5"),
        ({"amount": "70", "timing": "weekly"}, "10", None),
        ({"amount": "280", "timing": "every_n_days", "every_days": 28}, "10", None),
        ({"amount": "1", "timing": "PRN", "as_needed": True, "max_per_day": Decimal(3)}, "3", "3"),
        ({"amount": "25", "timing": "BID", "as_needed": True, "max_per_day": Decimal(50)}, "50", "2"),
    ],
)
def test_the_amount_per_day_is_the_average_and_as_needed_the_maximum(values, per_day, doses):
    taken = sig(**values)
    assert taken.amount_per_day == Decimal(per_day)
    if doses is not None:
        assert taken.doses_per_day == Decimal(doses)


@pytest.mark.parametrize(
    ("values", "because"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "-50"}, "more than zero"),
        ({"amount": "NaN"}, "decimal number"),
        ({"amount": "sNaN"}, "decimal number"),
        ({"amount": "Infinity"}, "decimal number"),
        ({"amount": "-Infinity"}, "decimal number"),
        ({"amount": "0.00001"}, "4 digits"),
        ({"amount": "1E-999999"}, "4 digits"),
        ({"amount": "1.0000000000000000000000000000000001"}, "4 digits"),
        ({"amount": "100000.0001"}, "slip of the pen"),
        ({"amount": "1E+999999"}, "slip of the pen"),
        ({"amount": "51", "unit": "{tablet}"}, "slip of the pen"),
        ({"unit": "milligram"}, "not a unit"),
        ({"unit": "µg"}, "not a unit"),
        ({"unit": ""}, "not a unit"),
        ({"unit": None}, "not a unit"),
        ({"unit": []}, "not a unit"),
        ({"route": "ORAL"}, "not a route"),
        ({"timing": "QD"}, "not a timing"),
        ({"timing": "every_n_days"}, "every how many days"),
        ({"timing": "every_n_days", "every_days": 1}, "every how many days"),
        ({"timing": "every_n_days", "every_days": 367}, "every how many days"),
        ({"timing": "every_n_days", "every_days": True}, "every how many days"),
        ({"timing": "every_n_days", "every_days": Decimal(7)}, "every how many days"),
        ({"every_days": 7}, "belongs only to"),
        ({"timing": "PRN"}, "as needed; say so"),
        ({"as_needed": True, "timing": "PRN"}, "needs a maximum"),
        ({"as_needed": "yes", "max_per_day": Decimal(50)}, "yes or no"),
        ({"as_needed": True, "max_per_day": Decimal(49)}, "less than one dose"),
        ({"as_needed": True, "max_per_day": Decimal("NaN")}, "decimal number"),
        ({"as_needed": True, "max_per_day": Decimal(-1)}, "more than zero"),
        ({"as_needed": True, "max_per_day": Decimal(1_000_000)}, "slip of the pen"),
        ({"as_needed": True, "timing": "weekly", "max_per_day": Decimal(50)}, "rhythm of several days"),
        ({"max_per_day": Decimal(51)}, "belongs to a medicine taken as needed"),
        ({"max_per_day": Decimal(49)}, "contradicts the maximum per day"),
    ],
)
def test_a_sig_that_nobody_could_follow_is_refused_in_a_sentence(values, because):
    with pytest.raises(ImpossibleSig, match=re.escape(because)) as refused:
        sig(**values)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("amount", [50, 50.0, "50", None, True])
def test_only_a_decimal_is_a_dose(amount):
    with pytest.raises(ImpossibleSig):
        Sig.of(amount=amount, unit="mg", route="PO", timing="daily")


def written(**values: object) -> dict[str, object]:
    """The JSON of a sig with a part that says something else."""
    [part] = sig().as_json()["parts"]
    return {**sig().as_json(), "parts": [{**part, **values}]}


@pytest.mark.parametrize(
    "values",
    [{}, {"amount": "50"}, None, [], "50 mg", written(amount=50), written(amount="fifty"), written(amount="1_0"),
     written(amount="1e3"), written(amount="٥٠"), written(amount=True), {**sig().as_json(), "as_needed": 1},
     written(unit={}), written(weekdays=["monday"]), written(at=[8])],
)  # fmt: skip
def test_broken_json_is_no_sig(values):
    with pytest.raises(ImpossibleSig):
        Sig.from_json(values)


def test_an_interval_is_from_two_days_to_a_year():
    for days in (2, 366):
        assert sig(timing="every_n_days", every_days=days).days == days
    for days in (1, 367):
        with pytest.raises(ImpossibleSig, match="every how many days"):
            sig(timing="every_n_days", every_days=days)


def test_the_largest_amount_of_a_unit_is_none_too_many():
    for unit, written in dosing.UNITS.items():
        assert sig(str(written.at_most), unit=unit).dose == written.at_most
        with pytest.raises(ImpossibleSig, match="slip of the pen"):
            sig(str(written.at_most + 1), unit=unit)


def test_an_order_says_route_and_timing_and_only_history_may_leave_them_open():
    assert set(dosing.ROUTES) - set(dosing.ORDERED_ROUTES) == {dosing.NOT_RECORDED}
    assert set(dosing.TIMINGS) - set(dosing.ORDERED_TIMINGS) == {dosing.NOT_RECORDED}


def test_no_unit_is_written_as_the_institute_for_safe_medication_practices_warns_of():
    for unit in dosing.UNITS.values():
        for word in (unit.one, unit.many):
            assert not set(word) & set("µμ")
            assert word not in ("U", "u", "IU", "cc", "ug")


def test_history_may_leave_route_and_timing_unrecorded_and_says_so():
    taken_over = sig("20", route=dosing.NOT_RECORDED, timing=dosing.NOT_RECORDED)
    assert not taken_over.is_complete
    assert sig().is_complete
    assert taken_over.text().replace(NBSP, " ") == "20 mg by a route not recorded at times not recorded"


def test_a_sig_cannot_be_changed():
    with pytest.raises(AttributeError):
        sig().route = "SL"  # type: ignore[misc]


# -- what holds on a day ----------------------------------------------------------------------------------------------

TITRATION = course(("start", 0, "25"), ("new_dose", 7, "50"), ("hold", 14), ("resume", 16, "25"), ("stop", 30))


@pytest.mark.parametrize(
    ("on", "state", "amount", "since"),
    [
        (-1, "not_started", None, None),
        (0, "taking", "25", 0),
        (6, "taking", "25", 0),
        (7, "taking", "50", 7),
        (13, "taking", "50", 7),
        (14, "held", None, 14),
        (15, "held", None, 14),
        (16, "taking", "25", 16),
        (29, "taking", "25", 16),
        (30, "stopped", None, 30),
        (4000, "stopped", None, 30),
    ],
)
def test_dose_on_answers_for_any_day(on, state, amount, since):
    dose = dosing.dose_on(day(on), TITRATION)
    assert dose.state == state
    assert (dose.sig.dose if dose.sig else None) == (Decimal(amount) if amount else None)
    assert dose.since == (None if since is None else day(since))


def test_nothing_is_taken_of_an_empty_course():
    assert dosing.dose_on(MONDAY, []) == Dose("not_started")
    assert dosing.days_of_change([], MONDAY) == []
    assert dosing.last_dose_on([], MONDAY) is None


def test_the_day_of_a_stop_is_the_first_day_without_the_medicine():
    assert dosing.dose_on(day(30), TITRATION).state == "stopped"
    assert dosing.last_dose_on(TITRATION, day(30)) == day(29)
    assert dosing.last_dose_on(TITRATION, day(400)) == day(29)


@pytest.mark.parametrize(("on", "last"), [(-1, None), (0, 0), (13, 13), (14, 13), (15, 13), (16, 16), (29, 29)])
def test_the_last_dose_is_today_while_taking_and_else_the_day_before_it_ended(on, last):
    assert dosing.last_dose_on(TITRATION, day(on)) == (None if last is None else day(last))


def test_a_medicine_started_and_stopped_on_one_day_was_never_taken():
    steps = course(("start", 0), ("stop", 0))
    assert dosing.dose_on(day(0), steps).state == "stopped"
    assert dosing.last_dose_on(steps, day(9)) is None
    assert dosing.taken_since(steps, day(9)) is None


def test_of_several_changes_on_one_day_the_one_signed_last_holds():
    start, first, second = step("start", 0, order=1), step("new_dose", 7, "75", order=3), step("new_dose", 7, order=2)
    for shuffled in ([start, first, second], [second, first, start]):
        dose = dosing.dose_on(day(7), shuffled)
        assert dose.sig is not None
        assert dose.sig.dose == 75


def test_a_change_signed_later_for_an_earlier_day_takes_its_place_in_time():
    steps = [step("start", 0, "25", order=1), step("new_dose", 14, "100", order=2), step("new_dose", 7, "50", order=3)]
    amounts = [dosing.dose_on(day(on), steps).sig.dose for on in (0, 7, 14)]  # type: ignore[union-attr]
    assert amounts == [25, 50, 100]


def test_a_stop_wins_over_the_increases_planned_before_it():
    planned = course(("start", 0, "25"), ("new_dose", 7, "50"), ("new_dose", 14, "100"), ("stop", 9))
    assert dosing.dose_on(day(13), planned).state == "stopped"
    assert dosing.dose_on(day(14), planned).state == "stopped"
    assert dosing.days_of_change(planned, day(8)) == [day(9)]


def test_a_hold_wins_over_the_increases_planned_before_it_until_somebody_resumes():
    planned = course(("start", 0, "25"), ("new_dose", 14, "100"), ("hold", 9), ("resume", 20, "25"))
    assert dosing.dose_on(day(14), planned).state == "held"
    assert dosing.dose_on(day(20), planned).sig == sig("25")


def test_a_stop_wins_over_the_resumption_planned_before_it():
    steps = course(("start", 0), ("hold", 2), ("resume", 9), ("stop", 5))
    assert dosing.dose_on(day(10), steps).state == "stopped"


def test_a_medicine_may_be_started_again_after_a_stop():
    steps = course(("start", 0), ("stop", 10), ("start", 20, "25"))
    assert dosing.dose_on(day(19), steps).state == "stopped"
    assert dosing.dose_on(day(20), steps).sig == sig("25")
    assert dosing.taken_since(steps, day(25)) == day(20)


def test_days_of_change_are_those_on_which_something_else_is_taken():
    same_again = [*TITRATION, step("new_dose", 10, "50", order=9)]
    assert dosing.days_of_change(same_again, day(-5)) == [day(on) for on in (0, 7, 14, 16, 30)]
    assert dosing.days_of_change(same_again, day(7)) == [day(on) for on in (14, 16, 30)]
    assert dosing.days_of_change(same_again, day(30)) == []


def test_taken_since_is_the_first_day_of_the_unbroken_stretch():
    assert dosing.taken_since(TITRATION, day(10)) == day(0)
    assert dosing.taken_since(TITRATION, day(15)) is None
    assert dosing.taken_since(TITRATION, day(20)) == day(16)


def test_raised_on_is_the_last_increase_and_no_change_of_unit():
    assert dosing.raised_on(TITRATION, day(6)) is None
    assert dosing.raised_on(TITRATION, day(20)) == day(7)
    tablets = Step("new_dose", day(20), sig("2", unit="{tablet}"), ref=8, order=8)
    assert dosing.raised_on([*TITRATION, tablets], day(25)) == day(7)
    many = Step("new_dose", day(20), sig("500", unit="ug"), ref=8, order=8)
    assert dosing.raised_on([*TITRATION, many], day(25)) == day(7)
    evening = Step("new_dose", day(20), sig("100", timing="evening"), ref=8, order=8)
    assert dosing.raised_on([*course(("start", 0, "50"), ("new_dose", 7, "100")), evening], day(25)) == day(7)


def test_the_same_amount_again_or_less_is_no_increase_and_one_after_a_hold_is() -> None:
    steps = course(("start", 0, "50"), ("new_dose", 5, "50"), ("new_dose", 9, "25"))
    assert dosing.raised_on(steps, day(20)) is None
    held = course(("start", 0, "50"), ("hold", 5), ("resume", 9, "75"), ("stop", 12))
    assert dosing.raised_on(held, day(8)) is None
    assert dosing.raised_on(held, day(9)) == day(9)
    assert dosing.raised_on(held, day(20)) == day(9)


# -- what may be signed next ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "kind", "possible"),
    [
        ((), "start", True),
        ((), "new_dose", False),
        ((), "hold", False),
        ((), "resume", False),
        ((), "stop", False),
        ((("start", 0),), "start", False),
        ((("start", 0),), "new_dose", True),
        ((("start", 0),), "hold", True),
        ((("start", 0),), "resume", False),
        ((("start", 0),), "stop", True),
        ((("start", 0), ("hold", 5)), "start", False),
        ((("start", 0), ("hold", 5)), "new_dose", False),
        ((("start", 0), ("hold", 5)), "hold", False),
        ((("start", 0), ("hold", 5)), "resume", True),
        ((("start", 0), ("hold", 5)), "stop", True),
        ((("start", 0), ("stop", 5)), "start", True),
        ((("start", 0), ("stop", 5)), "new_dose", False),
        ((("start", 0), ("stop", 5)), "hold", False),
        ((("start", 0), ("stop", 5)), "resume", False),
        ((("start", 0), ("stop", 5)), "stop", False),
    ],
)
def test_only_a_step_that_makes_sense_on_its_day_is_possible(before, kind, possible):
    steps, next_step = course(*before), step(kind, 10, ref=99, order=dosing.LAST_ORDER)
    if possible:
        dosing.require_possible(steps, next_step)
        return
    with pytest.raises(ImpossibleStep, match="2026-03-12") as refused:
        dosing.require_possible(steps, next_step)
    assert str(refused.value).endswith(".")


def test_a_step_is_judged_on_its_own_day():
    planned = course(("start", 10))
    with pytest.raises(ImpossibleStep, match="has not been started by"):
        dosing.require_possible(planned, step("stop", 9, ref=99))
    dosing.require_possible(planned, step("stop", 10, ref=99))


def test_a_step_that_is_already_in_the_course_is_not_judged_against_itself():
    dosing.require_possible(TITRATION[:1], TITRATION[0])


@pytest.mark.parametrize(("kind", "taken"), [("hold", sig()), ("stop", sig()), ("start", None), ("pause", None)])
def test_a_step_carries_a_sig_exactly_where_something_is_taken(kind, taken):
    with pytest.raises(ImpossibleStep):
        Step(kind=kind, effective_on=MONDAY, sig=taken, ref=1)


# -- properties -------------------------------------------------------------------------------------------------------

amounts = st.decimals(min_value="0.0001", max_value="50", places=4, allow_nan=False, allow_infinity=False)


@st.composite
def any_courses(draw: st.DrawFn) -> list[Step]:
    """Any steps at all, also those that could never have been signed in this order."""
    kinds = draw(st.lists(st.tuples(st.sampled_from(dosing.KINDS), st.integers(0, 20), amounts), max_size=12))
    return [step(kind, on, str(amount), order=number) for number, (kind, on, amount) in enumerate(kinds, start=1)]


@st.composite
def signed_courses(draw: st.DrawFn) -> list[Step]:
    """Steps that were each possible when they were signed, on any day, earlier or later."""
    steps: list[Step] = []
    for wanted in draw(any_courses()):
        try:
            dosing.require_possible(steps, wanted)
        except ImpossibleStep:
            continue
        steps.append(wanted)
    return steps


days = st.integers(-3, 25).map(day)


@given(any_courses(), days, st.randoms())
def test_the_order_in_which_rows_are_read_does_not_matter(steps, on, random):
    shuffled = random.sample(steps, len(steps))
    assert dosing.dose_on(on, shuffled) == dosing.dose_on(on, steps)
    assert dosing.days_of_change(shuffled, on) == dosing.days_of_change(steps, on)
    assert dosing.last_dose_on(shuffled, on) == dosing.last_dose_on(steps, on)


@given(any_courses(), days)
def test_a_sig_is_there_exactly_while_it_is_taken(steps, on):
    dose = dosing.dose_on(on, steps)
    assert dose.is_taken == (dose.sig is not None)
    assert (dose.state == "not_started") == (dose.since is None) == (dose.ref is None)
    assert dose.since is None or dose.since <= on


@given(any_courses(), days)
def test_what_is_planned_for_later_changes_nothing_today(steps, on):
    assert dosing.dose_on(on, steps) == dosing.dose_on(on, [known for known in steps if known.effective_on <= on])


@given(any_courses())
def test_between_days_of_change_the_same_is_taken(steps):
    changing = set(dosing.days_of_change(steps, day(-4)))
    for number in range(-3, 25):
        today, yesterday = (dosing.dose_on(day(on), steps) for on in (number, number - 1))
        assert ((today.state, today.sig) != (yesterday.state, yesterday.sig)) == (day(number) in changing)


@given(any_courses(), days)
def test_the_last_dose_is_the_last_day_on_which_it_is_taken(steps, on):
    taken = [
        day(number) for number in range(-3, 26) if day(number) <= on and dosing.dose_on(day(number), steps).is_taken
    ]
    assert dosing.last_dose_on(steps, on) == (taken[-1] if taken else None)


@given(any_courses(), days)
def test_taken_since_begins_an_unbroken_stretch(steps, on):
    since = dosing.taken_since(steps, on)
    assert (since is not None) == dosing.dose_on(on, steps).is_taken
    if since is not None:
        stretch = [since + timedelta(days=number) for number in range((on - since).days + 1)]
        assert all(dosing.dose_on(inside, steps).is_taken for inside in stretch)
        assert not dosing.dose_on(since - timedelta(days=1), steps).is_taken


@given(signed_courses(), days, st.sampled_from(["stop", "hold"]))
def test_once_a_stop_or_hold_is_signed_nothing_planned_before_brings_the_medicine_back_but_a_start_or_resumption(
    steps, on, kind
):
    ending = Step(kind, on, None, ref=500, order=500)
    try:
        dosing.require_possible(steps, ending)
    except ImpossibleStep:
        return
    later = [known for known in steps if known.effective_on > on and known.kind in ("start", "resume")]
    until = min((known.effective_on for known in later), default=day(40))
    silent = [on + timedelta(days=number) for number in range((until - on).days)]
    assert not any(dosing.dose_on(inside, [*steps, ending]).is_taken for inside in silent)


@given(signed_courses(), days, amounts)
def test_a_possible_step_holds_from_its_day_on(steps, on, amount):
    for kind in dosing.KINDS:
        wanted = Step(kind, on, sig(str(amount)) if kind in dosing.KINDS_WITH_SIG else None, ref=500, order=500)
        try:
            dosing.require_possible(steps, wanted)
        except ImpossibleStep:
            continue
        dose = dosing.dose_on(on, [*steps, wanted])
        assert (dose.ref, dose.since, dose.sig) == (500, on, wanted.sig)
