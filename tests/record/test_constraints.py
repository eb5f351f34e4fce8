"""What no row of the record may say: nonsense is refused by constraints whose names say why."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from medmgmt.record.models import CareTeam, Role
from tests import factories
from tests.record.rows import (
    EARLIER,
    NOW,
    TODAY,
    allergy,
    amendment,
    amendment_answer,
    amendment_extension,
    amendment_statement,
    assignment,
    attempts,
    audit_entry,
    bearer,
    change,
    condition,
    contact,
    cosignature,
    device,
    disclosure,
    encounter,
    enrolment,
    factor,
    judgement,
    membership,
    monitoring_order,
    observation,
    open_session,
    opening,
    part2_consent,
    patient,
    prescription,
    programme,
    quick_pin,
    reaction,
    remark,
    report,
    request,
    staff_change,
    suspect,
    user,
)

pytestmark = pytest.mark.django_db
AGES_AGO = date(1879, 12, 31)
HOLD = {"kind": "hold", "sig": None}
BY_ADLER = {"signed_by": factories.adler, "signed_at": NOW}
WITHDRAWN = {"status": "withdrawn", "withdrawn_by": factories.adler, "withdrawn_at": NOW}
TEXT_ONLY = {"rxcui": None, "free_text": True}

NONSENSE: list[tuple[str, Callable[..., models.Model], dict[str, Any]]] = [
    ("attempts_are_counted_under_a_key", attempts, {"key": ""}),
    ("a_second_factor_is_of_a_kind_we_know", factor, {"kind": "sms"}),
    ("a_second_factor_has_its_secret", factor, {"secret": ""}),
    ("a_second_factor_ends_after_it_begins", factor, {"ended_at": EARLIER, "created_at": NOW}),
    ("a_passkey_and_nothing_else_has_a_credential", factor, {"kind": "passkey"}),
    ("a_passkey_and_nothing_else_has_a_credential", factor, {"credential": "c"}),
    ("a_device_ends_after_it_begins", device, {"ended_at": EARLIER, "created_at": NOW}),
    ("a_session_ends_after_it_begins", open_session, {"ended_at": EARLIER, "began_at": NOW}),
    ("a_pin_is_kept_as_a_digest", quick_pin, {"digest": ""}),
    ("a_token_has_a_name", bearer, {"name": ""}),
    ("a_token_has_a_scope_we_know", bearer, {"scope": "everything"}),
    ("a_token_ends_after_it_begins", bearer, {"expiry": EARLIER}),
    ("a_patient_has_a_medical_record_number", patient, {"mrn": ""}),
    ("a_patient_has_a_name", patient, {"given_name": "", "family_name": ""}),
    ("a_patients_sex_is_one_we_know", patient, {"sex": "F"}),
    ("a_patients_language_is_one_we_speak", patient, {"language": "xx"}),
    ("a_patient_lives_in_a_time_zone", patient, {"time_zone": ""}),
    ("a_patients_version_begins_at_one", patient, {"version": 0}),
    ("a_patients_birth_date_is_sane", patient, {"birth_date": AGES_AGO}),
    ("a_patients_source_id_is_absent_or_real", patient, {"source_id": ""}),
    ("a_chart_is_merged_into_another_one", patient, {"id": 77, "merged_into_id": 77}),
    ("a_user_has_a_role_we_know", user, {"role": "doctor"}),
    ("a_patients_login_belongs_to_a_patient_and_no_other_does", user, {"role": Role.PATIENT}),
    ("a_patients_login_belongs_to_a_patient_and_no_other_does", user, {"patient": factories.carla}),
    ("a_login_has_no_powers_beside_its_role", user, {"is_superuser": True}),
    ("a_login_has_no_powers_beside_its_role", user, {"is_staff": True}),
    ("an_amendment_request_says_what_and_why", amendment, {"what": ""}),
    ("an_amendment_request_says_what_and_why", amendment, {"why": ""}),
    ("an_amendment_request_came_in_a_way_we_know", amendment, {"way": "fax"}),
    ("an_amendment_request_is_about_one_entry_or_none", amendment, {"entry_kind": "condition"}),
    ("an_amendment_request_is_about_one_entry_or_none", amendment, {"entry_number": 1}),
    ("an_amendment_request_is_about_one_entry_or_none", amendment, {"entry_kind": "x", "entry_number": 1}),
    ("an_amendment_request_came_on_a_sane_day", amendment, {"received_on": AGES_AGO}),
    ("an_amendment_is_put_off_with_a_reason", amendment_extension, {"why": ""}),
    ("an_amendment_is_decided_in_a_word_we_know", amendment_answer, {"decision": "perhaps"}),
    ("an_amendment_is_denied_on_a_ground_of_the_rule_and_only_then", amendment_answer, {"ground": ""}),
    ("an_amendment_is_denied_on_a_ground_of_the_rule_and_only_then", amendment_answer, {"ground": "because"}),
    ("an_amendment_is_denied_on_a_ground_of_the_rule_and_only_then", amendment_answer, {"decision": "accepted"}),
    ("an_answer_to_an_amendment_says_why", amendment_answer, {"words": ""}),
    ("an_amendment_is_made_by_one_entry_or_none", amendment_answer,
     {"decision": "accepted", "ground": "", "entry_number": 1}),
    ("what_is_denied_is_amended_by_nothing", amendment_answer, {"told_whom": "t"}),
    ("a_statement_is_of_a_kind_we_know", amendment_statement, {"kind": "shout"}),
    ("a_statement_says_something", amendment_statement, {"text": ""}),
    ("a_patients_account_alone_is_closed", staff_change, {"kind": "closed"}),
    ("a_staff_change_is_of_a_kind_we_know", staff_change, {"kind": "rename"}),
    ("a_staff_change_leads_to_a_role_we_know", staff_change, {"role": "doctor"}),
    ("a_staff_change_has_a_reason", staff_change, {"why": ""}),
    ("a_staff_change_is_in_a_state_we_know", staff_change, {"state": "perhaps", "decided_at": NOW}),
    ("a_staff_change_waits_or_was_decided", staff_change, {"decided_at": NOW}),
    ("a_staff_change_waits_or_was_decided", staff_change, {"state": "declined"}),
    ("a_staff_change_is_confirmed_by_a_second_person", staff_change,
     {"state": "confirmed", "decided_by": factories.admin, "decided_at": NOW}),
    ("nobody_confirms_a_change_of_their_own_login", staff_change,
     {"state": "confirmed", "decided_by": factories.bo, "decided_at": NOW}),
    ("only_a_signed_change_is_sealed", change, {"seal": "s"}),
    ("only_a_signed_change_was_signed_unchecked", change, {"signed_unchecked": True}),
    ("a_care_team_has_a_name", CareTeam.objects.create, {"name": ""}),
    ("a_membership_ends_after_it_begins", membership, {"until": EARLIER}),
    ("an_assignment_ends_after_it_begins", assignment, {"until": EARLIER}),
    ("a_contact_point_has_a_channel_we_know", contact, {"channel": "fax"}),
    ("an_address_is_one_line", contact, {"address": "+1 415 555 0100\nBcc: +1 415 555 0101"}),
    ("an_address_looks_like_its_channel", contact, {"address": "555-0100"}),
    ("an_address_looks_like_its_channel", contact, {"channel": "email", "address": "carla", "ended_at": NOW}),
    ("consent_is_withdrawn_only_after_it_was_given", contact, {"consent_withdrawn_at": NOW}),
    ("consent_is_withdrawn_only_after_it_was_given", contact, {"consented_at": NOW, "consent_withdrawn_at": EARLIER}),
    ("a_contact_point_ends_after_it_begins", contact, {"ended_at": EARLIER - timedelta(days=1)}),
    ("an_enrolment_has_a_level_we_know", enrolment, {"level": "inpatient"}),
    ("an_enrolment_ends_after_it_begins", enrolment, {"ends_on": TODAY - timedelta(days=1)}),
    ("an_enrolments_dates_are_sane", enrolment, {"starts_on": AGES_AGO}),
    ("an_observation_says_of_what", observation, {"code": ""}),
    ("a_comparator_is_one_we_know", observation, {"comparator": "~"}),
    ("an_observations_source_id_is_absent_or_real", observation, {"source_id": ""}),
    ("what_was_entered_in_error_is_named", observation, {"entered_in_error": True}),
    ("an_encounter_is_of_a_known_kind", encounter, {"kind": "telepathy"}),
    ("an_encounters_day_is_sane", encounter, {"on": AGES_AGO}),
    ("a_second_word_is_yes_or_no", cosignature, {"verdict": "perhaps"}),
    ("a_second_word_has_its_sentence", cosignature, {"note": ""}),
    ("a_monitoring_order_says_what", monitoring_order, {"what": ""}),
    ("a_monitoring_order_says_what", monitoring_order, {"code": ""}),
    ("a_monitoring_orders_day_is_sane", monitoring_order, {"due_on": AGES_AGO}),
    ("an_observation_is_a_number_with_its_unit_or_a_state", observation, {"unit": ""}),
    ("an_observation_is_a_number_with_its_unit_or_a_state", observation, {"value": None}),
    ("an_observation_is_a_number_with_its_unit_or_a_state", observation, {"value_code": "heavy"}),
    ("an_observation_is_a_number_with_its_unit_or_a_state", observation,
     {"code": "pregnancy", "unit": "", "value": None, "value_code": "pregnant", "comparator": "<"}),
    ("an_allergy_is_of_a_kind_we_know", allergy, {"kind": "dislike"}),
    ("a_reaction_has_a_severity_we_know", reaction, {"severity": "awful"}),
    ("a_reaction_says_something", reaction, {"text": ""}),
    ("a_reactions_day_is_sane", reaction, {"recorded_on": AGES_AGO}),
    ("an_allergy_names_a_substance", allergy, {"substance": ""}),
    ("an_allergys_rxcui_is_a_positive_number", allergy, {"rxcui": 0}),
    ("an_allergy_is_refuted_after_it_was_recorded", allergy, {"refuted_on": TODAY - timedelta(days=1)}),
    ("an_allergys_day_is_sane", allergy, {"recorded_on": AGES_AGO}),
    ("an_allergys_source_id_is_absent_or_real", allergy, {"source_id": ""}),
    ("a_remark_is_of_a_kind_we_know", remark, {"kind": "sad"}),
    ("a_remark_says_what_and_why", remark, {"what": ""}),
    ("a_remark_is_dismissed_by_somebody_and_later", remark, {"dismissed_at": NOW}),
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
    ("only_what_begins_is_meant_beside_another", change, {"kind": "new_dose", "alongside": False}),
    ("a_changes_effective_day_is_sane", change, {"effective_on": date(226, 3, 2)}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {"kind": "stop"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {**HOLD, "kind": "start"}),
    ("a_hold_or_stop_has_no_sig_and_all_else_has_one", change, {"sig": None}),
    ("only_what_begins_is_meant_beside_another", change, {"kind": "new_dose", "alongside": True}),
    ("only_history_leaves_route_or_timing_unrecorded", change, {"sig": factories.sig(route="UNK")}),
    ("only_history_leaves_route_or_timing_unrecorded", change, {"sig": factories.sig(timing="UNK")}),
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
    ("an_opening_says_why", opening, {"reason": ""}),
    ("an_opening_ends_after_it_begins", opening, {"until": EARLIER}),
    ("only_who_works_here_opens_a_chart", opening, {"role": "administrator"}),
    ("an_opening_is_judged_in_a_word_we_know", judgement, {"verdict": "maybe"}),
    ("a_judgement_says_why", judgement, {"note": ""}),
    ("a_programme_can_be_called", programme, {"phone": ""}),
    ("a_part2_consent_names_its_recipient", part2_consent, {"recipient": "team"}),
    ("a_part2_consent_says_what_for", part2_consent, {"purpose": ""}),
    ("a_part2_consent_lets_something_go", part2_consent,
     {"medicines": False, "diagnoses": False, "results": False, "notes": False}),
    ("a_part2_consent_ends_somehow", part2_consent, {"until": None}),
    ("a_part2_consent_ends_after_it_begins", part2_consent, {"until": TODAY}),
    ("a_disclosure_has_one_ground", disclosure, {"consent": None}),
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
     report, suspect, request, audit_entry, cosignature, monitoring_order, remark, attempts, factor, device,
     open_session, quick_pin, bearer, amendment, amendment_extension, amendment_answer, amendment_statement],
)  # fmt: skip
def test_the_rows_that_were_spoilt_are_fine_by_themselves(make):
    assert make().pk


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


def test_each_side_speaks_once_after_a_denial():
    first = amendment_statement()
    assert amendment_statement(request=first.request, kind="rebuttal").pk
    with pytest.raises(IntegrityError), transaction.atomic():
        amendment_statement(request=first.request)


def test_a_prescription_is_suspected_once_a_report():
    first = suspect()
    with pytest.raises(IntegrityError), transaction.atomic():
        suspect(report=first.report, prescription=first.prescription, rank=2)
