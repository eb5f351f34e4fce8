"""Everything of a release that is not a pair: what drugs do, doses, conditions, labs, allergies and families."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal

from interactions.engine import (
    alternative_tables,
    card_tables,
    care_tables,
    derived_tables,
    load_tables,
    person,
    red_flags,
    routes,
)
from interactions.engine.allergens import Named
from interactions.engine.attributes import Profiles
from interactions.engine.bands import Bands
from interactions.engine.conditions import COMPARISONS, When
from interactions.engine.numbers import NO_FIGURES, Numbers
from interactions.engine.numbers import TABLES as NUMBER_TABLES
from interactions.engine.observables import TABLE as OBSERVABLES
from interactions.engine.observables import Observables
from interactions.engine.regimen import Facts, Lab
from interactions.engine.severity import Severity

Row = Mapping[str, str]
Rows = Sequence[Row]
TABLES = (
    "dosing_rules", "dose_checks", "dose_limits", "condition_rules", "condition_terms", "monitoring_rules", OBSERVABLES,
    "lab_actions", "lab_rules", "symptom_rules", "allergens", "allergy_groups", "reactions", "patient_states",
    "food_rules", "risk_factors", "lai_overlaps", "duplicate_classes", "problem_families", "source_policy",
    alternative_tables.TABLE,
    *card_tables.TABLES, *care_tables.TABLES, *derived_tables.TABLES, *load_tables.TABLES, *red_flags.TABLES,
    *NUMBER_TABLES, *routes.TABLES,
)  # fmt: skip
"""Names of the tables, as their files are called."""
NOTHING = Decimal(0)
CERTAINLY = {"<": Decimal("-0.00005"), ">": Decimal("0.00005")}
"""Half of the smallest step: a value below 0.5 is below every limit of 0.5, and reaches none from there on."""


@dataclass(frozen=True, slots=True)
class DoseRule:
    """One limit or adjustment; `types` are what a finding of it counts as, the first its own kind."""

    rule_id: str
    check: str
    when: When
    limit: Decimal | None
    types: tuple[str, ...]
    problem: str
    action: str
    severity: Severity
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class ConditionRule:
    """For whom a drug is contraindicated or needs care."""

    rule_id: str
    when: When
    severity: Severity
    problem: str
    action: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class FoodRule:
    """How a drug is to be taken where its absorption depends on food; `form` is a pattern, empty for any."""

    rule_id: str
    form: str
    wants: str
    """with_food or without_food."""
    severity: Severity
    problem: str
    why: str
    action: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a measured value asks to be done, for one drug, for all with an effect, or for anybody."""

    rule_id: str
    lab: str
    low: Decimal | None
    low_included: bool
    high: Decimal | None
    high_included: bool
    severity: Severity
    problem: str
    action: str
    source: str
    attribute: str = ""
    at_least: int = 0
    population: str = ""
    """"general" or "benign" where people with benign neutropenia have thresholds of their own."""
    urgency: str = ""
    """now, same_day or this_week; empty where it is no reason to tell anybody."""
    state: str = ""
    """In place of figures: the state that is meant."""
    times: Decimal | None = None
    """At least so many times the value before; below one, at most so many."""
    worse_with: tuple[str, ...] = ()
    """What makes it worse where it is taken too: "effect>=2", "lithium_effect=raises", a drug or "set:name"."""

    def holds(self, lab: Lab) -> bool:
        """Whether the value, as certain as its comparator leaves it, crosses this."""
        if self.state or lab.state:
            return self.state == lab.state
        if self.times is not None:
            return lab.earlier is not None and lab.earlier > 0 and self._is_so_many_times(lab.value / lab.earlier)
        value = lab.value + CERTAINLY.get(lab.comparator, NOTHING)
        if self.low is not None and (value < self.low or (value == self.low and not self.low_included)):
            return False
        return self.high is None or value < self.high or (value == self.high and self.high_included)

    def _is_so_many_times(self, times: Decimal) -> bool:
        """A rise by at least the factor, or a fall to at most that part."""
        assert self.times is not None
        return times >= self.times if self.times > 1 else times <= self.times


@dataclass(frozen=True, slots=True)
class SymptomRule:
    """Signs that ask for a lab on a drug."""

    rule_id: str
    signs: tuple[str, ...]
    codes: frozenset[str]
    severity: Severity
    problem: str
    action: str
    source: str


@dataclass(frozen=True, slots=True)
class AllergyGroup:
    """Drugs that cross-react, or that a class named on an allergy list means."""

    name: str
    members: Mapping[str, tuple[Severity, Severity | None, str, str]]
    """Key -> severity for the class itself, for another member (None: says nothing of this one), why, source."""


@dataclass(frozen=True, slots=True)
class Family:
    """Which card a problem belongs to."""

    name: str
    gather: str
    """all: one card; victim: one a drug concerned; shared: one for drugs that hang together."""
    title: str
    symptoms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One fact that raises a risk; without a sign it is a plain yes, or one of the diagnoses."""

    code: str
    """Stable text, without anybody's value."""
    fact: str
    """The field of the facts."""
    sign: str
    limit: Decimal
    conditions: frozenset[str]
    words: str

    def told(self, facts: Facts, codes: Set[str]) -> str:
        """In words with the person's own value; empty where it does not hold or is not on record."""
        value = getattr(facts, self.fact)
        if not self.sign:
            return self.words if value or not self.conditions.isdisjoint(codes) else ""
        if value is None or not COMPARISONS[self.sign](Decimal(value), self.limit):
            return ""
        return self.words.format(value=value)


Risks = Mapping[str, tuple[RiskFactor, ...]]


def raised(risks: Risks, risk: str, facts: Facts, codes: Set[str] = frozenset()) -> dict[str, str]:
    """Everything that raises a risk in this person: stable text -> words."""
    told = {one.code: one.told(facts, codes) for one in risks.get(risk, ())}
    return {code: words for code, words in told.items() if words}


@dataclass(frozen=True)
class Formulary:
    profiles: Profiles
    sets: Mapping[str, frozenset[str]]
    label: str = ""
    terms: person.Terms = field(default_factory=lambda: person.Terms({}, {}))
    doses: Mapping[str, tuple[DoseRule, ...]] = field(default_factory=dict)
    conditions: Mapping[str, tuple[ConditionRule, ...]] = field(default_factory=dict)
    food: Mapping[str, tuple[FoodRule, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, tuple[Threshold, ...]] = field(default_factory=dict)
    """By drug."""
    anybody: tuple[Threshold, ...] = ()
    """Whatever is taken."""
    effect_thresholds: tuple[Threshold, ...] = ()
    symptoms: Mapping[str, tuple[SymptomRule, ...]] = field(default_factory=dict)
    allergens: tuple[Named, ...] = ()
    allergy_groups: tuple[AllergyGroup, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: tuple[tuple[str, str, str], ...] = ()
    """(fact, value, drug): what about a person acts like a drug."""
    overlaps: Mapping[str, int] = field(default_factory=dict)
    """Days of planned oral overlap by long-acting product."""
    duplicate_classes: Mapping[str, tuple[Severity, str, str]] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    observables: Observables = field(default_factory=Observables)
    """What can be observed, and how it is coded."""
    risks: Risks = field(default_factory=dict)
    """By risk: what about a person raises it."""
    bands: Bands = field(default_factory=lambda: Bands((), {}))
    """Where a dose lies between the figures that the tables name."""
    advisory: tuple[tuple[str, str], ...] = ()
    """(beginning of a source's name, why): whose grades do not decide how loud an alert is."""
    alternatives: tuple[alternative_tables.Alternative, ...] = ()
    """What may be offered instead of an ordered drug, and what never."""
    cards: card_tables.CardTables = field(default_factory=card_tables.CardTables)
    """What a card says beyond its finding."""
    care: care_tables.CareTables = field(default_factory=care_tables.CareTables)
    """What is to be measured, waited for and watched between two reviews."""
    derived: derived_tables.DerivedTables = field(default_factory=derived_tables.DerivedTables)
    """What follows for two drugs from what each does."""
    loads: load_tables.LoadTables = field(default_factory=load_tables.LoadTables)
    """What adds up over a whole regimen."""
    flags: red_flags.RedFlags = field(default_factory=red_flags.RedFlags)
    """What somebody says that cannot wait."""

    by_route: routes.Routes = field(default_factory=routes.Routes)
    """How much of a drug reaches the blood by its route."""
    numbers: Numbers = NO_FIGURES
    """By which figures and grades all of this is judged."""


def empty() -> Formulary:
    return Formulary(Profiles((), {}), {})
