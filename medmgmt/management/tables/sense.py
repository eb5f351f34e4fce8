"""Rows that are well formed and still make no sense: never true, said twice, or out of step with another table."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from interactions.engine import derived_tables, load_tables
from interactions.engine.attributes import QT_POINTS, SCALES
from interactions.engine.catalogue import normal
from interactions.engine.rulebook import ANY_GRADE, CYP_SET
from interactions.importers.faults import Fault
from medmgmt.management.tables import cells
from medmgmt.management.tables.known import Known, parts
from medmgmt.management.tables.sheets import Column, Line, Sheet

Columns = Mapping[str, Sequence[Column]]
FROM_A_COLUMN = re.compile(r"(\w+)(>=|=)(\w+)")
ENDS = (
    ("side_effects.csv", "onset_days_min", "onset_days_max"),
    ("dosing_rules.csv", "day_from", "day_to"),
    ("lai_missed_doses.csv", "from_mg", "to_mg"),
    ("site_hours.csv", "opens", "closes"),
)
"""Tables in which one column may not stand above another."""
UNORDERED = ("passive_pairs.csv", "high_priority_pairs.csv")
SAME_FACT = (
    ("condition_rules.csv", ("drug", "when", "problem")),
    ("dose_limits.csv", ("drug", "check", "when")),
    ("food_rules.csv", ("drug", "form", "wants")),
    ("lab_rules.csv", ("lab", "from", "below", "times_last", "state", "attribute", "selector")),
    ("symptom_rules.csv", ("drug", "problem")),
    ("side_effects.csv", ("preferred_term",)),
    ("lai_missed_doses.csv", ("product", "phase", "from_mg", "to_mg", "after", "until")),
    ("card_monitoring.csv", ("problem", "drug", "code")),
)
"""Columns that together are one fact, whatever the row is called."""
NEEDED_IN_RULES = ("drug_class", "group", "washout_days", "qt_risk", "serotonergic", "source", "confidence")
COMPARED = ("day_max", "dose_max", "kg_day_max", "start_max", "first_dose_max", "days_a_week_max", "factor")
"""Checks of a dose that need a figure."""


def faults(known: Known, columns: Columns) -> Iterator[Fault]:
    """What no single cell shows; for tables whose cells are sound."""
    yield from _upside_down(known)
    yield from _same_fact(known)
    yield from _pairs_twice(known)
    for name, wrong in CHECKS.items():
        sheet = known.sheet(name)
        for line in sheet.lines:
            yield from (sheet.fault(line, reason) for reason in wrong(line.cells, known))
    yield from _out_of_step(known)
    yield from _claimed_twice(known)
    yield from _never_reached(known)
    yield from _without_effect(known, columns)


def _upside_down(known: Known) -> Iterator[Fault]:
    for name, low, high in ENDS:
        sheet = known.sheet(name)
        for line in sheet.lines:
            ends = line.cells[low], line.cells[high]
            if all(ends) and _is_above(*ends):
                yield sheet.fault(line, f"{low} {ends[0]} is above {high} {ends[1]}")


def _is_above(low: str, high: str) -> bool:
    if ":" in low:
        return low > high
    return Decimal(low) > Decimal(high)


def _same_fact(known: Known) -> Iterator[Fault]:
    for name, columns in SAME_FACT:
        yield from _repeated(known.sheet(name), partial(_cells_of, columns))


def _cells_of(columns: tuple[str, ...], row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[column] for column in columns)


def _pairs_twice(known: Known) -> Iterator[Fault]:
    """The same two sides with the same severity, whichever stands first."""
    for name in UNORDERED:
        yield from _repeated(known.sheet(name), lambda row: tuple(sorted((row["a"], row["b"]))))
    yield from _repeated(known.sheet("pair_rules.csv"), lambda row: (*sorted((row["a"], row["b"])), row["severity"]))


def _repeated(sheet: Sheet, key: Callable[[Mapping[str, str]], tuple[str, ...]]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], int] = {}
    for line in sheet.lines:
        fact = key(line.cells)
        earlier = first.setdefault(fact, line.number)
        if earlier != line.number:
            yield sheet.fault(line, f"{', '.join(filter(None, fact))}: line {earlier} says so already")


def _of_drug(row: Mapping[str, str], _known: Known) -> Iterator[str]:
    if row["in_rules"] == "1":
        yield from (f"in_rules is 1 and {name} is blank" for name in NEEDED_IN_RULES if not row[name])
    if row["screened_as"] == row["name"]:
        yield "it is screened as itself"


def _of_monitoring(row: Mapping[str, str], _known: Known) -> Iterator[str]:
    if not row["monitoring_rule"]:
        yield from (f"{name} and monitoring_rule are both blank" for name in ("schedule", "source") if not row[name])


def _of_dose(row: Mapping[str, str], _known: Known) -> Iterator[str]:
    if row["check"] in COMPARED and not row["limit"]:
        yield f"{row['check']} compares with a limit, and there is none"


def _of_limit(row: Mapping[str, str], known: Known) -> Iterator[str]:
    yield from _of_dose(row, known)
    yield from _of_condition(row, known)


def _of_condition(row: Mapping[str, str], known: Known) -> Iterator[str]:
    """Nobody interacts with himself."""
    members = known.members(row["drug"])
    if members and any(f"with:{name}" in re.split(r"[&|]", row["when"]) for name in members) and len(members) == 1:
        yield f"{row['when']} can never hold: {row['drug']} is not taken with itself"


def _of_lab(row: Mapping[str, str], known: Known) -> Iterator[str]:
    low, high, effect = row["from"], row["below"], row["attribute"]
    if not any((low, high, row["times_last"], row["state"])):
        yield "it speaks of no figure and no state"
    if low and high and Decimal(low) >= Decimal(high):
        yield f"no value is {low} or more and below {high}"
    if effect and row["selector"]:
        yield "it is either for an effect or for drugs"
    if not effect and not row["selector"] and not row["urgency"]:
        yield "it speaks of anybody and tells nobody"
    if effect and not _reached(effect, int(row["at_least"] or 0), known):
        yield f"no drug has {effect} {row['at_least']}"


def _reached(effect: str, least: int, known: Known) -> bool:
    if effect == "qt":
        return any(QT_POINTS.get(known.drugs[name]["qt_risk"], 0) >= least for name in known.in_rules)
    column = SCALES[effect]
    return any(int(known.drugs[name][column] or 0) >= least for name in known.in_rules)


def _of_risk(row: Mapping[str, str], _known: Known) -> Iterator[str]:
    if bool(row["sign"]) != bool(row["limit"]):
        yield "a comparison needs both its sign and its limit"


def _of_measurement(row: Mapping[str, str], _known: Known) -> Iterator[str]:
    if bool(row["value"]) == bool(row["value_code"]):
        yield "a measurement is either a figure or a state"


CHECKS: dict[str, Callable[[Mapping[str, str], Known], Iterator[str]]] = {
    "drugs.csv": _of_drug,
    "card_monitoring.csv": _of_monitoring,
    "dose_checks.csv": _of_dose,
    "dose_limits.csv": _of_limit,
    "condition_rules.csv": _of_condition,
    "lab_rules.csv": _of_lab,
    "risk_factors.csv": _of_risk,
    "demo/observations.csv": _of_measurement,
}


def _out_of_step(known: Known) -> Iterator[Fault]:
    """A class that follows from a column of drugs.csv, where it does not."""
    sheet = known.sheet("drug_sets.csv")
    first: dict[str, Line] = {}
    for line in sheet.lines:
        first.setdefault(line.cells["set_name"], line)
    for name, line in first.items():
        wanted = _following(name, line.cells["how_defined"], known)
        if wanted is None:
            continue
        members = {one.cells["member"] for one in sheet.lines if one.cells["set_name"] == name}
        for drug in sorted(wanted ^ members):
            told = "is missing" if drug in wanted else "does not belong"
            yield sheet.fault(line, f"{name} follows from drugs.csv, and {drug} {told}")


def _following(name: str, how: str, known: Known) -> set[str] | None:
    """The drugs that a class must have; None for one that is written by hand."""
    derived = CYP_SET.fullmatch(name)
    if derived:
        column = f"cyp_{derived[3].removesuffix('s')}"
        grades = ANY_GRADE if derived[2] == "any" else set(derived[2].split("_"))
        wanted = {f"{derived[1].upper()}:{grade}" for grade in grades}
        return {one for one in known.in_rules if not wanted.isdisjoint(parts(known.drugs[one][column]))}
    stated = FROM_A_COLUMN.fullmatch(how)
    if stated is None or stated[1] not in next(iter(known.drugs.values()), {}):
        return None
    column, sign, value = stated.groups()
    if sign == "=":
        return {one for one in known.in_rules if known.drugs[one][column] == value}
    return {one for one in known.in_rules if int(known.drugs[one][column] or 0) >= int(value)}


def _claimed_twice(known: Known) -> Iterator[Fault]:
    """Names and codes by which two drugs could be meant."""
    sheet = known.sheet("drugs.csv")
    claimed: dict[str, str] = {}
    for line in sheet.lines:
        row = line.cells
        names = {normal(name) for name in (row["name"], *parts(row["aliases"]))}
        for name in sorted(names | ({f"RxCUI {row['rxcui']}"} if row["rxcui"] else set())):
            other = claimed.setdefault(name, row["name"])
            if other != row["name"]:
                yield sheet.fault(line, f"{name} is {other} already")


def _never_reached(known: Known) -> Iterator[Fault]:
    """Of rows of which the first that holds decides, one that holds only where an earlier one of its code does."""
    for name, parse in (("derived_pairs.csv", _of_pairs), ("cumulative_loads.csv", load_tables.parse)):
        sheet = known.sheet(name)
        earlier: dict[str, list[tuple[int, Sequence[tuple[object, int]]]]] = {}
        for line in sheet.lines:
            asked = parse(line.cells["when"])
            before = earlier.setdefault(line.cells["code"], [])
            first = next((number for number, weaker in before if _implies(asked, weaker)), None)
            if first is not None:
                yield sheet.fault(line, f"{line.cells['when']} is never reached: line {first} holds before it")
            before.append((line.number, asked))


def _of_pairs(when: str) -> tuple[tuple[object, int], ...]:
    return tuple(((term.subject, term.name, term.word), term.least) for term in derived_tables.parse(when))


def _implies(asked: Sequence[tuple[object, int]], weaker: Sequence[tuple[object, int]]) -> bool:
    figures = dict(asked)
    return all(name in figures and figures[name] >= least for name, least in weaker)


def _without_effect(known: Known, columns: Columns) -> Iterator[Fault]:
    """What sets a value that the column cannot hold, and a route that changes nothing; a dose still parts answers."""
    sheet = known.sheet("attribute_dose_modifiers.csv")
    by_name = {column.name: column for column in columns["drugs.csv"]}
    for line in sheet.lines:
        row = line.cells
        wrong = cells.reason(row["value"], by_name[row["attribute"]], row, known)
        if wrong:
            yield sheet.fault(line, wrong)
        elif known.drugs[row["drug"]][row["attribute"]] == row["value"] and row["condition"].startswith("route="):
            yield sheet.fault(line, f"{row['drug']} has {row['attribute']} {row['value']} by every route")
