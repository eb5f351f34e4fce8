"""The small clinic of the matrix with decoys beside everything: what a list must leave out, for one person or for all.

Every row has a name, which is also a word of its own text; the name of a row without a text of its own begins with #.
What a list shows is told in these names.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import timezone

from interactions.models import LocalChange, Release, RescreenRun, Rule, SelftestRun
from medmgmt.actions import authorising, looks, messages, observing, people, side_effects, supply, worklist
from medmgmt.record.models import (
    Allergy,
    AmendmentRequest,
    BreakGlass,
    CareAssignment,
    CareTeam,
    CareTeamMember,
    Condition,
    ContactPoint,
    Disclosure,
    DosageChange,
    Encounter,
    Enrolment,
    ImportRemark,
    Kind,
    MonitoringOrder,
    Observation,
    OpenSession,
    Part2Consent,
    Patient,
    Prescription,
    Role,
    SideEffectReport,
    StaffChange,
    Status,
    Token,
    User,
)
from medmgmt.regimen import lexicon
from refills.messages import calendar_feed
from refills.models import Absence, Authorisation, CaregiverConsent, DemoMessage, Dispense, Reminder, Task
from tests import factories
from tests.faces import world as worlds

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OVER = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Clinic:
    """The world with the name of every row in it, by the table it stands in."""

    world: worlds.World
    names: dict[type[Model], dict[int, str]] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def words(self) -> set[str]:
        """The names that can be read on a page."""
        return {name for names in self.names.values() for name in names.values() if name[0] != "#"} | {"commentword"}

    def call(self, row: Model, name: str) -> None:
        """From now on the row is spoken of by this name."""
        self.names.setdefault(type(row), {})[row.pk] = name


def build() -> Clinic:
    """Carla's things as in the matrix, and beside each something that is not hers, not signed, not so any more.

    The others come in an order in which no number of a row is that of its patient.
    """
    world = worlds.build()
    clinic = Clinic(world, ids=dict(world.ids))
    adler, bo, carla = factories.adler(), factories.bo(), world.patient
    pat, sam = Patient.objects.get(mrn="P-3003"), factories.stranger()
    left = factories.patient("L-4004", given_name="Lee", family_name="Leftfield")
    CareAssignment.objects.filter(patient=left).update(until=OVER)
    other = factories.team("Hillside")
    CareTeamMember.objects.create(team=other, user=bo, since=factories.LONG_AGO, until=OVER)
    for patient, name in ((carla, "Castillo"), (pat, "Park"), (sam, "Stein"), (left, "Leftfield")):
        clinic.call(patient, name)
    clinic.call(BreakGlass.objects.get(), "#over")
    clinic.call(AmendmentRequest.objects.get(), "#asked")
    consent = Part2Consent.objects.get()
    clinic.call(consent, "#part2")
    shown = {"patient": carla, "programme": consent.programme, "consent": consent, "to": adler, "on": NOON.date()}
    clinic.call(Disclosure.objects.create(**shown), "#shown")
    clinic.call(factories.team("Lighthouse"), "#lighthouse")
    people.enrol(bo, pat.pk, level="outpatient", starts_on=pat.today(timezone.now()))
    medicines(clinic)
    for patient, whose, drug in ((sam, "sam", "samazine"), (left, "left", "leftazine"), (pat, "pat", "patazine")):
        one_of_each(clinic, patient, whose, factories.taking(drug, None, of=patient, prescription={"free_text": True}))
    chart_of(clinic, carla, bo)
    reports(clinic, carla, bo)
    supply_of(clinic, carla, adler)
    staffing(clinic, adler, bo)
    tasks(clinic, carla, adler, bo)
    messages_of(clinic, carla, bo)
    knowledge(clinic)
    logins(clinic)
    name_the_rest(clinic)
    looks.look_into(factories.admin(), mrn=carla.mrn, why="asked")
    for team in (factories.team(), other):
        clinic.call(team, f"#{team.name.lower()}")
    clinic.ids |= {
        "sam": sam.pk,
        "pat": pat.pk,
        "carla": carla.pk,
        "pia": factories.pia().pk,
        "soon": carla.today(timezone.now()) + timedelta(days=90),
    }
    return clinic


def medicines(clinic: Clinic) -> None:
    """What Carla takes, what is only proposed, what was taken back, what has ended, what begins later."""
    ids = clinic.ids
    clinic.call(Prescription.objects.get(pk=ids["prescription_id"]), "sertraline")
    clinic.call(Prescription.objects.get(drug_name="tramadol"), "tramadol")
    clinic.call(DosageChange.objects.get(pk=ids["change_id"]), "#sertraline-75")
    clinic.call(DosageChange.objects.get(pk=ids["risky"]), "#tramadol-start")
    clinic.call(
        DosageChange.objects.get(prescription_id=ids["prescription_id"], status=Status.SIGNED), "#sertraline-50"
    )
    free = {"free_text": True}
    gone = factories.prescription(drug_name="withdrawnol", rxcui=None, **free)
    back = factories.change(gone, status=Status.WITHDRAWN, withdrawn_by=factories.adler(), withdrawn_at=NOON)
    ended = factories.taking("stoppedol", None, prescription=free)
    stop = factories.change(ended, Kind.STOP, date(2026, 4, 1), signed_at=factories.LONG_AGO)
    later = factories.prescription(drug_name="laterol", rxcui=None, **free)
    soon = clinic.world.patient.today(timezone.now()) + timedelta(days=100)
    begins = factories.change(later, on=soon, signed_at=factories.LONG_AGO)
    for row in (gone, ended, later):
        clinic.call(row, row.drug_name)
    taken, on = Prescription.objects.get(pk=ids["prescription_id"]), {"on": date(2026, 5, 1)}
    refused = {"status": Status.WITHDRAWN, "withdrawn_by": factories.adler(), "withdrawn_at": NOON}
    for dose, state in (("87.5", {}), ("37.5", refused)):
        clinic.call(factories.change(taken, Kind.NEW_DOSE, sig=factories.sig(dose), **on, **state), dose)
    clinic.call(back, "#withdrawnol-start")
    clinic.call(ended.changes.get(kind=Kind.START), "#stoppedol-start")
    clinic.call(stop, "#stoppedol-stop")
    clinic.call(begins, "#laterol-start")


def one_of_each(clinic: Clinic, of: Patient, whose: str, drug: Prescription) -> None:
    """Somebody else's medicine, change, report, fill, prescription for the pharmacy, reminder, task and the rest."""
    nurse, prescriber = factories.user("elsewhere", "nurse"), factories.adler()
    clinic.call(drug, drug.drug_name)
    clinic.call(drug.changes.get(), f"#{drug.drug_name}-start")
    clinic.call(
        SideEffectReport.objects.create(
            patient=of, term=f"{whose}ache", severity="mild", began_on=date(2026, 5, 1), reporter=nurse,
            reporter_role=nurse.role,
        ),
        f"{whose}ache",
    )  # fmt: skip
    fill = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30}
    clinic.call(
        Dispense.objects.create(
            patient=of, prescription=drug, dispensed_on=date(2026, 3, 2), recorded_by=nurse, note=f"{whose}fill", **fill
        ),
        f"{whose}fill",
    )
    clinic.call(
        Authorisation.objects.create(
            patient=of, prescription=drug, issued_on=date(2026, 5, 1), authorised_by=prescriber, **fill
        ),
        f"#{whose}-paper",
    )
    clinic.call(
        Reminder.objects.create(
            patient=of, prescription=drug, kind="refill_7", channel="email", run_out_on=date(2027, 1, 1),
            local_date=date(2026, 12, 25), time_zone="America/New_York", key=f"{whose}reminder",
            due_at=NOON + timedelta(days=200), next_attempt_at=NOON + timedelta(days=200), state="held",
            settled_at=NOON,
        ),
        f"#{whose}-held",
    )  # fmt: skip
    for state, word in (("open", "look"), ("done", "closed")):
        over = (
            {"closed_by": nurse, "closed_at": NOON, "outcome": "ok", "outcome_code": "other"} if state == "done" else {}
        )
        clinic.call(
            Task.objects.create(
                kind="other", key=f"{whose}{word}", patient=of, role="nurse", due_at=NOON, title=f"{whose}{word}",
                state=state, **over,
            ),
            f"{whose}{word}",
        )  # fmt: skip
    clinic.call(
        Allergy.objects.create(patient=of, substance=f"{whose}illin", recorded_on=date(2026, 1, 1)), f"{whose}illin"
    )
    clinic.call(Condition.objects.create(patient=of, text=f"{whose}osis"), f"{whose}osis")
    clinic.call(
        AmendmentRequest.objects.create(
            patient=of, way="paper", received_on=date(2026, 5, 1), what=f"{whose}wrong", why="so", by=nurse
        ),
        f"{whose}wrong",
    )
    clinic.call(remark(of, f"{whose}remark"), f"{whose}remark")
    clinic.call(Encounter.objects.create(patient=of, kind="office", on=date(2026, 5, 1), by=nurse), f"#{whose}-visit")
    clinic.call(
        ContactPoint.objects.create(
            patient=of, channel="email", address=f"{whose}@post.example", consented_at=factories.LONG_AGO
        ),
        f"{whose}@post.example",
    )
    clinic.call(
        CaregiverConsent.objects.create(
            patient=of, name=f"{whose}kin", channel="email", address=f"{whose}kin@post.example", covers="refills",
            starts_on=date(2026, 5, 1), recorded_by=nurse,
        ),
        f"{whose}kin",
    )  # fmt: skip
    clinic.call(
        MonitoringOrder.objects.create(
            patient=of, code="qtc", what=f"{whose}lab", due_on=date(2026, 12, 1), ordered_by=prescriber
        ),
        f"{whose}lab",
    )
    weight = {"pat": "90.25", "sam": "91.25", "left": "92.25"}[whose]
    clinic.call(measured(of, nurse, weight), weight)


def remark(of: Patient, what: str, **values: Any) -> ImportRemark:
    """Something that was not taken over."""
    return ImportRemark.objects.create(
        patient=of, kind="left_out", source_id=what, what=what, why="why", recorded_at=NOON, **values
    )


def measured(of: Patient, by: User, value: str, **values: Any) -> Observation:
    """A weight."""
    columns = {"observed_at": NOON, "recorded_by": by, **lexicon.coded("weight"), **values}
    return Observation.objects.create(patient=of, code="weight", value=Decimal(value), **columns)


def chart_of(clinic: Clinic, carla: Patient, bo: User) -> None:
    """What stands in Carla's chart, and what stood there once."""
    clinic.call(Observation.objects.get(pk=clinic.ids["observation_id"]), "#weight-70")
    wrong = measured(carla, bo, "61.25")
    clinic.call(wrong, "61.25")
    clinic.call(observing.correct_observation(bo, wrong.pk, value=Decimal("62.5")), "62.5")
    clinic.call(Allergy.objects.get(pk=clinic.ids["allergy_id"]), "#mixture")
    clinic.call(Allergy.objects.get(patient=carla, kind="none_known"), "#none-known")
    for substance, refuted in (("currentillin", None), ("refutedillin", date(2026, 2, 1))):
        row = Allergy.objects.create(
            patient=carla, substance=substance, recorded_on=date(2026, 1, 1), refuted_on=refuted
        )
        clinic.call(row, substance)
    for text, abated in (("currentosis", None), ("abatedosis", date(2026, 2, 1))):
        clinic.call(Condition.objects.create(patient=carla, text=text, abated_on=abated), text)
    clinic.call(ImportRemark.objects.get(pk=clinic.ids["remark_id"]), "currentremark")
    clinic.call(remark(carla, "readremark", dismissed_by=bo, dismissed_at=NOON), "readremark")
    clinic.call(Encounter.objects.create(patient=carla, kind="video", on=date(2026, 5, 2), by=bo), "#visit")
    clinic.call(OpenSession.objects.create(user=bo, session_key="b" * 32, words="Firefox on Linux"), "#ward-tablet")
    clinic.call(ContactPoint.objects.get(patient=carla), "carla@mail.example")
    ended = ContactPoint.objects.create(
        patient=carla, channel="sms", address="+15550199", consented_at=factories.LONG_AGO,
        created_at=factories.LONG_AGO, ended_at=NOON,
    )  # fmt: skip
    clinic.call(ended, "+15550199")
    before = Enrolment.objects.create(
        patient=carla, level="partial_hospitalisation", starts_on=date(2025, 11, 1), ends_on=date(2026, 1, 5)
    )
    clinic.call(before, "#enrolled-before")
    clinic.call(carla.enrolments.get(ends_on=None), "#enrolled-now")
    order = MonitoringOrder.objects.create(
        patient=carla, code="qtc", what="carlalab", due_on=date(2026, 12, 1), ordered_by=factories.adler()
    )
    clinic.call(order, "carlalab")


def reports(clinic: Clinic, carla: Patient, bo: User) -> None:
    """A report, and one that was corrected."""
    clinic.call(SideEffectReport.objects.get(pk=clinic.ids["report_id"]), "tremor")
    day = date(2026, 5, 20)
    old = side_effects.log_side_effect(bo, carla.pk, term="oldache", severity="mild", began_on=day)
    new = side_effects.correct_side_effect(bo, old.pk, term="newache")
    clinic.call(old, "oldache")
    clinic.call(new, "newache")
    clinic.ids["corrected_id"] = new.pk


def supply_of(clinic: Clinic, carla: Patient, adler: User) -> None:
    """A fill, a prescription that holds and one that was revoked."""
    taken = clinic.ids["prescription_id"]
    clinic.call(Dispense.objects.get(prescription_id=taken), "#fill")
    clinic.call(Authorisation.objects.get(pk=clinic.ids["authorisation_id"]), "#paper")
    part = {"quantity": Decimal(7), "unit": "{tablet}", "days_supply": 7}
    revoked = authorising.authorise(adler, taken, **part)
    authorising.revoke(adler, revoked.pk, why="Lost.")
    clinic.call(revoked, "#revoked")
    supply.request_refill(factories.carla_user(), taken)


def staffing(clinic: Clinic, adler: User, bo: User) -> None:
    """Somebody who will be away, somebody who was, somebody who is not after all."""
    clinic.call(Absence.objects.get(pk=clinic.ids["absence_id"]), "#away-later")
    clinic.call(Token.objects.get(pk=clinic.ids["token_id"]), "tokenword")
    ended = {"scope": "read", "expiry": timedelta(days=1), "revoked_at": OVER}
    clinic.call(Token.objects.create(bo, name="revokedword", **ended)[0], "revokedword")
    past = {"since": OVER, "until": NOON, "told_by": bo, "told_at": OVER}
    clinic.call(Absence.objects.create(user=bo, **past), "#was-away")
    soon = timezone.now() + timedelta(days=50)
    taken_back = worklist.tell_absence(bo, user_id=bo.pk, since=soon, until=soon + timedelta(days=1))
    worklist.withdraw_absence(bo, taken_back.pk)
    clinic.call(taken_back, "#not-away")


def logins(clinic: Clinic) -> None:
    """Everybody who signs in, by their name, and who is in which team."""
    for user in User.objects.all():
        clinic.call(user, f"#{user.username}")
    for member in CareTeamMember.objects.select_related("user", "team"):
        clinic.call(member, f"#{member.user.username}-{member.team.name.lower()}")
    clinic.call(CareTeam.objects.get(name="Annex"), "#annex")
    clinic.call(StaffChange.objects.get(pk=clinic.ids["staff_change_id"]), "#waits")
    declined = {"state": "declined", "decided_by": factories.pia(), "decided_at": NOON, "asked_by": factories.admin()}
    nora = {"user_id": clinic.ids["user_id"], "role": Role.PHARMACIST, "role_before": Role.NURSE}
    clinic.call(StaffChange.objects.create(kind="role", why="declinedwhy", **nora, **declined), "declinedwhy")


def tasks(clinic: Clinic, carla: Patient, adler: User, bo: User) -> None:
    """Open ones of a role and of a person, a closed and a cancelled one, one of nobody's patient, and a comment."""
    clinic.call(Task.objects.get(pk=clinic.ids["task_id"]), "#look")
    shared = {"kind": "other", "due_at": NOON, "patient": carla}
    mine = Task.objects.create(key="mine", title="adlerlook", role="psychiatrist", assignee=adler, **shared)
    done = Task.objects.create(key="done", title="closedlook", role="nurse", **shared)
    off = Task.objects.create(key="off", title="cancelledlook", role="nurse", **shared)
    of_nobody = Task.objects.create(
        key="site", title="sitelook", role="pharmacist", kind="other", due_at=NOON, patient=None
    )
    for row in (mine, done, off, of_nobody):
        clinic.call(row, row.title)
    closed = Task.objects.create(
        key="site-closed", title="siteclosed", role="pharmacist", kind="other", due_at=NOON, patient=None
    )
    clinic.call(closed, "siteclosed")
    worklist.done(factories.pia(), closed.pk, outcome="ok", code="other", version=closed.version)
    worklist.done(bo, done.pk, outcome="ok", code="other", version=done.version)
    worklist.cancel(bo, off.pk, why="ok", code="", version=off.version)
    worklist.comment(bo, clinic.ids["task_id"], text="commentword")


def messages_of(clinic: Clinic, carla: Patient, bo: User) -> None:
    """Whom Carla wants told, and whom no longer; what is held of her; what was sent in the demo; her old calendar."""
    clinic.call(CaregiverConsent.objects.get(pk=clinic.ids["consent_id"]), "Mara")
    helper = {**worlds.HELPER, "name": "Exkin", "address": "exkin@post.example"}
    gone = messages.add_caregiver(bo, carla.pk, **helper, starts_on=carla.today(timezone.now()))
    messages.withdraw_caregiver(bo, gone.pk)
    clinic.call(gone, "Exkin")
    clinic.ids["old_feed"] = clinic.ids["feed"]
    clinic.ids["feed"] = calendar_feed.token(messages.renew_calendar(bo, carla.pk))
    held = Reminder.objects.create(
        patient=carla, prescription_id=clinic.ids["prescription_id"], kind="refill_1", channel="email",
        run_out_on=date(2027, 1, 1), local_date=date(2026, 12, 31), time_zone="America/New_York", key="carlaheld",
        due_at=NOON + timedelta(days=300), next_attempt_at=NOON + timedelta(days=300), state="held",
        settled_at=NOON,
    )  # fmt: skip
    clinic.call(held, "#held")
    for subject in ("Sentfirst", "Sentsecond"):
        row = DemoMessage.objects.create(sender="clinic@x.example", recipient="c@x.example", subject=subject, body="b")
        clinic.call(row, subject)


def knowledge(clinic: Clinic) -> None:
    """The release in use and one that never was; a proposed change of the clinic's own and a rejected one."""
    used = Release.objects.get(status="active")
    clinic.call(used, "#used")
    idle = Release.objects.create(
        source="idlesource", version="1", released_on=date(2026, 1, 1), kind="rules", sha256="0" * 64, imported_at=OVER
    )
    clinic.call(idle, "idlesource")
    clinic.ids["idle"] = idle.pk
    rule = Rule.objects.create(
        release=idle, rule_id="IDLE-1", a="idledrug", b="sertraline", severity="major", problem="idle"
    )
    clinic.call(rule, "IDLE-1")
    for row in used.rules.all():
        clinic.call(row, "#shipped")
    clinic.call(LocalChange.objects.get(pk=clinic.ids["local_change_id"]), "#proposed")
    ended = LocalChange.objects.create(
        author=factories.pia(), reason="rejectedreason", proposed_at=OVER, adds_rule=True, severity="major", cases=[],
        valid_from=date(2026, 1, 1), a="zinc", b="iron", state="rejected",
        decided_by=factories.adler(), decided_at=NOON,
    )  # fmt: skip
    clinic.call(ended, "rejectedreason")
    clinic.call(RescreenRun.objects.get(), "#first")
    clinic.call(RescreenRun.objects.create(before=[], after=[used.pk], asked_at=NOON), "#second")
    clinic.call(
        SelftestRun.objects.create(
            scope="in_use", at=NOON, by=factories.pia(), releases=[], mark="m", cases_sha256="c", to_find=2, found=2,
            to_stay_silent=1, nuisances=0, pending=0, categories=[], failures=[], milliseconds=5,
        ),
        "#selftest",
    )  # fmt: skip


def name_the_rest(clinic: Clinic) -> None:
    """What the acts themselves have left: tasks by kind, reminders as planned."""
    for task in Task.objects.exclude(pk__in=clinic.names[Task]).order_by("pk"):
        before = sum(name.startswith(f"#{task.kind}") for name in clinic.names[Task].values())
        clinic.call(task, f"#{task.kind}-{before + 1}" if before else f"#{task.kind}")
    for reminder in Reminder.objects.exclude(pk__in=clinic.names[Reminder]):
        about = reminder.items.filter(prescription_id=clinic.ids["prescription_id"]).exists()
        clinic.call(reminder, "#planned" if about else "#planned-for-another")
