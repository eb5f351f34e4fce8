"""A small clinic in which every address has something to show and something to do, for the matrix of roles."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from interactions import evidence
from interactions.models import Release, ReleaseDrug
from medmgmt.actions import (
    amendments,
    authorising,
    knowledge,
    messages,
    observing,
    prescribing,
    side_effects,
    supply,
    worklist,
)
from medmgmt.record.models import (
    BreakGlass,
    CareTeamMember,
    ImportRemark,
    Kind,
    Part2Consent,
    Patient,
    Programme,
    Role,
    StaffChange,
    Token,
    User,
)
from refills.messages import calendar_feed
from refills.models import Absence, CaregiverConsent, Reminder, Task
from tests import factories, shipped_knowledge

SIG = {"amount": "50", "unit": "mg", "route": "PO", "timing": "daily"}
SIDES: dict[str, Any] = {"a": "lamotrigine", "b": "metformin", "adds_rule": True}
CASE = "lamotrigine + metformin => major"
LOCAL: dict[str, Any] = {**SIDES, "severity": "major", "reason": "Seen here.", "cases": [CASE]}
HELPER: dict[str, Any] = {
    "name": "Mara",
    "channel": "email",
    "address": "m@x.example",
    "language": "en",
    "covers": ["refills"],
}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PART: dict[str, Any] = {"quantity": "7", "unit": "{tablet}", "days_supply": 7}
NOTE = "Only for Carla's own people."


def other_patient_user() -> User:
    """Another patient of Carla's own team, with a login."""
    return factories.user(
        "pat", Role.PATIENT, patient=factories.patient("P-3003", given_name="Pat", family_name="Park")
    )


def away_later(user: User) -> Absence:
    """Somebody who will be away, long after whatever a test looks at."""
    begins = timezone.now() + timedelta(days=100)
    return worklist.tell_absence(user, user_id=user.pk, since=begins, until=begins + timedelta(days=1))


def consented(patient: Patient) -> Part2Consent:
    """Carla's word to a programme that whoever treats her may see what it prescribes; it has prescribed nothing yet."""
    admin = factories.admin()
    said = {"phone": "+1 555 0142", "marked_by": admin}
    made = Programme.objects.get_or_create(team=factories.team("Lighthouse"), defaults=said)[0]
    return Part2Consent.objects.create(
        patient=patient, programme=made, recipient="treating", purpose="treatment", given_on=NOW.date(),
        until=NOW.date() + timedelta(days=9999), recorded_by=admin,
    )  # fmt: skip


def new_here() -> dict[str, int]:
    """Two nurses in no team yet: of one a new password waits, and she begins long after whatever a test looks at."""
    nora, otto = factories.user("nora", Role.NURSE), factories.user("otto", Role.NURSE)
    annex, begins = factories.team("Annex"), timezone.now() + timedelta(days=100)
    waits = StaffChange.objects.create(
        user=otto, kind="password", role_before=Role.NURSE, role=Role.NURSE, why="Lost.", asked_by=factories.admin()
    )
    return {
        "user_id": nora.pk,
        "team_id": annex.pk,
        "membership_id": CareTeamMember.objects.create(team=annex, user=otto, since=begins).pk,
        "staff_change_id": waits.pk,
    }


def once_opened(by: User, patient: Patient) -> BreakGlass:
    """An opening in an emergency that is over."""
    begun = timezone.now() - timedelta(days=3)
    return BreakGlass.objects.create(
        patient=patient, by=by, role=by.role, reason=NOTE, opened_at=begun, until=begun + timedelta(hours=4)
    )


@dataclass
class World:
    """What there is, as numbers for addresses and bodies; all of it Carla's, except the release."""

    patient: Patient
    people: dict[str, User | None]
    ids: dict[str, Any]
    bodies: dict[str, Any] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)


def build() -> World:
    """The cast at work: one medicine taken, one proposal with an open finding, one report, one fill, one task."""
    shipped_knowledge.put_into_use()
    adler, bo, carla = factories.adler(), factories.bo(), factories.carla()
    today = carla.today(timezone.now())
    taken = factories.taking()
    clean = propose(adler, carla, Kind.NEW_DOSE, taken.pk)
    risky = prescribing.propose_start(
        adler,
        carla.pk,
        drug=prescribing.DrugChoice(name="tramadol"),
        sig=factories.sig(),
        effective_on=today,
        reason_code="initial_treatment",
        note=NOTE,
    )
    report = side_effects.log_side_effect(bo, carla.pk, term="tremor", severity="mild", began_on=today, note=NOTE)
    fill = supply.record_dispense(
        bo, taken.pk, dispensed_on=today, quantity=Decimal(30), unit="{tablet}", days_supply=30, note=NOTE
    )
    weight = observing.record_observation(
        bo, carla.pk, code="weight", value=Decimal(70), observed_at=datetime(2026, 6, 1, tzinfo=UTC)
    )
    task = Task.objects.create(
        kind="other",
        key="world",
        patient=carla,
        role=Role.NURSE,
        due_at=datetime(2026, 6, 1, tzinfo=UTC),
        title="Look",
        detail=NOTE,
    )
    remark = ImportRemark.objects.create(
        patient=carla, kind="left_out", source_id="x/1", what="currentremark", why="why"
    )
    finding = risky.review.findings.filter(severity__in=("major", "contraindicated")).first()
    assert finding is not None
    local = knowledge.propose(factories.pia(), knowledge.Wanted("major", "Seen here.", LOCAL["cases"], **SIDES))
    part = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30, "refills": 5}
    line = observing.record_allergy(bo, carla.pk, kind="allergy", substance="pinkish mixture", reaction=NOTE)
    observing.record_allergy(bo, carla.pk, kind="allergy", substance="NKDA")
    ids = {
        "allergy_id": line.pk,
        "authorisation_id": authorising.authorise(adler, taken.pk, **part).pk,
        "limit_id": authorising.limit_supply(
            adler, carla.pk, prescription_id=taken.pk, most_days=90, until=today + timedelta(days=9), why=NOTE
        ).pk,
        "local_change_id": local.pk,
        "absence_id": away_later(adler).pk,
        "factor_id": 4711,
        "device_id": 4711,
        "patient_id": carla.pk,
        "dispense_id": fill.pk,
        "prescription_id": taken.pk,
        "change_id": clean.change.pk,
        "finding_id": finding.pk,
        "card": finding.card,
        "review_id": finding.review_id,
        "observation_id": weight.pk,
        "remark_id": remark.pk,
        "report_id": report.pk,
        "task_id": task.pk,
        "consent_id": helper_of(carla, bo).pk,
        "feed": calendar_feed.token(messages.renew_calendar(bo, carla.pk)),
        "channel": "sms",
        "release_id": Release.objects.get(status="active").pk,
        "drug_id": ReleaseDrug.objects.get(release__status="active", name="levothyroxine").pk,
        "row": row_about("levothyroxine"),
        "token_id": Token.objects.create(bo, name="tokenword", scope="record", expiry=timedelta(days=9))[0].pk,
        "token": factories.link(Reminder.objects.earliest("due_at")),
        "risky": risky.change.pk,
        "part2_consent_id": consented(carla).pk,
        "amendment_id": amendments.request_amendment(
            factories.carla_user(), carla.pk, what=NOTE, why=NOTE, entry_kind="prescription", entry_number=taken.pk
        ).pk,
        "opening_id": once_opened(factories.dorn(), carla).pk,
        "uidb64": "MQ",
        **new_here(),
    }
    people = {
        "nobody": None,
        "adler": adler,
        "bo": bo,
        "pia": factories.pia(),
        "admin": factories.admin(),
        "carla": factories.carla_user(),
        "dorn": factories.dorn(),
        "pat": other_patient_user(),
        "olga": factories.olga(),
    }
    return World(carla, people, ids, bodies(ids, today), forms(ids, today))


def helper_of(patient: Patient, by: User) -> CaregiverConsent:
    """Somebody whom Carla wants told as well."""
    return messages.add_caregiver(by, patient.pk, **HELPER, starts_on=patient.today(timezone.now()))


def propose(by: User, of: Patient, kind: str, prescription_id: int) -> prescribing.Proposal:
    """A change that nothing speaks against."""
    return prescribing.propose_change(
        by,
        prescription_id,
        kind=kind,
        sig=factories.sig("75"),
        effective_on=of.today(timezone.now()),
        reason_code="titration",
        note=NOTE,
        confirm=True,
    )


def row_about(drug: str) -> dict[str, str]:
    """The first row about a drug in use, as a verdict on it names it."""
    row = evidence.about(evidence.in_use()[0], drug)[0]
    return {"table": row.table, "key": row.key, "sha256": row.sha256}


def bodies(ids: dict[str, Any], today: Any) -> dict[str, Any]:
    """What is sent to each address of the API that takes something: a body that its rightful sender gets through."""
    day, later, now = today.isoformat(), (today + timedelta(days=5)).isoformat(), timezone.now().isoformat()
    side_effect = {"term": "nausea", "severity": "mild", "began_on": day}
    return {
        "confirm-identity": {"password": factories.PASSWORD},
        "my-password": {"old": factories.PASSWORD, "new": "kettle marsh violin nine"},
        "patients": {"mrn": "N-1", "given_name": "N", "family_name": "N", "birth_date": "1990-01-01",
                     "time_zone": "UTC", "team": factories.team().pk},
        "search-patients": {"search": "Castillo"},
        "patient": {"family_name": "Castro", "version": 1},
        "merge-charts": {"mrn": "P-3003", "why": "ok", "confirm": True},
        "enrolments": {"level": "outpatient", "starts_on": day},
        "contact-points": {"channel": "email", "address": "c@x.example", "consented": True},
        "messages": {"before": [7, 1], "after": [1], "channels": ["email"], "hour": 10, "quiet_from": 20,
                     "quiet_until": 8, "language": "en", "version": 1},
        "choose-channel": {"channel": "email", "wanted": False},
        "look-into": {"mrn": "C-1001", "why": "asked"},
        "caregivers": {**HELPER, "starts_on": day},
        "calendar-link": {"on": True},
        "observations": {"code": "weight", "value": 70, "observed_at": now},
        "allergies": {"substance": "penicillin"},
        "code-allergy": {"meant": "penicillin"},
        "conditions": {"text": "depression", "confirm": True},
        "proposals": {"kind": "new_dose", "prescription": ids["prescription_id"], "sig": {**SIG, "amount": "100"},
                      "effective_on": day, "reason_code": "titration"},
        "override": {"reason_code": "will_monitor", "follow_up_on": later, "follow_up": "visit"},
        "answer-card": {"card": ids["card"], "reason_code": "tolerated_before", "follow_up_on": later},
        "encounters": {"kind": "office", "on": day},
        "correct-observation": {"value": 71},
        "side-effects": {"patient": ids["patient_id"], **side_effect, "confirm": True},
        "correct-side-effect": {"severity": "moderate"},
        "dispenses": {"prescription": ids["prescription_id"], "dispensed_on": day, "quantity": 30, "unit": "{tablet}",
                      "days_supply": 30, "confirm": True},
        "void-fill": {"why": "ok"},
        "answer-link": {"token": ids["token"], "choice": "confirm"},
        "authorisations": {"prescription": ids["prescription_id"], "parts": [PART]},
        "revoke": {"why": "ok"},
        "supply-limits": {"most_days": 7, "until": later, "why": "ok"},
        "lift-limit": {"why": "ok"},
        "release-lab-gate": {"why": "ok", "until": later},
        "pill-counts": {"counted_on": day, "quantity": 12, "unit": "{tablet}"},
        "taken": {"answer": "as_agreed"},
        "renewals": {"prescriptions": [ids["prescription_id"]]},
        "renewal": {**PART, "why": "ok"},
        "decline-renewal": {"answer": "denied", "reason": "call_us"},
        "claim-task": {"version": 1},
        "close-task": {"version": 1, "outcome": "ok"},
        "reassign-task": {"version": 1, "to_role": "pharmacist"},
        "postpone-task": {"version": 1, "until": (timezone.now() + timedelta(hours=1)).isoformat(), "why": "ok"},
        "task-comments": {"text": "ok"},
        "several-tasks": {"act": "claim", "tasks": [{"id": ids["task_id"], "version": 1}]},
        "morning-notice": {"wanted": False},
        "absences": {"user": factories.adler().pk, "since": now, "until": f"{later}T12:00:00Z"},
        "cancel-task": {"version": 1, "why": "ok"},
        "cosign": {"review": ids["review_id"], "note": "ok"},
        "decline-cosignature": {"review": ids["review_id"], "note": "ok"},
        "card-monitoring": {"code": "hunter"},
        "local-changes": LOCAL,
        "logins": {"username": "nell", "role": "nurse", "why": "ok"},
        "ask-role": {"role": "pharmacist", "why": "ok"},
        "ask-password": {"why": "ok"},
        "ask-factors": {"why": "ok"},
        "ask-active": {"why": "ok"},
        "make-inactive": {"why": "ok"},
        "clear-lock": {"why": "ok"},
        "correct-login": {"first_name": "N", "last_name": "N", "email": "", "why": "ok"},
        "begin-membership": {"team": ids["team_id"], "why": "ok"},
        "end-membership": {"why": "ok"},
        "teams": {"name": "New", "why": "ok"},
        "rename-team": {"name": "New", "why": "ok"},
        "decline-staff-change": {"why": "ok"},
        "propose-switch": {"becomes": "retired", "reason": "ok"},
        "row-verdicts": {**ids["row"], "verdict": "reviewed"},
        "check": {"id": "c", "as_of": day},
        "export-chart": {"reason": "The court asked for it."},
        "break-glass": {"mrn": "C-1001", "reason": "Found unconscious."},
        "judge-break-glass": {"verdict": "appropriate", "note": "ok"},
        "amendments": {"patient": ids["patient_id"], "what": "ok", "why": "ok"},
        "extend-amendment": {"until": (today + timedelta(days=80)).isoformat(), "why": "ok"},
        "answer-amendment": {"decision": "accepted", "words": "ok"},
        "disagree": {"text": "ok"},
        "rebut": {"text": "ok"},
        "close-own-account": {"why": "ok"},
        "close-account": {"mrn": "C-1001", "why": "ok"},
        "programmes": {"team": factories.team().pk, "phone": "+1 555 0100"},
        "part2-consents": {"recipient": "treating", "purpose": "treatment", "given_on": day, "until": later},
        "understand-line": {"line": "sertr 100 qam"},
    }  # fmt: skip


def forms(ids: dict[str, Any], today: Any) -> dict[str, dict[str, Any]]:
    """What is typed into the pages' forms: enough to get its rightful sender through."""
    day, later = today.isoformat(), (today + timedelta(days=5)).isoformat()
    side_effect = {"term": "nausea", "severity": "mild", "began_on": day}
    person = {"given_name": "N", "family_name": "N", "birth_date": "1990-01-01", "sex": "female", "language": "en",
              "time_zone": "UTC"}  # fmt: skip
    return {
        "knowledge_drug": {**ids["row"]},
        "register": {**person, "mrn": "N-2", "team_id": factories.team().pk},
        "update_patient": {**person, "version": 1},
        "merge_charts": {"mrn": "P-3003", "why": "ok", "confirm": "on"},
        "enrol": {"level": "outpatient", "starts_on": day},
        "contact": {"channel": "email", "address": "c@x.example", "consented": "on"},
        "messages": {"act": "renew_calendar"},
        "my_messages": {"act": "opt_out", "channel": "email"},
        "new_observation": {"code": "weight", "value": "70", "observed_at": f"{day}T00:01"},
        "new_allergy": {"substance": "penicillin", "kind": "allergy", "severity": "mild"},
        "code_allergy": {"meant": "penicillin"},
        "new_condition": {"text": "depression", "confirm": "on"},
        "new_side_effect": {**side_effect, "confirm": "on"},
        "correct_side_effect": {**side_effect, "outcome": "recovered", "action_taken": "none_yet"},
        "my_side_effect": side_effect,
        "new_dispense": {
            "dispensed_on": day,
            "quantity": "30",
            "unit": "{tablet}",
            "days_supply": "30",
            "confirm": "on",
        },
        "void_fill": {"why": "ok"},
        "authorise": {**PART, "refills": 0, "count": 1},
        "revoke": {"why": "ok"},
        "limit": {"most_days": 7, "until": later, "why": "ok"},
        "lift_limit": {"why": "ok"},
        "count": {"counted_on": day, "quantity": "12", "unit": "{tablet}"},
        "renewal": {**PART, "refills": 0, "why": "ok"},
        "decline": {"answer": "denied", "reason": "call_us"},
        "renewals": {"chosen": ids["prescription_id"]},
        "tell_taken": {"answer": "as_agreed"},
        "change": {"effective_on": day, "reason_code": "remission"},
        "answer": {"reason_code": "will_monitor", "follow_up_on": later, "follow_up": "visit"},
        "answer_screening": {"reason_code": "will_monitor", "follow_up_on": later, "follow_up": "visit"},
        "new_encounter": {"kind": "office", "on": day},
        "correct_observation": {"value": "71", "observed_at": f"{day}T00:01"},
        "withdraw": {"note": "ok"},
        "cosign": {"review": ids["review_id"], "note": "ok"},
        "decline_cosignature": {"review": ids["review_id"], "note": "ok"},
        "order_monitoring": {"code": "hunter"},
        "new_rule": {**LOCAL, "kind": "rule", "cases": LOCAL["cases"][0]},
        "claim": {"version": 1},
        "done": {"version": 1, "outcome": "ok"},
        "cancel": {"version": 1, "why": "ok"},
        "reassign": {"version": 1, "to": "role:pharmacist"},
        "postpone": {"version": 1, "until": f"{timezone.localtime() + timedelta(hours=1):%Y-%m-%dT%H:%M}", "why": "ok"},
        "comment": {"text": "ok"},
        "several": {"act": "claim", "task": f"{ids['task_id']}:1"},
        "cover": {"user": factories.adler().pk, "since": f"{day}T00:01", "until": f"{later}T12:00"},
        "notice": {"wanted": "0"},
        "reminder": {"choice": "confirm"},
        "my_amendments": {"what": "ok", "why": "ok"},
        "my_amendment": {"text": "ok"},
        "new_amendment": {"way": "paper", "what": "ok", "why": "ok"},
        "extend_amendment": {"until": (today + timedelta(days=80)).isoformat(), "why": "ok"},
        "answer_amendment": {"decision": "accepted", "words": "ok"},
        "disagree": {"text": "ok"},
        "rebut": {"text": "ok"},
        "close_own_account": {"why": "ok"},
        "close_account": {"mrn": "C-1001", "why": "ok"},
        "programmes": {"team_id": factories.team().pk, "phone": "+1 555 0100"},
        "restricted": {"to": "treating", "purpose": "treatment", "given_on": day, "until": later},
        "break_glass": {"mrn": "C-1001", "reason": "Found unconscious."},
        "export_chart": {"form": "json", "reason": "The court asked for it."},
        "export_numbered": {"mrn": "C-1001", "form": "json", "reason": "The court asked for it."},
        "my_record": {"form": "json"},
        "look_into": {"mrn": "C-1001", "why": "asked"},
        "judge_break_glass": {"verdict": "appropriate", "note": "ok"},
        "new_login": {"username": "nell", "role": "nurse", "why": "ok"},
        "ask_role": {"role": "pharmacist", "why": "ok"},
        "ask_password": {"why": "ok"},
        "ask_factors": {"why": "ok"},
        "ask_active": {"why": "ok"},
        "make_inactive": {"why": "ok"},
        "clear_lock": {"why": "ok"},
        "correct_login": {"first_name": "N", "last_name": "N", "email": "", "why": "ok"},
        "begin_membership": {"team_id": ids["team_id"], "why": "ok"},
        "end_membership": {"why": "ok"},
        "teams": {"name": "New", "why": "ok"},
        "rename_team": {"name": "New", "why": "ok"},
        "decline_staff_change": {"why": "ok"},
    }
