"""What another record says of one patient's past, as plain values for importing.take_in."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from medmgmt.record.dosing import Sig


@dataclass(frozen=True, slots=True)
class PastPatient:
    """Who it is; `source_id` is what the other record calls them, `replaces` what it called them before."""

    source_id: str
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    language: str
    time_zone: str
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCondition:
    """A diagnosis; `icd10cm` is blank where the source's code could not be mapped."""

    source_id: str
    text: str
    icd10cm: str = ""
    source_system: str = ""
    source_code: str = ""
    onset_on: date | None = None
    abated_on: date | None = None


@dataclass(frozen=True, slots=True)
class PastReaction:
    """What a substance did, and how badly."""

    text: str = ""
    severity: str = "unknown"


@dataclass(frozen=True, slots=True)
class PastAllergy:
    """An allergy or intolerance, or the statement that none is known; `rxcui` only where it is a drug that the
    vocabulary knows."""

    source_id: str
    kind: str
    substance: str
    recorded_on: date
    rxcui: int | None = None
    reactions: tuple[PastReaction, ...] = ()
    refuted_on: date | None = None


@dataclass(frozen=True, slots=True)
class PastObservation:
    """A measurement in the unit of its code, or a state."""

    source_id: str
    code: str
    observed_at: datetime
    value: Decimal | None = None
    value_code: str = ""
    comparator: str = ""


@dataclass(frozen=True, slots=True)
class PastEnrolment:
    """A time in a level of care; `ends_on` is the first day no longer in it."""

    level: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class PastRemark:
    """Something that was not taken over as it stood; `kind` is one of RemarkKind, `why` a sentence."""

    source_id: str
    kind: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class PastStep:
    """One thing that happened to a course: signed at `at`, holding from `effective_on` on.

    Without a date in the source, `effective_on` is the day on which it was taken over, whichever that was.
    """

    kind: str
    effective_on: date
    at: datetime
    sig: Sig | None = None
    reason_code: str = "imported"
    note: str = ""
    plan: str = ""
    is_dated: bool = True
    alongside: bool | None = None
    """Meant beside another line of the same drug; None where nobody said."""


@dataclass(frozen=True, slots=True)
class PastFill:
    """Medicine handed out on a day."""

    source_id: str
    dispensed_on: date
    quantity: Decimal
    unit: str
    days_supply: int


@dataclass(frozen=True, slots=True)
class PastCourse:
    """One drug and everything that happened to it, in order; `source_id` never changes between two reads."""

    source_id: str
    drug_name: str
    steps: tuple[PastStep, ...]
    rxcui: int | None = None
    product_rxcui: int | None = None
    strength: str = ""
    form: str = ""
    indication: str = ""
    free_text: bool = False
    """Nobody's vocabulary knows the name and no code came with it."""
    fills: tuple[PastFill, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Everything that is taken over of one patient."""

    patient: PastPatient
    conditions: tuple[PastCondition, ...] = ()
    allergies: tuple[PastAllergy, ...] = ()
    observations: tuple[PastObservation, ...] = ()
    enrolments: tuple[PastEnrolment, ...] = ()
    courses: tuple[PastCourse, ...] = ()
    remarks: tuple[PastRemark, ...] = ()
