"""The figures and grades by which the engine judges, as one table of a release says them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation

from interactions.engine.severity import NAMED, Severity

TABLES = ("engine_numbers",)
ASKED_BY = ("derived_pairs", "derived_levels", "cumulative_loads", "dosing_rules", "dose_limits", "lab_rules")
"""A release that holds one of these tables holds all the figures."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What each means, with unit and source, stands in its row."""

    steady_days: int
    settled_days: int
    recent_lab_days: int
    qtc_in_range_below: int
    sodium_in_range_from: int
    switch_days: int
    antipsychotic_switch_days: int
    smoking_change_days: int
    half_lives_to_steady_state: int
    days_to_steady_state: int
    induction_fades_days: int
    first_check_after_inducer_days: int
    second_check_after_inducer_days: int
    far_above_times: Decimal
    new_dose_days: int
    fresh_dose_days: int
    lab_valid_days: int
    new_lab_days: int
    alarm_days: int
    qtc_rise_ms: int
    seldom_days_a_week: int
    taper_end_times: Decimal
    steep_cut_times: Decimal
    qtc_rise: Severity
    same_drug_twice: Severity
    same_ingredient_twice: Severity
    same_ingredient_depot: Severity
    allergy_severe: Severity
    allergy: Severity
    intolerance: Severity
    calm: Severity


NAMES = tuple(one.name for one in fields(Numbers))
READERS: Mapping[object, Callable[[str], object]] = {int: int, Decimal: Decimal, Severity: NAMED.__getitem__}


def value(name: str, text: str) -> object:
    """The figure or grade; ValueError for a name that is not known or a text that it cannot be."""
    if name not in NAMES:
        raise ValueError(f"engine_numbers: {name} is not known")
    try:
        return READERS[Numbers.__dataclass_fields__[name].type](text)
    except (KeyError, ValueError, InvalidOperation):
        raise ValueError(f"engine_numbers: {name} cannot be {text!r}") from None


def read(rows: Iterable[Mapping[str, str]]) -> Numbers:
    """Every row of the table; one that is missing, not known or not understood raises ValueError."""
    found = {row["name"]: row["value"] for row in rows}
    wrong = sorted(found.keys() ^ set(NAMES))
    if wrong:
        raise ValueError(f"engine_numbers: {', '.join(wrong)} is missing or not known")
    return Numbers(**{name: value(name, text) for name, text in found.items()})  # type: ignore[arg-type]  # by READERS


def _no_figures() -> Numbers:
    grades = {"intolerance": "moderate", "calm": "moderate"}
    of = {name: Numbers.__dataclass_fields__[name].type for name in NAMES}
    return read({"name": name, "value": grades.get(name, "major") if of[name] is Severity else "0"} for name in NAMES)


NO_FIGURES = _no_figures()
"""Of knowledge without tables of its own: no time counts, nothing is calm, and a word of the record weighs much."""
