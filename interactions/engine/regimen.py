"""What one person takes on one day, as values the engine can judge."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Dose(NamedTuple):
    """What is taken from a day on."""

    since: date
    mg_per_day: Decimal | None
    """0 where nothing is taken; None where it is not known or taken only as needed."""


@dataclass(frozen=True, slots=True)
class Drug:
    """One thing taken on the day, or stopped recently; `ref` is the caller's own mark (a prescription's id)."""

    ref: str
    name: str
    key: str | None
    """Its name in the knowledge catalogue; None when the catalogue does not know it."""
    rxcui: int | None = None
    route: str = ""
    """PO, SL, IM, SC, TD, IN, PR, IV, INH, TOP, OPH, OTIC; empty when not recorded."""
    form: str = ""
    mg_per_day: Decimal | None = None
    started_on: date | None = None
    stopped_on: date | None = None
    """The day of the last dose; None while it is taken."""
    mg_per_dose: Decimal | None = None
    """The largest single dose of the day."""
    mg_in_a_day: Decimal | None = None
    """On the fullest of its days, where it is not taken every day; None where that is the same."""
    days_a_week: Decimal | None = None
    """On how many days of a week it is taken, on average; None where that is not known."""
    dose_unknown: str = ""
    """Why its dose is not known in milligrams, in a sentence; empty where it is, or where nobody said a dose."""
    changed_on: date | None = None
    """The last change of the dose; None when there was none since the start, or none is on record."""
    food: str = ""
    """with_food or without_food, as the sig says; empty where it does not."""
    ordered_as: str = ""
    """A brand or other name under which it was ordered; empty for its own name."""
    part_of: str = ""
    """The combination that was ordered, where this is one ingredient of it."""
    ordered: int = 0
    """Its place among all that was ordered; the higher came later."""
    doses: tuple[Dose, ...] = ()
    """Every dose up to the day, oldest first; empty where nobody told it."""
    alongside: bool | None = None
    """Whether it was ordered as meant beside what was there of the same drug; None where nobody was asked."""


def is_meant(a: Drug, b: Drug) -> bool | None:
    """What was said of two lines when the later of them was ordered: both are meant, not both, or None."""
    return max(a, b, key=lambda one: one.ordered).alongside


@dataclass(frozen=True, slots=True)
class CrossTaper:
    """A documented switch from one drug to another: both refs are covered from its first day on."""

    refs: Set[str]
    since: date


@dataclass(frozen=True, slots=True)
class Lab:
    """One measured value in the unit of the knowledge, newest of its kind, with the one before it."""

    name: str
    """Its code."""
    value: Decimal
    on: date
    earlier: Decimal | None = None
    comparator: str = ""
    """<, <=, >= or > where only a bound is known."""
    state: str = ""
    """In place of a figure: what was found."""


@dataclass(frozen=True, slots=True)
class Allergy:
    """What somebody reacted to, in the words of the record; one line may name several substances."""

    substance: str
    rxcui: int | None = None
    reaction: str = ""
    is_intolerance: bool | None = None
    """None when the record does not say: then the reaction decides."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A complaint of the day."""

    term: str
    began_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on record about the person on the day; None or "" means not on record, never normal."""

    age_years: int | None = None
    sex: str = ""
    weight_kg: Decimal | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    egfr: Decimal | None = None
    hepatic_class: str = ""
    alcohol: str = ""
    """none, current or heavy."""
    grapefruit: str = ""
    """regular or none."""
    food: str = ""
    """with_food or without_food: how the medicines are taken, where a sig does not say it of its own."""
    smoking: str = ""
    """never, current or former."""
    smoking_changed_on: date | None = None
    sodium: Decimal | None = None
    """mmol/L, like potassium; magnesium is in mg/dL."""
    potassium: Decimal | None = None
    magnesium: Decimal | None = None
    qtc_ms: int | None = None
    heart_rate: int | None = None
    structural_heart_disease: bool | None = None
    congenital_long_qt: bool | None = None
    cross_tapers: tuple[CrossTaper, ...] = ()
    labelled_overlaps: frozenset[frozenset[str]] = field(default_factory=frozenset)
    """Pairs of refs inside a long-acting injection's planned oral overlap."""
    pregnancy_potential: bool | None = None
    smoking_change: str = ""
    """stopped or started, when it changed."""
    genotype: tuple[tuple[str, str], ...] = ()
    """Gene and what is known of it: ("CYP2D6", "PM"), ("HLA-B*15:02", "positive")."""
    ancestry: str = ""
    conditions: tuple[str, ...] = ()
    """Diagnoses in words, or as "ICD10:G40.1"."""
    allergies: tuple[Allergy, ...] = ()
    labs: tuple[Lab, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    assumed: frozenset[str] = frozenset()
    """Names of the fields above that nobody recorded and that are taken for granted to be safe."""


@dataclass(frozen=True, slots=True)
class Action:
    """What is about to be done, so that the loud cards are those it causes."""

    kind: str = "none"
    """none, start, change_dose, stop, resume, refill, administer."""
    refs: Set[str] = frozenset()
    """What it is done to."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """Everything taken on `day`, and what was stopped so recently that it may still count."""

    day: date
    drugs: tuple[Drug, ...]
    facts: Facts = field(default_factory=Facts)
    action: Action = Action()
    open_facts: Facts | None = None
    """The facts without what is restricted; None where nothing of them is. No rule reads them: who keeps a judgement
    asks by them what of it rests on the rest."""
