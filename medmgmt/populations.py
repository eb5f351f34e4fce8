"""The bridge for many patients at once: what they take, in a fixed number of queries however many they are."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from interactions import current
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Regimen
from medmgmt import facts, regimens
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Patient, Status
from medmgmt.regimens import Course, Person

FAR = date(9000, 1, 1)
"""After every day on which anything can be planned."""


def people(patients: Sequence[Patient], knowledge: Knowledge) -> list[Person]:
    """What is on record of each, in the order given."""
    return [Person(record, knowledge) for record in facts.Record.of_many(patients)]


def courses_of(patient_ids: Collection[int]) -> dict[int, list[Course]]:
    """Every signed course of each of these patients, by patient; one query, however many there are."""
    signed = DosageChange.objects.filter(patient_id__in=patient_ids, status=Status.SIGNED)
    found: dict[int, list[Course]] = {patient_id: [] for patient_id in patient_ids}
    in_order = signed.select_related("prescription").order_by("prescription_id", "effective_on", "signed_at", "id")
    for course in regimens.grouped(in_order):
        found[course.prescription.patient_id].append(course)
    return found


def planned(person: Person, known: Sequence[Course], start: date) -> list[Regimen]:
    """One regimen for `start` and each later day on which anything changes."""
    return [regimens.at(person, known, day) for day in regimens.days_to_check(known, start)]


def keep_current(patient_ids: Collection[int]) -> int:
    """Tells the knowledge what these patients take, so that it finds them when it changes; how many prescriptions."""
    known = courses_of(patient_ids)
    return current.keep([_laid_out(course) for courses in known.values() for course in courses])


def _laid_out(course: Course) -> current.Course:
    steps, prescription = course.steps, course.prescription
    until = None
    if dosing.dose_on(FAR, steps).state == "stopped":
        last = dosing.last_dose_on(steps, FAR) or course.changes[0].effective_on
        until = last + timedelta(days=regimens.LONGEST_WASHOUT_DAYS)
    return current.Course(
        patient_id=prescription.patient_id,
        prescription_id=prescription.pk,
        name=prescription.drug_name,
        rxcui=prescription.rxcui,
        until=until,
    )


def patients_not_laid_out(most: int) -> list[int]:
    """Some of the patients with a signed prescription that the knowledge has not been told of; one query."""
    signed = DosageChange.objects.filter(status=Status.SIGNED, prescription__laid_out=None)
    return list(signed.order_by("patient_id").values_list("patient_id", flat=True).distinct()[:most])
