"""FHIR files taken in: what comes out in the record, what is said about the rest, and nothing twice."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from medmgmt.fhir.importing import intake
from medmgmt.fhir.importing.report import Report
from medmgmt.management.commands.import_fhir import importer
from medmgmt.record import audit, dosing
from medmgmt.record.models import (
    Allergy,
    AuditEntry,
    CareTeam,
    Condition,
    DosageChange,
    ImportRemark,
    Patient,
    Prescription,
)
from tests import shipped_knowledge
from tests.faces.fhir.resources import allergy, bundle, concept, condition, daily, ndjson, patient, request

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _knowledge(db: None) -> None:
    shipped_knowledge.put_into_use()


def take_in(path: Path, **values: object) -> Report:
    return intake.take_in(importer(), path, now=NOW, time_zone="America/New_York", **values)  # type: ignore[arg-type]


def steps(prescription: Prescription) -> list[tuple[str, date]]:
    return [(change.kind, change.effective_on) for change in prescription.changes.order_by("signed_at")]


def test_a_patient_comes_with_conditions_allergies_and_medicines(tmp_path: Path) -> None:
    report = take_in(ndjson(tmp_path, patient(), condition(), allergy(), request(dosageInstruction=daily())))
    rosa = Patient.objects.get(source_id="Patient/p1")
    assert (rosa.family_name, rosa.time_zone, rosa.language) == ("Ortega", "America/New_York", "en")
    depression = Condition.objects.get()
    assert (depression.icd10cm, depression.source_code, depression.source_system) == ("F32.9", "370143000", "SNOMED CT")
    sertraline = Prescription.objects.get()
    assert (sertraline.drug_name, sertraline.rxcui, sertraline.product_rxcui) == ("sertraline", 36437, 312941)
    assert (sertraline.strength, sertraline.form, sertraline.free_text) == ("50 mg", "Oral Tablet", False)
    start = DosageChange.objects.get()
    assert start.sig == dosing.Sig.of(Decimal(1), "{tablet}", "PO", "daily")
    assert start.signed_at == datetime(2019, 3, 4, 15, 0, tzinfo=UTC)
    assert start.reason_code == "imported"
    assert report.imported == {"Patient": 1, "Condition": 1, "AllergyIntolerance": 1, "MedicationRequest": 1}


def test_the_second_time_nothing_is_imported_and_nothing_is_told_to_the_audit(tmp_path: Path) -> None:
    files = ndjson(
        tmp_path, patient(), condition(), allergy(), request(), request("m2", status="stopped", on="2018-01-01")
    )
    take_in(files)
    counts = [model.objects.count() for model in (Patient, Condition, Allergy, Prescription, DosageChange, AuditEntry)]
    report = take_in(files)
    assert sum(report.imported.values()) == 0
    assert report.already["MedicationRequest"] == 2
    assert report.differing == []
    assert counts == [
        model.objects.count() for model in (Patient, Condition, Allergy, Prescription, DosageChange, AuditEntry)
    ]
    assert audit.verify() == []


def test_renewals_of_one_product_are_one_course(tmp_path: Path) -> None:
    renewals = [request(f"m{year}", on=f"{year}-03-04", status="stopped") for year in (2017, 2018, 2019)]
    report = take_in(ndjson(tmp_path, patient(), *renewals, request("m2020", on="2020-03-03")))
    assert steps(Prescription.objects.get()) == [("start", date(2017, 3, 4))]
    assert report.imported["MedicationRequest"] == 4


def test_a_renewal_that_is_written_differently_is_a_new_dose(tmp_path: Path) -> None:
    take_in(
        ndjson(
            tmp_path,
            patient(),
            request("m1", dosageInstruction=daily(1), status="stopped"),
            request("m2", dosageInstruction=daily(2), on="2019-09-04"),
        )
    )
    change = DosageChange.objects.get(kind="new_dose")
    assert change.sig is not None
    assert change.sig.dose == 2
    assert change.old_sig == DosageChange.objects.get(kind="start").sig


def test_a_stopped_request_ends_at_the_next_contact_and_the_note_says_that_this_is_assumed(tmp_path: Path) -> None:
    seen = condition(onsetDateTime="2019-05-01T12:00:00+00:00")
    take_in(ndjson(tmp_path, patient(), seen, request(status="stopped")))
    stop = DosageChange.objects.get(kind="stop")
    assert stop.effective_on == date(2019, 5, 1)
    assert "next contact" in stop.note


def test_a_product_of_two_ingredients_is_two_medicines(tmp_path: Path) -> None:
    both = request(text="Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet", code="1049221")
    take_in(ndjson(tmp_path, patient(), both))
    found = Prescription.objects.order_by("source_id").values_list("drug_name", "strength", "product_rxcui")
    assert list(found) == [("acetaminophen", "325 mg", 1049221), ("oxycodone", "5 mg", 1049221)]


def test_a_drug_nobody_knows_is_kept_by_its_name_and_reported(tmp_path: Path) -> None:
    report = take_in(ndjson(tmp_path, patient(), request(text="Nosuchamine 5 MG Oral Tablet", code="")))
    unknown = Prescription.objects.get()
    assert (unknown.drug_name, unknown.rxcui, unknown.free_text) == ("nosuchamine", None, True)
    assert report.unmapped["Ingredients ordered to the active knowledge"] == {"nosuchamine": 1}


def test_a_sig_that_is_not_structured_keeps_its_text_and_gets_no_dose(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request(dosageInstruction=[{"text": "one or two when needed"}])))
    start = DosageChange.objects.get()
    assert start.sig is not None
    assert not start.sig.is_complete
    assert "Sig not structured in the source. one or two when needed" in start.note


def test_a_drug_allergy_gets_its_code_and_a_pollen_allergy_keeps_its_name(tmp_path: Path) -> None:
    pollen = allergy("a2", "Allergy to tree pollen", category=["environment"])
    report = take_in(ndjson(tmp_path, patient(), allergy(text="Allergy to codeine"), pollen))
    codeine = Allergy.objects.get(source_id="AllergyIntolerance/a1")
    assert (codeine.substance, codeine.rxcui, codeine.recorded_on) == ("codeine", 2670, date(2001, 5, 5))
    assert Allergy.objects.get(source_id="AllergyIntolerance/a2").substance == "tree pollen"
    assert report.mapped["AllergyIntolerance to a drug"] == 1


def test_an_allergy_that_is_over_counts_as_refuted_since_the_import(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), allergy(clinicalStatus={"coding": [{"code": "inactive"}]})))
    assert Allergy.objects.get().refuted_on == NOW.date()


def test_what_was_never_to_be_taken_is_left_out_with_the_reason(tmp_path: Path) -> None:
    report = take_in(
        ndjson(
            tmp_path,
            patient(),
            request("m1", status="entered-in-error"),
            request("m2", intent="plan"),
            request("m3", doNotPerform=True),
            request("m4", on="1979-01-01"),
            request("m5", on="2031-01-01"),
        )
    )
    assert Prescription.objects.count() == 0
    assert {why for (_, why), _ in report.left_out.items()} == {
        "it was entered in error",
        "its intent is plan, not an order",
        "it says that the medicine must not be given",
        "dated before the patient's birth",
        "dated in the future",
    }


@pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
def test_a_diagnosis_or_an_allergy_that_is_not_true_is_not_taken_over(tmp_path: Path, status: str) -> None:
    untrue = {"verificationStatus": {"coding": [{"code": status}]}}
    report = take_in(ndjson(tmp_path, patient(), condition(**untrue), allergy(**untrue), condition("c2")))
    assert Condition.objects.get().source_id == "Condition/c2"
    assert not Allergy.objects.exists()
    assert set(report.left_out) == {
        ("Condition", "entered in error or refuted"), ("AllergyIntolerance", "entered in error or refuted"),
    }  # fmt: skip


def test_a_patient_goes_by_the_official_name_the_record_number_and_the_language_they_prefer(tmp_path: Path) -> None:
    names = [{"use": "nickname", "given": ["Rosie"]}, {"use": "official", "family": "Ortega", "given": ["Rosa"]}]
    numbers = [
        {"type": {"coding": [{"code": "SS"}]}, "value": "999-12-3456"},
        {"type": {"coding": [{"code": "MR"}]}, "value": "R-77"},
    ]
    spoken = [
        {"language": {"coding": [{"code": "en"}]}},
        {"language": {"coding": [{"code": "es-US"}]}, "preferred": True},
    ]
    take_in(ndjson(tmp_path, patient(name=names, identifier=numbers, communication=spoken)))
    rosa = Patient.objects.get(source_id="Patient/p1")
    assert (rosa.family_name, rosa.mrn, rosa.language) == ("Ortega", "R-77", "es")


def test_a_day_is_the_patients_own_by_the_zone_in_their_record(tmp_path: Path) -> None:
    tokyo = {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "Asia/Tokyo"}
    late = "2019-03-04T22:00:00+00:00"
    take_in(
        ndjson(
            tmp_path,
            patient(),
            patient("p2", extension=[tokyo]),
            request(authoredOn="2019-03-05T02:00:00+00:00"),
            request("m2", subject={"reference": "Patient/p2"}, authoredOn=late),
            condition(subject={"reference": "Patient/p2"}, onsetDateTime=late),
        )
    )
    starts = DosageChange.objects.filter(kind="start").values_list("patient__source_id", "effective_on")
    assert dict(starts) == {"Patient/p1": date(2019, 3, 4), "Patient/p2": date(2019, 3, 5)}
    assert Condition.objects.get().onset_on == date(2019, 3, 5)


def test_what_was_ordered_on_the_day_of_death_is_history_and_what_came_after_it_is_not(tmp_path: Path) -> None:
    files = ndjson(
        tmp_path,
        patient(deceasedDateTime="2019-03-05T03:00:00+00:00"),  # the evening of the fourth where she lived
        request("m1", on="2019-03-04"),
        request("m2", "Lisinopril 10 MG Oral Tablet", "314076", on="2019-03-05"),
    )
    report = take_in(files)
    taken = Prescription.objects.get()
    assert (taken.drug_name, steps(taken)[-1]) == ("sertraline", ("stop", date(2019, 3, 5)))
    assert report.left_out == {("MedicationRequest", "dated after the patient's death"): 1}


def test_a_medicine_on_hold_is_held_and_not_taken(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request(status="on-hold", dosageInstruction=daily())))
    assert [kind for kind, _ in steps(Prescription.objects.get())] == ["start", "hold"]


def test_what_began_and_ended_on_one_day_has_ended_and_nothing_is_remarked(tmp_path: Path) -> None:
    day = "2018-01-02T15:00:00+00:00"
    take_in(ndjson(tmp_path, patient(), condition(onsetDateTime=day, abatementDateTime=day)))
    assert Condition.objects.get().abated_on == date(2018, 1, 2)
    assert not ImportRemark.objects.exists()


def test_a_time_without_a_zone_is_the_patients_own(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request(authoredOn="2019-03-04T22:00:00")))
    assert DosageChange.objects.get().signed_at == datetime(2019, 3, 5, 3, 0, tzinfo=UTC)


def test_a_malformed_line_is_reported_with_file_line_and_reason_and_the_rest_is_imported(tmp_path: Path) -> None:
    files = ndjson(
        tmp_path,
        patient(),
        patient("p2", birthDate=None),
        request("m1", authoredOn="the other day"),
        request("m2", subject={"reference": "Patient/nobody"}),
        request("m3", reasonCode=3),
        request("m4"),
        more="{not json\n[1]\n" + json.dumps({"resourceType": "Condition", "id": 7, "subject": {"reference": "p1"}}),
    )
    report = take_in(files)
    faults = sorted((fault.file, fault.line, fault.reason) for fault in report.faults)
    assert faults == [
        ("all.ndjson", 2, "the birth date is missing"),
        ("all.ndjson", 3, "a date in it cannot be read"),
        ("all.ndjson", 4, "its patient is not in these files"),
        ("all.ndjson", 5, "it is not built as FHIR R4 says (TypeError)"),
        ("all.ndjson", 7, "not JSON (Expecting property name enclosed in double quotes)"),
        ("all.ndjson", 8, "not a resource: it has no resourceType"),
        ("all.ndjson", 9, "it has no id"),
    ]  # fmt: skip
    assert report.imported["MedicationRequest"] == 1


def test_a_record_number_of_somebody_else_refuses_one_patient_and_not_the_others(tmp_path: Path) -> None:
    number = [{"type": {"coding": [{"code": "MR"}]}, "value": "123"}]
    two = [patient("p1", identifier=number), patient("p2", identifier=number)]
    report = take_in(ndjson(tmp_path, *two, request(), request("m2", subject={"reference": "Patient/p2"})))
    assert Patient.objects.count() == 1
    assert report.faults[0].reason.startswith("the patient was refused")
    assert report.left_out["MedicationRequest", "their patient was refused"] == 1


def test_a_bundle_with_references_of_its_own_is_read(tmp_path: Path) -> None:
    medication = {
        "resourceType": "Medication",
        "id": "x",
        "code": concept("Lithium carbonate 300 MG Oral Capsule", "1"),
    }
    order = request(medicationReference={"reference": "urn:uuid:2"}, subject={"reference": "urn:uuid:1"})
    del order["medicationCodeableConcept"]
    file = bundle(
        tmp_path / "bundle.json",
        {"fullUrl": "urn:uuid:1", "resource": patient()},
        {"fullUrl": "urn:uuid:2", "resource": medication},
        {"fullUrl": "urn:uuid:3", "resource": order},
        {"resource": {"resourceType": "Claim"}},
    )
    report = take_in(file)
    assert Prescription.objects.get().drug_name == "lithium carbonate"
    assert Prescription.objects.get().rxcui == 6448
    assert report.other == {"Claim": 1}


def test_the_same_resource_in_two_files_counts_once(tmp_path: Path) -> None:
    ndjson(tmp_path, patient(), request(), name="a.ndjson")
    report = take_in(ndjson(tmp_path, patient(), request(), name="b.ndjson"))
    assert Prescription.objects.count() == 1
    assert report.left_out["Patient", "the same resource again"] == 1
    assert report.left_out["MedicationRequest", "the same resource again"] == 1


def test_a_course_that_went_on_gets_only_the_steps_it_lacks(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request()))
    later = [request(status="stopped"), condition(onsetDateTime="2020-01-05T12:00:00+00:00")]
    report = take_in(ndjson(tmp_path, patient(), *later))
    assert steps(Prescription.objects.get()) == [("start", date(2019, 3, 4)), ("stop", date(2020, 1, 5))]
    assert report.notes["courses already here that have gone on in the source"] == 1


def test_a_course_told_differently_is_left_alone_and_named(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request(status="stopped")))
    before = steps(Prescription.objects.get())
    report = take_in(ndjson(tmp_path, patient(), request(status="active")))
    assert steps(Prescription.objects.get()) == before
    assert report.differing == ["MedicationRequest/m1"]


def test_new_patients_come_into_the_care_of_the_team_that_is_named(tmp_path: Path) -> None:
    team = CareTeam.objects.create(name="Harbor")
    take_in(ndjson(tmp_path, patient()), team_id=team.pk)
    assert Patient.objects.get().assignments.get().team == team


def test_nobody_can_sign_in_as_the_importer() -> None:
    assert not importer().has_usable_password()
    assert importer().pk == importer().pk
