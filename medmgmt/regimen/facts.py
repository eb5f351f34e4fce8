"""What is on record about a person on a day, as the engine reads it: the newest observation of each code by then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar, overload
from zoneinfo import ZoneInfo

from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Allergy, CrossTaper, Facts, Lab
from medmgmt.record.models import Allergy as AllergyRow
from medmgmt.record.models import AllergyKind, Condition, Observation, Patient, ReactionSeverity

SEX = {"female": "F", "male": "M"}
FERTILE_AGES = range(12, 51)
"""Without a word on record pregnancy counts as possible for a woman of this age, as labels ask."""
HEAVY_AUDIT_C = 8
"""From this AUDIT-C score drinking counts as heavy (derivation rules §5)."""
GENES = {
    "cyp2d6_phenotype": "CYP2D6",
    "cyp2c19_phenotype": "CYP2C19",
    "cyp2c9_phenotype": "CYP2C9",
    "hla_b_1502": "HLA-B*15:02",
    "hla_a_3101": "HLA-A*31:01",
}
TYPES = {"poor": "PM", "intermediate": "IM", "normal": "NM", "rapid": "RM", "ultrarapid": "UM"}
"""Metaboliser types as CPIC abbreviates them."""
ZERO = Decimal(0)
RECENT = timedelta(days=90)
"""An older sodium, potassium, QTc or pulse no longer raises or lowers a tier."""


@dataclass(frozen=True)
class Record:
    """What is on record about one person, each row once; `on` picks what held on a day."""

    patient: Patient
    observations: tuple[Observation, ...] = ()
    conditions: tuple[Condition, ...] = ()
    allergies: tuple[AllergyRow, ...] = ()

    @property
    def known_to_all(self) -> "Record | None":
        """The same without what a Part 2 programme wrote down; None where it wrote down nothing of it."""
        seen = tuple(one for one in self.observations if one.programme_id is None)
        held = tuple(one for one in self.conditions if one.programme_id is None)
        told = tuple(one for one in self.allergies if one.programme_id is None)
        if (seen, held, told) == (self.observations, self.conditions, self.allergies):
            return None
        return replace(self, observations=seen, conditions=held, allergies=told)

    @classmethod
    def of(cls, patient: Patient) -> "Record":
        """Three queries."""
        return cls.of_many([patient])[0]

    @classmethod
    def of_many(cls, patients: Sequence[Patient]) -> "list[Record]":
        """The same three queries for many patients, in the order given."""
        numbers = [patient.pk for patient in patients]
        observations = by_patient(Observation.current_of(numbers))
        conditions = by_patient(Condition.objects.filter(patient_id__in=numbers))
        allergies = by_patient(AllergyRow.objects.filter(patient_id__in=numbers).prefetch_related("reactions"))
        return [
            cls(
                patient,
                tuple(observations.get(patient.pk, ())),
                tuple(conditions.get(patient.pk, ())),
                tuple(allergies.get(patient.pk, ())),
            )
            for patient in patients
        ]


Of = TypeVar("Of", Observation, Condition, AllergyRow)


def by_patient(rows: Iterable[Of]) -> dict[int, list[Of]]:
    """Rows put together by patient, in the order given."""
    found: dict[int, list[Of]] = {}
    for row in rows:
        found.setdefault(row.patient_id, []).append(row)
    return found


def on(record: Record, day: date, knowledge: Knowledge, *, cross_tapers: tuple[CrossTaper, ...] = ()) -> Facts:
    """Facts as of `day`; what was never observed stays None or "", which the engine reads as not on record."""
    patient = record.patient
    zone = ZoneInfo(patient.time_zone)
    by_then = [one for one in record.observations if one.observed_at.astimezone(zone).date() <= day]
    newest: dict[str, Observation] = {}
    for observation in sorted(by_then, key=lambda one: (one.observed_at, one.pk)):
        newest[observation.code] = observation
    numbers = {code: plain(found.value) for code, found in newest.items()}
    recent = {
        code: plain(found.value)
        for code, found in newest.items()
        if day - found.observed_at.astimezone(zone).date() <= RECENT
    }
    states = {code: found.value_code for code, found in newest.items()}
    return Facts(
        age_years=patient.age_on(day),
        sex=SEX.get(patient.sex, ""),
        weight_kg=numbers.get("weight"),
        pregnant=yes_no(states.get("pregnancy", ""), "pregnant", "not_pregnant"),
        breastfeeding=yes_no(states.get("lactation", ""), "breastfeeding", "not_breastfeeding"),
        egfr=numbers.get("egfr") or numbers.get("creatinine_clearance"),
        hepatic_class=letter(states.get("hepatic_class", "")),
        alcohol=alcohol(states, numbers),
        grapefruit=known(states.get("grapefruit", "")),
        food=known(states.get("food_with_dose", "")),
        smoking=known(states.get("smoking", "")),
        smoking_changed_on=smoking_changed_on(by_then, zone),
        smoking_change="started" if states.get("smoking") == "current" else "stopped",
        sodium=recent.get("sodium"),
        potassium=recent.get("potassium"),
        magnesium=recent.get("magnesium"),
        qtc_ms=whole(recent.get("qtc")),
        heart_rate=whole(recent.get("heart_rate")),
        cross_tapers=cross_tapers,
        pregnancy_potential=may_be_pregnant(patient, day, states.get("pregnancy", "")),
        conditions=conditions_on(record.conditions, day),
        allergies=allergies_on(record.allergies, day),
        labs=labs(by_then, zone, knowledge),
        genotype=genotype(states),
        assumed=assumed(patient, day, states.get("pregnancy", "")),
    )


def may_be_pregnant(patient: Patient, day: date, state: str) -> bool:
    """Whether pregnancy is possible as far as the record tells."""
    return SEX.get(patient.sex) == "F" and patient.age_on(day) in FERTILE_AGES and state != "pregnant"


def assumed(patient: Patient, day: date, state: str) -> frozenset[str]:
    """What is taken for granted about the person because the record does not say: that pregnancy is possible."""
    return frozenset({"pregnancy_potential"}) if may_be_pregnant(patient, day, state) else frozenset()


def alcohol(states: Mapping[str, str], numbers: Mapping[str, Decimal | None]) -> str:
    """none, current or heavy as recorded, else as the AUDIT-C score tells it; "" where neither is on record."""
    recorded = known(states.get("alcohol_use", ""))
    score = numbers.get("audit_c")
    if recorded or score is None:
        return recorded
    return "heavy" if score >= HEAVY_AUDIT_C else "current" if score else "none"


def genotype(states: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Gene and what is known of it, in the terms of the rules; what is not known is left out."""
    found = [(gene, TYPES.get(state, state)) for code, gene in GENES.items() if (state := known(states.get(code, "")))]
    return tuple(sorted(found))


def conditions_on(rows: Iterable[Condition], day: date) -> tuple[str, ...]:
    """Diagnoses that had begun and had not ended, each as "ICD10:CODE|words", or by its words alone."""
    held = [
        row
        for row in rows
        if (row.onset_on is None or row.onset_on <= day) and (row.abated_on is None or row.abated_on > day)
    ]
    told = {f"ICD10:{row.icd10cm}|{row.text}".rstrip("|") if row.icd10cm else row.text for row in held}
    return tuple(sorted(told - {""}))


def allergies_on(rows: Iterable[AllergyRow], day: date) -> tuple[Allergy, ...]:
    """Allergies and intolerances on record by the day, each with every reaction to it; "none known" is none."""
    found = [
        Allergy(row.meant or row.substance, row.rxcui, told(row), row.kind == AllergyKind.INTOLERANCE)
        for row in rows
        if row.is_allergen and row.recorded_on <= day and (row.refuted_on is None or row.refuted_on > day)
    ]
    return tuple(sorted(found, key=lambda one: (one.substance, one.reaction)))


def told(row: AllergyRow) -> str:
    """Every reaction in words, with "severe" where only the grade says so."""
    return f"{row.reaction} (severe)".strip() if row.severity == ReactionSeverity.SEVERE else row.reaction


def labs(observations: Sequence[Observation], zone: ZoneInfo, knowledge: Knowledge) -> tuple[Lab, ...]:
    """The newest value of each thing that the knowledge knows, with the one before it."""
    found: dict[str, list[Lab]] = {}
    for one in sorted(observations, key=lambda one: (one.observed_at, one.pk)):
        if one.code in knowledge.formulary.observables.by_code and one.value is not None:
            on_day = one.observed_at.astimezone(zone).date()
            found.setdefault(one.code, []).append(Lab(one.code, plain(one.value), on_day, comparator=one.comparator))
    newest = [replace(values[-1], earlier=values[-2].value if len(values) > 1 else None) for values in found.values()]
    return tuple(sorted(newest, key=lambda lab: lab.name))


def yes_no(state: str, yes: str, no: str) -> bool | None:
    """True, False, or None where it is not on record."""
    return {yes: True, no: False}.get(state)


def known(state: str) -> str:
    """A state; "unknown" is the same as nothing on record."""
    return "" if state == "unknown" else state


def letter(state: str) -> str:
    """The Child-Pugh class A, B or C; "" for a sound liver as for one nobody looked at."""
    return state if state in ("A", "B", "C") else ""


def whole(number: Decimal | None) -> int | None:
    """A measured number without its fraction."""
    return None if number is None else int(number)


def smoking_changed_on(observations: Sequence[Observation], zone: ZoneInfo) -> date | None:
    """The day on which smoking was last seen begun or given up; None where two observations never differed.

    Only the step between smoking and not smoking counts: never and former act alike on CYP1A2.
    """
    seen = [one for one in observations if one.code == "smoking" and known(one.value_code)]
    seen.sort(key=lambda one: (one.observed_at, one.pk))
    changed = None
    for before, after in pairwise(seen):
        if (before.value_code == "current") != (after.value_code == "current"):
            changed = after.observed_at.astimezone(zone).date()
    return changed


@overload
def plain(number: Decimal) -> Decimal: ...
@overload
def plain(number: None) -> None: ...
def plain(number: Decimal | None) -> Decimal | None:
    """A stored number without the zeros that its column adds, so that 134 is not told as 134.0000."""
    return None if number is None else Decimal(f"{number.normalize():f}")
