"""The only door to a patient: who may do what, whose chart opens for whom, and what each passage costs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from medmgmt.record import access
from medmgmt.record.errors import NoSuchPatient, NotAllowed, RecordError
from medmgmt.record.models import (
    AuditEntry,
    CareAssignment,
    CareTeamMember,
    DosageChange,
    Observation,
    Patient,
    Prescription,
    Role,
    User,
)
from tests import factories

pytestmark = pytest.mark.django_db

PSYCHIATRIST, NURSE, PHARMACIST, PATIENT, ADMINISTRATOR, PRIVACY_OFFICER = Role
WHO_MAY = """
                      psychiatrist  nurse  pharmacist  patient  administrator  privacy_officer
    view_chart             yes       yes      yes         -           -          -
    view_own                -         -        -         yes          -          -
    list_patients          yes       yes      yes         -           -          -
    propose                yes        -        -          -           -          -
    answer_finding         yes        -        -          -           -          -
    sign                   yes        -        -          -           -          -
    withdraw               yes        -        -          -           -          -
    cosign                 yes        -       yes         -           -          -
    order_monitoring       yes        -        -          -           -          -
    log_side_effect        yes       yes      yes        yes          -          -
    record_observation     yes       yes       -          -           -          -
    record_encounter       yes       yes       -          -           -          -
    manage_messages        yes       yes       -         yes          -          -
    record_dispense        yes       yes      yes         -           -          -
    void_fill              yes       yes      yes         -           -          -
    dismiss_remark         yes       yes      yes         -           -          -
    register_patient       yes       yes       -          -           -          -
    merge_charts           yes       yes       -          -           -          -
    enrol                  yes       yes       -          -           -          -
    import_history         yes        -        -          -          yes          -
    work_tasks             yes       yes      yes         -           -          -
    reassign_task          yes       yes      yes         -           -          -
    comment_task           yes       yes      yes         -           -          -
    manage_cover           yes       yes      yes         -          yes          -
    view_lateness          yes       yes      yes         -          yes          -
    request_refill          -         -        -         yes          -          -
    report_adherence        -         -        -         yes          -          -
    authorise_refill       yes        -        -          -           -          -
    renew                  yes        -        -          -           -          -
    release_lab_gate       yes        -        -          -           -          -
    limit_supply           yes        -        -          -           -          -
    count_pills            yes       yes      yes         -           -          -
    view_knowledge         yes       yes      yes         -          yes          -
    activate_release        -         -       yes         -          yes          -
    view_alerts            yes        -       yes         -          yes          -
    curate_knowledge        -         -       yes         -           -          -
    approve_knowledge      yes        -       yes         -           -          -
    view_outbox            -         -         -          -          yes          -
    view_delivery           -         -         -          -          yes          -
    decide_held            yes       yes      yes         -           -          -
    export_chart            yes       yes      yes        yes        -            yes
    export_numbered         -         -        -          -          -            yes
    manage_staff            -         -        -          -          yes          -
    confirm_staff          yes        -       yes         -          yes          -
    make_token             yes       yes      yes         -          yes          -
    list_tokens            yes       yes      yes         -          yes          -
    revoke_token           yes       yes      yes         -          yes          -
    break_glass            yes       yes      yes         -           -           -
    judge_break_glass       -         -        -          -          yes          yes
    view_audit              -         -        -          -          yes          yes
    search_drugs           yes       yes      yes        yes         yes          yes
    check_interactions     yes       yes      yes         -           -          -
    manage_staff            -         -        -          -          yes          -
    confirm_staff          yes        -       yes         -          yes          -
    make_token             yes       yes      yes         -          yes          -
    list_tokens            yes       yes      yes         -          yes          -
    revoke_token           yes       yes      yes         -          yes          -
    break_glass            yes       yes      yes         -           -          -
    judge_break_glass       -         -        -          -          yes         yes
    mark_programme          -         -        -          -          yes          -
    give_part2_consent     yes       yes      yes         -           -          -
    revoke_part2_consent   yes       yes      yes        yes          -          -
    view_disclosures        -         -        -         yes          -          yes
    request_amendment      yes       yes      yes        yes          -          -
    answer_amendment       yes       yes      yes         -           -          yes
    list_amendments        yes       yes      yes        yes          -          yes
    close_own_account       -         -        -         yes          -          -
    close_account           -         -        -          -          yes         yes
"""
HEADER, *ROWS = [line.split() for line in WHO_MAY.strip().splitlines()]
CAST: dict[str, Callable[[], User]] = {
    "psychiatrist": factories.adler,
    "nurse": factories.bo,
    "pharmacist": factories.pia,
    "patient": factories.carla_user,
    "administrator": factories.admin,
    "privacy_officer": factories.olga,
}
MATRIX = [(act, role, answer == "yes") for act, *answers in ROWS for role, answer in zip(HEADER, answers, strict=True)]


@pytest.mark.parametrize(("act", "role", "allowed"), MATRIX)
def test_a_role_does_its_acts_and_no_others(act, role, allowed):
    by = CAST[role]()
    assert access.may(by, act) is allowed
    if allowed:
        access.require(by, act)
        return
    with pytest.raises(NotAllowed):
        access.require(by, act)


def test_every_act_is_in_the_matrix():
    assert set(access.ACTS) == {act for act, *_ in ROWS}


def test_what_is_no_act_is_done_by_nobody():
    for somebody in CAST.values():
        assert not access.may(somebody(), "delete_everything")


def test_the_inactive_and_the_signed_out_do_nothing_and_see_nobody():
    carla, gone = factories.carla(), factories.adler()
    gone.is_active = False
    for by in (gone, AnonymousUser()):
        assert not any(access.may(by, act) for act in access.ACTS)
        assert not access.patients_of(by).exists()
        with pytest.raises(NotAllowed):
            access.patient_for(by, "view_chart", carla.pk)


# -- whose chart opens for whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["psychiatrist", "nurse", "pharmacist"])
def test_staff_see_the_patients_of_their_teams_and_no_others(role):
    carla, stranger = factories.carla(), factories.stranger()
    by = CAST[role]()
    assert list(access.patients_of(by)) == [carla]
    assert access.patient_for(by, "view_chart", carla.pk) == carla
    with pytest.raises(NoSuchPatient):
        access.patient_for(by, "view_chart", stranger.pk)


def test_a_psychiatrist_of_another_team_sees_nothing_of_carla():
    carla = factories.carla()
    for act in access.ACTS:
        with pytest.raises(RecordError):
            access.patient_for(factories.dorn(), act, carla.pk)
    assert not access.patients_of(factories.dorn()).filter(pk=carla.pk).exists()


def test_a_patient_sees_only_themselves():
    carla, stranger = factories.carla(), factories.stranger()
    assert list(access.patients_of(factories.carla_user())) == [carla]
    assert access.patient_for(factories.carla_user(), "view_own", carla.pk) == carla
    with pytest.raises(NoSuchPatient):
        access.patient_for(factories.carla_user(), "view_own", stranger.pk)


def test_an_administrator_sees_no_chart():
    carla = factories.carla()
    assert not access.patients_of(factories.admin()).exists()
    for act in ("view_chart", "view_own", "sign"):
        with pytest.raises(NotAllowed):
            access.patient_for(factories.admin(), act, carla.pk)
    with pytest.raises(NoSuchPatient):
        access.patient_for(factories.admin(), "view_audit", carla.pk)


def test_unknown_and_foreign_patients_sound_the_same():
    foreign = factories.stranger().pk
    sentences = set()
    for patient_id in (foreign, foreign + 1000, 0, -1):
        with pytest.raises(NoSuchPatient) as refused:
            access.patient_for(factories.adler(), "view_chart", patient_id)
        sentences.add(str(refused.value))
    assert len(sentences) == 1


def test_the_role_is_asked_before_the_patient_so_that_a_refusal_tells_nothing():
    for patient_id in (factories.carla().pk, factories.stranger().pk, 0):
        with pytest.raises(NotAllowed):
            access.patient_for(factories.bo(), "sign", patient_id)


def test_a_chart_closes_at_the_instant_somebody_leaves_the_team():
    carla, bo = factories.carla(), factories.bo()
    now = timezone.now()
    CareTeamMember.objects.filter(user=bo).update(until=now + timedelta(seconds=60))
    assert access.cares_for(bo, carla.pk)
    with time_machine.travel(now + timedelta(seconds=60), tick=False):
        assert not access.cares_for(bo, carla.pk)
        assert not access.is_member(bo, factories.team().pk)


def test_a_chart_closes_when_the_patient_leaves_the_team_and_opens_only_when_care_begins():
    carla, bo = factories.carla(), factories.bo()
    now = timezone.now()
    CareAssignment.objects.filter(patient=carla).update(until=now)
    assert not access.patients_of(bo).exists()
    CareAssignment.objects.create(patient=carla, team=factories.team(), since=now + timedelta(days=1))
    assert not access.patients_of(bo).exists()
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert access.patients_of(bo).get() == carla


def test_somebody_who_joins_tomorrow_sees_nothing_today():
    factories.carla()
    new = factories.user("new", Role.NURSE)
    CareTeamMember.objects.create(team=factories.team(), user=new, since=timezone.now() + timedelta(days=1))
    assert not access.patients_of(new).exists()


def test_a_patient_of_two_teams_is_listed_once():
    carla = factories.carla()
    second = factories.team("Second")
    factories.member("adler", Role.PSYCHIATRIST, second)
    CareAssignment.objects.create(patient=carla, team=second, since=factories.LONG_AGO)
    assert list(access.patients_of(factories.adler())) == [carla]


def test_the_person_of_a_request_may_be_lazy():
    carla, adler = factories.carla(), factories.adler()
    lazy = SimpleLazyObject(lambda: adler)
    assert access.patient_for(lazy, "view_chart", carla.pk) == carla  # type: ignore[arg-type]


def test_an_administrator_who_is_listed_in_a_team_sees_no_chart_either():
    factories.carla()
    admin = factories.admin()
    CareTeamMember.objects.create(team=factories.team(), user=admin, since=factories.LONG_AGO)
    assert not access.patients_of(admin).exists()


def test_a_patient_sees_nobody_else_who_has_a_login():
    carla, stranger = factories.carla(), factories.stranger()
    factories.user("sam", Role.PATIENT, patient=stranger)
    assert list(access.patients_of(factories.carla_user())) == [carla]


def test_a_chart_closes_at_the_instant_the_patient_leaves_the_team():
    carla, bo = factories.carla(), factories.bo()
    now = timezone.now()
    CareAssignment.objects.filter(patient=carla).update(until=now + timedelta(seconds=60))
    assert access.cares_for(bo, carla.pk)
    with time_machine.travel(now + timedelta(seconds=60), tick=False):
        assert not access.cares_for(bo, carla.pk)


def test_a_chart_opens_at_the_instant_somebody_joins_the_team():
    carla, new, now = factories.carla(), factories.user("new", Role.NURSE), timezone.now()
    CareTeamMember.objects.create(team=factories.team(), user=new, since=now + timedelta(days=1))
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert access.cares_for(new, carla.pk)


def gone_and_coming() -> tuple[User, User]:
    """Somebody who has left Carla's team for another, and somebody of another who joins hers tomorrow."""
    now = timezone.now()
    gone = factories.member("gone", Role.PSYCHIATRIST, factories.team())
    CareTeamMember.objects.filter(user=gone).update(until=now)
    factories.member("gone", Role.PSYCHIATRIST, factories.team("Hillside"))
    coming = factories.member("coming", Role.PSYCHIATRIST, factories.team("Hillside"))
    CareTeamMember.objects.create(team=factories.team(), user=coming, since=now + timedelta(days=1))
    return gone, coming


def test_a_time_in_another_team_opens_no_chart_of_a_team_one_has_left_or_not_joined_yet():
    carla, stranger, _bo = factories.carla(), factories.stranger(), factories.bo()
    for person in gone_and_coming():
        assert list(access.patients_of(person)) == [stranger]
        assert access.cares_for(person, stranger.pk)
        assert not access.cares_for(person, carla.pk)
        assert access.is_member(person, factories.team("Hillside").pk)
        assert not access.is_member(person, factories.team().pk)


# -- the people of a patient ------------------------------------------------------------------------------------------


def test_the_people_of_a_patient_work_in_her_team_now_and_do_the_act():
    carla, adler, bo, pia, _dorn = (
        factories.carla(), factories.adler(), factories.bo(), factories.pia(), factories.dorn(),
    )  # fmt: skip
    gone_and_coming()
    factories.member("closed", Role.PSYCHIATRIST, factories.team(), is_active=False)
    assert set(access.people_of(carla.pk, "cosign")) == {adler, pia}
    assert set(access.people_of(carla.pk, "view_chart")) == {adler, bo, pia}
    assert not access.people_of(carla.pk, "delete_everything").exists()


def test_a_team_that_has_given_the_patient_up_or_takes_her_over_tomorrow_is_not_asked():
    carla, now = factories.carla(), timezone.now()
    factories.adler()
    second = factories.member("second", Role.PSYCHIATRIST, factories.team("Second"))
    CareAssignment.objects.filter(patient=carla).update(until=now + timedelta(days=1))
    CareAssignment.objects.create(patient=carla, team=factories.team("Second"), since=now + timedelta(days=1))
    assert list(access.people_of(carla.pk, "cosign")) == [factories.adler()]
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert list(access.people_of(carla.pk, "cosign")) == [second]


def test_whoever_shares_two_teams_with_the_patient_is_named_once():
    carla, adler, second = factories.carla(), factories.adler(), factories.team("Second")
    factories.member("adler", Role.PSYCHIATRIST, second)
    CareAssignment.objects.create(patient=carla, team=second, since=factories.LONG_AGO)
    assert list(access.people_of(carla.pk, "cosign")) == [adler]


def test_a_task_is_no_concern_of_who_cares_for_other_patients_only():
    carla, dorn = factories.carla(), factories.dorn()
    assert access.cares_for(dorn, factories.stranger().pk)
    assert not access.cares_for(dorn, carla.pk)


# -- reading is audited, writing is locked ----------------------------------------------------------------------------


def test_reading_a_chart_is_audited_with_who_what_when_and_why():
    carla, bo = factories.carla(), factories.bo()
    with time_machine.travel(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), tick=False):
        access.patient_for(bo, "view_chart", carla.pk, why="telephone call")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name, entry.role) == (bo, "bo", "nurse")
    assert (entry.act, entry.patient, entry.why) == ("view_chart", carla, "telephone call")
    assert entry.at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert (entry.object_type, entry.object_id) == ("record.patient", str(carla.pk))


def test_a_refusal_writes_no_audit_entry_but_a_line_with_ids_in_the_log(caplog):
    stranger, adler = factories.stranger(), factories.adler()
    with pytest.raises(NoSuchPatient):
        access.patient_for(adler, "view_chart", stranger.pk)
    assert not AuditEntry.objects.exists()
    assert caplog.messages == [f"refused act=view_chart user={adler.pk} patient={stranger.pk}"]


def test_with_a_lock_the_audit_is_left_to_the_action():
    carla = factories.carla()
    with transaction.atomic():
        assert access.patient_for(factories.adler(), "sign", carla.pk, lock=True) == carla
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_on_every_database():
    carla = factories.carla()
    with pytest.raises(RuntimeError, match="needs a transaction"):
        access.patient_for(factories.adler(), "sign", carla.pk, lock=True)


# -- what it costs ----------------------------------------------------------------------------------------------------


THINGS = [
    (Prescription, "", "propose"),
    (DosageChange, "prescription", "sign"),
    (Observation, "", "record_observation"),
]


def of_somebody(model, patient):
    """A thing of that kind in the patient's record."""
    if model is Observation:
        return Observation.objects.create(
            patient=patient,
            code="weight",
            value=70,
            unit="kg",
            observed_at=timezone.now(),
            recorded_by=factories.adler(),
        )
    to = factories.prescription(patient)
    return to if model is Prescription else factories.change(to)


@pytest.mark.parametrize(("model", "through", "act"), THINGS)
def test_a_thing_opens_with_its_locked_patient_for_who_cares_for_them(model, through, act, django_assert_num_queries):
    adler, carla = factories.adler(), factories.carla()
    thing = of_somebody(model, carla)
    with django_assert_num_queries(3):
        found = access.locked(adler, act, model, thing.pk, through=through)
    assert found == (carla, thing)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("model", "through", "act"), THINGS)
def test_an_unknown_thing_and_a_strangers_sound_the_same(model, through, act):
    foreign = of_somebody(model, factories.stranger()).pk
    said = set()
    for number in (foreign, foreign + 1000, 0, -1):
        with pytest.raises(RecordError) as refused:
            access.locked(factories.adler(), act, model, number, through=through)
        said.add((type(refused.value), str(refused.value)))
    assert said == {(NoSuchPatient, str(NoSuchPatient.default))}


def test_whose_role_does_not_do_the_act_is_not_told_whether_the_thing_exists():
    known = of_somebody(DosageChange, factories.carla()).pk
    for number in (known, known + 1000):
        with pytest.raises(NotAllowed):
            access.locked(factories.bo(), "sign", DosageChange, number, through="prescription")


def test_asking_what_somebody_may_do_costs_no_query(django_assert_num_queries):
    bo = factories.bo()
    with django_assert_num_queries(0):
        assert access.may(bo, "work_tasks")
        access.require(bo, "work_tasks")
        with pytest.raises(NotAllowed):
            access.patient_for(bo, "sign", 1)


@pytest.mark.parametrize("by", [factories.adler, factories.carla_user])
def test_listing_patients_costs_one_query_however_many_there_are(django_assert_num_queries, by):
    person = by()
    factories.carla()
    for number in range(20):
        factories.patient(f"N-{number}")
    with django_assert_num_queries(1):
        list(access.patients_of(person))


def test_a_read_costs_three_queries_and_a_locked_one_a_single_query(django_assert_num_queries):
    carla, adler = factories.carla(), factories.adler()
    with django_assert_num_queries(3):
        access.patient_for(adler, "view_chart", carla.pk)
    with django_assert_num_queries(1):
        access.patient_for(adler, "sign", carla.pk, lock=True)


def test_history_is_taken_over_for_anybodys_patient_but_only_by_those_who_may():
    Patient.objects.filter(pk=factories.stranger().pk).update(source_id="urn:1")
    assert access.patient_from_source(factories.adler(), "urn:1") == factories.stranger()
    assert access.patient_from_source(factories.adler(), "urn:2") is None
    with pytest.raises(NotAllowed):
        access.patient_from_source(factories.bo(), "urn:1")


def test_only_those_who_came_from_another_record_are_counted_as_taken_over():
    carla, stranger = factories.carla(), factories.stranger()
    Patient.objects.filter(pk=stranger.pk).update(source_id="urn:1")
    assert list(access.patients_taken_over(factories.admin(), [carla.pk, stranger.pk])) == [stranger]
    assert not access.patients_taken_over(factories.admin(), [carla.pk]).exists()
    for by in (factories.bo(), factories.pia(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            access.patients_taken_over(by, [stranger.pk])


def test_patients_are_counted_for_a_release_by_whoever_may_put_it_into_use_alone():
    carla, stranger = factories.carla(), factories.stranger()
    assert access.patients_counted(factories.pia(), [stranger.pk, carla.pk]) == [carla, stranger]
    assert access.patients_counted(factories.pia(), [stranger.pk]) == [stranger]
    for by in (factories.adler(), factories.bo(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            access.patients_counted(by, [carla.pk])


def test_the_clock_gets_the_patients_it_asks_for_in_one_order():
    carla, stranger = factories.carla(), factories.stranger()
    factories.patient("N-1")
    with transaction.atomic():
        assert access.patients_for_the_clock([stranger.pk, carla.pk]) == [carla, stranger]
