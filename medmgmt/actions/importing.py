"""Takes over what another record says of a patient's past: imported, not prescribed today, so without a review.

Idempotent by source id: what is there stays as it is, and only what is new is added. A course that has gone on in the
source gets the steps it lacks; one whose past reads differently now is left alone and named, because signed history is
never rewritten. One thing that cannot be written never stops the others: it stands on the chart as not taken over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.observables import Observables
from medmgmt import allergies, people
from medmgmt.actions import past_courses, results
from medmgmt.actions.history import History, PastObservation, PastPatient, PastRemark
from medmgmt.actions.past_courses import CLASH, IMPOSSIBLE
from medmgmt.record import access, audit, legible, part2
from medmgmt.record.errors import Conflict, Refused
from medmgmt.record.models import (
    Allergy,
    AllergyReaction,
    CareAssignment,
    Condition,
    Enrolment,
    ImportRemark,
    Observation,
    Patient,
    Programme,
    ReactionSeverity,
    RemarkKind,
    User,
)
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import lexicon


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
    programme = part2.programme_of(by, patient)
    made = {
        "patients": int(is_new),
        "conditions": _written(Condition, _conditions(charts, history, programme), refused),
        "allergies": _add_allergies(charts, history, refused, programme),
    }
    observed = _observations(by, charts, history, refused, programme)
    made["observations"] = _written(Observation, observed, refused)
    courses = past_courses.Courses(by, charts, history.courses, refused)
    made["changes"] = courses.write()
    made |= {"prescriptions": len(courses.new), "dispenses": past_courses.add_fills(courses)}
    if made["changes"]:
        regimen_courses.keep_current([one.pk for one in charts])
    _tell(patient, [one for one in observed if one.pk is not None])
    made["remarks"] = _add_remarks(patient, (*history.remarks, *asked, *refused), programme)
    if any(made.values()):
        audit.record(by, "import_history", patient_id=patient.pk, obj=patient,
                     detail={**made, "team": team_id, "seals": courses.seals})  # fmt: skip
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


def _add_remarks(patient: Patient, told: Iterable[PastRemark], programme: Programme | None) -> int:
    """What has to be read by a person; each once, also where it was read long ago."""
    wanted = {(one.source_id[:200], one.why[:300]): one for one in told}
    here = ImportRemark.objects.filter(patient=patient).values_list("source_id", "why") if wanted else []
    rows = [
        ImportRemark(
            patient=patient,
            kind=one.kind,
            source_id=source_id,
            what=one.what or source_id,
            why=why,
            programme=programme,
        )
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


def _conditions(charts: Sequence[Patient], history: History, programme: Programme | None) -> list[Condition]:
    return [
        Condition(
            patient=charts[0],
            programme=programme,
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


def _allergies(charts: Sequence[Patient], history: History, programme: Programme | None) -> list[Allergy]:
    return [
        Allergy(
            patient=charts[0],
            programme=programme,
            source_id=past.source_id,
            kind=allergies.kind_of(past.substance, past.kind),
            substance=past.substance,
            rxcui=past.rxcui,
            recorded_on=past.recorded_on,
            refuted_on=past.refuted_on,
        )
        for past in _missing(Allergy, charts, history.allergies)
    ]


def _add_allergies(
    charts: Sequence[Patient], history: History, refused: list[PastRemark], programme: Programme | None
) -> int:
    rows = _allergies(charts, history, programme)
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
    by: User,
    charts: Sequence[Patient],
    history: History,
    refused: list[PastRemark],
    programme: Programme | None,
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
            programme=programme,
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
