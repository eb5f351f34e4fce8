"""A dose as people take it: orders of several parts, their words, their mean, and what falls on each day."""

import re
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record import dosing
from medmgmt.record.dosing import ImpossibleSig, Part, Sig
from tests.record.day_by_day import amount_on, doses_on

MONDAY = date(2026, 3, 2)


def part(amount: str, timing: str = "daily", unit: str = "mg", **values: object) -> Part:
    most = values.pop("most", None)
    return Part(Decimal(amount), unit, timing, most=None if most is None else Decimal(str(most)), **values)


def taken(*parts: Part, route: str = "PO", **values: object) -> Sig:
    return Sig(route, parts, **values)


# -- what can be said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sig", "line", "per_day", "dose"),
    [
        (taken(part("300", "morning"), part("600", "bedtime")),
         "300 mg by mouth every morning and 600 mg at bedtime", "900", "600"),
        (taken(part("20", at=("08:00",)), part("10", at=("13:00",))),
         "20 mg by mouth at 8:00 and 10 mg at 13:00", "30", "20"),
        (taken(part("5", "BID", at=("08:00", "20:30"))), "5 mg by mouth twice daily at 8:00 and 20:30", "10", "5"),
        (taken(part("70", weekdays=("mon", "wed", "fri"))),
         "70 mg by mouth on Monday, Wednesday and Friday", "30", "70"),
        (taken(part("5", weekdays=("mon",)), part("2.5", weekdays=("tue", "wed", "thu", "fri", "sat", "sun"))),
         "5 mg by mouth on Monday and 2.5 mg on Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday",
         "2.8571", "5"),
        (taken(part("14", "weekly", weekdays=("mon",))), "14 mg by mouth once a week on Monday", "2", "14"),
        (taken(part("140", "every_n_days", every_days=14, weekdays=("tue",)), route="IM"),
         "140 mg into the muscle every 14 days on Tuesday", "10", "140"),
        (taken(part("25", "TID", most="50")), "25 to 50 mg by mouth three times daily", "150", "50"),
        (taken(part("1", "bedtime", "{tablet}", most="2")), "1 to 2 tablets by mouth at bedtime", "2", "2"),
        (taken(part("25", "Q6H", most="50"), as_needed=True, max_per_day=Decimal(200), reason="anxiety"),
         "25 to 50 mg by mouth every 6 hours as needed for anxiety, at most 200 mg a day", "200", "50"),
        (taken(part("0.5", "PRN"), as_needed=True, min_interval_hours=Decimal(8)),
         "0.5 mg by mouth as needed, at least 8 hours apart", "1.5", "0.5"),
        (taken(part("1", "BID", "{tablet}"), as_needed=True), "1 tablet by mouth twice daily as needed", "2", "1"),
        (taken(part("1", "morning", "{patch}"), route="TD", hours_worn=9),
         "1 patch through the skin every morning, worn for 9 hours", "1", "1"),
        (taken(part("1", "BID", "{tablet}", most="2"), max_per_day=Decimal(3)),
         "1 to 2 tablets by mouth twice daily, at most 3 tablets a day", "3", "2"),
        (taken(part("8", "daily", "mmol")), "8 mmol by mouth once daily", "8", "8"),
        (taken(part("20", "BID", "[drp]")), "20 drops by mouth twice daily", "40", "20"),
    ],
)  # fmt: skip
def test_a_dose_is_said_as_it_is_taken(sig, line, per_day, dose):
    assert sig.text().replace(dosing.NBSP, " ") == line
    assert (round(sig.amount_per_day, 4), sig.dose) == (Decimal(per_day), Decimal(dose))


@pytest.mark.parametrize(
    ("make", "because"),
    [
        (lambda: taken(), "from 1 to 12 parts"),
        (lambda: taken(*[part("1", at=(f"{hour:02}:00",)) for hour in range(13)]), "from 1 to 12 parts"),
        (lambda: taken(part("1"), part("1", "bedtime", "{tablet}")), "in one unit"),
        (lambda: taken(part("1"), part("2")), "at the same time"),
        (lambda: taken(part("1", "PRN"), part("2")), "says when it is taken"),
        (lambda: part("50", most="50"), "more than the smaller"),
        (lambda: part("50", most="NaN"), "decimal number"),
        (lambda: part("50", weekdays=("fri", "mon")), "named once, Monday first"),
        (lambda: part("50", weekdays=("mon", "mon")), "named once, Monday first"),
        (lambda: part("50", weekdays=("Monday",)), "named once, Monday first"),
        (lambda: part("50", "every_other_day", weekdays=("mon",)), "contradict how often"),
        (lambda: part("50", "weekly", weekdays=("mon", "thu")), "contradict how often"),
        (lambda: part("50", "twice_weekly", weekdays=("mon",)), "contradict how often"),
        (lambda: part("50", "every_n_days", every_days=10, weekdays=("mon",)), "contradict how often"),
        (lambda: part("50", "PRN", weekdays=("mon",)), "need a time of day"),
        (lambda: part("50", at=("8:00",)), "written as 08:00"),
        (lambda: part("50", at=("24:00",)), "written as 08:00"),
        (lambda: part("50", at=("٠٨:٠٠",)), "written as 08:00"),
        (lambda: part("50", "BID", at=("08:00",)), "contradict how often"),
        (lambda: part("50", "BID", at=("20:00", "08:00")), "the earliest first"),
        (lambda: part("50", "PRN", at=("08:00",)), "contradict how often"),
        (lambda: taken(part("50", "PRN"), as_needed=True), "needs a maximum per day, or the hours"),
        (lambda: taken(part("50", "Q6H"), as_needed=True, min_interval_hours=Decimal(8)), "contradicts the hours"),
        (lambda: taken(part("50", "BID"), as_needed=True, max_per_day=Decimal(300)), "more than how often"),
        (lambda: taken(part("50", "PRN"), as_needed=True, max_per_day=Decimal(300), min_interval_hours=Decimal(12)),
         "more than how often"),
        (lambda: taken(part("25", "PRN", most="50"), as_needed=True, max_per_day=Decimal(40)), "less than one dose"),
        (lambda: taken(part("25", "PRN"), as_needed=True, min_interval_hours=Decimal(0)), "hours between two doses"),
        (lambda: taken(part("25"), min_interval_hours=Decimal(4)), "belongs to a medicine taken as needed"),
        (lambda: taken(part("25"), reason="anxiety"), "belongs to a medicine taken as needed"),
        (lambda: taken(part("25", weekdays=("mon",)), as_needed=True, max_per_day=Decimal(50)), "rhythm of several"),
        (lambda: taken(part("25"), part("50", "bedtime"), as_needed=True, max_per_day=Decimal(90)), "has one dose"),
        (lambda: taken(part("25", "QID"), max_per_day=Decimal(75)), "contradicts the maximum per day"),
        (lambda: taken(part("25"), hours_worn=9), "Only a patch"),
        (lambda: taken(part("1", unit="{patch}"), route="TD", hours_worn=0), "from 1 to 168"),
        (lambda: taken(part("1", unit="{patch}"), route="TD", hours_worn=True), "from 1 to 168"),
        (lambda: taken(part("25", "PRN"), as_needed=True, max_per_day=Decimal(50), reason="x" * 201), "characters"),
        (lambda: Sig("PO", [part("25")]), "made of parts"),
        (lambda: Sig("PO", ("25 mg",)), "made of parts"),
    ],
)  # fmt: skip
def test_what_nobody_could_follow_is_refused_in_a_sentence(make, because):
    with pytest.raises(ImpossibleSig, match=re.escape(because)) as refused:
        make()
    assert str(refused.value).endswith(".")


def test_hours_of_a_rhythm_and_a_larger_maximum_as_needed_go_together():
    """At bedtime, and once more if it is needed: a time of day bounds nothing that a maximum says."""
    assert taken(part("50", "bedtime"), as_needed=True, max_per_day=Decimal(100)).amount_per_day == 100
    assert taken(part("2", "Q4H", "{tablet}"), as_needed=True, max_per_day=Decimal(8)).amount_per_day == 8


# -- properties --------------------------------------------------------------------------------------------------------

AMOUNTS = st.decimals(min_value="0.0001", max_value="20", places=4)
BY_THE_CLOCK = [code for code in dosing.TIMINGS if code not in ("PRN", dosing.NOT_RECORDED)]
UNITS = [unit for unit, words in dosing.UNITS.items() if words.at_most >= 50]


@st.composite
def parts(draw: st.DrawFn, unit: str) -> Part:
    amount, timing = draw(AMOUNTS), draw(st.sampled_from(BY_THE_CLOCK))
    weeks = draw(st.booleans())
    every = None
    if timing == "every_n_days":
        every = 7 * draw(st.integers(1, 12)) if weeks else draw(st.integers(2, 60))
    known = dosing.TIMINGS[timing]
    named: tuple[str, ...] = ()
    if weeks and (known.days in (1, 7) or every):
        least, most = (1, 7) if known.days == 1 else (int(known.doses), int(known.doses))
        chosen = draw(st.sets(st.sampled_from(dosing.WEEKDAYS), min_size=least, max_size=most))
        named = tuple(day for day in dosing.WEEKDAYS if day in chosen)
    times = int(known.doses) if known.days == 1 else 1
    clock = draw(st.sets(st.times(), min_size=times, max_size=times)) if draw(st.booleans()) else set()
    at = tuple(sorted(f"{time:%H:%M}" for time in clock))
    return Part(
        amount,
        unit,
        timing,
        most=draw(st.none() | st.decimals(min_value=amount + Decimal("0.0001"), max_value=21, places=4)),
        every_days=every,
        weekdays=named,
        at=at if len(set(at)) == times else (),
    )


@st.composite
def scheduled(draw: st.DrawFn) -> Sig:
    unit = draw(st.sampled_from(UNITS))
    several = draw(st.lists(parts(unit), min_size=1, max_size=4, unique_by=lambda one: (one.timing, one.at)))
    return Sig(draw(st.sampled_from(list(dosing.ROUTES))), tuple(several), words=draw(st.text(max_size=20)))


@st.composite
def as_needed(draw: st.DrawFn) -> Sig:
    amount, timing = draw(AMOUNTS), draw(st.sampled_from(["PRN", "daily", "bedtime", "BID", "Q4H", "Q8H"]))
    apart = draw(st.none() | st.integers(1, 24 // int(dosing.TIMINGS[timing].doses)).map(Decimal))
    free = Sig.of(amount, "mg", "PO", timing, as_needed=True, min_interval_hours=apart or Decimal(1))
    most = draw(st.none() | st.decimals(min_value=amount, max_value=free.amount_per_day, places=4))
    if timing == "PRN" and most is None and apart is None:
        apart = Decimal(4)
    return Sig.of(
        amount, "mg", "PO", timing, as_needed=True, max_per_day=most, min_interval_hours=apart,
        reason=draw(st.sampled_from(["", "anxiety", "pain in the back"])),
    )  # fmt: skip


sigs = scheduled() | as_needed()


@given(sigs)
def test_a_sig_survives_its_json(sig):
    assert Sig.from_json(sig.as_json()) == sig


@given(scheduled(), st.integers(0, 6))
def test_the_mean_is_what_a_long_window_of_days_takes_by_the_day(sig, weekday):
    since = MONDAY + timedelta(days=weekday)
    window = 7
    for one in sig.parts:
        window = window * one.days // gcd(window, one.days)
    if window > 20_000:
        return
    whole = sum(
        (Fraction(amount_on(sig, since + timedelta(days=number), since)) for number in range(window)), Fraction()
    )
    assert abs(whole / window - Fraction(sig.amount_per_day)) < Fraction(1, 10**12)


def gcd(a: int, b: int) -> int:
    return gcd(b, a % b) if b else a


@given(sigs)
def test_nothing_is_taken_before_the_first_day_and_never_less_than_nothing(sig):
    assert amount_on(sig, MONDAY - timedelta(days=1), MONDAY) == 0
    assert 0 < sig.dose <= 21
    assert sig.amount_per_day > 0


@given(sigs)
def test_a_medication_line_has_no_dangerous_number(sig):
    line = sig.text()
    assert "  " not in line
    for number in re.findall(r"(?<![\d:])[\d,.]*\d[\d,.]*(?![\d:])", line.partition(" as needed for ")[0]):
        assert re.fullmatch(r"(0|[1-9]\d{0,2}(,\d{3})*)(\.\d*[1-9])?", number.rstrip(".,")), line


@given(as_needed())
def test_as_needed_a_day_holds_whole_doses_or_the_maximum(sig):
    assert abs(sig.doses_per_day * sig.dose - sig.amount_per_day) < Decimal("1e-15")
    assert sig.max_per_day is None or sig.amount_per_day == sig.max_per_day


def test_a_time_of_the_day_may_come_round_every_so_many_days() -> None:
    part = Part(Decimal(50), "mg", "bedtime", every_days=2)
    assert part.when() == "at bedtime every 2 days"
    monday = date(2026, 11, 30)
    assert [doses_on(part, monday + timedelta(days=day), monday) for day in range(5)] == [1, 0, 1, 0, 1]
    assert part.mean == 25
    fortnight = Part(Decimal(50), "mg", "bedtime", every_days=14, weekdays=("mon",))
    assert [day for day in range(30) if doses_on(fortnight, monday + timedelta(days=day), monday)] == [0, 14, 28]
    with pytest.raises(ImpossibleSig):
        Part(Decimal(50), "mg", "bedtime", every_days=10, weekdays=("mon",))
