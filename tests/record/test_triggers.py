"""What no row of the record may become: edits of history and rows that do not belong together, refused by triggers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from medmgmt.record.models import (
    DosageChange,
    Encounter,
    Enrolment,
    Observation,
    Patient,
    Prescription,
    SideEffectReport,
)
from tests import factories
from tests.record.rows import (
    NOW,
    TODAY,
    allergy,
    assignment,
    audit_entry,
    change,
    condition,
    contact,
    encounter,
    enrolment,
    observation,
    patient,
    prescription,
    report,
    signed,
    suspect,
    withdrawn,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [(-20, -10, False), (-20, 0, False), (-20, 1, True), (0, 10, True), (3, 5, True), (10, 20, False), (9, 20, True),
     (-20, None, True), (5, None, True), (10, None, False)],
)  # fmt: skip
def test_enrolments_do_not_overlap_and_a_step_down_shares_the_day(starts, ends, overlaps):
    known = enrolment(starts_on=TODAY, ends_on=TODAY + timedelta(days=10))
    until = None if ends is None else TODAY + timedelta(days=ends)
    values = {"patient": known.patient, "starts_on": TODAY + timedelta(days=starts), "ends_on": until}
    if not overlaps:
        assert enrolment(**values).pk
        return
    with pytest.raises(IntegrityError, match="one programme at a time"), transaction.atomic():
        enrolment(**values)


def test_an_enrolment_cannot_be_moved_over_another():
    known = enrolment(starts_on=TODAY, ends_on=TODAY + timedelta(days=10))
    later = enrolment(patient=known.patient, starts_on=TODAY + timedelta(days=10))
    with pytest.raises(IntegrityError, match="one programme at a time"), transaction.atomic():
        Enrolment.objects.filter(pk=later.pk).update(starts_on=TODAY)


# -- rows that do not belong together ---------------------------------------------------------------------------------


def test_a_change_belongs_to_the_patient_of_its_prescription():
    foreign = factories.prescription(of=factories.stranger())
    with pytest.raises(IntegrityError, match="patient of its prescription"), transaction.atomic():
        change(prescription=foreign)


def test_a_change_is_prompted_by_something_of_the_same_patient():
    foreign = factories.stranger()
    for prompt in (
        {"prompted_by_side_effect": report(patient=foreign)},
        {"prompted_by_observation": observation(patient=foreign)},
    ):
        with pytest.raises(IntegrityError, match="prompted by something of the same patient"), transaction.atomic():
            change(**prompt)
    assert change(prompted_by_side_effect=report(), prompted_by_observation=observation()).pk


def test_a_correction_is_the_next_version_of_a_report_on_the_same_patient():
    first = report()
    for values in ({"version": 3}, {"version": 2, "patient": factories.stranger()}):
        with pytest.raises(IntegrityError, match="next version of a report"), transaction.atomic():
            report(corrects=first, **values)
    second = report(corrects=first, version=2, severity="moderate")
    assert list(SideEffectReport.current(factories.carla())) == [second]
    with pytest.raises(IntegrityError), transaction.atomic():
        report(corrects=first, version=2)


def test_a_side_effect_may_begin_tomorrow_by_the_patients_calendar_but_not_later():
    assert report(began_on=TODAY + timedelta(days=1)).pk
    with pytest.raises(IntegrityError, match="cannot begin in the future"), transaction.atomic():
        report(began_on=TODAY + timedelta(days=2))


def test_a_suspect_is_a_prescription_and_a_change_of_the_reports_patient():
    taken, other = factories.taking(), factories.taking("lithium", 6448)
    foreign = factories.prescription(of=factories.stranger())
    with pytest.raises(IntegrityError, match="whom the report is about"), transaction.atomic():
        suspect(prescription=foreign)
    with pytest.raises(IntegrityError, match="one of the suspected prescription"), transaction.atomic():
        suspect(prescription=taken, change=other.changes.get())
    assert suspect(prescription=taken, change=taken.changes.get()).pk


def test_an_observation_corrects_one_of_the_same_kind_and_patient():
    first = observation()
    for values in ({"patient": factories.stranger()}, {"code": "height", "unit": "cm", "value": Decimal(170)}):
        with pytest.raises(IntegrityError, match="same kind and patient"), transaction.atomic():
            observation(corrects=first, **values)
    second = observation(corrects=first, value=Decimal(71))
    assert list(Observation.current(factories.carla().pk)) == [second]


def test_nothing_is_observed_and_nobody_is_born_in_the_future():
    with pytest.raises(IntegrityError, match="cannot be from the future"), transaction.atomic():
        observation(observed_at=NOW + timedelta(days=2))
    with pytest.raises(IntegrityError, match="birth date cannot be in the future"), transaction.atomic():
        patient(birth_date=date(2199, 1, 1))
    born = patient()
    with pytest.raises(IntegrityError, match="birth date cannot be in the future"), transaction.atomic():
        Patient.objects.filter(pk=born.pk).update(birth_date=date(2199, 1, 1))


# -- what is for ever -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "edit"),
    [
        (signed, {"note": "edited"}),
        (signed, {"sig": factories.sig("500")}),
        (signed, {"effective_on": TODAY + timedelta(days=1)}),
        (signed, {"status": "proposed", "signed_by": None, "signed_at": None}),
        (signed, {"signed_at": NOW + timedelta(days=1)}),
        (withdrawn, {"withdrawn_note": "edited"}),
        (withdrawn, {"status": "proposed", "withdrawn_by": None, "withdrawn_at": None, "withdrawn_note": ""}),
        (change, {"sig": factories.sig("500")}),
        (change, {"effective_on": TODAY + timedelta(days=1)}),
        (change, {"reason_code": "taper"}),
        (change, {"note": "edited"}),
        (change, {"old_sig": factories.sig("1")}),
        (change, {"proposed_at": NOW}),
        (report, {"note": "edited"}),
        (report, {"severity": "severe"}),
        (suspect, {"rank": 2}),
        (observation, {"value": Decimal(71)}),
        (audit_entry, {"why": "edited"}),
        (audit_entry, {"hash": "other"}),
    ],
)
def test_an_update_of_history_is_refused_by_the_database(make, edit):
    made = make()
    with pytest.raises(IntegrityError, match=r"never edited"), transaction.atomic():
        type(made).objects.filter(pk=made.pk).update(**edit)


@pytest.mark.parametrize(
    "make",
    [signed, withdrawn, change, report, suspect, observation, audit_entry, prescription, patient, allergy, condition,
     contact, enrolment, assignment],
)  # fmt: skip
def test_a_deletion_is_refused_by_the_database(make):
    made = make()
    table = type(made)._meta.db_table
    with pytest.raises(IntegrityError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [made.pk])


def test_a_row_is_not_replaced_by_another_of_the_same_number():
    made = signed()
    columns = [field.column for field in DosageChange._meta.local_concrete_fields]
    listed = ", ".join(columns)
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"{verb} INTO record_dosagechange ({listed}) SELECT {listed} FROM record_dosagechange WHERE id = %s",
            [made.pk],
        )
    made.refresh_from_db()
    assert made.status == "signed"


@pytest.mark.sqlite
def test_on_sqlite_a_replace_by_another_unique_column_is_a_deletion_and_refused():
    made = observation(source_id="lab-1")
    columns = ", ".join(field.column for field in Observation._meta.local_concrete_fields if field.column != "id")
    replace = f"INSERT OR REPLACE INTO record_observation ({columns}) SELECT {columns} FROM record_observation"
    with pytest.raises(IntegrityError, match="never edited or deleted"), transaction.atomic():
        connection.cursor().execute(replace)
    assert Observation.objects.get() == made


@pytest.mark.postgres
@pytest.mark.parametrize(
    "table",
    ["record_auditentry", "record_audithead", "record_dosagechange", "record_sideeffectreport", "record_suspect",
     "record_observation", "record_patient", "record_prescription"],
)  # fmt: skip
def test_on_postgresql_history_cannot_be_emptied(table):
    with pytest.raises(IntegrityError, match="is never emptied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("make", [prescription, allergy, condition, contact, enrolment, assignment])
def test_a_row_never_moves_to_another_patient(make):
    made, other = make(), patient(mrn="X-3")
    with pytest.raises(IntegrityError, match="another patient"), transaction.atomic():
        type(made).objects.filter(pk=made.pk).update(patient=other)


def test_a_prescription_keeps_its_drug_once_somebody_has_signed():
    draft, taken = factories.prescription(), factories.taking()
    Prescription.objects.filter(pk=draft.pk).update(drug_name="escitalopram", rxcui=321988)
    for edit in ({"drug_name": "escitalopram"}, {"rxcui": 321988}, {"rxcui": None}):
        with pytest.raises(IntegrityError, match="keeps its drug"), transaction.atomic():
            Prescription.objects.filter(pk=taken.pk).update(**edit)
    unmapped = factories.taking("St John's wort", None, prescription={"free_text": True})
    assert Prescription.objects.filter(pk=unmapped.pk).update(rxcui=258326, free_text=False)


# -- the guards themselves --------------------------------------------------------------------------------------------


SAID_OF_A_NEW_ROW = [
    "this number is already used",
    "a dosage change belongs to the patient of its prescription",
    "a dosage change is prompted by something of the same patient",
    "a correction is the next version of a report on the same patient",
    "a side effect cannot begin in the future",
    "a suspect is a prescription of the patient whom the report is about",
    "a suspected dosage change is one of the suspected prescription",
    "an observation corrects one of the same kind and patient",
    "an observation cannot be from the future",
    "a birth date cannot be in the future",
    "a patient is in one programme at a time",
    "an audit entry follows the newest of its chain",
    "an audit chain begins empty",
    "a second word is said by somebody else than the author",
    "a monitoring order takes the place of one for the same patient and measure",
]
STANDING = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
    " WHERE NOT tgisinternal AND tgenabled = 'O'",
}
"""The name and the text of every trigger that is switched on."""


def test_every_trigger_stands_after_all_migrations():
    """Whatever speaks of a new row; what is refused of an old one is tried column by column in its own test."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING[connection.vendor])
        standing = dict(cursor.fetchall())
    for sentence in SAID_OF_A_NEW_ROW:
        assert any(sentence in text for text in standing.values()), sentence
    assert max(len(name) for name in standing) <= 63


def test_the_triggers_of_encounters_stand_and_refuse():
    made = encounter()
    for edit in (lambda: Encounter.objects.update(note="x"), lambda: made.delete()):
        with pytest.raises(IntegrityError, match="never edited or deleted"), transaction.atomic():
            edit()
