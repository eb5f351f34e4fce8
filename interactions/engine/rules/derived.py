"""Findings that follow for two seats from what their drugs do, unless a rule was written on the very problem."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from interactions.engine.attributes import Profile
from interactions.engine.derived_tables import Derived, DerivedTables, PairEffect
from interactions.engine.findings import Match, SourceGrade, Wait
from interactions.engine.numbers import Numbers
from interactions.engine.pair_table import NUMBER_BITS
from interactions.engine.rules import pharmacokinetics, windows
from interactions.engine.rules.seats import Pair, Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

Range = tuple[str, int | None, int | None]
DAMPED: dict[str, Callable[[Numbers], Range | None]] = {
    "D05": lambda numbers: ("qtc", None, numbers.qtc_in_range_below),
    "D06": lambda numbers: None,
    "D10": lambda numbers: ("sodium", numbers.sodium_in_range_from, None),
    "D11": lambda numbers: None,
}
"""Moderate findings that calm down when everything is long unchanged; with the lab that must be in range."""
CITATION = "derived from the drugs' own attributes (each with its source in the release)"


class Weighed(NamedTuple):
    """A severity for this person, with what moved it."""

    severity: Severity
    factors: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """The same as stable text, without anybody's values."""


def of_pair(a: Profile, b: Profile, situation: Situation) -> tuple[Derived, ...]:
    """Everything that follows for the two; worked out once."""
    if a.number > b.number:
        a, b = b, a
    code = a.number << NUMBER_BITS | b.number
    known = situation.memory.follows.get(code)
    if known is None:
        known = situation.memory.follows.keep(code, tuple(_worked_out(a, b, situation.formulary.derived)))
    return known


def _worked_out(a: Profile, b: Profile, tables: DerivedTables) -> Iterator[Derived]:
    if a.key == b.key or not set(a.entry.ingredients).isdisjoint(b.entry.ingredients):
        return
    yield from pharmacokinetics.derive(a, b, tables)
    yield from pharmacokinetics.derive(b, a, tables)
    for effects in tables.effects:
        found = effects.found(a, b)
        if found is not None:
            yield _together(*found, tables)


def _together(row: PairEffect, one: Profile, other: Profile, tables: DerivedTables) -> Derived:
    sides = {"one": one.key, "other": other.key, "both": " and ".join(sorted((one.key, other.key)))}
    acts, suffers = sides.get(row.acts, ""), sides.get(row.suffers, "")
    in_order = sorted((one, other), key=lambda profile: profile.number)
    return Derived(
        row.code,
        row.problem,
        row.severity,
        row.raised,
        row.mechanism.format(**sides),
        row.management.format(**sides) + tables.advised(row.code, in_order),
        row.onset,
        acts,
        suffers,
        effect=row.effect.format(acts=acts, suffers=suffers),
    )


def matches(situation: Situation, pairs: Sequence[Pair], judged: set[tuple[int, int, str]]) -> list[Match]:
    """The derived findings of the day on these pairs that no rule was written on."""
    found: list[Match] = []
    for a, b in pairs:
        if a.profile is None or b.profile is None or not (a.is_present and b.is_present):
            continue
        for one in of_pair(a.profile, b.profile, situation):
            if (a.place, b.place, one.problem) not in judged:
                match = _match(one, a, b, situation)
                if match is not None:
                    found.append(match)
    return found


def _match(one: Derived, a: Seat, b: Seat, situation: Situation) -> Match | None:
    if not _counts(one, a, b):
        return None
    weighed = weigh(one, a, b, situation)
    if weighed is None:
        return None
    words = situation.memory.derived_words
    told = words.get((id(one), weighed))
    if told is None:
        told = _told(one, weighed, situation)
        if not weighed.factors:
            words[id(one), weighed] = told
    return Match._make((a.place, b.place, *told[2:9], _wait(a, b), *told[10:]))


def _told(one: Derived, weighed: Weighed, situation: Situation) -> Match:
    """The words on a derivation at this weight, whoever takes the two; the places are filled in."""
    label, version, released_on = situation.release
    grade = SourceGrade(
        label, version, released_on, weighed.severity, one.code, CITATION, one.problem, "derived", weighed.factors
    )
    return Match(
        0,
        0,
        one.problem,
        grade,
        one.mechanism,
        one.effect,
        one.management,
        one.onset,
        "derived",
        None,
        one.suffers,
        (id(one), weighed.severity, weighed.factors),
        weighed.context,
    )


def _counts(one: Derived, a: Seat, b: Seat) -> bool:
    """Both taken; a drug that changes levels, and a serotonergic one beside an MAO inhibitor, count until gone."""
    if a.is_active and b.is_active:
        return True
    if not (a.is_active or b.is_active):
        return False
    stopped, other = (b, a) if a.is_active else (a, b)
    assert stopped.profile is not None
    assert other.profile is not None
    if one.acts and one.code != "D13":
        return stopped.rules_entry.key == one.acts and windows.counts(
            stopped.days_since_stop, stopped.profile.washout_days
        )
    if one.code != "D04" or not (stopped.profile.mao or other.profile.mao):
        return False
    days = stopped.profile.washout_days
    if other.profile.mao:
        days = max(days, stopped.entry.maoi_wait_days or 0)
    return windows.counts(stopped.days_since_stop, days)


def _wait(a: Seat, b: Seat) -> Wait | None:
    if a.is_active and b.is_active:
        return None
    stopped = b if a.is_active else a
    assert stopped.drug.stopped_on is not None
    assert stopped.profile is not None
    return Wait(stopped.entry.key, stopped.drug.stopped_on, stopped.profile.washout_days)


def weigh(one: Derived, a: Seat, b: Seat, situation: Situation) -> Weighed | None:
    """The severity for this person; None when nothing speaks."""
    weighed, numbers = _with_factors(one, situation), situation.numbers
    if weighed is not None and one.code == "D04" and weighed.severity <= Severity.MAJOR and _is_switch(situation, a, b):
        return Weighed(min(weighed.severity, numbers.calm), ("documented cross-taper",), ("cross-taper",))
    if weighed is None or weighed.severity != Severity.MODERATE:
        return weighed
    if one.code == "D11" and not situation.is_older and _both_steady(situation, a, b, numbers.settled_days):
        return Weighed(numbers.calm, (f"both unchanged for more than {numbers.settled_days} days",), ("settled",))
    if one.code not in DAMPED or not is_damped(situation, one.problem, DAMPED[one.code](numbers)):
        return weighed
    if _both_steady(situation, a, b, numbers.steady_days):
        return Weighed(numbers.calm, ("known and stable",), ("stable",))
    return weighed


def _is_switch(situation: Situation, a: Seat, b: Seat) -> bool:
    """A documented cross-taper between the two, neither of them an MAO inhibitor."""
    if (a.profile is not None and a.profile.mao) or (b.profile is not None and b.profile.mao):
        return False
    return situation.is_switch(a.drug, b.drug)


def _both_steady(situation: Situation, a: Seat, b: Seat, days: int) -> bool:
    return situation.is_steady(a.drug, days) and situation.is_steady(b.drug, days)


def is_damped(situation: Situation, problem: str, lab: Range | None) -> bool:
    """No complaint that belongs to the problem, and the lab that belongs to it recent and in range."""
    if situation.has_symptom_of(problem):
        return False
    return lab is None or situation.lab_in_range(*lab)


def _with_factors(one: Derived, situation: Situation) -> Weighed | None:
    factors: dict[str, str] = {}
    if one.code == "D05":
        factors = situation.qt_risks
    elif one.code == "D10":
        factors = situation.older | ({} if one.severity is None else situation.low_sodium)
    elif one.code == "D11":
        factors = situation.older
    elif one.code == "D14":
        factors = situation.slow_heart
    severity = one.raised if factors else one.severity
    if severity is None:
        return None
    return Weighed(severity, tuple(factors.values()), tuple(factors)) if severity != one.severity else Weighed(severity)
