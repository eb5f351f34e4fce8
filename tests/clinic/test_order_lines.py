"""An order line meets the product: units, strengths, routes and milligrams; every sig's own words are read back."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from interactions.lines import reading
from medmgmt.record import dosing
from medmgmt.record.dosing import ImpossibleSig, Part, Sig
from medmgmt.regimen.order_lines import Product, new_sig, understood, whole

pytestmark = pytest.mark.usefixtures("knowledge")

NUMBERS = st.decimals("0.0001", "5000", places=4).map(lambda number: number.normalize())
TIMES = st.sampled_from(["00:00", "08:00", "09:30", "13:00", "17:05", "20:00"])


@st.composite
def parts(draw: Callable[..., Any], unit: str) -> Part:
    """Any part that can be followed."""
    timing = draw(st.sampled_from(list(dosing.TIMINGS)))
    days = tuple(day for day in dosing.WEEKDAYS if draw(st.booleans())) if draw(st.booleans()) else ()
    at = tuple(sorted(draw(st.sets(TIMES, max_size=4)))) if draw(st.booleans()) else ()
    is_spaced = timing == "every_n_days" or (timing in ("morning", "noon", "bedtime") and draw(st.booleans()))
    every = draw(st.integers(2, 366)) if is_spaced else None
    try:
        return Part(draw(NUMBERS), unit, timing, draw(st.none() | NUMBERS), every, days, at)
    except ImpossibleSig:
        return Part(Decimal(1), unit, draw(st.sampled_from(["daily", "noon", "bedtime", "weekly"])))


@st.composite
def sigs(draw: Callable[..., Any]) -> Sig:
    """Any sig that can be followed."""
    unit, as_needed = draw(st.sampled_from(list(dosing.UNITS))), draw(st.booleans())
    rest: dict[str, Any] = {"hours_worn": draw(st.integers(1, 168))} if unit == "{patch}" else {}
    if as_needed:
        hours = st.decimals(1, 24, places=1).map(lambda number: number.normalize())
        rest |= {"max_per_day": draw(st.none() | NUMBERS), "min_interval_hours": draw(st.none() | hours)}
        rest["reason"] = draw(st.sampled_from(["", "anxiety", "chest pain and sweating", "trouble falling asleep"]))
    several = tuple(draw(parts(unit)) for _ in range(1 if as_needed else draw(st.integers(1, 3))))
    try:
        return Sig(draw(st.sampled_from(list(dosing.ROUTES))), several, as_needed, **rest)
    except ImpossibleSig:
        assume(False)
        raise


@settings(suppress_health_check=list(HealthCheck))
@given(sigs())
def test_the_own_words_of_every_sig_are_read_back_as_the_same_sig(sig: Sig) -> None:
    assume(not sig.text().startswith("dose unknown"))
    line = reading.read(sig.text())
    several = tuple(Part(one.amount, one.unit, one.timing or "PRN", one.most, one.every_days, one.weekdays, one.at)
                    for one in line.parts)  # fmt: skip
    bounds = ("as_needed", "max_per_day", "min_interval_hours", "reason", "hours_worn")
    assert Sig(line.route, several, **{name: getattr(line, name) for name in bounds}) == sig


def told(text: str, name: str = "", strength: str = "", form: str = "") -> str:
    """What is said back."""
    line = understood(text, Product(name, strength, form)) if name else whole(text)
    return line.told().replace(dosing.NBSP, " ")


def test_a_whole_line_is_told_with_its_milligrams_a_day_and_its_tablets() -> None:
    assert told("sertr 100 qam") == "Sertraline 100 mg by mouth every morning: 100 mg a day"
    said = told("300 am 600 hs", "lithium", "300 mg", "ER tablet")
    assert said == ("Lithium 300 mg by mouth every morning and 600 mg at bedtime: 900 mg a day; 1 tablet and 2 tablets")
    assert told("2 tablets of 2 mg tid", "lorazepam").endswith("2 tablets by mouth three times daily: 12 mg a day")
    assert told("5 mL of 2 mg/mL bid", "haloperidol").endswith(": 20 mg a day")
    assert told("15 mg weekly on Monday", "methotrexate").endswith("once a week on Monday: 2.14 mg a day on average")
    assert told("25-50 mg q6h prn, max 100 mg/day", "hydroxyzine").endswith("as needed, at most 100 mg a day")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("halop 5 mg bid", "can be haloperidol"),
        ("sertralin100 mg daily", "does not say"),
        ("xyzzy 5 mg daily", "no drug"),
        ("sertralien 50 mg daily", "Did you mean sertraline"),
        ("50 mg daily", "does not name a drug"),
        ("levothyroxine 75 qam", "write the unit"),
        ("sertraline 900 qam", "write the unit"),
        ("sertraline 100 mg/day prn", "how many doses"),
        ("sertraline 1-0-1", "what is counted"),
        ("sertraline 100 mg", "does not say when"),
        ("sertraline 100 mg prn", "needs a maximum"),
        ("insulin glargine 10 units hs", "how it is given"),
        ("lorazepam 1 tab q6h prn max 4 mg/day", "most in a day in tablets"),
    ],
)
def test_what_a_line_leaves_open_is_asked(text: str, asks: str) -> None:
    with pytest.raises(ImpossibleSig) as asked:
        whole(text)
    assert asks in str(asked.value)


def test_a_strength_that_contradicts_the_product_is_refused() -> None:
    with pytest.raises(ImpossibleSig, match=r"2 mg.*0\.5 mg"):
        understood("2 tablets of 2 mg bid", Product("lorazepam", "0.5 mg", "tablet"))
    assert understood("2 tablets of 0.5mg bid", Product("lorazepam", "0.5 mg", "tablet")).doses.per_day == 2


def test_a_number_at_each_time_counts_pieces_of_the_product_and_never_milligrams() -> None:
    line = understood("1-0-2", Product("clonazepam", "0.5 mg", "tablet"))
    assert [part.quantity().replace(dosing.NBSP, " ") for part in line.sig.parts] == ["1 tablet", "2 tablets"]
    assert line.doses.per_day == Decimal("1.5")
    with pytest.raises(ImpossibleSig, match="what is counted"):
        understood("1-0-2", Product("haloperidol", "2 mg/mL", "oral solution"))


def test_milligrams_a_day_are_one_dose_and_shown_as_such_but_never_taken_over_from_elsewhere() -> None:
    line = understood("300 mg/day", Product("bupropion", "300 mg", "XL tablet"))
    assert (line.sig.parts[0].timing, line.is_total) == ("daily", True)
    assert ("300 mg a day", "once daily") in line.expanded
    assert understood("600 mg/day divided tid", Product("lithium", "300 mg", "capsule")).is_total is False


def test_of_a_range_of_times_the_larger_counts_and_its_words_are_kept() -> None:
    line = understood("10 mg 1-2 times daily", Product("buspirone", "10 mg", "tablet"))
    assert (line.doses.per_day, line.sig.words) == (20, "10 mg 1-2 times daily")
    assert understood("10 mg twice daily", Product("buspirone", "10 mg", "tablet")).sig.words == ""


def test_one_tablet_a_day_is_once_daily_and_two_are_asked() -> None:
    assert understood("one tablet a day", Product("sertraline", "50 mg", "tablet")).sig.parts[0].timing == "daily"
    with pytest.raises(ImpossibleSig, match="how many doses"):
        understood("2 tablets a day", Product("sertraline", "50 mg", "tablet"))


def test_a_bare_number_far_below_one_tablet_is_asked() -> None:
    with pytest.raises(ImpossibleSig, match="write the unit"):
        understood("2 bid", Product("lithium", "300 mg", "capsule"))


def test_the_form_says_the_route_where_the_line_does_not() -> None:
    assert understood("1 patch every 3 days", Product("fentanyl", "25 mcg/h", "patch")).sig.route == "TD"
    assert understood("1 patch to the skin daily", Product("nicotine", "21 mg/24 h", "patch")).sig.route == "TD"
    assert understood("1 application bid", Product("ketoconazole", "2 %", "shampoo")).sig.route == "TOP"
    assert understood("100 mg every 28 days", Product("haloperidol decanoate")).sig.route == "IM"
    assert understood("2 films sl daily", Product("buprenorphine-naloxone", "8-2 mg", "film")).sig.route == "SL"
    assert understood("100 mg every 28 days", Product("haloperidol", "", "decanoate")).sig.route == "IM"
    assert understood("10 mg every evening", Product("Singulair")).sig.route == "PO", "LAI stands inside another word"


def test_a_new_dose_by_tablets_of_a_strength_that_is_not_on_record_is_kept_in_milligrams() -> None:
    sig = new_sig("2 tablets of 2 mg bid", "clonazepam", "", "")
    assert (sig.parts[0].amount, sig.unit) == (4, "mg")
    with pytest.raises(ImpossibleSig, match="what a medicine is for"):
        new_sig("4 mg bid for panic", "clonazepam", "", "")


def test_what_no_column_holds_stays_in_the_words_of_the_line() -> None:
    assert understood("20 mg bid with food", Product("ziprasidone")).sig.words == "20 mg bid with food"
    assert understood("20 mg bid", Product("ziprasidone")).sig.words == ""


def test_the_most_in_a_day_is_in_the_unit_of_the_dose() -> None:
    prn = "1-2 tabs q4-6h prn pain max 8/day"
    assert understood(prn, Product("acetaminophen", "325 mg", "tablet")).sig.max_per_day == 8
    line = understood("2 tabs q6h prn max 3 g/day", Product("acetaminophen", "500 mg", "tablet"))
    assert line.sig.max_per_day == 6
    assert replace(line.sig, max_per_day=None).amount_per_day == 8
