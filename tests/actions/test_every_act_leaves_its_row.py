"""Every act a person can do leaves its own row in the trail: what was done, to whom, by whom, about what and why."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyotp
import pytest
from django.db import transaction
from django.utils import timezone

from medmgmt import actions
from medmgmt.actions import (
    amendments,
    authorising,
    break_glass,
    closing,
    evidence,
    exporting,
    history,
    importing,
    knowledge,
    looks,
    merging,
    messages,
    monitoring,
    observing,
    part2,
    people,
    prescribing,
    renewals,
    review,
    side_effects,
    signing_in,
    staff,
    supply,
    surveying,
    tokens,
    worklist,
)
from medmgmt.knowledge import evidence as knowledge_evidence
from medmgmt.record import access
from medmgmt.record.models import AuditEntry, Device, DosageChange, FactorKind, Kind, OpenSession, SecondFactor, User
from medmgmt.signing_in.places import Place
from refills.messages import restoring
from refills.models import Reminder
from tests import factories, switching
from tests.actions import orders
from tests.faces import world as worlds
from tests.faces.world import World

pytestmark = pytest.mark.django_db
Act = Callable[..., Any]
WHY = "Because it is so."
EMERGENCY = "Found unconscious at the station."
SITE = "site"
PART: dict[str, Any] = {"quantity": Decimal(7), "unit": "{tablet}", "days_supply": 7}
PAST = history.History(
    history.PastPatient("old/1", "R-1", "Rosa", "Ortega", date(1980, 5, 1), "female", "es", "America/New_York")
)


def made(_world: World, came: Any) -> object:
    """The number of what was made."""
    return came.pk


def given(name: str) -> Callable[[World, Any], object]:
    """The number that the world gave to the act."""
    return lambda world, _came: world.ids[name]


def carla(world: World, _came: Any) -> object:
    return world.patient.pk


def nothing(_world: World, _came: Any) -> object:
    return ""


@dataclass(frozen=True)
class Line:
    """One act: who does it and how, and the row that it leaves: verb, kind of thing and its number, reason, chain."""

    act: Act
    who: str
    do: Callable[[User, World], Any]
    verb: str
    about: str = ""
    number: Callable[[World, Any], object] = made
    why: str = ""
    whose: str = "carla"
    before: Callable[[World], Any] = lambda _world: None
    """What has to have been done for it."""


def day(ahead: int = 0) -> date:
    return orders.today() + timedelta(days=ahead)


def waiting(world: World) -> dict[str, Any]:
    return {"task_id": world.ids["task_id"], "version": 1}


def an_hour_ahead() -> datetime:
    return timezone.now() + timedelta(hours=1)


def held(world: World) -> list[int]:
    """The first message of Carla's, held as after a restore."""
    row = Reminder.objects.filter(patient=world.patient, state="planned").earliest("due_at")
    Reminder.objects.filter(pk=row.pk).update(state="held", settled_at=timezone.now())
    assert restoring.held_of(world.patient.pk).exists()
    return [row.pk]


def phenelzine(world: World) -> DosageChange:
    """An order that two people have to sign, answered by the first of them."""
    change: DosageChange = orders.start(world.people["adler"] or factories.adler(), "phenelzine", amount="45").change
    orders.answer_all(factories.adler(), change)
    return change


def emergency(by: User, world: World) -> Any:
    return break_glass.open_chart(by, mrn=world.patient.mrn, reason=EMERGENCY)


def broken(world: World) -> None:
    """Carla's chart open to Dr Dorn in an emergency."""
    world.ids["opening_id"] = emergency(factories.dorn(), world).pk


def over(world: World) -> None:
    broken(world)
    break_glass.end(factories.dorn(), world.ids["opening_id"])


def denied(world: World) -> None:
    """What Carla asked to have amended was denied."""
    amendments.answer_amendment(factories.bo(), world.ids["amendment_id"], decision="denied", ground="accurate",
                                words=WHY)  # fmt: skip


def disputed(world: World) -> None:
    denied(world)
    amendments.disagree(factories.carla_user(), world.ids["amendment_id"], text=WHY)


def programme(_world: World) -> None:
    """Dr Adler's own team is a Part 2 programme."""
    part2.mark_programme(factories.admin(), team_id=factories.team().pk, phone="+1 555 0100")


def looked(world: World) -> None:
    looks.look_into(factories.olga(), mrn=world.patient.mrn, why=WHY)


def clozapine(world: World) -> None:
    """A supply that waits for a count."""
    world.ids["clozapine"] = factories.taking("clozapine", 2626, "100").pk


def monitored(world: World) -> None:
    """A finding whose card asks for measurements."""
    factories.taking("citalopram", None, "20")
    review = orders.start(factories.adler(), "haloperidol", amount="5").review
    world.ids["monitored"] = review.findings.filter(problem="qt_prolongation")[0].pk


@pytest.fixture
def prepared() -> Any:
    """The world, with what some acts need to find: made before, so that its own rows are not theirs."""
    world = worlds.build()
    change = phenelzine(world)
    world.ids |= {
        "contraindicated": change.pk,
        "read": review.latest(change).pk,
        "held": held(world),
        "said": {"reason_code": "will_monitor", "note": "ok", "follow_up_on": day(5), "follow_up": "visit"},
    }
    return world


def contraindicated(world: World) -> dict[str, Any]:
    return {"change_id": world.ids["contraindicated"], "review_id": world.ids["read"], "note": WHY}


def approved(world: World) -> None:
    knowledge.approve(factories.adler(), world.ids["local_change_id"])


def fill(by: User, world: World) -> Any:
    return supply.record_dispense(by, world.ids["prescription_id"], dispensed_on=day(), confirm=True, **PART)


def plan(by: User, world: World) -> Any:
    wanted = {**world.bodies["messages"], "channels": ["email"]}
    return messages.save_plan(by, world.patient.pk, **wanted)


def register(by: User, _world: World) -> Any:
    return people.register_patient(
        by, mrn="N-9", given_name="N", family_name="N", birth_date=date(1990, 1, 1), sex="female", language="en",
        time_zone="UTC", team_id=factories.team().pk,
    )  # fmt: skip


def regular(world: World) -> None:
    """A medicine that may be renewed with others."""
    taken = orders.signed(factories.adler(), "folic acid", amount="1", on=day(-170)).prescription
    for days_ago in (145, 115, 85, 55, 25):
        supply.record_dispense(
            factories.bo(), taken.pk, dispensed_on=day(-days_ago), quantity=Decimal(30), unit="{tablet}", days_supply=30
        )
    world.ids["plain"] = taken.pk


def released(by: User, world: World) -> Any:
    """A task given back by whoever holds it."""
    return worklist.release(by, world.ids["task_id"])


def activated(by: User, world: World) -> Any:
    return knowledge.activate(by, world.ids["release_id"])


def ended(by: User, world: World) -> Any:
    return knowledge.end(by, world.ids["local_change_id"], why="x")


def judged(by: User, world: World) -> Any:
    """One row about her drug is reviewed."""
    row = knowledge_evidence.drug(by, world.ids["drug_id"]).lines[0].row
    return evidence.judge_row(
        by, world.ids["drug_id"], table=row.table, key=row.key, sha256=row.sha256, verdict="reviewed"
    )


def ordered(by: User, world: World) -> Any:
    """Of a card that asks for three things one is left to order."""
    return only(one.order for one in monitoring.order_all(by, world.ids["monitored"]) if one.is_new)


def renewed(by: User, world: World) -> Any:
    return only(renewals.renew_batch(by, [world.ids["plain"]]).renewed)


def only(things: Iterable[Any]) -> Any:
    """The one thing there is; None where the act found nothing left to do."""
    found = list(things)
    assert len(found) < 2
    return next(iter(found), None)


def several(by: User, world: World) -> Any:
    """Each of several tasks is the act that is done with it."""
    [told] = worklist.each(
        by,
        [worklist.Seen(world.ids["task_id"], 1)],
        lambda number, version: worklist.claim(by, number, version=version),
    )
    return told.task


def partly_ordered(world: World) -> None:
    """Two of the three things that the card asks for."""
    monitored(world)
    for code in ("qtc", "potassium"):
        monitoring.order_monitoring(factories.adler(), world.ids["monitored"], code=code)


def claimed(world: World) -> None:
    worklist.claim(factories.bo(), **waiting(world))


def retired(world: World) -> None:
    switching.out_of_use(world.ids["release_id"])


HERE = Place("192.0.2.1", "a-word-of-its-own", "Firefox on Linux")


def signed_in(world: World) -> None:
    """Bo's session and the device that it is on."""
    world.ids["entry"] = signing_in.came_in(factories.bo(), "s" * 32, place=HERE, by="password").pk
    world.ids["known"] = Device.objects.latest("pk").pk


def entry_of(by: User) -> int:
    return int(OpenSession.objects.filter(user=by).latest("pk").pk)


def with_pin(world: World) -> None:
    signed_in(world)
    signing_in.set_pin(factories.bo(), "2580")


def with_codes(world: World) -> None:
    """Bo has an app and recovery codes."""
    added_app(factories.bo(), world)
    world.ids["app"] = SecondFactor.objects.get(user=factories.bo(), kind="totp", ended_at=None).pk


def added_app(by: User, _world: World) -> SecondFactor:
    secret = pyotp.random_base32()
    signing_in.enrol_app(by, secret, pyotp.TOTP(secret).at(timezone.now()))
    return SecondFactor.objects.get(user=by, kind="totp", ended_at=None)


def with_app(world: World) -> None:
    SecondFactor.objects.create(user_id=world.ids["user_id"], kind=FactorKind.TOTP, secret="x")


def gone(world: World) -> None:
    staff.make_inactive(factories.admin(), world.ids["user_id"], why=WHY)


LINES = [
    # -- ordering
    Line(prescribing.propose_start, "adler", lambda by, w: orders.start(by, "lamotrigine").change,
         "propose", "dosage_change"),
    Line(prescribing.propose_change, "adler", lambda by, w: worlds.propose(by, w.patient, Kind.NEW_DOSE,
         w.ids["prescription_id"]).change, "propose", "dosage_change"),
    Line(prescribing.sign, "adler", lambda by, w: prescribing.sign(by, w.ids["change_id"]), "sign", "dosage_change"),
    Line(prescribing.withdraw, "adler", lambda by, w: prescribing.withdraw(by, w.ids["change_id"], note="x"),
         "withdraw", "dosage_change"),
    Line(review.override, "adler", lambda by, w: review.override(by, w.ids["finding_id"], **w.ids["said"]),
         "answer_finding", "finding", given("finding_id")),
    Line(review.override_card, "adler", lambda by, w: review.override_card(by, w.ids["review_id"],
         card=w.ids["card"], **w.ids["said"]), "answer_finding", "finding", lambda w, came: came.finding_id),
    Line(review.ask, "adler", lambda by, w: review.ask(by, w.ids["contraindicated"]), "ask_cosignature",
         "dosage_change", given("contraindicated")),
    Line(review.cosign, "pia", lambda by, w: review.cosign(by, **contraindicated(w)), "cosign",
         "dosage_change", given("contraindicated")),
    Line(review.decline, "pia", lambda by, w: review.decline(by, **contraindicated(w)), "decline_cosignature",
         "dosage_change", given("contraindicated")),
    Line(monitoring.order_monitoring, "adler", lambda by, w: monitoring.order_monitoring(by, w.ids["monitored"],
         code="qtc").order, "order_monitoring", "monitoring_order", before=monitored),
    Line(monitoring.order_all, "adler", ordered, "order_monitoring", "monitoring_order", before=partly_ordered),
    # -- what is seen and heard
    Line(side_effects.log_side_effect, "bo", lambda by, w: side_effects.log_side_effect(by, w.patient.pk, term="nausea",
         severity="mild", began_on=day()), "log_side_effect", "side_effect"),
    Line(side_effects.log_side_effect, "carla", lambda by, w: side_effects.log_side_effect(by, w.patient.pk,
         term="nausea", severity="mild", began_on=day()), "log_side_effect", "side_effect"),
    Line(side_effects.correct_side_effect, "bo", lambda by, w: side_effects.correct_side_effect(by, w.ids["report_id"],
         severity="severe"), "correct_side_effect", "side_effect"),
    Line(observing.record_allergy, "bo", lambda by, w: observing.record_allergy(by, w.patient.pk, kind="allergy",
         substance="penicillin"), "record_allergy", "allergy"),
    Line(observing.code_allergy, "bo", lambda by, w: observing.code_allergy(by, w.ids["allergy_id"], meant="PCN"),
         "code_allergy", "allergy"),
    Line(observing.record_condition, "bo", lambda by, w: observing.record_condition(by, w.patient.pk, text="x"),
         "record_condition", "condition"),
    Line(observing.record_observation, "bo", lambda by, w: observing.record_observation(by, w.patient.pk,
         code="weight", value=Decimal(70), observed_at=timezone.now()), "record_observation", "observation"),
    Line(observing.correct_observation, "bo", lambda by, w: observing.correct_observation(by, w.ids["observation_id"],
         value=Decimal(71)), "correct_observation", "observation"),
    Line(observing.record_encounter, "bo", lambda by, w: observing.record_encounter(by, w.patient.pk, kind="office",
         on=day()), "record_encounter", "encounter"),
    # -- supply
    Line(supply.record_dispense, "bo", fill, "record_dispense", "dispense"),
    Line(supply.void_fill, "bo", lambda by, w: supply.void_fill(by, w.ids["dispense_id"], why=WHY), "void_fill",
         "dispense", given("dispense_id")),
    Line(supply.count_pills, "bo", lambda by, w: supply.count_pills(by, w.ids["prescription_id"], counted_on=day(),
         quantity=Decimal(3), unit="{tablet}"), "count_pills", "pill_count"),
    Line(supply.report_adherence, "carla", lambda by, w: supply.report_adherence(by, w.ids["prescription_id"],
         answer="as_agreed"), "report_adherence", "adherence_report"),
    Line(supply.request_refill, "carla", lambda by, w: supply.request_refill(by, w.ids["prescription_id"]),
         "request_refill", "prescription", given("prescription_id")),
    Line(authorising.authorise, "adler", lambda by, w: authorising.authorise(by, w.ids["prescription_id"], **PART),
         "authorise_refill", "authorisation"),
    Line(authorising.authorise_series, "adler", lambda by, w: authorising.authorise_series(by,
         w.ids["prescription_id"], parts=[authorising.Written(**PART)])[0], "authorise_refill", "authorisation"),
    Line(authorising.revoke, "adler", lambda by, w: authorising.revoke(by, w.ids["authorisation_id"], why=WHY),
         "revoke_authorisation", "authorisation", given("authorisation_id")),
    Line(authorising.limit_supply, "adler", lambda by, w: authorising.limit_supply(by, w.patient.pk, most_days=7,
         until=day(5), why=WHY), "limit_supply", "supply_limit"),
    Line(authorising.lift_limit, "adler", lambda by, w: authorising.lift_limit(by, w.ids["limit_id"], why=WHY),
         "lift_limit", "supply_limit", given("limit_id")),
    Line(monitoring.release_lab_gate, "adler", lambda by, w: monitoring.release_lab_gate(by, w.ids["clozapine"],
         why=WHY, until=day(3)), "release_lab_gate", "gate_release", before=clozapine),
    Line(renewals.renew, "adler", lambda by, w: renewals.renew(by, w.ids["prescription_id"], **PART, why=WHY),
         "renew", "renewal_decision", why=WHY),
    Line(renewals.decline, "adler", lambda by, w: renewals.decline(by, w.ids["prescription_id"], answer="denied",
         reason="call_us"), "renew", "renewal_decision"),
    Line(renewals.renew_batch, "adler", renewed, "renew", "renewal_decision", before=regular),
    # -- messages
    Line(messages.save_plan, "bo", plan, "save_plan", "reminder_plan"),
    Line(messages.opt, "carla", lambda by, w: messages.opt(by, w.patient.pk, channel="email", wanted=False),
         "opt", "", nothing),
    Line(messages.add_caregiver, "bo", lambda by, w: messages.add_caregiver(by, w.patient.pk,
         **{**worlds.HELPER, "address": "n@x.example"}, starts_on=day()), "add_caregiver",
         "caregiver_consent"),
    Line(messages.withdraw_caregiver, "bo", lambda by, w: messages.withdraw_caregiver(by, w.ids["consent_id"]),
         "withdraw_caregiver", "caregiver_consent", given("consent_id")),
    Line(messages.renew_calendar, "bo", lambda by, w: messages.renew_calendar(by, w.patient.pk), "renew_calendar",
         "calendar_feed"),
    Line(messages.revoke_calendar, "bo", lambda by, w: messages.revoke_calendar(by, w.patient.pk),
         "revoke_calendar", "", nothing),
    Line(messages.answer_link, "nobody", lambda by, w: messages.answer_link(w.ids["token"], "confirm"),
         "answer_reminder", "reminder", why="by the link in the message"),
    Line(messages.send_held, "bo", lambda by, w: messages.send_held(by, w.ids["held"], why=WHY,
         patient_id=w.patient.pk), "send_held_message", "reminder", lambda w, _came: w.ids["held"][0], why=WHY),
    Line(messages.drop_held, "bo", lambda by, w: messages.drop_held(by, w.ids["held"], why=WHY,
         patient_id=w.patient.pk), "drop_held_message", "reminder", lambda w, _came: w.ids["held"][0], why=WHY),
    # -- tasks
    Line(worklist.claim, "bo", lambda by, w: worklist.claim(by, **waiting(w)), "claim_task", "task"),
    Line(worklist.done, "bo", lambda by, w: worklist.done(by, **waiting(w), outcome="x"), "close_task", "task"),
    Line(worklist.cancel, "bo", lambda by, w: worklist.cancel(by, **waiting(w), why="x"), "cancel_task", "task"),
    Line(worklist.reassign, "bo", lambda by, w: worklist.reassign(by, **waiting(w), to_role="pharmacist"),
         "reassign_task", "task"),
    Line(worklist.postpone, "bo", lambda by, w: worklist.postpone(by, **waiting(w), until=an_hour_ahead(), why="x"),
         "postpone_task", "task"),
    Line(worklist.comment, "bo", lambda by, w: worklist.comment(by, w.ids["task_id"], text="x"), "comment_task",
         "task", given("task_id")),
    Line(tokens.make_token, "bo", lambda by, _w: tokens.make_token(by, name="n", scope="read", days=1), "make_token",
         "token", lambda _w, came: came[0].pk, whose=SITE),
    Line(tokens.revoke_token, "bo", lambda by, w: tokens.revoke_token(by, w.ids["token_id"]), "revoke_token", "token",
         given("token_id"), whose=SITE),
    Line(worklist.tell_absence, "bo", lambda by, w: worlds.away_later(by), "tell_absence", "absence", whose=SITE),
    Line(worklist.withdraw_absence, "adler", lambda by, w: worklist.withdraw_absence(by, w.ids["absence_id"]),
         "withdraw_absence", "absence", whose=SITE),
    Line(worklist.choose_digest, "bo", lambda by, w: worklist.choose_digest(by, wanted=False), "choose_digest", "",
         nothing, whose=SITE),
    Line(worklist.release, "bo", released, "release_task", "task", before=claimed),
    Line(worklist.each, "bo", several, "claim_task", "task"),
    # -- emergencies
    Line(break_glass.open_chart, "dorn", emergency, "break_glass", "break_glass", why=EMERGENCY),
    Line(break_glass.end, "dorn", lambda by, w: break_glass.end(by, w.ids["opening_id"]), "end_break_glass",
         "break_glass", before=broken),
    Line(break_glass.judge, "olga", lambda by, w: break_glass.judge(by, w.ids["opening_id"], verdict="appropriate",
         note=WHY), "judge_break_glass", "break_glass", given("opening_id"), why=WHY, before=over),
    # -- whole charts that leave
    Line(exporting.export_chart, "bo", lambda by, w: exporting.export_chart(by, w.patient.pk, form="json", reason=WHY),
         "export_chart", "record.patient", lambda w, _came: w.patient.pk, why=WHY),
    Line(exporting.export_chart_numbered, "olga", lambda by, w: exporting.export_chart_numbered(by, mrn="C-1001",
         form="pdf", reason=WHY), "export_chart", "record.patient", lambda w, _came: w.patient.pk, why=WHY),
    Line(part2.mark_programme, "admin", lambda by, w: part2.mark_programme(by, team_id=factories.team().pk, phone="1"),
         "mark_programme", "programme", whose=SITE),
    Line(part2.give_consent, "adler", lambda by, w: part2.give_consent(by, w.patient.pk, recipient="treating",
         purpose="x", given_on=day(), until=day(5)), "give_part2_consent", "part2_consent", before=programme),
    Line(part2.revoke_consent, "carla", lambda by, w: part2.revoke_consent(by, w.ids["part2_consent_id"]),
         "revoke_part2_consent", "part2_consent", given("part2_consent_id")),
    Line(looks.look_into, "olga", lambda by, w: looks.look_into(by, mrn=w.patient.mrn, why=WHY), "look_into_access",
         "record.patient", carla, why=WHY),
    Line(looks.export, "olga", lambda by, w: looks.export(by, w.patient.pk, rows=3), "export_audit", number=nothing,
         before=looked),
    # -- what is to be amended, and accounts that are closed
    Line(amendments.request_amendment, "carla", lambda by, w: amendments.request_amendment(by, w.patient.pk, what="x",
         why=WHY), "request_amendment", "amendment"),
    Line(amendments.request_amendment, "bo", lambda by, w: amendments.request_amendment(by, w.patient.pk, what="y",
         why=WHY, way="paper"), "request_amendment", "amendment"),
    Line(amendments.extend_amendment, "bo", lambda by, w: amendments.extend_amendment(by, w.ids["amendment_id"],
         until=day(90), why=WHY), "extend_amendment", "amendment", given("amendment_id")),
    Line(amendments.answer_amendment, "olga", lambda by, w: amendments.answer_amendment(by, w.ids["amendment_id"],
         decision="accepted", words=WHY), "answer_amendment", "amendment", given("amendment_id")),
    Line(amendments.disagree, "carla", lambda by, w: amendments.disagree(by, w.ids["amendment_id"], text=WHY),
         "disagree_amendment", "amendment", given("amendment_id"), before=denied),
    Line(amendments.rebut, "bo", lambda by, w: amendments.rebut(by, w.ids["amendment_id"], text=WHY),
         "rebut_amendment", "amendment", given("amendment_id"), before=disputed),
    Line(closing.close_own_account, "carla", lambda by, w: closing.close_own_account(by, why=WHY), "close_account",
         "staff_change", why=WHY),
    Line(closing.close_account, "olga", lambda by, w: closing.close_account(by, mrn=w.patient.mrn, why=WHY),
         "close_account", "staff_change", why=WHY),
    # -- people
    Line(people.register_patient, "bo", register, "register_patient", "patient", whose="made"),
    Line(people.update_patient, "bo", lambda by, w: people.update_patient(by, w.patient.pk, version=1,
         family_name="Vega"), "update_patient", "patient"),
    Line(merging.merge_charts, "bo", lambda by, w: merging.merge_charts(by, w.patient.pk, mrn="P-3003", why="ok",
         confirm=True), "merge_charts", "patient", why="ok"),
    Line(people.enrol, "bo", lambda by, w: people.enrol(by, w.patient.pk, level="outpatient", starts_on=day()),
         "enrol", "enrolment"),
    Line(people.set_contact, "bo", lambda by, w: people.set_contact(by, w.patient.pk, channel="email",
         address="n@x.example", consented=True), "set_contact", "contact_point"),
    Line(importing.take_in, "admin", lambda by, w: importing.take_in(by, PAST), "import_history", "record.patient",
         lambda _w, came: came.patient_id, whose="made"),
    Line(importing.dismiss_remark, "bo", lambda by, w: importing.dismiss_remark(by, w.ids["remark_id"]),
         "dismiss_remark", "import_remark", given("remark_id")),
    Line(surveying.survey, "admin", lambda by, w: surveying.survey(by, [w.patient.pk]), "survey_regimens", "",
         nothing, whose=SITE),
    # -- one's own sign-in
    Line(signing_in.came_in, "bo", lambda by, w: signing_in.came_in(by, "k" * 32, place=HERE, by="password"), "sign_in",
         "record.opensession", whose=SITE),
    Line(signing_in.was_locked, "bo", lambda by, w: signing_in.was_locked(by, entry_of(by)), "lock_session",
         "record.opensession", lambda w, _came: w.ids["entry"], whose=SITE, before=signed_in),
    Line(signing_in.went_out, "bo", lambda by, w: signing_in.went_out(by, entry_of(by)), "sign_out",
         "record.opensession", lambda w, _came: w.ids["entry"], whose=SITE, before=signed_in),
    Line(signing_in.enrol_app, "bo", added_app, "enrol_second_factor", "record.secondfactor", whose=SITE,
         before=with_codes),
    Line(signing_in.new_recovery_codes, "bo", lambda by, w: signing_in.new_recovery_codes(by), "make_recovery_codes",
         "record.user", lambda _w, _came: factories.bo().pk, whose=SITE, before=with_codes),
    Line(signing_in.remove_factor, "bo", lambda by, w: signing_in.remove_factor(by, w.ids["app"]),
         "remove_second_factor", "record.secondfactor", whose=SITE, before=with_codes),
    Line(signing_in.change_password, "bo", lambda by, w: signing_in.change_password(by, old=factories.PASSWORD,
         new="kettle marsh violin nine", place=HERE), "change_password", "record.user", whose=SITE),
    Line(signing_in.set_pin, "bo", lambda by, w: signing_in.set_pin(by, "2580"), "set_pin", "record.quickpin",
         whose=SITE),
    Line(signing_in.remove_pin, "bo", lambda by, w: signing_in.remove_pin(by), "remove_pin", "record.user",
         lambda _w, _came: factories.bo().pk, whose=SITE, before=with_pin),
    Line(signing_in.by_pin, "bo", lambda by, w: signing_in.by_pin(by, "2580", entry_id=w.ids["entry"]),
         "unlock_session", "record.opensession", lambda w, _came: w.ids["entry"], whose=SITE, before=with_pin),
    Line(signing_in.end_other_sessions, "bo", lambda by, w: signing_in.end_other_sessions(by, entry_id=None),
         "end_sessions", "record.user", lambda _w, _came: factories.bo().pk, whose=SITE, before=signed_in),
    Line(signing_in.end_session, "bo", lambda by, w: signing_in.end_session(by, w.ids["entry"]), "end_sessions",
         "record.opensession", lambda w, _came: w.ids["entry"], whose=SITE, before=signed_in),
    Line(signing_in.forget_device, "bo", lambda by, w: signing_in.forget_device(by, w.ids["known"]), "forget_device",
         "record.device", lambda w, _came: w.ids["known"], whose=SITE, before=signed_in),
    # -- logins and teams
    Line(staff.ask_login, "admin", lambda by, w: staff.ask_login(by, username="nell", role="nurse", why=WHY),
         "ask_login", "staff_change", why=WHY, whose=SITE),
    Line(staff.ask_role, "admin", lambda by, w: staff.ask_role(by, w.ids["user_id"], role="pharmacist", why=WHY),
         "ask_role", "staff_change", why=WHY, whose=SITE),
    Line(staff.ask_password, "admin", lambda by, w: staff.ask_password(by, w.ids["user_id"], why=WHY),
         "ask_password", "staff_change", why=WHY, whose=SITE),
    Line(staff.ask_factors, "admin", lambda by, w: staff.ask_factors(by, w.ids["user_id"], why=WHY),
         "ask_factors", "staff_change", why=WHY, whose=SITE, before=with_app),
    Line(staff.ask_active, "admin", lambda by, w: staff.ask_active(by, w.ids["user_id"], why=WHY),
         "ask_active", "staff_change", why=WHY, whose=SITE, before=gone),
    Line(staff.make_inactive, "admin", lambda by, w: staff.make_inactive(by, w.ids["user_id"], why=WHY),
         "make_inactive", "staff_change", why=WHY, whose=SITE),
    Line(staff.confirm, "pia", lambda by, w: staff.confirm(by, w.ids["staff_change_id"]).change,
         "confirm_staff_change", "staff_change", whose=SITE),
    Line(staff.decline, "pia", lambda by, w: staff.decline(by, w.ids["staff_change_id"], why=WHY),
         "decline_staff_change", "staff_change", why=WHY, whose=SITE),
    Line(staff.correct_login, "admin", lambda by, w: staff.correct_login(by, w.ids["user_id"], first_name="N",
         last_name="N", email="", why=WHY), "correct_login", "login", why=WHY, whose=SITE),
    Line(staff.clear_lock, "admin", lambda by, w: staff.clear_lock(by, w.ids["user_id"], why=WHY), "clear_lock",
         "login", why=WHY, whose=SITE),
    Line(staff.make_team, "admin", lambda by, w: staff.make_team(by, name="New", why=WHY), "make_team", "team",
         why=WHY, whose=SITE),
    Line(staff.rename_team, "admin", lambda by, w: staff.rename_team(by, w.ids["team_id"], name="New", why=WHY),
         "rename_team", "team", why=WHY, whose=SITE),
    Line(staff.begin_membership, "admin", lambda by, w: staff.begin_membership(by, w.ids["user_id"],
         team_id=w.ids["team_id"], why=WHY), "begin_membership", "membership", why=WHY, whose=SITE),
    Line(staff.end_membership, "admin", lambda by, w: staff.end_membership(by, w.ids["membership_id"], why=WHY),
         "end_membership", "membership", why=WHY, whose=SITE),
    # -- knowledge, last: what is in use changes with it
    Line(knowledge.propose, "pia", lambda by, w: knowledge.propose(by, knowledge.Wanted("major", "Seen.",
         worlds.LOCAL["cases"], **worlds.SIDES)), "propose_rule", "local_change", whose=SITE),
    Line(knowledge.try_out, "pia", lambda by, w: knowledge.try_out(by, w.ids["local_change_id"]), "try_rule",
         "local_change", given("local_change_id"), whose=SITE),
    Line(knowledge.reject, "adler", lambda by, w: knowledge.reject(by, w.ids["local_change_id"], why="x"),
         "reject_rule", "local_change", whose=SITE),
    Line(knowledge.approve, "adler", lambda by, w: knowledge.approve(by, w.ids["local_change_id"]), "approve_rule",
         "local_change", whose=SITE),
    Line(knowledge.run, "pia", lambda by, w: knowledge.run(by, scope="shipped"), "run_selftest", "selftest",
         whose=SITE),
    Line(evidence.judge_row, "pia", judged, "judge_row", "row_verdict", whose=SITE),
    Line(knowledge.propose_switch, "pia", lambda by, w: knowledge.propose_switch(by, w.ids["release_id"],
         becomes="retired", reason=WHY), "propose_switch", "local_change", why=WHY, whose=SITE),
    Line(knowledge.activate, "pia", activated, "activate_release", "release", whose=SITE, before=retired),
    Line(knowledge.end, "pia", ended, "ask_to_end_rule", "local_change", why="x", whose=SITE, before=approved),
]  # fmt: skip


PARTS: list[Act] = [
    amendments.came,
    amendments.named,
    amendments.restricted_to,
    amendments.statement,
    amendments.waiting_one,
    amendments.told,
    closing.closed,
    exporting.left,
    exporting.part2_notices,
    exporting.require_not_too_often,
    signing_in.recovery_codes,
    signing_in.first_recovery_codes,
    tokens.made,
    review.open_follow_up,
    review.close_screening,
    authorising.write,
    authorising.issue,
    review.say,
    review.require_another,
    worklist.whose,
    worklist.require_cover,
    access.locked,
    side_effects.keep_report,
    observing.keep,
    observing.close_promises,
    prescribing.propose,
    prescribing.require_not_again,
    prescribing.remember_to_sign,
    prescribing.review_now,
    prescribing.proposed,
    renewals.keep_review,
    renewals.decide,
    worklist.worked_on,
    worklist.reached,
    staff.administrators,
    staff.found,
    staff.named,
    staff.whose_chart,
    staff.asked,
    staff.waiting_for_a_word,
    staff.require_active,
    staff.require_an_administrator_beside,
    staff.end_ways_in,
]
"""Steps inside an act, within its transaction and under its lock: its row is theirs."""

PROOFS: list[Act] = [
    signing_in.shown_first,
    signing_in.prove,
    signing_in.by_code,
    signing_in.again,
    signing_in.is_closed,
    signing_in.needs_second,
    signing_in.must_enrol,
    signing_in.may_go_on_quickly,
    signing_in.enrol_passkey,
    signing_in.locked,
]
"""What only asks, or proves who somebody is: a wrong proof leaves its row (test_slowed.py, test_second_factor.py).
And a passkey, which only a browser makes (test_passkeys.py)."""


def discovered() -> Iterator[Act]:
    """Every public function of the actions whose first argument is the person who does it."""
    for found in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            is_ours = function.__module__ == module.__name__ and not name.startswith("_")
            if is_ours and first is not None and first.annotation is User:
                yield function


def row_of(line: Line, world: World, came: Any) -> tuple[str, object, object, str, str, str]:
    """The one row that is expected."""
    by = world.people[line.who]
    number = line.number(world, came)
    whose = {"carla": world.patient.pk, "made": number, SITE: None}[line.whose]
    return (line.verb, whose, by.pk if by else None, line.about, str(number), line.why)


def rows_after(last: int) -> list[tuple[str, object, object, str, str, str]]:
    found = AuditEntry.objects.filter(pk__gt=last).order_by("pk")
    return list(found.values_list("act", "patient_id", "actor_id", "object_type", "object_id", "why"))


def test_every_act_leaves_exactly_its_own_row(prepared: World) -> None:
    wrong = []
    for line in LINES:
        with transaction.atomic():
            line.before(prepared)
            last = AuditEntry.objects.latest("pk").pk
            came = line.do(prepared.people[line.who] or factories.bo(), prepared)
            rows, expected = rows_after(last), [row_of(line, prepared, came)]
            if rows != expected:
                wrong.append((line.act.__name__, rows, expected))
            transaction.set_rollback(True)
    assert wrong == []


def test_every_act_there_is_has_a_line_in_the_walk() -> None:
    walked = {line.act for line in LINES}
    assert {f"{one.__module__}.{one.__name__}" for one in set(discovered()) - walked - set(PARTS + PROOFS)} == set()


def test_no_step_inside_an_act_is_a_transaction_of_its_own() -> None:
    assert [one.__name__ for one in PARTS if hasattr(one, "__wrapped__")] == []
