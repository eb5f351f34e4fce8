"""Messages as people want them: bundles, yes and no, helpers, what comes back, what else falls due."""

import hashlib
import hmac
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from medmgmt.actions import messages, observing, people, prescribing, reports, supply
from medmgmt.messages import due as messages_due
from medmgmt.messages import planning
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import Prescription
from refills.messages import fallback, notices, reminders
from refills.messages.reports import Report, Said
from refills.models import (
    CaregiverConsent,
    ChannelChoice,
    DemoMessage,
    Reminder,
    ReminderItem,
    Task,
    TaskKind,
    Unreachable,
)
from tests import factories
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
SECRET = "a secret of the provider"
PHONE = "+14155550100"
HELPER: dict[str, Any] = {
    "name": "Mara",
    "channel": "email",
    "address": "mara@mail.example",
    "language": "es",
    "covers": ["refills"],
}


def supplied(drug: str, *, lasts: int, days: int = 30) -> Prescription:
    """A medicine of Carla's that lasts so many days from today."""
    made = factories.taking(drug, rxcui=None)
    supply.record_dispense(
        factories.bo(),
        made.pk,
        dispensed_on=orders.today() - timedelta(days=days - lasts),
        quantity=Decimal(days),
        unit="{tablet}",
        days_supply=days,
    )
    return made


def planned(**of: Any) -> list[Reminder]:
    return list(Reminder.objects.filter(state="planned", **of).order_by("due_at", "id"))


def about(row: Reminder) -> set[tuple[str, str]]:
    return set(row.items.values_list("about_type", "about_id"))


def phone() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+1 415 555 0100", consented=True)


def tick() -> reminders.Counts:
    """At noon of the next due day where Carla lives."""
    due = Reminder.objects.filter(state="planned").earliest("due_at").due_at
    return reminders.tick(now=due + timedelta(hours=3), reach=planning.reach)


@pytest.fixture
def _mail(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]


# -- bundles ----------------------------------------------------------------------------------------------------------
def test_three_refills_due_in_one_week_are_one_message_a_step() -> None:
    made = [supplied("sertraline", lasts=20), supplied("trazodone", lasts=22), supplied("bupropion", lasts=24)]
    rows = planned()
    assert len(rows) == 7
    assert all(about(row) == {("prescription", str(one.pk)) for one in made} for row in rows)
    assert [row.kind for row in rows][:4] == ["refill_7", "refill_3", "refill_1", "refill_0"]


def test_lithium_is_told_on_its_very_day_whatever_else_runs_out_that_week() -> None:
    first, lithium = supplied("sertraline", lasts=20), supplied("lithium", lasts=24)
    by_day = {row.local_date: about(row) for row in planned()}
    assert by_day[orders.today() + timedelta(days=20)] == {("prescription", str(first.pk))}
    assert ("prescription", str(lithium.pk)) in by_day[orders.today() + timedelta(days=24)]
    assert len(by_day[orders.today() + timedelta(days=13)]) == 2


def test_a_stopped_medicine_leaves_the_bundle_and_the_last_one_takes_the_message_with_it() -> None:
    one, other = supplied("sertraline", lasts=20), supplied("trazodone", lasts=22)
    for stopped, left in ((one, {("prescription", str(other.pk))}), (other, None)):
        change = prescribing.propose_change(
            factories.adler(), stopped.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="remission"
        )
        orders.answer_all(factories.adler(), change.change)
        prescribing.sign(factories.adler(), change.change.pk)
        rows = planned()
        assert all(about(row) == left for row in rows)
        assert bool(rows) == (left is not None)


def test_one_answer_is_for_everything_the_message_was_about() -> None:
    supplied("sertraline", lasts=20), supplied("trazodone", lasts=22)
    token = factories.link(planned()[0])
    for _ in range(2):
        messages.answer_link(token, "request_refill")
    assert Task.objects.filter(kind=TaskKind.REFILL_REQUEST).count() == 2


def test_already_picked_up_ends_the_reminders_and_asks_somebody_to_write_the_fill_down() -> None:
    supplied("sertraline", lasts=20)
    token = factories.link(planned()[0])
    for _ in range(2):
        assert messages.answer_link(token, "picked_up").answer == "picked_up"
    assert planned() == []
    task = Task.objects.get(kind=TaskKind.FILL_LOOK)
    assert "sertraline" not in task.title
    planning.plan(factories.carla(), timezone.now())
    assert planned() == []


# -- yes and no -------------------------------------------------------------------------------------------------------
def test_stop_by_the_link_stops_the_channel_and_start_brings_it_back() -> None:
    supplied("sertraline", lasts=20)
    row = planned()[0]
    messages.answer_link(factories.link(row), "stop")
    messages.answer_link(factories.link(row), "stop")
    assert planned() == []
    assert list(ChannelChoice.objects.values_list("channel", "opted_in", "how")) == [("email", False, "link")]
    messages.answer_link(factories.link(row), "start")
    assert len(planned()) == 7


def test_after_a_stop_by_e_mail_text_messages_go_on_where_they_were_agreed_to() -> None:
    phone()
    supplied("sertraline", lasts=20)
    assert {row.channel for row in planned()} == {"email"}
    messages.opt(factories.carla_user(), factories.carla().pk, channel="email", wanted=False)
    assert {row.channel for row in planned()} == {"sms"}
    assert len(planned()) == 7


@pytest.mark.parametrize(("word", "left"), [("STOP", set()), ("Alto.", set()), ("hola", {"sms"})])
def test_stop_by_answering_a_text_message_works_in_both_languages(word: str, left: set[str]) -> None:
    phone()
    supplied("sertraline", lasts=20)
    messages.opt(factories.bo(), factories.carla().pk, channel="email", wanted=False)
    for _ in range(2):
        reports.take_report("sms", Report("e1", Said.REPLY, sender="+1 415 555-0100", text=word))
    assert {row.channel for row in planned()} == left
    assert Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).count() == bool(left)
    details = Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).values_list("detail", flat=True)
    assert list(details) == ([f"“{word}”"] if left else [])
    points = {one.channel: one.reachable for one in factories.carla().contact_points.filter(ended_at=None)}
    assert points["sms"] is bool(left), "the address says so as well"
    reports.take_report("sms", Report("e2", Said.REPLY, sender=PHONE, text="START"))
    assert {row.channel for row in planned()} == {"sms"}
    assert factories.carla().contact_points.get(channel="sms", ended_at=None).reachable


def test_a_plan_of_ones_own_changes_days_hour_and_quiet_and_somebody_else_was_faster_is_told() -> None:
    supplied("sertraline", lasts=20)
    hours = {"hour": 18, "quiet_from": 20, "quiet_until": 10}
    plan: dict[str, Any] = {"before": [2], "after": [1], "channels": ["email"], "language": "es", **hours}
    messages.save_plan(factories.carla_user(), factories.carla().pk, **plan, version=1)
    rows = planned()
    assert [(row.local_date - orders.today()).days for row in rows] == [18, 21]
    assert {row.due_at.astimezone(ZoneInfo("America/New_York")).hour for row in rows} == {18}
    assert planning.reach(rows[0]).language == "es"
    with pytest.raises(Conflict):
        messages.save_plan(factories.bo(), factories.carla().pk, **plan, version=1)
    nonsense: list[dict[str, Any]] = [
        {"before": []},
        {"before": [99]},
        {"hour": 21},
        {"quiet_until": 19},
        {"channels": []},
    ]
    for wrong in nonsense:
        with pytest.raises(Refused):
            messages.save_plan(factories.bo(), factories.carla().pk, **{**plan, **wrong}, version=2)


def test_messages_are_for_her_own_people_and_herself_to_set() -> None:
    for by, refused in ((factories.dorn(), NoSuchPatient), (factories.pia(), NotAllowed)):
        with pytest.raises(refused):
            messages.opt(by, factories.carla().pk, channel="email", wanted=False)


@pytest.mark.parametrize("address", ["415 555 0100", "+1", "carla@mail.example"])
def test_a_phone_number_without_its_country_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(Refused, match="begins with"):
        people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address=address, consented=True)


# -- helpers ----------------------------------------------------------------------------------------------------------
def helper(**values: Any) -> CaregiverConsent:
    return messages.add_caregiver(
        factories.carla_user(), factories.carla().pk, **{**HELPER, "starts_on": orders.today(), **values}
    )


@pytest.mark.usefixtures("_mail")
@pytest.mark.django_db(transaction=True)
def test_a_helper_is_told_only_by_consent_and_no_more_once_it_is_withdrawn() -> None:
    consent = helper()
    supplied("sertraline", lasts=20)
    assert len(planned(caregiver=None)) == len(planned(caregiver=consent)) == 7
    assert tick().sent == 2
    theirs = next(message for message in mail.outbox if message.to == ["mara@mail.example"])
    assert "Alguien a quien usted ayuda" in theirs.subject
    rows = planned(caregiver=consent)
    messages.withdraw_caregiver(factories.bo(), consent.pk)
    messages.withdraw_caregiver(factories.bo(), consent.pk)
    assert planned(caregiver=consent) == []
    assert planning.reach(rows[0]).why == "consent withdrawn", "asked again just before, whatever was planned"


def test_a_helper_is_told_of_what_the_consent_is_for_and_until_it_ends() -> None:
    helper(covers=["injections"])
    supplied("sertraline", lasts=20)
    assert len(planned(caregiver__isnull=False)) == 0
    yesterday = orders.today() - timedelta(days=1)
    nonsense: list[dict[str, Any]] = [
        {"covers": []},
        {"covers": ["gossip"]},
        {"name": " "},
        {"address": "nobody"},
        {"starts_on": yesterday},
        {"ends_on": yesterday},
    ]
    for wrong in nonsense:
        with pytest.raises(Refused):
            helper(**wrong)


def test_a_helper_who_says_stop_ends_their_own_messages_and_not_the_patients() -> None:
    consent = helper()
    supplied("sertraline", lasts=20)
    messages.answer_link(factories.link(planned(caregiver=consent)[0]), "stop")
    assert planned(caregiver=consent) == []
    assert len(planned()) == 7
    messages.answer_link(factories.link(planned()[0]), "start")
    assert len(planned()) == 7


# -- what comes back --------------------------------------------------------------------------------------------------
def handed_over(**columns: Any) -> Reminder:
    """Carla's first message, taken by the mail server."""
    supplied("sertraline", lasts=20)
    row = planned()[0]
    now = timezone.now()
    Reminder.objects.filter(pk=row.pk).update(
        **{"state": "sent", "settled_at": now, "handed_over_at": now, "provider_id": "<m1@clinic.example>", **columns}
    )
    return Reminder.objects.get(pk=row.pk)


def test_a_delivered_message_is_delivered_once_and_what_was_unknown_needs_no_call_any_more() -> None:
    row = handed_over(state="unknown")
    Task.objects.create(kind="contact_patient", key=f"contact_patient|reminder|{row.pk}", patient=row.patient,
                        role="nurse", due_at=timezone.now(), title="Call")  # fmt: skip
    for number in ("e1", "e2"):
        reports.take_report("email", Report(number, Said.DELIVERED, "m1@clinic.example"))
    row.refresh_from_db()
    assert row.state == "delivered"
    assert row.delivered_at is not None
    assert Task.objects.get(kind="contact_patient").state == "cancelled"


def test_a_bounce_is_a_task_for_the_address_and_the_next_channel_takes_over_until_it_is_mended() -> None:
    phone()
    row = handed_over()
    for number in ("e1", "e1", "e2"):
        reports.take_report("email", Report(number, Said.BOUNCED, "<m1@clinic.example>"))
    row.refresh_from_db()
    assert row.state == "bounced"
    task = Task.objects.get(kind=TaskKind.FIX_CONTACT)
    assert (task.role, "mail.example" in task.title + task.detail) == ("nurse", False)
    assert Unreachable.objects.filter(mended_at=None).count() == 1
    [instead] = Reminder.objects.filter(fallback_of=row)
    assert (instead.channel, instead.state) == ("sms", "planned")
    assert about(instead) == about(row)
    assert {one.channel for one in planned()} == {"sms"}
    assert len(planned()) == 7
    people.set_contact(factories.bo(), row.patient_id or 0, channel="email", address="new@mail.example", consented=True)
    task.refresh_from_db()
    assert task.state == "cancelled"
    assert {one.channel for one in planned(fallback_of=None)} == {"email"}


def test_a_message_that_was_given_up_goes_by_the_next_channel_once_and_nobody_need_call() -> None:
    phone()
    row = handed_over(state="dead", outcome="answer 500")
    Task.objects.create(kind="contact_patient", key=f"contact_patient|reminder|{row.pk}", patient=row.patient,
                        role="nurse", due_at=timezone.now(), title="Call")  # fmt: skip
    assert [reports.fall_back() for _ in range(3)] == [1, 0, 0]
    instead = Reminder.objects.get(fallback_of=row)
    assert instead.channel == "sms"
    assert Task.objects.get(kind="contact_patient").state == "cancelled"
    Reminder.objects.filter(pk=instead.pk).update(state="dead", settled_at=timezone.now())
    assert reports.fall_back() == 0, "no channel is left: its own task stands"


def test_without_a_second_channel_nothing_is_tried_twice() -> None:
    handed_over(state="dead")
    assert reports.fall_back() == 0


def test_what_was_for_a_caregiver_or_is_a_week_old_goes_no_other_way() -> None:
    phone()
    consent = helper()
    row = handed_over(state="dead", outcome="too late")
    assert reports.fall_back() == 0
    theirs = planned(caregiver=consent)[0]
    now = timezone.now()
    Reminder.objects.filter(pk=theirs.pk).update(state="dead", outcome="answer 500", settled_at=now)
    assert fallback.waiting(now) == []
    assert reports.fall_back() == 0
    Reminder.objects.filter(pk=row.pk).update(outcome="answer 500")
    assert reports.fall_back() == 1


def post(
    channel: str, told: object, *, secret: str = SECRET, age: int = 0, headers: dict[str, str] | None = None
) -> int:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    stamp = str(int(timezone.now().timestamp()) - age)
    signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    sent = {"X-Timestamp": stamp, "X-Signature": signed, **(headers or {})}
    answer = Client(enforce_csrf_checks=True).post(
        f"/hooks/{channel}/", body, content_type="application/json", headers=sent
    )
    assert answer.content == b""
    return answer.status_code


def test_only_a_signed_and_fresh_report_is_taken_and_only_once(settings: object) -> None:
    settings.WEBHOOK_KEYS = {"email": SECRET, "sms": ""}  # type: ignore[attr-defined]
    row = handed_over()
    bounce = {"id": "e1", "event": "bounced", "message": "m1@clinic.example"}
    assert post("email", bounce, secret="guess") == 401
    assert post("email", bounce, age=3600) == 401
    assert post("email", bounce, headers={"X-Timestamp": "now"}) == 401
    assert post("email", bounce, headers={"X-Signature": ""}) == 401
    assert post("sms", bounce) == post("pigeon", bounce) == 401
    assert Reminder.objects.get(pk=row.pk).state == "sent"
    for nonsense in (b"", b"{", b"[]", b"\xff", {"id": 1}, {**bounce, "id": ""}, {**bounce, "event": "eaten"},
                     {**bounce, "message": "\x00"}, b"[" * 19_000):  # fmt: skip
        assert post("email", nonsense) == 400
    assert post("email", {**bounce, "id": "e0", "message": "somebody elses"}) == 204
    assert [post("email", bounce), post("email", bounce)] == [204, 204]
    assert Reminder.objects.get(pk=row.pk).state == "bounced"
    assert Client().get("/hooks/email/").status_code == 405


# -- what else falls due ----------------------------------------------------------------------------------------------
def kinds() -> set[str]:
    return set(ReminderItem.objects.filter(reminder__state="planned").values_list("about_type", flat=True))


def test_an_injection_is_told_by_its_window_and_not_by_a_run_out() -> None:
    made = supplied("paliperidone palmitate monthly", lasts=20)
    found = messages_due.things(factories.carla(), messages_due.wishes_of(factories.carla()), orders.today())
    [due] = [thing for thing in found if thing.about_type == "injection"]
    assert due.day == orders.today() + timedelta(days=20)
    assert [step.days for step in due.steps] == [-7, -1, 0, 7]
    assert ("prescription", str(made.pk)) not in {(thing.about_type, thing.about_id) for thing in found}
    assert "injection" in kinds()


def test_a_test_that_a_medicine_needs_is_told_of_when_it_is_due() -> None:
    supplied("lithium", lasts=20)
    found = messages_due.things(factories.carla(), messages_due.wishes_of(factories.carla()), orders.today())
    assert "lab" in {thing.about_type for thing in found}


def test_a_step_of_a_signed_plan_is_told_the_day_before_and_so_is_its_end() -> None:
    made = supplied("sertraline", lasts=20)
    for days, kind, amount in ((10, "new_dose", "25"), (15, "stop", None)):
        proposal = prescribing.propose_change(
            factories.adler(),
            made.pk,
            kind=kind,
            sig=factories.sig(amount) if amount else None,
            effective_on=orders.today() + timedelta(days=days),
            reason_code="remission" if kind == "stop" else "titration",
        )
        orders.answer_all(factories.adler(), proposal.change)
        prescribing.sign(factories.adler(), proposal.change.pk)
    told = {(row.kind, (row.local_date - orders.today()).days) for row in planned()}
    assert told == {("taper_step", 9), ("end_of_taper", 14)}, "what lasts to a planned stop needs no refill"


# -- the staff --------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("_mail")
@pytest.mark.django_db(transaction=True)
def test_a_notice_to_the_staff_goes_once_and_says_only_that_tasks_wait() -> None:
    bo, now = factories.bo(), timezone.now().replace(hour=15)
    assert notices.notify(user_id=bo.pk, key="digest|1", kind="digest", due_at=now)
    assert not notices.notify(user_id=bo.pk, key="digest|1", kind="digest", due_at=now)
    assert tick().sent == 1
    [message] = mail.outbox
    assert (message.to, message.subject) == ([bo.email], "You have tasks waiting")
    assert "/r/" not in message.body


@pytest.mark.django_db(transaction=True)
def test_the_demo_shows_text_messages_beside_e_mail() -> None:
    phone()
    messages.opt(factories.bo(), factories.carla().pk, channel="email", wanted=False)
    supplied("sertraline", lasts=20)
    assert tick().sent == 1
    [shown] = DemoMessage.objects.all()
    assert shown.recipient == PHONE
    assert "Reply STOP" in shown.body


def test_what_was_measured_moves_the_next_test_when_the_clock_plans() -> None:
    supplied("lithium", lasts=20)
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="lithium", value=Decimal("0.7"), observed_at=timezone.now()
    )
    assert reports.plan_soon() == 1
    due = ReminderItem.objects.filter(reminder__state="planned", about_type="lab", about_id="lithium")
    assert {item.day for item in due}
    assert all(item.day > orders.today() for item in due)
    before = list(Reminder.objects.filter(state="planned").order_by("key").values_list("key", "due_at"))
    reports.plan_soon()
    assert list(Reminder.objects.filter(state="planned").order_by("key").values_list("key", "due_at")) == before
