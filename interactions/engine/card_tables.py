"""The tables behind what a card says beyond its finding: monitoring by problem, wording by problem, and the sources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Row = Mapping[str, str]
TABLES = ("card_monitoring", "card_information", "source_attributes", "usual_ranges")
OTHERWISE = "otherwise"
"""In the column of drugs: only where no row that names a drug speaks of the finding."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """One thing to measure because of a clinical problem; `drugs` is None where it does not matter which they are."""

    rule_id: str
    code: str
    """As the record names it; "visit" for what somebody looks at."""
    loinc: str
    kind: str
    what: str
    due_days: int
    """Days from today by which it is to be done."""
    recent_days: int
    """A result as recent as this still serves as the baseline."""
    schedule: str
    source: str
    confidence: str
    drugs: frozenset[str] | None = None
    is_otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Between which ends a value is usual, in the record's own unit; None where an end is open."""

    at_least: Decimal | None
    at_most: Decimal | None

    def holds(self, value: Decimal) -> bool:
        """Whether the value lies in it; the ends belong to it."""
        is_low = self.at_least is not None and value < self.at_least
        return not is_low and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class CardTables:
    """The tables, laid out for looking up."""

    monitoring: Mapping[str, tuple[Monitoring, ...]] = field(default_factory=dict)
    """By problem."""
    information: Mapping[tuple[str, str, str], Text] = field(default_factory=dict)
    """By kind, problem and item; an empty kind or problem is any."""
    attributes: tuple[tuple[str, Mapping[str, str]], ...] = ()
    """(beginning of a source's name, attribute -> text); the longest beginning first."""
    ranges: Mapping[str, UsualRange] = field(default_factory=dict)
    """By code of what was measured."""

    def wanted(self, problem: str, drugs: Iterable[str]) -> tuple[Monitoring, ...]:
        """What a problem of these drugs asks to be measured, each code once; the row that names a drug comes first."""
        named = frozenset(drugs)
        rows = self.monitoring.get(problem, ())
        for_drug = [row for row in rows if row.drugs is not None and not row.drugs.isdisjoint(named)]
        for_any = [row for row in rows if row.drugs is None and not row.is_otherwise]
        left = [] if for_drug or for_any else [row for row in rows if row.is_otherwise]
        found: dict[str, Monitoring] = {}
        for row in (*for_drug, *for_any, *left):
            found.setdefault(row.code, row)
        return tuple(found.values())

    def said(self, kind: str, problem: str, item: str) -> Text | None:
        """The most particular text: of kind and problem, of the problem, of the kind, of anything."""
        for asked in ((kind, problem, item), ("", problem, item), (kind, "", item), ("", "", item)):
            text = self.information.get(asked)
            if text is not None:
                return text
        return None

    def about(self, label: str) -> Mapping[str, str]:
        """The attributes of the source of this name; those of the nameless beginning where none is its own."""
        plain = label.casefold()
        return next((of for begins, of in self.attributes if plain.startswith(begins)), {})


def read(tables: Mapping[str, Sequence[Row]], selected: Callable[[str], Sequence[str]]) -> CardTables:
    """The rows as text turned into tables; `selected` gives the keys of a drug or a "set:name"."""
    rules = {row["rule_id"]: row for row in tables.get("monitoring_rules", ())}
    monitoring: dict[str, list[Monitoring]] = {}
    for row in tables.get("card_monitoring", ()):
        monitoring.setdefault(row["problem"], []).append(_monitoring(row, rules, selected))
    attributes: dict[str, dict[str, str]] = {}
    for row in tables.get("source_attributes", ()):
        attributes.setdefault(row["source_begins"].casefold(), {})[row["attribute"]] = row["text"]
    return CardTables(
        {problem: tuple(of) for problem, of in monitoring.items()},
        {
            (row["kind"], row["problem"], row["item"]): Text(row["text"], row["source"])
            for row in tables.get("card_information", ())
        },
        tuple(sorted(attributes.items(), key=lambda one: -len(one[0]))),
        {row["code"]: UsualRange(_end(row["from"]), _end(row["to"])) for row in tables.get("usual_ranges", ())},
    )


def _end(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _monitoring(row: Row, rules: Mapping[str, Row], selected: Callable[[str], Sequence[str]]) -> Monitoring:
    """A row; what it leaves open is said by the rule of the monitoring table that it names."""
    rule = rules.get(row["monitoring_rule"], {})
    named = row["drug"] not in ("", OTHERWISE)
    return Monitoring(
        rule_id=row["rule_id"],
        code=row["code"],
        loinc=row["loinc"],
        kind=row["kind"],
        what=row["what"],
        due_days=int(row["due_days"]),
        recent_days=int(row["recent_days"]),
        schedule=row["schedule"] or rule.get("schedule_text", ""),
        source=row["source"] or rule.get("source", ""),
        confidence=row["confidence"],
        drugs=frozenset(selected(row["drug"])) if named else None,
        is_otherwise=row["drug"] == OTHERWISE,
    )
