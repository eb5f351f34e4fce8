"""People, diagnoses, allergies and files as they are meant: partial, replaced, over, refuted, packed or broken."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from medmgmt.fhir.importing import intake, reading
from medmgmt.fhir.importing.report import Report
from medmgmt.management.commands import import_fhir
from medmgmt.management.commands.import_fhir import importer
from medmgmt.record.models import Allergy, Condition, DosageChange, ImportRemark, Observation, Patient, Prescription
from tests import factories, shipped_knowledge
from tests.faces.fhir.resources import ICD, RXNORM, SNOMED, allergy, bundle, condition, ndjson, patient, request

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _knowledge(db: None) -> None:
    shipped_knowledge.put_into_use()


def take_in(path: Path, **values: Any) -> Report:
    return intake.take_in(importer(), path, now=NOW, time_zone="America/New_York", **values)


def remarks() -> set[str]:
    return {f"{one.what}: {one.why}" for one in ImportRemark.objects.all()}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def test_a_year_of_birth_alone_is_told(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(birthDate="1980"), patient("p2")))
    assert Patient.objects.get(source_id="Patient/p1").birth_date == date(1980, 1, 1)
    assert remarks() == {"Born 1980: Only this is known of the birth date; 1980-01-01 stands for it."}


def test_a_name_of_text_alone_is_kept_whole(tmp_path: Path) -> None:
    take_in(
        ndjson(tmp_path, patient(name=[{"text": "Maria de la Cruz"}]), patient("p2", name=[{"text": "Núñez, Ana"}]))
    )
    names = Patient.objects.order_by("source_id").values_list("family_name", "given_name")
    assert list(names) == [("Maria de la Cruz", ""), ("Núñez", "Ana")]


def test_a_replaced_record_gives_what_it_has_to_the_one_that_took_its_place(tmp_path: Path) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    report = take_in(ndjson(tmp_path, patient(link=link), patient("p2"), condition(), request()))
    assert Patient.objects.get().source_id == "Patient/p2"
    assert (Condition.objects.count(), Prescription.objects.count()) == (1, 1)
    assert remarks() == {"Patient/p1: The source has replaced this record by the present one."}
    assert report.left_out["Patient", "replaced by another record of the same person"] == 1


def test_what_was_taken_in_before_its_record_was_replaced_stays_where_it_is_and_is_told(tmp_path: Path) -> None:
    older = ndjson(tmp_path / "a", patient(), patient("p2"), condition(), request())
    take_in(older)
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    more = request("m2", "Lithium carbonate 300 MG Oral Capsule", "197889")
    ended = request(status="stopped")
    report = take_in(ndjson(tmp_path / "b", patient(link=link), patient("p2"), condition(), ended, more))
    assert report.faults == []
    charts = dict(Prescription.objects.values_list("source_id", "patient__source_id"))
    assert charts == {"MedicationRequest/m1": "Patient/p1", "MedicationRequest/m2": "Patient/p2"}
    assert DosageChange.objects.filter(kind="stop").count() == 1
    assert "MRN p1: The source has put this chart together with the present one: merge the two." in remarks()


def test_two_records_that_replace_each_other_are_both_taken_in(tmp_path: Path) -> None:
    to = [[{"type": "replaced-by", "other": {"reference": f"Patient/p{number}"}}] for number in (2, 1)]
    report = take_in(ndjson(tmp_path, patient(link=to[0]), patient("p2", link=to[1]), condition()))
    assert Condition.objects.count() == 1
    assert report.faults == []


def test_a_record_replaced_by_one_that_is_not_here_stays(tmp_path: Path) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/elsewhere"}}]
    take_in(ndjson(tmp_path, patient(link=link), condition()))
    assert Patient.objects.get().source_id == "Patient/p1"


@pytest.mark.parametrize(
    ("values", "ended"),
    [
        ({}, None),
        ({"clinicalStatus": status("active")}, None),
        ({"clinicalStatus": status("resolved")}, NOW.date()),
        ({"clinicalStatus": status("inactive")}, NOW.date()),
        ({"clinicalStatus": status("remission")}, NOW.date()),
        ({"clinicalStatus": status("resolved"), "abatementDateTime": "2019"}, date(2019, 12, 31)),
        ({"abatementString": "in childhood"}, NOW.date()),
        ({"abatementAge": {"value": 40, "unit": "years"}}, NOW.date()),
        ({"abatementPeriod": {"end": "2019-05-06"}}, date(2019, 5, 6)),
    ],
)
def test_a_diagnosis_has_ended_where_its_source_says_so(
    tmp_path: Path, values: dict[str, Any], ended: date | None
) -> None:
    take_in(ndjson(tmp_path, patient(), condition(**values)))
    assert Condition.objects.get().abated_on == ended


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"onsetDateTime": "2009"}, "Major depression disorder (since 2009)"),
        ({"onsetDateTime": None, "onsetAge": {"value": 12, "unit": "a"}},
         "Major depression disorder (since the age of 12 a)"),
        ({"verificationStatus": status("provisional")}, "Major depression disorder (provisional)"),
        ({"code": {"coding": [{"system": SNOMED, "code": "370143000"}]}}, "major depressive disorder"),
        ({"code": {"coding": [{"system": ICD, "code": "F20.9"}]}}, "ICD-10-CM F20.9"),
    ],
)  # fmt: skip
def test_what_no_column_holds_stands_in_the_words_of_a_diagnosis(
    tmp_path: Path, values: dict[str, Any], text: str
) -> None:
    take_in(ndjson(tmp_path, patient(), {**condition(), **values}))
    assert Condition.objects.get().text == text


def test_one_of_several_diagnoses_that_it_may_be_is_no_diagnosis(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), condition(verificationStatus=status("differential"))))
    assert not Condition.objects.exists()
    assert remarks() == {"Major depression disorder: It is one of several diagnoses that it may be."}


def test_a_substance_named_with_its_reaction_is_what_somebody_is_allergic_to(tmp_path: Path) -> None:
    told = [{"substance": {"text": "codeine"}, "manifestation": [{"text": "hives"}]}]
    take_in(ndjson(tmp_path, patient(), {**allergy(reaction=told), "code": None}))
    assert (Allergy.objects.get().substance, Allergy.objects.get().rxcui) == ("codeine", 2670)


def test_what_snomed_puts_behind_a_name_is_no_part_of_it(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), allergy(text="Allergy to codeine (finding)")))
    assert Allergy.objects.get().rxcui == 2670


def test_why_a_medicine_must_not_be_given_stands_on_the_chart(tmp_path: Path) -> None:
    why = {"reasonCode": [{"text": "torsades"}], "note": [{"text": "QTc 540"}]}
    take_in(ndjson(tmp_path, patient(), request(doNotPerform=True, **why)))
    (told,) = remarks()
    assert "torsades; QTc 540" in told


def test_an_allergy_that_came_as_a_code_alone_has_the_name_of_its_drug(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), {**allergy(), "code": {"coding": [{"system": RXNORM, "code": "2670"}]}}))
    assert (Allergy.objects.get().substance, Allergy.objects.get().rxcui) == ("codeine", 2670)


def test_a_result_below_what_can_be_measured_stays_below_it(tmp_path: Path) -> None:
    level = {
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "14334-7"}]}, "effectiveDateTime": "2026-11-01",
        "valueQuantity": {"value": 0.2, "comparator": "<", "unit": "mmol/L", "code": "mmol/L"},
    }  # fmt: skip
    take_in(ndjson(tmp_path, patient(), level))
    assert Observation.objects.values_list("code", "value", "comparator").get() == ("lithium", Decimal("0.2"), "<")


def test_every_reaction_is_kept_and_the_severest_counts(tmp_path: Path) -> None:
    told = [
        {"manifestation": [{"text": "itching"}], "severity": "mild"},
        {"manifestation": [{"text": "blisters"}, {"text": "fever"}], "severity": "severe"},
        {"description": "felt faint"},
    ]
    take_in(ndjson(tmp_path, patient(), allergy(text="Carbamazepine", reaction=told)))
    known = Allergy.objects.get()
    assert list(known.reactions.values_list("text", "severity")) == [
        ("itching", "mild"), ("blisters, fever", "severe"), ("felt faint", "unknown"),
    ]  # fmt: skip
    assert known.severity == "severe"


def test_a_high_risk_without_a_severity_is_told_and_none_is_made_up(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), allergy(criticality="high")))
    assert (Allergy.objects.get().reaction, Allergy.objects.get().severity) == (
        "high risk, as the source says", "unknown",
    )  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": SNOMED, "code": "716186003", "display": "No known allergy (situation)"}]},
        {"coding": [{"system": SNOMED, "code": "409137002"}]},
        {"text": "No known allergies"},
        {"text": "NKDA"},
    ],
)
def test_that_none_is_known_is_a_statement_and_no_allergy(tmp_path: Path, code: dict[str, Any]) -> None:
    take_in(ndjson(tmp_path, patient(), {**allergy(), "code": code}))
    stated = Allergy.objects.get()
    assert (stated.kind, stated.is_allergen, stated.recorded_on) == ("none_known", False, date(2001, 5, 5))


def test_that_nobody_has_asked_is_no_statement(tmp_path: Path) -> None:
    unasked = {"coding": [{"system": "x", "code": "no-allergy-info", "display": "No information about allergies"}]}
    take_in(ndjson(tmp_path, patient(), {**allergy(), "code": unasked}))
    assert not Allergy.objects.exists()
    assert remarks() == {"No information about allergies: It says that nobody has asked."}


def test_bundles_of_any_kind_in_any_file_packed_or_not_are_read(tmp_path: Path) -> None:
    outcome = {"search": {"mode": "outcome"}, "resource": {"resourceType": "OperationOutcome", "id": "x"}}
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": request()}, outcome]}
    bundle(tmp_path / "a.json", {"resource": patient()}, {"resource": inner}, {"request": {"method": "DELETE"}})
    more = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition()}]}
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(f"{json.dumps(more)}\n".encode()))
    (tmp_path / "c.json").write_text(json.dumps([allergy()]))
    (tmp_path / "d.json").write_text(f"{json.dumps(condition('c2'))}\n{json.dumps(condition('c3'))}\n")
    report = take_in(tmp_path)
    assert report.faults == []
    assert report.imported == {"Patient": 1, "MedicationRequest": 1, "Condition": 3, "AllergyIntolerance": 1}
    assert report.other == {}


def test_a_file_that_is_broken_off_is_told_and_stops_no_other(tmp_path: Path) -> None:
    ndjson(tmp_path, patient())
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(json.dumps(condition()).encode())[:-9])
    report = take_in(tmp_path)
    assert report.imported["Patient"] == 1
    assert [fault.file for fault in report.faults] == ["b.ndjson.gz"]


def test_characters_that_no_record_holds_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(b'{"resourceType": "Condition", "id": "c\\u00001", "x": "\\ud800a"}\n')
    (found,) = reading.read(tmp_path / "a.ndjson")
    assert isinstance(found, reading.Found)
    assert found.resource == {"resourceType": "Condition", "id": "c1", "x": "a"}


def test_what_is_not_looked_at_stands_on_the_chart(tmp_path: Path) -> None:
    other = {"resourceType": "MedicationAdministration", "id": "x", "subject": {"reference": "Patient/p1"}}
    take_in(ndjson(tmp_path, patient(), other, {**other, "id": "y"}, {"resourceType": "Claim", "id": "z"}))
    assert remarks() == {
        "2 MedicationAdministration: It could not be read: resources of these kinds are not looked at."
    }


def test_the_exit_status_tells_whether_everything_could_be_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)  # as a command does at its end, and a test cannot
    whole, broken = ndjson(tmp_path / "a", patient(), request(status="entered-in-error")), tmp_path / "b"
    ndjson(broken, patient("p2"), request("m2", authoredOn="yesterday", subject={"reference": "Patient/p2"}))
    import_fhir.Command().run_from_argv(["manage.py", "import_fhir", str(whole)])
    with pytest.raises(SystemExit) as ended:
        import_fhir.Command().run_from_argv(["manage.py", "import_fhir", str(broken)])
    assert ended.value.code == import_fhir.NOT_WHOLE
    assert Patient.objects.count() == 2


def test_what_stands_on_the_chart_leaves_it_when_somebody_says_that_they_have_read_it(tmp_path: Path) -> None:
    take_in(ndjson(tmp_path, patient(), request(doNotPerform=True)), team_id=factories.team().pk)
    client, person = Client(), Patient.objects.get(source_id="Patient/p1")
    client.force_login(factories.bo())
    chart = f"/patients/{person.pk}/"
    assert "1 thing was not taken over" in client.get(chart).content.decode()
    listed = client.get(f"/api/patients/{person.pk}/import-remarks").json()["results"]
    assert [one["why"] for one in listed] == ["It says that the medicine must not be given."]
    client.post(f"/import-remarks/{listed[0]['id']}/dismiss/")
    assert "was not taken over" not in client.get(chart).content.decode()
    again = client.post(f"/api/import-remarks/{listed[0]['id']}/dismiss", "{}", content_type="application/json")
    assert again.status_code == 409
