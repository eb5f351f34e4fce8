"""What was signed is sealed: a row that says something else, or is gone, is found and named."""

from datetime import date, timedelta

import pytest

from medmgmt.record import audit, signatures
from medmgmt.record.audit import Fault
from medmgmt.record.models import CoSignature, DosageChange, Patient, Prescription
from tests import factories
from tests.record.rows import cosignature
from tests.record.test_audit import by_the_owner_of_the_database

pytestmark = pytest.mark.django_db
NOT_WHAT_WAS_SIGNED = "it is not what was signed"


@pytest.fixture
def signed() -> DosageChange:
    """Carla's sertraline 50 mg, as the trail has it."""
    change = factories.taking().changes.get()
    audit.record(change.signed_by, "sign", patient_id=change.patient_id, detail={"seals": {change.pk: change.seal}})
    assert audit.verify() == []
    return change


def told(change: DosageChange, what: str) -> list[Fault]:
    return [Fault("dosage change", change.pk, what)]


@pytest.mark.parametrize(
    "edit",
    [
        {"sig": factories.sig("500")},
        {"old_sig": factories.sig("25")},
        {"effective_on": date(2026, 3, 3)},
        {"note": "edited"},
        {"reason_code": "taper"},
        {"alongside": True},
        {"signed_at": factories.LONG_AGO + timedelta(seconds=1)},
        {"proposed_at": factories.LONG_AGO - timedelta(seconds=1)},
        {"seal": "f" * 64},
    ],
)
def test_a_signed_change_that_says_something_else_is_found_and_named(signed, edit):
    with by_the_owner_of_the_database():
        DosageChange.objects.filter(pk=signed.pk).update(**edit)
    assert audit.verify() == told(signed, NOT_WHAT_WAS_SIGNED)


def test_another_signer_author_drug_or_patient_is_found(signed):
    brandt, other = factories.brandt(), factories.stranger()
    change = DosageChange.objects.filter(pk=signed.pk)
    drug = Prescription.objects.filter(pk=signed.prescription_id)
    for rows, edit in (
        (change, {"signed_by": brandt}),
        (change, {"author": brandt}),
        (drug, {"drug_name": "lithium"}),
        (drug, {"rxcui": 6448}),
        (change, {"patient": other}),
    ):
        before = rows.values(*edit).get()
        with by_the_owner_of_the_database():
            rows.update(**edit)
        assert audit.verify() == told(signed, NOT_WHAT_WAS_SIGNED), edit
        with by_the_owner_of_the_database():
            rows.update(**before)
        assert audit.verify() == []


def test_a_removed_change_is_found(signed):
    with by_the_owner_of_the_database():
        DosageChange.objects.filter(pk=signed.pk).delete()
    assert audit.verify() == told(signed, "it was signed and is missing")


def test_a_change_that_nobody_is_known_to_have_signed_is_found():
    forged = factories.taking().changes.get()
    assert audit.verify() == told(forged, "no entry of the trail says that it was signed")
    with by_the_owner_of_the_database():
        DosageChange.objects.filter(pk=forged.pk).update(seal="", seal_key="")
    assert audit.verify() == told(forged, "it carries no seal")


def test_two_changes_that_took_each_others_place_are_found(signed):
    second = factories.taking("lithium", 6448, amount="300").changes.get()
    audit.record(second.signed_by, "sign", patient_id=second.patient_id, detail={"seals": {second.pk: second.seal}})
    columns = ("prescription", "sig", "seal", "reason_code")
    one, two = ({name: getattr(each, name) for name in columns} for each in (signed, second))
    with by_the_owner_of_the_database():
        DosageChange.objects.filter(pk=signed.pk).update(**two)
        DosageChange.objects.filter(pk=second.pk).update(**one)
    assert [fault.what for fault in audit.verify()] == ["the trail names another seal"] * 2


def test_a_second_word_that_was_there_when_it_was_signed_is_part_of_it():
    word = cosignature()
    change = DosageChange.objects.get(pk=word.change_id)
    by, at = change.author, change.proposed_at + timedelta(days=1)
    change.sign(by_id=by.pk, at=at, seal=signatures.seal_of(change, by_id=by.pk, at=at))
    audit.record(by, "sign", patient_id=change.patient_id, detail={"seals": {change.pk: change.seal}})
    assert audit.verify() == []
    with by_the_owner_of_the_database():
        CoSignature.objects.filter(pk=word.pk).update(by=factories.brandt())
    assert audit.verify() == told(change, NOT_WHAT_WAS_SIGNED)


def test_a_chart_that_was_merged_and_a_drug_that_got_its_code_later_are_no_fault():
    change = factories.taking("sertralin", None, prescription={"free_text": True}).changes.get()
    audit.record(change.signed_by, "sign", patient_id=change.patient_id, detail={"seals": {change.pk: change.seal}})
    Prescription.objects.filter(pk=change.prescription_id).update(rxcui=36437, free_text=False)
    assert audit.verify() == []
    other = factories.patient("C-2")
    Patient.objects.filter(pk=change.patient_id).update(merged_into=other)
    Prescription.objects.filter(pk=change.prescription_id).update(patient=other)
    DosageChange.objects.filter(pk=change.pk).update(patient=other)
    assert audit.verify() == []


def test_what_is_only_proposed_has_no_seal_and_is_no_fault():
    factories.change(factories.prescription())
    assert DosageChange.objects.get().seal == ""
    assert audit.verify() == []
