"""What other cells may name: the drugs, classes, labs, problems and terms of the tables, and the record's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from interactions.engine.observables import SCALES
from interactions.models import AnswerReason
from medmgmt.management.tables.sheets import Sheet
from medmgmt.record import models
from medmgmt.record.vocabulary import ROUTES, TIMINGS, UNITS
from refills.models import TaskKind

VOCABULARIES: Mapping[str, frozenset[str]] = {
    "action taken": frozenset(models.ActionTaken.values),
    "allergy kind": frozenset(models.AllergyKind.values),
    "answer": frozenset(AnswerReason.values),
    "level of care": frozenset(models.Level.values),
    "outcome": frozenset(models.Outcome.values),
    "reaction severity": frozenset(models.ReactionSeverity.values),
    "reason": frozenset(models.ReasonCode.values),
    "role": frozenset(models.Role.values),
    "route": frozenset(ROUTES),
    "side effect severity": frozenset(models.SideEffectSeverity.values),
    "step kind": frozenset(models.Kind.values),
    "task kind": frozenset(TaskKind.values),
    "timing": frozenset(TIMINGS),
    "unit": frozenset(UNITS),
}
"""Words that belong to the record, to tasks and to answers: a table may use them and not add to them."""
VISIT = "visit"
NO_ROWS = Sheet("")


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


@dataclass(frozen=True)
class Known:
    """Every table by its name, and what can be asked of them together."""

    sheets: Mapping[str, Sheet]
    _columns: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def sheet(self, name: str) -> Sheet:
        """The table; without rows where it is missing."""
        return self.sheets.get(name, NO_ROWS)

    def values(self, table: str, column: str) -> frozenset[str]:
        """Everything that stands in a column of a table; remembered."""
        found = self._columns.get((table, column))
        if found is None:
            found = self._columns[table, column] = frozenset(self.sheet(table).values(column))
        return found

    @cached_property
    def drugs(self) -> dict[str, Mapping[str, str]]:
        return {line.cells["name"]: line.cells for line in self.sheet("drugs.csv").lines}

    @cached_property
    def rxcuis(self) -> frozenset[str]:
        """Codes of every drug, and of what is in it."""
        rows = self.drugs.values()
        return frozenset(code for row in rows for code in (row["rxcui"], *parts(row["ingredients"]))) - {""}

    @cached_property
    def in_rules(self) -> frozenset[str]:
        return frozenset(name for name, cells in self.drugs.items() if cells["in_rules"] == "1")

    @cached_property
    def classes(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in self.in_rules:
            found.setdefault(self.drugs[name]["drug_class"], set()).add(name)
        return {name: frozenset(members) for name, members in found.items() if name}

    @cached_property
    def sets(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for line in self.sheet("drug_sets.csv").lines:
            found.setdefault(line.cells["set_name"], set()).add(line.cells["member"])
        for line in self.sheet("roles.csv").lines:
            member = line.cells["member"]
            more = found.get(member.removeprefix("set:"), set()) if member.startswith("set:") else {member}
            found.setdefault(line.cells["role"], set()).update(more)
        return {name: frozenset(members) for name, members in found.items()}

    def members(self, selector: str) -> frozenset[str]:
        """The drugs that a selector means; none where it means nothing."""
        kind, _, name = selector.partition(":")
        if kind == "set" and name:
            return self.sets.get(name, frozenset())
        if kind == "class" and name:
            return self.classes.get(name, frozenset())
        return frozenset({selector}) & self.in_rules

    @cached_property
    def labs(self) -> frozenset[str]:
        """Everything that can be observed, by its code."""
        return self.values("observables.csv", "code")

    @cached_property
    def codes(self) -> frozenset[str]:
        """What can be observed, or done on a visit."""
        return self.labs | {VISIT}

    @cached_property
    def scales(self) -> frozenset[str]:
        lines = self.sheet("observables.csv").lines
        return frozenset(line.cells["code"] for line in lines if line.cells["group"] == SCALES)

    @cached_property
    def problems(self) -> frozenset[str]:
        """Clinical problems that a card can describe."""
        lines = self.sheet("card_information.csv").lines
        return frozenset(line.cells["problem"] for line in lines if line.cells["item"] == "effect") - {""}

    @cached_property
    def enzymes(self) -> frozenset[str]:
        """Enzymes that some drug inhibits, with how strongly: "CYP2D6:strong"."""
        return frozenset(part for cells in self.drugs.values() for part in parts(cells["cyp_inhibitor"]))

    @cached_property
    def terms(self) -> frozenset[str]:
        return self.values("side_effects.csv", "preferred_term")

    @cached_property
    def conditions(self) -> frozenset[str]:
        codes = self.values("condition_terms.csv", "code")
        return codes | {f"past_{code}" for code in codes}
