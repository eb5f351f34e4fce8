"""What one person takes on one day, as values the engine can judge."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


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


@dataclass(frozen=True, slots=True)
class CrossTaper:
    """A documented switch from one drug to another: both refs are covered from its first day on."""

    refs: Set[str]
    since: date


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
    smoking: str = ""
    """never, current or former."""
    smoking_changed_on: date | None = None
    sodium: Decimal | None = None
    """mmol/L, like potassium and magnesium."""
    potassium: Decimal | None = None
    magnesium: Decimal | None = None
    qtc_ms: int | None = None
    heart_rate: int | None = None
    structural_heart_disease: bool | None = None
    congenital_long_qt: bool | None = None
    cross_tapers: tuple[CrossTaper, ...] = ()
    labelled_overlaps: frozenset[frozenset[str]] = field(default_factory=frozenset)
    """Pairs of refs inside a long-acting injection's planned oral overlap."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """Everything taken on `day`, and what was stopped so recently that it may still count."""

    day: date
    drugs: tuple[Drug, ...]
    facts: Facts = field(default_factory=Facts)
