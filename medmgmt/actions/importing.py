"""Takes over what another record says of a patient's past: imported, not prescribed today, so without a review.

Idempotent by source id: what is there stays as it is, and only what is new is added. A course that has gone on in the
source gets the steps it lacks; one whose past reads differently now is left alone and named, because signed history is
never rewritten. One thing that cannot be written never stops the others: it stands on the chart as not taken over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.observables import Observables
from medmgmt import allergies, people
from medmgmt.actions import results
from medmgmt.actions.history import History, PastCourse, PastObservation, PastPatient, PastRemark, PastStep
from medmgmt.messages import planning
from medmgmt.record import access, audit, dosing, legible
from medmgmt.record.errors import Conflict, Refused
from medmgmt.record.models import (
    Allergy,
    AllergyReaction,
    CareAssignment,
    Condition,
    DosageChange,
    Enrolment,
    ImportRemark,
    Observation,
    Patient,
    Prescription,
    ReactionSeverity,
    RemarkKind,
    Status,
    User,
)
from medmgmt.record.models.prescriptions import EPOCH, MICROSECOND
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import lexicon
from refills.models import Dispense

LATEST = dosing.LAST_ORDER
IMPOSSIBLE = (IntegrityError, DataError, UnicodeError)
CLASH = "This clashes with what is here, or has a value that nobody can have."


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
    refused: tuple[PastRemark, ...] = ()
    """What makes no sense, or clashes with what is here."""


def take_in(by: User, history: History, *, team_id: int | None = None) -> TakenOver:
    """Takes one patient's history over; a second time nothing is made.

    A new patient comes into the care of the team, if one is given; without it nobody's list shows them. A patient who
    is there keeps the name and dates that this record has. What of the rest cannot be written is in `refused`. Raises
    Refused where the patient cannot be: the record number belongs to somebody else, or a value is none. Where a chart
    that is here may be the same person's, the new one asks so until somebody has looked.
    """
    try:
        with transaction.atomic():
            return _taken_in(by, history, team_id)
    except IMPOSSIBLE as clash:
        raise Refused(CLASH) from clash


@transaction.atomic
def dismiss_remark(by: User, remark_id: int) -> ImportRemark:
    """Somebody has read it and done what it asks; it leaves the chart and stays on record. A second time: Conflict."""
    patient, remark = access.locked(by, "dismiss_remark", ImportRemark, remark_id)
    if remark.dismissed_at is not None:
        raise Conflict(_("Somebody has read this already."))
    remark.dismissed_by, remark.dismissed_at = by, max(timezone.now(), remark.recorded_at)
    remark.save(update_fields=["dismissed_by", "dismissed_at"])
    audit.record(by, "dismiss_remark", patient_id=patient.pk, obj=("import_remark", remark.pk))
    return remark


def _taken_in(by: User, history: History, team_id: int | None) -> TakenOver:
    patient = access.patient_from_source(by, history.patient.source_id)
    is_new = patient is None
    asked: list[PastRemark] = []
    if patient is None:
        asked = _same_person(by, history.patient)
        patient = _new_patient(history.patient, team_id)
        rows = [
            Enrolment(patient=patient, level=past.level, starts_on=past.starts_on, ends_on=past.ends_on)
            for past in history.enrolments
        ]
        Enrolment.objects.bulk_create(rows)
    charts = [patient, *(one for one in access.patients_replaced(by, history.patient.replaces) if one != patient)]
    asked += [_replaced(one) for one in charts[1:] if one.merged_into_id is None]
    refused: list[PastRemark] = []
    made = {
        "patients": int(is_new),
        "conditions": _written(Condition, _conditions(charts, history), refused),
        "allergies": _add_allergies(charts, history, refused),
    }
    observed = _observations(by, charts, history, refused)
    made["observations"] = _written(Observation, observed, refused)
    courses = _Courses(by, charts, history.courses, refused)
    made["changes"] = courses.write()
    made |= {"prescriptions": len(courses.new), "dispenses": _add_fills(by, courses)}
    if made["changes"]:
        regimen_courses.keep_current([one.pk for one in charts])
    _tell(patient, [one for one in observed if one.pk is not None])
    made["remarks"] = _add_remarks(patient, (*history.remarks, *asked, *refused))
    if any(made.values()):
        audit.record(by, "import_history", patient_id=patient.pk, obj=patient, detail={**made, "team": team_id})
    return TakenOver(
        patient_id=patient.pk,
        made=made,
        made_courses=frozenset(past.source_id for past in courses.new),
        extended=frozenset(courses.extended),
        differing=frozenset(courses.differing),
        refused=tuple(refused),
    )


def _replaced(chart: Patient) -> PastRemark:
    """A chart of our own that the source counts to another one now."""
    why = "The source has put this chart together with the present one: merge the two."
    return PastRemark(str(chart.source_id), RemarkKind.UNCLEAR, f"MRN {chart.mrn}", why)


def _written(model: Any, rows: Sequence[Any], refused: list[PastRemark]) -> int:
    """Writes the rows, and how many; of those that cannot be written the rest goes on."""
    try:
        with transaction.atomic():
            return len(model.objects.bulk_create(rows))
    except IMPOSSIBLE:
        return sum(_is_written(row, refused) for row in rows)


def _is_written(row: Any, refused: list[PastRemark]) -> bool:
    try:
        with transaction.atomic():
            row.pk = None
            row.save(force_insert=True)
    except IMPOSSIBLE:
        what = next((str(getattr(row, name)) for name in ("text", "substance", "code") if hasattr(row, name)), "")
        refused.append(PastRemark(str(row.source_id), RemarkKind.LEFT_OUT, what or str(row.source_id), CLASH))
        return False
    return True


def _add_remarks(patient: Patient, told: Iterable[PastRemark]) -> int:
    """What has to be read by a person; each once, also where it was read long ago."""
    wanted = {(one.source_id[:200], one.why[:300]): one for one in told}
    here = ImportRemark.objects.filter(patient=patient).values_list("source_id", "why") if wanted else []
    rows = [
        ImportRemark(patient=patient, kind=one.kind, source_id=source_id, what=one.what or source_id, why=why)
        for (source_id, why), one in wanted.items()
        if (source_id, why) not in set(here)
    ]
    return len(ImportRemark.objects.bulk_create(rows))


def _same_person(by: User, past: PastPatient) -> list[PastRemark]:
    """A question, where a chart that is here may be the same person's."""
    told = people.Told(past.mrn, past.given_name, past.family_name, past.birth_date, is_taken_over=True)
    if not people.doubles(by, "import_history", told):
        return []
    why = _("Another chart has this name and birth date, or this record number. Is it the same person?")
    name = " ".join(filter(None, (past.given_name, past.family_name)))
    return [PastRemark(past.source_id, RemarkKind.UNCLEAR, f"{name}, MRN {past.mrn}", why)]


def _new_patient(past: PastPatient, team_id: int | None) -> Patient:
    patient = Patient(
        source_id=past.source_id,
        mrn=past.mrn,
        given_name=legible.readable(past.given_name),
        family_name=legible.readable(past.family_name),
        birth_date=past.birth_date,
        sex=past.sex,
        language=past.language,
        time_zone=past.time_zone,
    )
    patient.save(force_insert=True)
    if team_id is not None:
        CareAssignment.objects.create(patient=patient, team_id=team_id)
    return patient


def _missing(model: Any, charts: Sequence[Patient], past: Iterable[Any]) -> list[Any]:
    """Those of `past` that no chart of the patient has a row for yet; a row goes into the first of them."""
    wanted = list(past)
    if not wanted:
        return []
    here = set(model.objects.filter(patient__in=charts).values_list("source_id", flat=True))
    return [one for one in wanted if one.source_id not in here]


def _conditions(charts: Sequence[Patient], history: History) -> list[Condition]:
    return [
        Condition(
            patient=charts[0],
            source_id=past.source_id,
            icd10cm=past.icd10cm,
            text=past.text,
            onset_on=past.onset_on,
            abated_on=past.abated_on,
            source_code=past.source_code,
            source_system=past.source_system,
        )
        for past in _missing(Condition, charts, history.conditions)
    ]


def _allergies(charts: Sequence[Patient], history: History) -> list[Allergy]:
    return [
        Allergy(
            patient=charts[0],
            source_id=past.source_id,
            kind=allergies.kind_of(past.substance, past.kind),
            substance=past.substance,
            rxcui=past.rxcui,
            recorded_on=past.recorded_on,
            refuted_on=past.refuted_on,
        )
        for past in _missing(Allergy, charts, history.allergies)
    ]


def _add_allergies(charts: Sequence[Patient], history: History, refused: list[PastRemark]) -> int:
    rows = _allergies(charts, history)
    count = _written(Allergy, rows, refused)
    told = {past.source_id: past for past in history.allergies}
    AllergyReaction.objects.bulk_create(
        AllergyReaction(allergy=row, text=one.text, severity=one.severity, recorded_on=row.recorded_on)
        for row in rows
        if row.pk is not None
        for one in told[str(row.source_id)].reactions
        if one.text or one.severity != ReactionSeverity.UNKNOWN
    )
    return count


def _observations(
    by: User, charts: Sequence[Patient], history: History, refused: list[PastRemark]
) -> list[Observation]:
    observed = library.observed()
    wanted = list(_missing(Observation, charts, history.observations))
    refused += [_nobody_has(past) for past in wanted if not _is_possible(past, observed)]
    return [
        Observation(
            patient=charts[0],
            source_id=past.source_id,
            code=past.code,
            value=past.value,
            comparator=past.comparator,
            value_code=past.value_code,
            observed_at=past.observed_at,
            recorded_by=by,
            **lexicon.coded(past.code, observed),
        )
        for past in wanted
        if _is_possible(past, observed)
    ]


def _is_possible(past: PastObservation, observed: Observables) -> bool:
    """Whether somebody can have this value."""
    of = observed.by_code.get(past.code)
    return of is not None and (past.value_code in of.answers if past.value is None else of.is_possible(past.value))


def _nobody_has(past: PastObservation) -> PastRemark:
    return PastRemark(past.source_id, RemarkKind.LEFT_OUT, lexicon.label(past.code), CLASH)


def _tell(patient: Patient, made: Sequence[Observation]) -> None:
    """Tells of each imported value that must be acted on now, as if it had been typed in."""
    if not made:
        return
    known = regimen_courses.Known.whole(patient)
    for one in made:
        results.tell(known, [one])


class _Courses:
    """A patient's courses, sorted into new, going on, and told differently; written in two bulk statements."""

    def __init__(
        self, by: User, charts: Sequence[Patient], told: Sequence[PastCourse], refused: list[PastRemark]
    ) -> None:
        self.by, self.charts, self.patient, self.told, self.refused = by, charts, charts[0], told, refused
        own = Prescription.objects.filter(patient__in=charts, source_id__isnull=False) if told else []
        self.here = {str(row.source_id): row for row in own}
        self.new = [past for past in told if past.source_id not in self.here]
        self.extended: list[str] = []
        self.differing: list[str] = []

    def write(self) -> int:
        """Makes the missing prescriptions and changes; how many changes."""
        known = self._known_steps() if self.here else {}
        new = {past.source_id for past in self.new}
        made = self._together(self.new, known)
        if made is None:
            alone = [(past, self._together([past], known)) for past in self.new]
            self.new = [past for past, count in alone if count is not None]
            self.refused += [_impossible(past) for past, count in alone if count is None]
            made = sum(count or 0 for _past, count in alone)
        for past in self.told:
            if past.source_id not in new and self._goes_on(past, known):
                count = self._together([past], known)
                self.refused += [_impossible(past)] if count is None else []
                self.extended += [] if count is None else [past.source_id]
                made += count or 0
        return made

    def _together(self, told: Sequence[PastCourse], known: Mapping[int, list[dosing.Step]]) -> int | None:
        """Writes these courses, and how many changes; None, and nothing, if one of them cannot be written."""
        before = dict(self.here)
        try:
            with transaction.atomic():
                rows = [self._prescription(past) for past in told if past.source_id not in before]
                self.here |= {str(row.source_id): row for row in Prescription.objects.bulk_create(rows)}
                changes: list[DosageChange] = []
                for past in told:
                    here = known.get(self.here[past.source_id].pk, [])
                    changes += self._changes(past, here, past.steps[len(here) :])
                return len(DosageChange.objects.bulk_create(changes))
        except (*IMPOSSIBLE, dosing.ImpossibleStep, dosing.ImpossibleSig):
            self.here = before
            return None

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
        signed = DosageChange.objects.filter(patient__in=self.charts, status=Status.SIGNED)
        for change in signed.order_by("signed_at", "id"):
            steps.setdefault(change.prescription_id, []).append(change.step)
        return steps

    def _goes_on(self, past: PastCourse, known: Mapping[int, list[dosing.Step]]) -> bool:
        """Whether a course already here lacks changes, and what is here is how the source's course begins."""
        here = known.get(self.here[past.source_id].pk, [])
        told = [
            (step.kind, step.effective_on if step.is_dated else one.effective_on, step.sig)
            for step, one in zip(past.steps, here, strict=False)
        ]
        if told != [(one.kind, one.effective_on, one.sig) for one in here]:
            self.differing.append(past.source_id)
            return False
        return len(past.steps) > len(here)

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
            patient_id=to.patient_id,
            prescription=to,
            kind=step.kind,
            status=Status.SIGNED,
            effective_on=step.effective_on,
            sig=step.sig,
            old_sig=before,
            reason_code=step.reason_code,
            note=step.note,
            author=self.by,
            proposed_at=step.at,
            signed_by=self.by,
            signed_at=step.at,
            prompted_by_plan=step.plan,
            alongside=step.alongside,
        )


def _impossible(past: PastCourse) -> PastRemark:
    """A course that nobody could follow, or that clashes with what is here, in words."""
    lines = [step.sig.words or step.sig.text() for step in past.steps if step.sig]
    what = f"{past.drug_name} {past.strength}".strip() + "".join(f"; {line}" for line in dict.fromkeys(lines))
    return PastRemark(past.source_id, RemarkKind.LEFT_OUT, what, CLASH)


def _add_fills(by: User, courses: _Courses) -> int:
    """Writes what was handed out, and plans the reminders of every course that got a new fill."""
    told = [
        (courses.here[past.source_id], fill)
        for past in courses.told
        if past.source_id in courses.here
        for fill in past.fills
    ]
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
