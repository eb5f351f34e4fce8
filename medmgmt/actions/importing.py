"""Takes over what another record says of a patient's past: imported, not prescribed today, so without a review.

Idempotent by source id: what is there stays as it is, and only what is new is added. A course that has gone on in the
source gets the steps it lacks; one whose past reads differently now is left alone and named, because signed history is
never rewritten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.observables import Observables
from medmgmt.actions import results
from medmgmt.actions.history import History, PastCourse, PastObservation, PastPatient, PastStep
from medmgmt.messages import planning
from medmgmt.record import access, audit, dosing
from medmgmt.record.errors import Refused
from medmgmt.record.models import (
    Allergy,
    CareAssignment,
    Condition,
    DosageChange,
    Enrolment,
    Observation,
    Patient,
    Prescription,
    Status,
    User,
)
from medmgmt.record.models.prescriptions import EPOCH, MICROSECOND
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import lexicon
from refills.models import Dispense

LATEST = dosing.LAST_ORDER


@dataclass(frozen=True)
class TakenOver:
    """What came of one patient's history: rows made by kind, and source ids that needed no row or got none."""

    patient_id: int
    made: dict[str, int] = field(default_factory=dict)
    made_courses: frozenset[str] = frozenset()
    extended: frozenset[str] = frozenset()
    """Courses already there that have gone on in the source since."""
    differing: frozenset[str] = frozenset()
    """Courses already there whose past the source now tells differently; left as they are."""


def take_in(by: User, history: History, *, team_id: int | None = None) -> TakenOver:
    """Takes one patient's history over, all of it or nothing; a second time nothing is made.

    A new patient comes into the care of the team, if one is given; without it nobody's list shows them. A patient who
    is there keeps the name and dates that this record has. Raises Refused where the record number belongs to somebody
    else, a source id to another patient, or a course makes no sense.
    """
    try:
        with transaction.atomic():
            return _taken_in(by, history, team_id)
    except (IntegrityError, DataError, UnicodeError) as clash:
        raise Refused(_("This history clashes with what is here, or has a value that nobody can have.")) from clash
    except (dosing.ImpossibleStep, dosing.ImpossibleSig) as impossible:
        raise Refused(str(impossible)) from impossible


def _taken_in(by: User, history: History, team_id: int | None) -> TakenOver:
    patient = access.patient_from_source(by, history.patient.source_id)
    is_new = patient is None
    if patient is None:
        patient = _new_patient(history.patient, team_id)
        rows = [
            Enrolment(patient=patient, level=past.level, starts_on=past.starts_on, ends_on=past.ends_on)
            for past in history.enrolments
        ]
        Enrolment.objects.bulk_create(rows)
    made = {
        "patients": int(is_new),
        "conditions": _add_conditions(patient, history),
        "allergies": _add_allergies(patient, history),
    }
    observed = _add_observations(by, patient, history)
    made["observations"] = len(observed)
    courses = _Courses(by, patient, history.courses)
    made |= {"prescriptions": len(courses.new), "changes": courses.write(), "dispenses": _add_fills(by, courses)}
    if made["changes"]:
        regimen_courses.keep_current([patient.pk])
    _tell(patient, observed)
    if any(made.values()):
        audit.record(by, "import_history", patient_id=patient.pk, obj=patient, detail={**made, "team": team_id})
    return TakenOver(
        patient_id=patient.pk,
        made=made,
        made_courses=frozenset(past.source_id for past in courses.new),
        extended=frozenset(courses.extended),
        differing=frozenset(courses.differing),
    )


def _new_patient(past: PastPatient, team_id: int | None) -> Patient:
    patient = Patient(
        source_id=past.source_id,
        mrn=past.mrn,
        given_name=past.given_name,
        family_name=past.family_name,
        birth_date=past.birth_date,
        sex=past.sex,
        language=past.language,
        time_zone=past.time_zone,
    )
    patient.save(force_insert=True)
    if team_id is not None:
        CareAssignment.objects.create(patient=patient, team_id=team_id)
    return patient


def _missing(model: Any, patient: Patient, past: Iterable[Any]) -> list[Any]:
    """Those of `past` that the patient has no row for yet."""
    wanted = list(past)
    if not wanted:
        return []
    here = set(model.objects.filter(patient=patient).values_list("source_id", flat=True))
    return [one for one in wanted if one.source_id not in here]


def _add_conditions(patient: Patient, history: History) -> int:
    rows = [
        Condition(
            patient=patient,
            source_id=past.source_id,
            icd10cm=past.icd10cm,
            text=past.text,
            onset_on=past.onset_on,
            abated_on=past.abated_on,
            source_code=past.source_code,
            source_system=past.source_system,
        )
        for past in _missing(Condition, patient, history.conditions)
    ]
    return len(Condition.objects.bulk_create(rows))


def _add_allergies(patient: Patient, history: History) -> int:
    rows = [
        Allergy(
            patient=patient,
            source_id=past.source_id,
            kind=past.kind,
            substance=past.substance,
            rxcui=past.rxcui,
            reaction=past.reaction,
            severity=past.severity,
            recorded_on=past.recorded_on,
            refuted_on=past.refuted_on,
        )
        for past in _missing(Allergy, patient, history.allergies)
    ]
    return len(Allergy.objects.bulk_create(rows))


def _add_observations(by: User, patient: Patient, history: History) -> list[Observation]:
    observed = library.observed()
    rows = [
        Observation(
            patient=patient,
            source_id=past.source_id,
            code=past.code,
            value=past.value,
            comparator=past.comparator,
            value_code=past.value_code,
            observed_at=past.observed_at,
            recorded_by=by,
            **_coded(past, observed),
        )
        for past in _missing(Observation, patient, history.observations)
    ]
    return Observation.objects.bulk_create(rows)


def _coded(past: PastObservation, observed: Observables) -> dict[str, str]:
    """LOINC code and unit; Refused for what nobody can have."""
    of = observed.by_code.get(past.code)
    if of is None or not (past.value_code in of.answers if past.value is None else of.is_possible(past.value)):
        raise Refused(_("This history has a value that nobody can have: %(what)s.") % {"what": past.code})
    return lexicon.coded(past.code, observed)


def _tell(patient: Patient, made: Sequence[Observation]) -> None:
    """Tells of each imported value that must be acted on now, as if it had been typed in."""
    if made:
        known = regimen_courses.Known.whole(patient)
        for one in made:
            results.tell(known, [one])


class _Courses:
    """A patient's courses, sorted into new, going on, and told differently; written in two bulk statements."""

    def __init__(self, by: User, patient: Patient, told: Sequence[PastCourse]) -> None:
        self.by, self.patient, self.told = by, patient, told
        own = Prescription.objects.filter(patient=patient, source_id__isnull=False) if told else []
        self.here = {str(row.source_id): row for row in own}
        self.new = [past for past in told if past.source_id not in self.here]
        self.extended: list[str] = []
        self.differing: list[str] = []

    def write(self) -> int:
        """Makes the missing prescriptions and changes; how many changes."""
        rows = [self._prescription(past) for past in self.new]
        self.here |= {str(row.source_id): row for row in Prescription.objects.bulk_create(rows)}
        changes = [change for past in self.new for change in self._changes(past, (), past.steps)]
        known = self._known_steps() if len(self.new) < len(self.told) else {}
        new = {past.source_id for past in self.new}
        for past in self.told:
            if past.source_id not in new:
                changes += self._lacking(past, known.get(self.here[past.source_id].pk, []))
        return len(DosageChange.objects.bulk_create(changes))

    def _prescription(self, past: PastCourse) -> Prescription:
        return Prescription(
            patient=self.patient,
            source_id=past.source_id,
            drug_name=past.drug_name,
            rxcui=past.rxcui,
            product_rxcui=past.product_rxcui,
            strength=past.strength,
            form=past.form,
            indication=past.indication,
            free_text=past.free_text,
            created_by=self.by,
        )

    def _known_steps(self) -> dict[int, list[dosing.Step]]:
        """The signed steps of every prescription of the patient, in the order in which they were signed."""
        steps: dict[int, list[dosing.Step]] = {}
        signed = DosageChange.objects.filter(patient=self.patient, status=Status.SIGNED)
        for change in signed.order_by("signed_at", "id"):
            steps.setdefault(change.prescription_id, []).append(change.step)
        return steps

    def _lacking(self, past: PastCourse, known: list[dosing.Step]) -> list[DosageChange]:
        """The changes that a course already here lacks, if what is here is how the source's course begins."""
        here = [(step.kind, step.effective_on, step.sig) for step in known]
        told = [(step.kind, step.effective_on, step.sig) for step in past.steps]
        if told[: len(here)] != here:
            self.differing.append(past.source_id)
            return []
        if len(told) > len(here):
            self.extended.append(past.source_id)
        return self._changes(past, known, past.steps[len(here) :])

    def _changes(self, past: PastCourse, known: Sequence[dosing.Step], steps: Sequence[PastStep]) -> list[DosageChange]:
        """Signed rows for the steps, each with what was taken before it; ImpossibleStep if one makes no sense.

        Steps that the source dates at one instant stay in their order: each later one moves by a microsecond.
        """
        course = list(known)
        made: list[DosageChange] = []
        earliest = max((step.order for step in course), default=-LATEST) + 1
        for number, step in enumerate(steps, start=1):
            order = max((step.at - EPOCH) // MICROSECOND, earliest)
            value = dosing.Step(step.kind, step.effective_on, step.sig, ref=-number, order=order)
            dosing.require_possible(course, value)
            before = dosing.dose_on(step.effective_on, course).sig
            at = EPOCH + order * MICROSECOND
            made.append(self._change(self.here[past.source_id], replace(step, at=at), before))
            course.append(value)
            earliest = order + 1
        return made

    def _change(self, to: Prescription, step: PastStep, before: dosing.Sig | None) -> DosageChange:
        return DosageChange(
            patient=self.patient,
            prescription=to,
            kind=step.kind,
            status=Status.SIGNED,
            effective_on=step.effective_on,
            old_sig=before.as_json() if before else None,
            reason_code=step.reason_code,
            note=step.note,
            author=self.by,
            proposed_at=step.at,
            signed_by=self.by,
            signed_at=step.at,
            prompted_by_plan=step.plan,
            **DosageChange.sig_columns(step.sig),
        )


def _add_fills(by: User, courses: _Courses) -> int:
    """Writes what was handed out, and plans the reminders of every course that got a new fill."""
    told = [(courses.here[past.source_id], fill) for past in courses.told for fill in past.fills]
    here = set()
    if told:
        here = set(Dispense.objects.filter(patient=courses.patient).values_list("source_id", flat=True))
    rows = [
        Dispense(
            patient=courses.patient,
            prescription=prescription,
            source_id=fill.source_id,
            dispensed_on=fill.dispensed_on,
            quantity=fill.quantity,
            unit=fill.unit,
            days_supply=fill.days_supply,
            recorded_by=by,
        )
        for prescription, fill in told
        if fill.source_id not in here
    ]
    made = Dispense.objects.bulk_create(rows)
    for prescription in {row.prescription_id: row.prescription for row in made}.values():
        planning.replan(courses.patient, prescription)
    return len(made)
