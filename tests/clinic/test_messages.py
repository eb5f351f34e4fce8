"""Whom a message may reach, where, about what: every yes, no and end of a consent, address and plan, held alone."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from medmgmt import chart
from medmgmt.actions import messages, people, worklist
from medmgmt.actions import renewals as deciding
from medmgmt.messages import digests, due, planning, reads
from medmgmt.record.models import Patient, Prescription, User
from refills import clock
from refills.messages import notices
from refills.models import CaregiverConsent, ClockTick, Reminder, ReminderPlan, Task, TaskKind, Unreachable
from refills.worklist import tasks
from tests import factories
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def supplied(drug: str = "bupropion", *, lasts: int = 5, of: Patient | None = None) -> Prescription:
    made = saying.taken(drug, of=of)
    saying.filled(made, 30 - lasts)
    return made


def planned(**of: Any) -> list[Reminder]:
    return list(Reminder.objects.filter(state="planned", **of).order_by("due_at", "id"))


def told(patient: Patient | None = None) -> dict[tuple[str, str], Any]:
    """What falls due, by kind and number."""
    of = patient or factories.carla()
    found = due.things(of, due.wishes_of(of), saying.today(of))
    return {(one.about_type, one.about_id): one for one in found}


def helper(**values: Any) -> CaregiverConsent:
    values = {
        "name": "Mara", "channel": "email", "address": "mara@mail.example", "language": "es", "covers": ["refills"],
        "starts_on": saying.today(), **values,
    }  # fmt: skip
    return messages.add_caregiver(factories.carla_user(), factories.carla().pk, **values)


# -- what falls due ---------------------------------------------------------------------------------------------------
def test_only_what_was_signed_for_this_patient_falls_due() -> None:
    mine, strangers = supplied(), supplied(of=factories.patient("C-1002"))
    saying.proposed(mine, "stop", -2)
    saying.changed(strangers, "stop", -4)
    assert set(told()) == {("prescription", str(mine.pk))}
    assert set(told(strangers.patient)) == {("end_of_course", str(strangers.pk))}


def test_the_next_injection_is_reckoned_from_the_last_and_none_is_due_after_a_stop() -> None:
    monthly = factories.sig("156", timing="every_n_days", every_days=30, route="IM")
    made = saying.taken("paliperidone palmitate monthly", sig=monthly)
    for days_ago in (55, 25):
        saying.filled(made, days_ago, 30, 1, unit="{injection}")
    assert told()[("injection", str(made.pk))].day == saying.ago(-5)
    saying.changed(made, "stop", 0)
    assert ("injection", str(made.pk)) not in told()


def test_a_supply_that_lasts_to_a_planned_stop_is_not_told() -> None:
    made = supplied()
    saying.changed(made, "stop", -4)
    assert [kind for kind, _number in told()] == ["end_of_course"]
    [end] = told().values()
    assert [(step.kind, step.days) for step in end.steps] == [("end_of_taper", -1)]


def test_an_answer_is_told_on_the_patients_next_morning_and_to_nobody_else(far: Patient) -> None:
    made = saying.regular(saying.taken())
    deciding.decline(factories.adler(), made.pk, answer="denied", reason="visit_needed")
    assert told()[("renewal_answer", str(made.pk))].day == saying.ago(-1)
    other = supplied(of=factories.patient("C-1002", time_zone=far.time_zone)).patient
    assert {kind for kind, _number in told(other)} == {"prescription"}


# -- the patient's own wishes -----------------------------------------------------------------------------------------
def test_a_plan_of_ones_own_sets_hours_and_language_and_the_rest_is_the_clinics() -> None:
    carla = factories.carla()
    ReminderPlan.objects.create(patient=carla, hour=6, quiet_until=10, quiet_from=12, language="es")
    found = due.wishes_of(carla)
    assert (found.waking.at.hour, found.waking.opens, found.waking.closes, found.language) == (10, 10, 12, "es")
    assert (found.before, found.after) == ((7, 3, 1, 0), (1, 3, 7))
    ReminderPlan.objects.filter(patient=carla).update(hour=20)
    assert due.wishes_of(carla).waking.at.hour == 11


# -- addresses --------------------------------------------------------------------------------------------------------
def test_an_address_that_was_given_up_is_neither_planned_for_nor_written_to() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+14155550100", consented=True)
    supplied()
    carla, text = factories.carla(), planned(channel="sms")[:1]
    assert planning.reachable_channels(carla, due.wishes_of(carla)) == ["email", "sms"]
    carla.contact_points.filter(channel="sms").update(ended_at=timezone.now())
    assert planning.reachable_channels(carla, due.wishes_of(carla)) == ["email"]
    assert [planning.reach(row).address for row in text] in ([], [None])
    mail = planned(channel="email")[0]
    assert planning.reach(mail).address == "carla@mail.example"
    carla.contact_points.filter(channel="email").update(ended_at=timezone.now())
    assert planning.reach(mail).address is None
    assert planning.reachable_channels(carla, due.wishes_of(carla)) == ["email"], "so that a person finds out"
    people.set_contact(factories.bo(), carla.pk, channel="email", address="new@mail.example", consented=True)
    assert planning.reach(mail).address == "new@mail.example"


def test_a_no_to_a_channel_and_an_address_that_fails_are_not_planned_for_until_it_is_mended() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+14155550100", consented=True)
    carla = factories.carla()
    mine = due.wishes_of(carla)
    messages.opt(factories.bo(), carla.pk, channel="email", wanted=False)
    assert planning.reachable_channels(carla, mine) == ["sms"]
    messages.opt(factories.bo(), carla.pk, channel="email", wanted=True)
    row = Unreachable.objects.create(patient=carla, channel="sms", address="+14155550100")
    assert planning.reachable_channels(carla, mine) == ["email"]
    Unreachable.objects.filter(pk=row.pk).update(mended_at=timezone.now())
    assert planning.reachable_channels(carla, mine) == ["email", "sms"]


# -- whom, still ------------------------------------------------------------------------------------------------------
def test_a_helper_is_told_through_the_last_day_of_the_consent_and_only_what_it_is_for() -> None:
    consent = helper(ends_on=saying.ago(-3))
    supplied()
    row = planned(caregiver=consent)[0]
    for days, allowed in ((3, True), (4, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert planning.reach(row).allowed is allowed
    for covers, things in (
        (["refills"], {"prescription"}),
        (["injections"], {"injection"}),
        (["tests"], {"lab"}),
        (["plan"], {"dosage_change", "end_of_course"}),
    ):
        consent = helper(covers=covers, address=f"{covers[0]}@mail.example")
        [found] = [one for one in planning.helpers(factories.carla(), saying.today()) if one.consent_id == consent.pk]
        assert found.covers == things


def test_two_caregivers_are_two_readers_and_two_consents_of_one_person_are_one() -> None:
    mara, ana = helper(), helper(name="Ana", address="ana@mail.example")
    helper(covers=["tests"])
    found = planning.helpers(factories.carla(), saying.today())
    assert [(one.consent_id, one.covers) for one in found] == [
        (mara.pk, {"prescription", "lab"}), (ana.pk, {"prescription"}),
    ]  # fmt: skip


def test_a_stop_that_nobody_signed_holds_no_message_back_and_a_signed_one_does() -> None:
    made = supplied()
    row = planned()[0]
    saying.proposed(made, "stop")
    assert planning.reach(row).allowed
    saying.changed(made, "stop", 0)
    assert (planning.reach(row).allowed, planning.reach(row).why) == (False, "no longer taken")


def test_a_step_of_a_taper_that_was_called_off_is_not_told() -> None:
    made = supplied(lasts=28)
    saying.changed(made, "new_dose", -10, factories.sig("25"))
    planning.plan(factories.carla(), timezone.now())
    step = next(row for row in planned() if row.kind == "taper_step")
    assert planning.reach(step).allowed
    saying.changed(made, "new_dose", -10, factories.sig("50"), signed_at=timezone.now() + timedelta(days=20))
    assert not planning.reach(step).allowed


def test_a_notice_to_somebody_who_has_left_stays_here() -> None:
    bo = factories.bo()
    notices.notify(user_id=bo.pk, key="digest|1", kind="digest", due_at=timezone.now())
    [row] = planned(recipient=bo)
    assert (planning.reach(row).address, planning.reach(row).allowed) == (bo.email, True)
    User.objects.filter(pk=bo.pk).update(is_active=False)
    assert (planning.reach(row).address, planning.reach(row).allowed) == (None, False)


# -- the page about it ------------------------------------------------------------------------------------------------
def test_the_page_shows_the_patients_own_messages_helpers_link_and_what_comes_from_today_on() -> None:
    made, other = supplied(lasts=0), supplied(of=factories.patient("C-1002"))
    mine = helper()
    CaregiverConsent.objects.create(
        patient=other.patient, name="Otto", channel="email", address="otto@mail.example", covers="refills",
        starts_on=saying.today(), recorded_by=factories.bo(),
    )  # fmt: skip
    messages.renew_calendar(factories.carla_user(), factories.carla().pk)

    def page() -> reads.Page:
        return reads.page(factories.carla_user(), "view_own", factories.carla().pk)

    assert [one.pk for one in page().helpers] == [mine.pk]
    assert page().sent
    assert {row.patient_id for row in page().sent} == {made.patient_id}
    assert {row.state for row in page().sent} <= {"planned", "sent"}
    assert [(one.day, one.what) for one in page().coming] == [(saying.today(), "bupropion")]
    assert page().feed
    messages.revoke_calendar(factories.carla_user(), factories.carla().pk)
    assert page().feed == ""


def test_the_portal_tells_the_next_message_of_the_patients_own() -> None:
    made = supplied(lasts=20)
    helper()

    def shown() -> Reminder | None:
        [(_medicine, reminder)] = chart.portal(factories.carla_user()).next_refills
        return reminder

    first = planned(caregiver=None)[0]
    assert shown() == first
    Reminder.objects.filter(pk=first.pk).update(state="cancelled", settled_at=timezone.now())
    assert shown() == planned(caregiver=None)[0] != first
    Reminder.objects.filter(caregiver=None).update(state="cancelled", settled_at=timezone.now())
    assert planned(caregiver__isnull=False)
    assert shown() is None
    assert made.patient == factories.carla()


# -- the morning notice -----------------------------------------------------------------------------------------------
def test_the_morning_notice_is_for_who_wants_it_within_two_hours_of_the_morning() -> None:
    bo, adler = factories.bo(), factories.adler()
    for number, role in enumerate(("nurse", "psychiatrist")):
        tasks.open_task(kind=TaskKind.OTHER, key=f"t{number}", role=role, title="Look", patient_id=factories.carla().pk)
    worklist.choose_digest(adler, wanted=False)
    with time_machine.travel("2026-11-18T15:05:00+00:00", tick=False):
        assert digests.plan() == 0, "two hours after eight in New York"
    with time_machine.travel("2026-11-18T14:55:00+00:00", tick=False):
        assert digests.plan() == 1
    assert [row.recipient for row in Reminder.objects.filter(kind="digest")] == [bo]
    assert Task.objects.filter(closed_at=None).count() == 2


# -- how delivery stands ----------------------------------------------------------------------------------------------
def test_a_clock_that_stands_still_is_told_and_no_held_message_names_a_patient() -> None:
    made = supplied()
    Reminder.objects.filter(pk=planned()[0].pk).update(state="held", settled_at=timezone.now())
    clock.beat("deliver")
    report = reads.delivery_report(factories.admin())
    assert [(sign.part, sign.well) for sign in report.signs] == [("Delivery", True)]
    ClockTick.objects.filter(name="deliver").update(at=timezone.now() - timedelta(hours=2))
    assert [sign.well for sign in reads.delivery_report(factories.admin()).signs] == [False]
    assert [row.get_deferred_fields() >= {"patient_id", "prescription_id"} for row in report.held] == [True]
    assert [row.patient_id for row in reads.held_of(factories.bo(), made.patient_id)[1]] == [made.patient_id]
