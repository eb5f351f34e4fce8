"""What the database itself refuses: nonsense, by constraints whose names say why; edits of history, by triggers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from medmgmt.record.errors import Conflict
from medmgmt.record.models import (
    ANSWERS,
    MEASURES,
    Allergy,
    AuditEntry,
    AuditHead,
    CareAssignment,
    CareTeam,
    CareTeamMember,
    Channel,
    Condition,
    ContactPoint,
    CoSignature,
    DosageChange,
    Encounter,
    Enrolment,
    IdempotencyRecord,
    Kind,
    Level,
    MonitoringOrder,
    Observation,
    Patient,
    Prescription,
    Role,
    SideEffectReport,
    Suspect,
    User,
)
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
TODAY = NOW.date()
AGES_AGO = date(1879, 12, 31)

# -- rows that are fine, to be spoilt one column at a time ------------------------------------------------------------


def patient(**values: Any) -> Patient:
    return Patient.objects.create(
        **{
            "mrn": "X-1",
            "given_name": "Xenia",
            "family_name": "Xu",
            "birth_date": date(1990, 1, 1),
            "time_zone": "America/New_York",
            **values,
        }
    )


def user(**values: Any) -> User:
    return User.objects.create(**{"username": "x", "role": Role.NURSE, **values})


def contact(**values: Any) -> ContactPoint:
    fine = {"patient": factories.carla(), "channel": Channel.SMS, "address": "+15550100", "created_at": EARLIER}
    return ContactPoint.objects.create(**{**fine, **values})


def enrolment(**values: Any) -> Enrolment:
    of = values.pop("patient", None) or patient()
    return Enrolment.objects.create(**{"patient": of, "level": Level.OUTPATIENT, "starts_on": TODAY, **values})


def membership(**values: Any) -> CareTeamMember:
    return CareTeamMember.objects.create(
        **{"team": factories.team("Third"), "user": factories.bo(), "since": NOW, **values}
    )


def assignment(**values: Any) -> CareAssignment:
    return CareAssignment.objects.create(
        **{"team": factories.team("Third"), "patient": factories.carla(), "since": NOW, **values}
    )


def observation(**values: Any) -> Observation:
    fine = {
        "patient": factories.carla(),
        "code": "weight",
        "value": Decimal(70),
        "unit": "kg",
        "observed_at": EARLIER,
        "recorded_at": NOW,
        "recorded_by": factories.bo(),
    }
    return Observation.objects.create(**{**fine, **values})


def encounter(**values: Any) -> Encounter:
    return Encounter.objects.create(
        **{"patient": factories.carla(), "kind": "office", "on": TODAY, "by": factories.bo(), **values}
    )


def cosignature(**values: Any) -> CoSignature:
    proposed = change()
    fine = {"patient": proposed.patient, "change": proposed, "verdict": "agreed", "note": "Fine.", "findings": []}
    return CoSignature.objects.create(**{**fine, "by": factories.pia(), **values})


def monitoring_order(**values: Any) -> MonitoringOrder:
    fine = {
        "patient": factories.carla(),
        "code": "qtc",
        "what": "ECG",
        "due_on": TODAY,
        "ordered_by": factories.adler(),
    }
    return MonitoringOrder.objects.create(**{**fine, **values})


def allergy(**values: Any) -> Allergy:
    return Allergy.objects.create(
        **{"patient": factories.carla(), "substance": "penicillin", "recorded_on": TODAY, **values}
    )


def condition(**values: Any) -> Condition:
    return Condition.objects.create(
        **{"patient": factories.carla(), "text": "depression", "icd10cm": "F33.1", "onset_on": TODAY, **values}
    )


def prescription(**values: Any) -> Prescription:
    return factories.prescription(**values)


def change(**values: Any) -> DosageChange:
    fine = {
        "patient": factories.carla(),
        "kind": "start",
        "effective_on": TODAY,
        "amount": Decimal(50),
        "unit": "mg",
        "route": "PO",
        "timing": "daily",
        "reason_code": "titration",
        "author": factories.adler(),
        "proposed_at": EARLIER,
    }
    if "prescription" not in values:
        fine["prescription"] = factories.prescription()
    return DosageChange.objects.create(**{**fine, **values})


def report(**values: Any) -> SideEffectReport:
    fine = {
        "patient": factories.carla(),
        "term": "tremor",
        "severity": "mild",
        "began_on": TODAY,
        "reporter": factories.bo(),
        "reporter_role": Role.NURSE,
        "reported_at": NOW,
    }
    return SideEffectReport.objects.create(**{**fine, **values})


def suspect(**values: Any) -> Suspect:
    return Suspect.objects.create(**{"report": report(), "prescription": factories.taking(), "rank": 1, **values})


def audit_entry(**values: Any) -> AuditEntry:
    AuditHead.objects.get_or_create(chain="site", defaults={"seq": 0, "hash": ""})
    fine = {"chain": "site", "seq": 1, "at": NOW, "actor_name": "bo", "act": "x", "hash": "h"}
    return AuditEntry.objects.create(**{**fine, **values})


def request(**values: Any) -> IdempotencyRecord:
    fine = {"user": factories.bo(), "key": "k", "method": "POST", "path": "/", "fingerprint": "f", "status": 201}
    return IdempotencyRecord.objects.create(**{**fine, **values})


HOLD = {"kind": "hold", "amount": None, "unit": "", "route": "", "timing": ""}
BY_ADLER = {"signed_by": factories.adler, "signed_at": NOW}
WITHDRAWN = {"status": "withdrawn", "withdrawn_by": factories.adler, "withdrawn_at": NOW}
AS_NEEDED = {"as_needed": True, "max_per_day": Decimal(100)}
TEXT_ONLY = {"rxcui": None, "free_text": True}

NONSENSE: list[tuple[str, Callable[..., models.Model], dict[str, Any]]] = [
    ("a_patient_has_a_medical_record_number", patient, {"mrn": ""}),
    ("a_patient_has_a_name", patient, {"given_name": "", "family_name": ""}),
    ("a_patients_sex_is_one_we_know", patient, {"sex": "F"}),
    ("a_patients_language_is_one_we_speak", patient, {"language": "xx"}),
    ("a_patient_lives_in_a_time_zone", patient, {"time_zone": ""}),
    ("a_patients_version_begins_at_one", patient, {"version": 0}),
    ("a_patients_birth_date_is_sane", patient, {"birth_date": AGES_AGO}),
    ("a_patients_source_id_is_absent_or_real", patient, {"source_id": ""}),
    ("a_user_has_a_role_we_know", user, {"role": "doctor"}),
    ("a_patients_login_belongs_to_a_patient_and_no_other_does", user, {"role": Role.PATIENT}),
    ("a_patients_login_belongs_to_a_patient_and_no_other_does", user, {"patient": factories.carla}),
    ("only_an_administrator_administers", user, {"is_superuser": True}),
    ("only_an_administrator_administers", user, {"is_staff": True}),
    ("a_care_team_has_a_name", CareTeam.objects.create, {"name": ""}),
    ("a_membership_ends_after_it_begins", membership, {"until": EARLIER}),
    ("an_assignment_ends_after_it_begins", assignment, {"until": EARLIER}),
    ("a_contact_point_has_a_channel_we_know", contact, {"channel": "fax"}),
    ("an_address_looks_like_its_channel", contact, {"address": "555-0100"}),
    ("an_address_looks_like_its_channel", contact, {"channel": "email", "address": "carla", "ended_at": NOW}),
    ("consent_is_withdrawn_only_after_it_was_given", contact, {"consent_withdrawn_at": NOW}),
    ("consent_is_withdrawn_only_after_it_was_given", contact, {"consented_at": NOW, "consent_withdrawn_at": EARLIER}),
    ("a_contact_point_ends_after_it_begins", contact, {"ended_at": EARLIER - timedelta(days=1)}),
    ("an_enrolment_has_a_level_we_know", enrolment, {"level": "inpatient"}),
    ("an_enrolment_ends_after_it_begins", enrolment, {"ends_on": TODAY - timedelta(days=1)}),
    ("an_enrolments_dates_are_sane", enrolment, {"starts_on": AGES_AGO}),
    ("an_observation_is_of_a_code_we_know", observation, {"code": "mood"}),
    ("an_observations_source_id_is_absent_or_real", observation, {"source_id": ""}),
    ("what_was_entered_in_error_is_named", observation, {"entered_in_error": True}),
    ("an_encounter_is_of_a_known_kind", encounter, {"kind": "telepathy"}),
    ("an_encounters_day_is_sane", encounter, {"on": AGES_AGO}),
    ("a_second_word_is_yes_or_no", cosignature, {"verdict": "perhaps"}),
    ("a_second_word_has_its_sentence", cosignature, {"note": ""}),
    ("a_monitoring_order_says_what", monitoring_order, {"what": ""}),
    ("a_monitoring_order_says_what", monitoring_order, {"code": ""}),
    ("a_monitoring_orders_day_is_sane", monitoring_order, {"due_on": AGES_AGO}),
    *[(f"{code}_is_a_number_a_person_can_have", observation,
       {"code": code, "unit": measure.unit, "value": measure.at_most + 1}) for code, measure in MEASURES.items()],
    *[(f"{code}_is_one_of_the_answers_we_know", observation,
       {"code": code, "unit": "", "value": None, "value_code": "perhaps"}) for code in ANSWERS],
    ("weight_is_a_number_a_person_can_have", observation, {"unit": "[lb_av]"}),
    ("weight_is_a_number_a_person_can_have", observation, {"value": None}),
    ("weight_is_a_number_a_person_can_have", observation, {"value_code": "heavy"}),
    ("pregnancy_is_one_of_the_answers_we_know", observation,
     {"code": "pregnancy", "unit": "", "value": Decimal(1), "value_code": "pregnant"}),
    ("an_allergy_is_of_a_kind_we_know", allergy, {"kind": "dislike"}),
    ("an_allergy_has_a_severity_we_know", allergy, {"severity": "awful"}),
    ("an_allergy_names_a_substance", allergy, {"substance": ""}),
    ("an_allergys_rxcui_is_a_positive_number", allergy, {"rxcui": 0}),
    ("an_allergy_is_refuted_after_it_was_recorded", allergy, {"refuted_on": TODAY - timedelta(days=1)}),
    ("an_allergys_day_is_sane", allergy, {"recorded_on": AGES_AGO}),
    ("an_allergys_source_id_is_absent_or_real", allergy, {"source_id": ""}),
    ("a_condition_says_what_it_is", condition, {"text": ""}),
    ("a_condition_abates_after_its_onset", condition, {"abated_on": TODAY - timedelta(days=1)}),
    ("a_conditions_onset_is_sane", condition, {"onset_on": AGES_AGO}),
    ("a_conditions_source_id_is_absent_or_real", condition, {"source_id": ""}),
    ("a_prescription_names_a_drug", prescription, {"drug_name": ""}),
    ("an_rxcui_is_a_positive_number", prescription, {"rxcui": 0}),
    ("an_rxcui_is_a_positive_number", prescription, {"product_rxcui": 0}),
    ("a_free_text_drug_has_no_rxcui", prescription, {"free_text": True}),
    ("a_free_text_drug_has_no_rxcui", prescription, {**TEXT_ONLY, "product_rxcui": 312941}),
    ("a_first_supply_lasts_between_a_day_and_a_year", prescription, {"first_supply_days": 0}),
    ("a_first_supply_lasts_between_a_day_and_a_year", prescription, {"first_supply_days": 367}),
    ("a_prescriptions_source_id_is_absent_or_real", prescription, {"source_id": ""}),
    ("a_change_is_of_a_kind_we_know", change, {**HOLD, "kind": "pause"}),
    ("a_change_has_a_reason_we_know", change, {"reason_code": ""}),
    ("another_reason_needs_a_note", change, {"reason_code": "other"}),
    ("a_changes_effective_day_is_sane", change, {"effective_on": date(226, 3, 2)}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {"kind": "stop"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {**HOLD, "kind": "start"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {**HOLD, "kind": "stop", "route": "PO"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {"route": "ORAL"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {"timing": "QD"}),
    ("a_dose_is_more_than_zero_and_not_absurd", change, {"amount": Decimal(0)}),
    ("a_dose_is_more_than_zero_and_not_absurd", change, {"amount": Decimal(-50)}),
    ("a_dose_is_more_than_zero_and_not_absurd", change, {"amount": Decimal(100_001)}),
    ("a_dose_is_more_than_zero_and_not_absurd", change, {**AS_NEEDED, "max_per_day": Decimal(100_001)}),
    ("a_number_of_days_belongs_to_every_so_many_days", change, {"every_days": 7}),
    ("a_number_of_days_belongs_to_every_so_many_days", change, {"timing": "every_n_days"}),
    ("a_number_of_days_belongs_to_every_so_many_days", change, {"timing": "every_n_days", "every_days": 1}),
    ("as_needed_goes_with_a_maximum_per_day", change, {"as_needed": True}),
    ("as_needed_goes_with_a_maximum_per_day", change, {"max_per_day": Decimal(100)}),
    ("as_needed_goes_with_a_maximum_per_day", change, {"timing": "PRN"}),
    ("as_needed_goes_with_a_maximum_per_day", change, {**AS_NEEDED, "max_per_day": Decimal(49)}),
    ("as_needed_goes_with_a_maximum_per_day", change, {**AS_NEEDED, "timing": "weekly"}),
    ("only_history_leaves_route_or_timing_unrecorded", change, {"route": "UNK"}),
    ("only_history_leaves_route_or_timing_unrecorded", change, {"timing": "UNK"}),
    ("a_change_is_proposed_or_signed_or_withdrawn_by_somebody", change, {"status": "signed"}),
    ("a_change_is_proposed_or_signed_or_withdrawn_by_somebody", change, {"status": "draft"}),
    ("a_change_is_proposed_or_signed_or_withdrawn_by_somebody", change, {"status": "withdrawn"}),
    ("a_change_is_proposed_or_signed_or_withdrawn_by_somebody", change, BY_ADLER),
    ("a_change_is_proposed_or_signed_or_withdrawn_by_somebody", change, {**WITHDRAWN, **BY_ADLER}),
    ("only_a_withdrawn_change_says_why_withdrawn", change, {"withdrawn_note": "no"}),
    ("a_change_is_settled_after_it_was_proposed", change,
     {"status": "signed", **BY_ADLER, "signed_at": EARLIER - timedelta(hours=1)}),
    ("a_change_is_settled_after_it_was_proposed", change, {**WITHDRAWN, "withdrawn_at": EARLIER - timedelta(hours=1)}),
    ("a_side_effect_has_a_term", report, {"term": ""}),
    ("a_side_effect_has_a_severity_we_know", report, {"severity": "bad"}),
    ("a_side_effect_has_an_outcome_we_know", report, {"outcome": "fine"}),
    ("a_side_effect_has_an_action_we_know", report, {"action_taken": "prayed"}),
    ("a_side_effects_reporter_has_a_role_we_know", report, {"reporter_role": "mother"}),
    ("a_side_effect_ends_after_it_begins", report, {"ended_on": TODAY - timedelta(days=1)}),
    ("a_side_effects_onset_is_sane", report, {"began_on": AGES_AGO}),
    ("a_first_report_is_version_one_and_a_correction_a_later_one", report, {"version": 2}),
    ("a_suspects_rank_begins_at_one", suspect, {"rank": 0}),
    ("an_audit_entry_says_what_was_done", audit_entry, {"act": ""}),
    ("an_audit_entry_says_who", audit_entry, {"actor_name": ""}),
    ("an_idempotency_key_is_not_empty", request, {"key": ""}),
    ("an_idempotent_answer_has_an_http_status", request, {"status": 42}),
]  # fmt: skip
GUARDED_TWICE = {
    "an_audit_chain_begins_at_one",
    "an_audit_entry_names_the_one_before_it",
    "a_monitoring_order_replaces_another",
}
"""The trigger that looks at the row before it (of the chain, or the order replaced) speaks before these can."""


@pytest.mark.parametrize(
    ("name", "make", "spoilt"), NONSENSE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_nonsense_is_refused_by_the_constraint_that_says_why(name, make, spoilt):
    values = {column: value() if callable(value) else value for column, value in spoilt.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(**values)


def test_every_named_check_of_the_record_is_tried_above():
    named = {
        constraint.name
        for model in apps.get_app_config("record").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert named == {name for name, *_ in NONSENSE} | GUARDED_TWICE


@pytest.mark.parametrize(
    "make",
    [patient, user, contact, enrolment, membership, assignment, observation, allergy, condition, prescription, change,
     report, suspect, request, audit_entry, cosignature, monitoring_order],
)  # fmt: skip
def test_the_rows_that_were_spoilt_are_fine_by_themselves(make):
    assert make().pk


def test_every_measure_takes_its_bounds_and_every_state_its_answers():
    for code, measure in MEASURES.items():
        for value in (measure.at_least, measure.at_most):
            observation(code=code, value=value, unit=measure.unit, loinc=measure.loinc)
    for code, answer in ANSWERS.items():
        for value_code in answer.values:
            observation(code=code, value=None, value_code=value_code, unit="", loinc=answer.loinc)


def test_names_of_constraints_fit_both_databases():
    for model in apps.get_app_config("record").get_models():
        for constraint in model._meta.constraints:
            assert len(constraint.name) <= 63, constraint.name


# -- one at a time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "again"),
    [
        (lambda: contact(), lambda: contact()),
        (lambda: membership(), lambda: membership()),
        (lambda: assignment(), lambda: assignment()),
        (lambda: patient(), lambda: patient()),
        (lambda: patient(source_id="s"), lambda: patient(mrn="X-2", source_id="s")),
        (lambda: request(), lambda: request()),
    ],
)
def test_there_is_only_one_of_it_at_a_time(make, again):
    make()
    with pytest.raises(IntegrityError), transaction.atomic():
        again()


def test_an_ended_address_makes_room_for_a_new_one():
    contact(ended_at=NOW)
    assert contact(address="+15550101").pk


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


def test_a_prescription_is_suspected_once_a_report():
    first = suspect()
    with pytest.raises(IntegrityError), transaction.atomic():
        suspect(report=first.report, prescription=first.prescription, rank=2)


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


def signed() -> DosageChange:
    made = change()
    made.sign(by_id=factories.adler().pk, at=NOW)
    return made


def withdrawn() -> DosageChange:
    made = change()
    made.withdraw(by_id=factories.adler().pk, at=NOW, note="not needed")
    return made


@pytest.mark.parametrize(
    ("make", "edit"),
    [
        (signed, {"note": "edited"}),
        (signed, {"amount": Decimal(500)}),
        (signed, {"effective_on": TODAY + timedelta(days=1)}),
        (signed, {"status": "proposed", "signed_by": None, "signed_at": None}),
        (signed, {"signed_at": NOW + timedelta(days=1)}),
        (withdrawn, {"withdrawn_note": "edited"}),
        (withdrawn, {"status": "proposed", "withdrawn_by": None, "withdrawn_at": None, "withdrawn_note": ""}),
        (change, {"amount": Decimal(500)}),
        (change, {"effective_on": TODAY + timedelta(days=1)}),
        (change, {"reason_code": "taper"}),
        (change, {"note": "edited"}),
        (change, {"old_sig": {"amount": "1"}}),
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


# -- signing ----------------------------------------------------------------------------------------------------------


def test_a_proposed_change_is_signed_once():
    made, again = change(), DosageChange.objects.get()
    made.sign(by_id=factories.adler().pk, at=NOW)
    assert (made.status, made.signed_by, made.signed_at) == ("signed", factories.adler(), NOW)
    with pytest.raises(Conflict):
        again.sign(by_id=factories.brandt().pk, at=NOW)
    with pytest.raises(Conflict):
        again.withdraw(by_id=factories.brandt().pk, at=NOW)
    again.refresh_from_db()
    assert again.signed_by == factories.adler()


def test_a_change_reads_back_as_the_sig_that_was_written():
    as_needed = factories.sig("0.5", timing="PRN", as_needed=True, max_per_day=Decimal(3))
    every = factories.sig("156", route="IM", timing="every_n_days", every_days=28)
    for written in (factories.sig("12.3456"), as_needed, every):
        made = factories.change(factories.prescription(), sig=written, old_sig=written.as_json())
        read = DosageChange.objects.get(pk=made.pk)
        assert read.sig == read.old_sig_value == written
    stop = DosageChange.objects.get(pk=factories.change(factories.prescription(), Kind.STOP).pk)
    assert stop.sig is None
    assert stop.old_sig_value is None


def test_a_change_is_a_step_whose_order_is_that_of_signing():
    to = factories.prescription()
    first = factories.change(to, signed_at=NOW)
    second = factories.change(to, Kind.NEW_DOSE, signed_at=NOW + timedelta(microseconds=1))
    proposed = factories.change(to, Kind.NEW_DOSE)
    assert first.step.order < second.step.order < proposed.step.order
    assert (first.step.ref, first.step.kind, first.step.effective_on) == (first.pk, "start", first.effective_on)


# -- the guards themselves --------------------------------------------------------------------------------------------


def test_every_trigger_stands_after_all_migrations():
    migration = import_module("medmgmt.record.migrations.0002_refusals_by_trigger")
    names = {name for name, *_ in migration.refusals(connection.vendor)} | {"the_audit_head_moves"}
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'",
    }[connection.vendor]
    if connection.vendor == "postgresql":
        names |= {f"{table}_is_never_emptied" for table in [*migration.APPEND_ONLY, *migration.KEPT]}
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert names - {name for (name,) in cursor.fetchall()} == set()
    assert max(len(name) for name in names) <= 63


def test_nothing_in_the_record_shows_a_name_or_a_drug_when_printed():
    rows = [
        factories.carla(), factories.carla_user(), contact(), factories.carla().enrolments.get(), observation(),
        allergy(), condition(), signed(), signed().prescription, report(), suspect(), audit_entry(), request(),
        membership(), assignment(),
    ]  # fmt: skip
    for row in rows:
        for secret in ("carla", "castillo", "sertraline", "tremor", "penicillin", "depression", "555", "@"):
            assert secret not in f"{row} {row!r}".lower()


def test_the_triggers_of_encounters_stand_and_refuse():
    made = encounter()
    for change in (lambda: Encounter.objects.update(note="x"), lambda: made.delete()):
        with pytest.raises(IntegrityError, match="never edited or deleted"), transaction.atomic():
            change()
