"""The tables of a release, row by row as text, turned into the formulary; what is not understood is refused."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from interactions.engine import (
    alternative_tables,
    bands,
    card_tables,
    care_tables,
    derived_tables,
    load_tables,
    numbers,
    observables,
    person,
    red_flags,
    routes,
)
from interactions.engine.allergens import Named
from interactions.engine.attributes import DoseModifier, Profiles
from interactions.engine.catalogue import CatalogueDrug, normal
from interactions.engine.conditions import COMPARISONS
from interactions.engine.formulary import (
    AllergyGroup,
    ConditionRule,
    DoseRule,
    Family,
    FoodRule,
    Formulary,
    RiskFactor,
    Row,
    Rows,
    SymptomRule,
    Threshold,
)
from interactions.engine.observables import DOSE_PROBLEM
from interactions.engine.regimen import Facts
from interactions.engine.severity import NAMED, Severity

CHECKS = {
    "day_max",
    "dose_max",
    "kg_day_max",
    "start_max",
    "first_dose_max",
    "days_a_week_max",
    "factor",
    "avoid",
    "advise",
}
FACTS = {one.name for one in fields(Facts)}
WANTS = {"with_food", "without_food"}
FIGURE = r"(\d+(?:\.\d+)?)"
SIGN = r"(>=|>|<=|<)\s*"
Made = TypeVar("Made")
NUMBERED = re.compile(rf"{SIGN}{FIGURE}(?:\s+and\s+{SIGN}{FIGURE})?|{FIGURE}\.\.{FIGURE}")


def build(
    label: str,
    drugs: Iterable[CatalogueDrug],
    sets: Mapping[str, frozenset[str]],
    modifiers: Iterable[DoseModifier],
    tables: Mapping[str, Rows],
    edges: Iterable[tuple[str, bands.Edge]] = (),
) -> Formulary:
    """The formulary of a release's tables; a row that is not understood raises ValueError with its id.

    `edges` are the doses that pair rules compare.
    """
    listed = [drug for drug in drugs if drug.in_rules]
    reader = _Reader(listed, sets, tables)
    modifiers = tuple(modifiers)
    profiles = Profiles(listed, reader.sets, modifiers)
    doses = reader.doses()
    are_asked = any(tables.get(name) for name in (*numbers.TABLES, *numbers.ASKED_BY))
    figures = numbers.read(reader.rows("engine_numbers")) if are_asked else numbers.NO_FIGURES
    return Formulary(
        profiles=profiles,
        sets=reader.sets,
        label=label,
        terms=reader.terms(),
        doses=doses,
        conditions=reader.conditions(),
        food=reader.food(),
        thresholds=reader.thresholds(),
        effect_thresholds=reader.effect_thresholds(),
        symptoms=reader.symptoms(),
        allergens=reader.allergens(),
        allergy_groups=reader.allergy_groups(),
        reactions={row["kind"]: _parts(row["words"]) for row in reader.rows("reactions")},
        states=tuple((row["fact"], row["value"], row["drug"]) for row in reader.rows("patient_states")),
        overlaps={row["product"]: int(row["oral_overlap_days"]) for row in reader.rows("lai_overlaps")},
        duplicate_classes={
            row["drug_class"]: (NAMED[row["severity"]], row["action"], row["source"])
            for row in reader.rows("duplicate_classes")
        },
        families={
            row["problem"]: Family(
                row["family"], row["gather"], row["title"], frozenset(map(normal, _parts(row["symptoms"])))
            )
            for row in reader.rows("problem_families")
        },
        observables=reader.observables,
        anybody=reader.anybody(),
        risks=reader.risks(),
        bands=_bands(profiles, modifiers, doses, edges),
        advisory=tuple((row["source_begins"], row["reason"]) for row in reader.rows("source_policy")),
        alternatives=alternative_tables.read(reader.rows(alternative_tables.TABLE), reader.selected),
        cards=card_tables.read(tables, reader.selected),
        care=care_tables.read(tables, reader.observables.loincs),
        derived=derived_tables.read(tables, figures),
        loads=load_tables.read(tables),
        flags=red_flags.read(tables, reader.selected),
        by_route=routes.read(tables),
        numbers=figures,
    )


def _bands(
    profiles: Profiles,
    modifiers: Iterable[DoseModifier],
    doses: Mapping[str, Sequence[DoseRule]],
    edges: Iterable[tuple[str, bands.Edge]],
) -> bands.Bands:
    """Of every figure that a modifier, a limit or a pair rule names, and of the usual maximum."""
    found = [*edges, *((one.drug, bands.edge(one.compared)) for one in modifiers if one.compared)]
    found += [
        (key, (rule.limit, 1)) for key, of in doses.items() for rule in of if rule.check == "day_max" and rule.limit
    ]
    most = {one.key: one.max_mg_per_day for one in profiles.all() if one.max_mg_per_day}
    return bands.Bands(found, most)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text.strip() else None


@dataclass(frozen=True)
class _Reader:
    """Rows of text turned into rules by drug."""

    drugs: Sequence[CatalogueDrug]
    sets: Mapping[str, frozenset[str]]
    tables: Mapping[str, Rows]

    def rows(self, table: str) -> Rows:
        return self.tables.get(table, ())

    def selected(self, selector: str) -> list[str]:
        """The keys of a drug, a "set:name" or a "class:name"."""
        kind, _, name = selector.partition(":")
        if kind == "set" and name:
            return sorted(self.sets[name])
        if kind == "class" and name:
            return [drug.key for drug in self.drugs if drug.drug_class == name]
        return [selector]

    def by_drug(self, made: Iterable[tuple[str, Made]]) -> dict[str, tuple[Made, ...]]:
        """Drug -> what was made of the rows whose selector names it, in their order."""
        found: dict[str, list[Made]] = {}
        for selector, one in made:
            for key in self.selected(selector):
                found.setdefault(key, []).append(one)
        return {key: tuple(of) for key, of in found.items()}

    def terms(self) -> person.Terms:
        listed = self.rows("condition_terms")
        return person.Terms(
            {row["code"]: tuple(map(normal, _parts(row["phrases"]))) for row in listed},
            {row["code"]: tuple(part.casefold() for part in _parts(row["icd10"])) for row in listed if row["icd10"]},
        )

    def doses(self) -> dict[str, tuple[DoseRule, ...]]:
        return self.by_drug((row["drug"], _dose_rule(row)) for row in self._dose_rows())

    def _dose_rows(self) -> Iterator[Row]:
        rules = {row["rule_id"]: row for row in self.rows("dosing_rules")}
        checked: set[str] = set()
        for row in self.rows("dose_checks"):
            rule = rules[row["rule_id"].rstrip("b")]
            checked.add(rule["rule_id"])
            whole = {**rule, **{name: value for name, value in row.items() if value or name != "drug"}}
            yield {**whole, "severity": rule["severity_if_violated"], "rule_id": rule["rule_id"]}
        yield from self.rows("dose_limits")
        for rule_id, rule in rules.items():
            plain = rule["rule_type"] == "max_dose" and rule["parameter"] == "max_mg_per_day"
            if plain and rule_id not in checked and rule["condition"] == "all":
                own = {"check": "day_max", "when": "", "limit": rule["value"], "types": "max_dose"}
                yield {
                    **rule, **own, "problem": DOSE_PROBLEM, "severity": rule["severity_if_violated"]
                }  # fmt: skip

    def conditions(self) -> dict[str, tuple[ConditionRule, ...]]:
        return self.by_drug(
            (
                row["drug"],
                ConditionRule(
                    row["rule_id"], person.parse(row["when"]), NAMED[row["severity"]], row["problem"], row["action"],
                    row["source"], row["confidence"],
                ),
            )
            for row in self.rows("condition_rules")
        )  # fmt: skip

    def risks(self) -> dict[str, tuple[RiskFactor, ...]]:
        found: dict[str, list[RiskFactor]] = {}
        for row in self.rows("risk_factors"):
            if row["fact"] not in FACTS or row["sign"] not in ("", *COMPARISONS):
                raise ValueError(f"risk_factors: {row['fact']!r} {row['sign']!r} is not understood")
            one = RiskFactor(
                row["code"], row["fact"], row["sign"], _number(row["limit"]) or Decimal(0),
                frozenset(_parts(row["conditions"])), row["words"],
            )  # fmt: skip
            found.setdefault(row["risk"], []).append(one)
        return {risk: tuple(of) for risk, of in found.items()}

    def food(self) -> dict[str, tuple[FoodRule, ...]]:
        return self.by_drug((row["drug"], _food_rule(row)) for row in self.rows("food_rules"))

    @cached_property
    def observables(self) -> observables.Observables:
        return observables.read(self.rows(observables.TABLE))

    def thresholds(self) -> dict[str, tuple[Threshold, ...]]:
        """By drug: of the monitoring table, whose first match is the most severe, then of the own lab rules."""
        known = self.observables
        actions = {row["action_code"]: row for row in self.rows("lab_actions")}
        found: list[tuple[str, Threshold]] = []
        for row in self.rows("monitoring_rules"):
            if row["target"] == "all":
                continue
            own = known.called(*_parts(row["loinc"]))
            row = {**row, "thresholds": _in_figures(row["thresholds"], own.upper_limit if own else None)}
            for key in self.selected(row["target"]):
                for text in row["thresholds"].split(" | "):
                    for one in _thresholds(text, row, key, known, actions):
                        found.append((key, replace(one, problem=known.by_code[one.lab].problem)))
        found += [(row["selector"], _lab_rule(row)) for row in self.rows("lab_rules") if row["selector"]]
        return self.by_drug(found)

    def effect_thresholds(self) -> tuple[Threshold, ...]:
        return tuple(_lab_rule(row) for row in self.rows("lab_rules") if row["attribute"])

    def anybody(self) -> tuple[Threshold, ...]:
        return tuple(_lab_rule(row) for row in self.rows("lab_rules") if not row["attribute"] and not row["selector"])

    def symptoms(self) -> dict[str, tuple[SymptomRule, ...]]:
        return self.by_drug((row["drug"], _symptom_rule(row)) for row in self.rows("symptom_rules"))

    def allergy_groups(self) -> tuple[AllergyGroup, ...]:
        members: dict[str, dict[str, tuple[Severity, Severity | None, str, str]]] = {}
        for row in self.rows("allergy_groups"):
            told = (NAMED[row["same"]], NAMED[row["cross"]] if row["cross"] else None, row["why"], row["source"])
            for key in self.selected(row["member"]):
                members.setdefault(row["group"], {}).setdefault(key, told)
        return tuple(AllergyGroup(name, of) for name, of in members.items())

    def allergens(self) -> tuple[Named, ...]:
        return tuple(
            Named(
                row["allergen"], row["kind"], _parts(row["words"]), frozenset(_parts(row["groups"])), row["drug"],
                tuple(map(int, _parts(row["rxcuis"]))),
            )
            for row in self.rows("allergens")
        )  # fmt: skip


def _dose_rule(row: Row) -> DoseRule:
    if row["check"] not in CHECKS:
        raise ValueError(f"{row['rule_id']}: the check {row['check']!r} is not understood")
    return DoseRule(
        row["rule_id"], row["check"], person.parse(row["when"]), _number(row["limit"]), _parts(row["types"]),
        row["problem"], row["action"], NAMED[row["severity"]], row["source"], row["confidence"],
    )  # fmt: skip


def _food_rule(row: Row) -> FoodRule:
    if row["wants"] not in WANTS:
        raise ValueError(f"{row['rule_id']}: {row['wants']!r} is not understood")
    return FoodRule(
        row["rule_id"], row["form"], row["wants"], NAMED[row["severity"]], row["problem"], row["why"], row["action"],
        row["source"], row["confidence"],
    )  # fmt: skip


def _symptom_rule(row: Row) -> SymptomRule:
    signs = _parts(row["signs"])
    return SymptomRule(
        row["rule_id"],
        tuple(normal(sign) for sign in signs if not sign.startswith("condition:")),
        frozenset(sign.removeprefix("condition:") for sign in signs if sign.startswith("condition:")),
        NAMED[row["severity"]],
        row["problem"],
        row["action"],
        row["source"],
    )


def _lab_rule(row: Row) -> Threshold:
    return Threshold(
        row["rule_id"], row["lab"], _number(row["from"]), True, _number(row["below"]), False, NAMED[row["severity"]],
        row["problem"], row["action"], row["source"], row["attribute"], int(row["at_least"] or 0),
        urgency=row["urgency"], state=row["state"], times=_number(row["times_last"]),
        worse_with=_parts(row["worse_with"]),
    )  # fmt: skip


TIMES_NORMAL = re.compile(r"(>=?)\s*(\d+(?:\.\d+)?)x\s*ULN")
PRESSURE = re.compile(r"(?:pre)?(>=|>)(\d+)/(\d+)")
End = tuple[Decimal | None, bool]
AS_CLEARANCE = {"creatinine_clearance": ("creatinine_clearance", "egfr")}
"""A limit on the clearance speaks of the filtration rate too, where that is what is known."""


def _in_figures(text: str, upper_limit: Decimal | None) -> str:
    """ "3x ULN" as the figure it is in this lab's unit; unchanged where the lab has no upper limit of normal."""
    if upper_limit is None:
        return text
    return TIMES_NORMAL.sub(lambda found: f"{found[1]}{(Decimal(found[2]) * upper_limit).normalize():f}", text)


def _thresholds(
    text: str, row: Row, key: str, known: observables.Observables, actions: Mapping[str, Row]
) -> Iterator[Threshold]:
    """One "op value or op value => action: text"; what is not a plain number is left to people."""
    head, _, told = text.partition("=>")
    code, _, words = (part.strip() for part in told.partition(":"))
    code = re.sub(r"\s*\(.*\)$", "", code)
    action = actions.get(code) or actions.get(code.split(";")[0].strip())
    if action is None or action["severity"] == "none":
        return
    for part in head.split(" or "):
        for lab, low, high in _measures(part.strip(), row, key, known):
            said = f"{row['parameter']} {head.strip()} {row['unit']}: {action['words']}"
            yield Threshold(
                row["rule_id"],
                lab,
                *low,
                *high,
                NAMED[action["severity"]],
                DOSE_PROBLEM,
                said + (f": {words}" if words else ""),
                row["source"],
                population=_population(row["condition"]),
                urgency=action["urgency"],
            )


def _population(condition: str) -> str:
    return "general" if condition.startswith("not benign") else "benign" if condition.startswith("benign") else ""


def _measures(text: str, row: Row, key: str, known: observables.Observables) -> Iterator[tuple[str, End, End]]:
    """The labs that a part of a threshold speaks of, with both ends; a drug in brackets limits it to that drug."""
    limited = re.fullmatch(r"(.+?)\s*\((.+)\)", text)
    if limited:
        if limited[2] == key:
            yield from _measures(limited[1], row, key, known)
        return
    pressure = PRESSURE.fullmatch(text)
    if pressure:
        for lab, figure in (("sbp", pressure[2]), ("dbp", pressure[3])):
            yield lab, (Decimal(figure), pressure[1] == ">="), (None, False)
        return
    named = re.fullmatch(r"([A-Za-z][A-Za-z0-9 -]*?)\s*([<>].*)", text)
    meant = known.called(named[1]) if named else known.called(*_parts(row["loinc"]))
    ends = NUMBERED.fullmatch(named[2] if named else text)
    if meant and ends:
        for lab in AS_CLEARANCE.get(meant.code, (meant.code,)):
            yield lab, *_ends(ends)


def _ends(found: re.Match[str]) -> tuple[End, End]:
    low: End = (None, False)
    high: End = (None, False)
    if found[5]:
        return (Decimal(found[5]), True), (Decimal(found[6]), True)
    for sign, value in ((found[1], found[2]), (found[3], found[4])):
        if sign and sign.startswith(">"):
            low = (Decimal(value), sign == ">=")
        elif sign:
            high = (Decimal(value), sign == "<=")
    return low, high
