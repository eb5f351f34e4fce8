"""Every table of the house with what the database refuses of its old rows, and one row of each to try it on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from interactions.models import (
    Answer,
    DoseModifier,
    DrugSet,
    Finding,
    PairNote,
    PairRow,
    Release,
    ReleaseDrug,
    Review,
    RowVerdict,
    Rule,
    SelftestRun,
    SideEffectTerm,
    Synonym,
    TableRow,
)
from refills.models import (
    AdherenceReport,
    Authorisation,
    CaregiverConsent,
    ChannelChoice,
    ConsentWithdrawn,
    Dispense,
    EarlyFill,
    FillVoided,
    GateRelease,
    LimitLifted,
    PartialFill,
    PillCount,
    RenewalDecision,
    Revocation,
    SupplyLimit,
    Task,
    TaskComment,
)
from tests import factories
from tests.record import rows
from tests.record.rows import NOW, TODAY

WHOLE = ""


@dataclass(frozen=True)
class Guard:
    """What the database refuses of one row: edits of the columns it `keeps` (all of them, unless told), and its end.

    `edited`, `deleted` and `emptied` are the sentences it refuses with; blank where it lets it happen.
    """

    row: Callable[[], models.Model]
    edited: str = ""
    keeps: str = WHOLE
    may_change: str = ""
    deleted: str = ""
    emptied: str = ""

    def kept(self, model: type[models.Model]) -> list[str]:
        """The columns whose edit is refused."""
        return columns(model) if self.keeps == WHOLE and self.edited else self.keeps.split()


def columns(model: type[models.Model]) -> list[str]:
    """The columns of a table, as Django knows them today."""
    return [field.column for field in model._meta.local_concrete_fields]


def for_ever(row: Callable[[], models.Model], sentence: str, emptied: str = "") -> Guard:
    """A row of which nothing ever changes and which never goes."""
    return Guard(row, edited=sentence, deleted=sentence, emptied=emptied or sentence)


def of_one_patient(row: Callable[[], models.Model], deleted: str, may_change: str) -> Guard:
    """A row that may be edited, but stays with its patient and never goes."""
    moves = "a row never moves to another patient"
    return Guard(row, moves, "patient_id", may_change, deleted, "is never emptied")


# -- one row a table --------------------------------------------------------------------------------------------------


def release() -> Release:
    """A release that a review has used."""
    used = Release.objects.create(
        source="ours", version="1", released_on=TODAY, kind="rules", sha256="a" * 64, imported_at=NOW
    )
    review().releases.add(used)
    return used


def held(model: type[models.Model], **values: Any) -> Guard:
    """A row of a release that a review has used."""
    return Guard(
        lambda: model._default_manager.create(release=release(), **values),
        "what a release holds is never edited; import another release",
        deleted="what a release in use holds is never deleted; retire the release",
        emptied=f"{model._meta.db_table} is never emptied",
    )


def open_task() -> Task:
    """Something that waits for the nurses."""
    return Task.objects.create(kind="other", key="k", role="nurse", due_at=NOW, title="Call", patient=factories.carla())


def review() -> Review:
    """A look at Carla's medicines."""
    return Review.objects.create(
        patient=factories.carla(), moment="screen", at=NOW, regimen=[], coverage=[], not_checked=[], scope="ours"
    )


def review_and_release() -> models.Model:
    """Which release a review has used."""
    return Review.releases.through._default_manager.get(release_id=release().pk)


def finding() -> Finding:
    """A problem that the review found."""
    return Finding.objects.create(
        review=review(), key="k", kind="pair", problem="bleeding", severity="major", drugs=[], prescriptions=[],
        is_new=True, first_day=TODAY, summary="s", sources=[],
    )  # fmt: skip


def answer() -> Answer:
    """Why it is acceptable."""
    return Answer.objects.create(
        finding=finding(), patient=factories.carla(), key="k", reason_code="other", note="n", by=factories.adler(),
        at=NOW, follow_up_on=TODAY,
    )  # fmt: skip


def row_verdict() -> RowVerdict:
    """A pharmacist reviewed one row."""
    return RowVerdict.objects.create(
        source="ours", table="drugs", key="k", sha256="s", verdict="reviewed", by=factories.pia(), at=NOW
    )


def selftest() -> SelftestRun:
    """What came of a selftest."""
    return SelftestRun.objects.create(
        scope="shipped", at=NOW, releases=[], mark="m", cases_sha256="c", to_find=3, found=2, to_stay_silent=3,
        nuisances=1, pending=0, categories={}, failures=[], milliseconds=1,
    )  # fmt: skip


def audit_head() -> models.Model:
    """The newest number of a chain that has an entry."""
    rows.audit_entry()
    return rows.AuditHead.objects.get(chain="site")


def of_a_medicine(model: type[models.Model], by: str, **values: Any) -> Any:
    """A row of refills about one of Carla's medicines, done by Dr Adler."""
    taken = factories.taking()
    who = {by: factories.adler()}
    return model._default_manager.create(patient=taken.patient, prescription=taken, **who, **values)


def dispense() -> Dispense:
    """Thirty tablets handed out."""
    handed: Dispense = of_a_medicine(
        Dispense, "recorded_by", dispensed_on=TODAY, quantity=Decimal(30), unit="{tablet}", days_supply=30
    )
    return handed


def authorisation() -> Authorisation:
    """Thirty tablets written for the pharmacy."""
    written: Authorisation = of_a_medicine(
        Authorisation, "authorised_by", issued_on=TODAY, quantity=Decimal(30), unit="{tablet}", days_supply=30
    )
    return written


def supply_limit() -> SupplyLimit:
    """At most a week at once."""
    limit: SupplyLimit = of_a_medicine(
        SupplyLimit, "set_by", most_days=7, since=TODAY, until=TODAY + timedelta(days=9), why="w"
    )
    return limit


def caregiver() -> CaregiverConsent:
    """Carla's word that her sister may be told."""
    return CaregiverConsent.objects.create(
        patient=factories.carla(), name="n", channel="sms", address="+1", covers="refills", starts_on=TODAY,
        recorded_by=factories.bo(),
    )  # fmt: skip


def comment() -> TaskComment:
    """A sentence under a task."""
    task = Task.objects.create(kind="other", key="k", role="nurse", due_at=NOW, title="t")
    return TaskComment.objects.create(task=task, author=factories.bo(), text="t")


def signed_prescription() -> models.Model:
    """A prescription with a signature."""
    return factories.taking()


def hers(model: type[models.Model], **values: Any) -> Callable[[], models.Model]:
    """A row about Carla; a value that is a function is called first."""
    return lambda: model._default_manager.create(
        patient=factories.carla(), **{name: value() if callable(value) else value for name, value in values.items()}
    )


# -- what is protected ------------------------------------------------------------------------------------------------

PROPOSED = """id patient_id prescription_id kind effective_on sig old_sig reason_code note alongside author_id
    proposed_at prompted_by_side_effect_id prompted_by_observation_id prompted_by_plan"""
SETTLING = """status signed_by_id signed_at signed_unchecked withdrawn_by_id withdrawn_at withdrawn_note seal
    seal_key"""
PLAIN_PRESCRIPTION = """id product_rxcui strength form free_text indication first_supply_days created_by_id created_at
    source_id programme_id"""
SETTLED = "never edited"
CHANGE = {"deleted": "a dosage change is never deleted", "emptied": "record_dosagechange is never emptied"}
PRESCRIPTION = {
    "deleted": "a prescription is never deleted; stop it",
    "emptied": "record_prescription is never emptied",
}

GUARDED: list[tuple[str, Guard]] = [
    # the record
    ("record.SideEffectReport", for_ever(
        rows.report, "a side-effect report is corrected by a new version and never edited or deleted",
        "record_sideeffectreport is never emptied")),
    ("record.Suspect", for_ever(
        rows.suspect, "a suspect is never edited or deleted", "record_suspect is never emptied")),
    ("record.Observation", for_ever(
        rows.observation, "an observation is corrected by a new one and never edited or deleted",
        "record_observation is never emptied")),
    ("record.AuditEntry", for_ever(
        rows.audit_entry, "the audit trail is never edited or deleted", "record_auditentry is never emptied")),
    ("record.AuditPatient", for_ever(
        rows.audit_patient, "whom the audit trail names is never edited or deleted",
        "record_auditpatient is never emptied")),
    ("record.CoSignature", for_ever(
        rows.cosignature, "a second word on a finding is never edited or deleted; say another",
        "record_cosignature is never emptied")),
    ("record.MonitoringOrder", for_ever(
        rows.monitoring_order, "a monitoring order is never edited or deleted; order again",
        "record_monitoringorder is never emptied")),
    ("record.Encounter", for_ever(
        rows.encounter, "an encounter is never edited or deleted", "record_encounter is never emptied")),
    ("record.AuditHead", Guard(
        audit_head, "the head of an audit chain only moves forward to a written entry",
        deleted="the head of an audit chain is never deleted", emptied="record_audithead is never emptied")),
    ("record.DosageChange", Guard(
        rows.change, "a proposed dosage change is signed or withdrawn, never edited", PROPOSED, SETTLING, **CHANGE)),
    ("record.DosageChange", Guard(rows.signed, SETTLED, **CHANGE)),
    ("record.DosageChange", Guard(rows.withdrawn, SETTLED, **CHANGE)),
    ("record.Prescription", Guard(
        rows.prescription, "a row never moves to another patient", "patient_id",
        f"{PLAIN_PRESCRIPTION} drug_name rxcui", **PRESCRIPTION)),
    ("record.Prescription", Guard(
        signed_prescription, "a row never moves to another patient", "patient_id",
        f"{PLAIN_PRESCRIPTION} drug_name rxcui", **PRESCRIPTION)),
    ("record.Prescription", Guard(
        rows.prescription, "a prescription stays with the programme that wrote it, or with none", "programme_id",
        f"{PLAIN_PRESCRIPTION.removesuffix('programme_id')} drug_name rxcui patient_id", **PRESCRIPTION)),
    ("record.Prescription", Guard(
        signed_prescription, "a prescription with a signature keeps its drug; stop it and write another",
        "drug_name rxcui", f"{PLAIN_PRESCRIPTION} patient_id", **PRESCRIPTION)),
    ("record.Patient", Guard(
        rows.patient, may_change="id mrn given_name family_name birth_date sex language time_zone version created_at"
        " source_id names_key mrn_key merged_into_id",
        deleted="a patient is never deleted", emptied="record_patient is never emptied")),
    ("record.Allergy", of_one_patient(
        rows.allergy, "an allergy is never deleted; refute it",
        "id kind substance rxcui meant recorded_on refuted_on source_id programme_id")),
    ("record.Allergy", Guard(
        rows.allergy, "an allergy stays with the programme that wrote it down, or with none", "programme_id",
        "id patient_id kind substance rxcui meant recorded_on refuted_on source_id",
        "an allergy is never deleted; refute it", "record_allergy is never emptied")),
    ("record.AllergyReaction", for_ever(
        rows.reaction, "a reaction is never edited or deleted; add another",
        "record_allergyreaction is never emptied")),
    ("record.Condition", of_one_patient(
        rows.condition, "a condition is never deleted; let it abate",
        "id icd10cm text onset_on abated_on recorded_at source_code source_system source_id programme_id")),
    ("record.Condition", Guard(
        rows.condition, "a condition stays with the programme that diagnosed it, or with none", "programme_id",
        "id patient_id icd10cm text onset_on abated_on recorded_at source_code source_system source_id",
        "a condition is never deleted; let it abate", "record_condition is never emptied")),
    ("record.ImportRemark", of_one_patient(
        rows.remark, "a remark on what was taken over is never deleted; dismiss it",
        "id kind source_id what why recorded_at dismissed_at dismissed_by_id programme_id")),
    ("record.ImportRemark", Guard(
        rows.remark, "a remark stays with the programme that took the record over, or with none", "programme_id",
        "id patient_id kind source_id what why recorded_at dismissed_at dismissed_by_id",
        "a remark on what was taken over is never deleted; dismiss it", "record_importremark is never emptied")),
    ("record.Enrolment", of_one_patient(
        rows.enrolment, "an enrolment is never deleted; end it", "id level starts_on ends_on")),
    ("record.ContactPoint", of_one_patient(
        rows.contact, "a contact point is never deleted; end it",
        "id channel address created_at ended_at consented_at consent_withdrawn_at")),
    ("record.CareAssignment", of_one_patient(
        rows.assignment, "an assignment is never deleted; end it", "id team_id since until")),
    ("record.BreakGlass", for_ever(
        rows.opening, "an opening in an emergency is never edited or deleted; end it",
        "record_breakglass is never emptied")),
    ("record.BreakGlassEnd", for_ever(
        rows.opening_end, "the end of an opening is never edited or deleted",
        "record_breakglassend is never emptied")),
    ("record.BreakGlassJudgement", for_ever(
        rows.judgement, "a judgement is never edited or deleted", "record_breakglassjudgement is never emptied")),
    ("record.Programme", Guard(
        rows.programme, "of a programme only its phone changes", "id team_id marked_by_id marked_at", "phone",
        "a Part 2 programme is never deleted", "record_programme is never emptied")),
    ("record.Part2Consent", for_ever(
        rows.part2_consent, "a Part 2 consent is never edited or deleted; revoke it",
        "record_part2consent is never emptied")),
    ("record.Part2Revoked", for_ever(
        rows.part2_revoked, "the revocation of a Part 2 consent is never edited or deleted",
        "record_part2revoked is never emptied")),
    ("record.Disclosure", for_ever(
        rows.disclosure, "the accounting of disclosures is never edited or deleted",
        "record_disclosure is never emptied")),
    ("record.AmendmentRequest", for_ever(
        rows.amendment, "a request to amend the record is never edited or deleted",
        "record_amendmentrequest is never emptied")),
    ("record.AmendmentExtension", for_ever(
        rows.amendment_extension, "an extension of a request is never edited or deleted",
        "record_amendmentextension is never emptied")),
    ("record.AmendmentAnswer", for_ever(
        rows.amendment_answer, "an answer to a request is never edited or deleted",
        "record_amendmentanswer is never emptied")),
    ("record.AmendmentStatement", for_ever(
        rows.amendment_statement, "a statement after a denial is never edited or deleted",
        "record_amendmentstatement is never emptied")),
    ("record.User", Guard(
        rows.user, "a login keeps its name; make another", "id username",
        "password last_login is_superuser first_name last_name email is_staff is_active date_joined role patient_id",
        "a login is never deleted; make it inactive", "record_user is never emptied")),
    ("record.CareTeam", Guard(
        factories.team, may_change="id name", deleted="a team is never deleted",
        emptied="record_careteam is never emptied")),
    ("record.CareTeamMember", Guard(
        rows.membership, "a membership gets its end and nothing else; begin another", "id team_id user_id since",
        "until", "a membership is never deleted; end it", "record_careteammember is never emptied")),
    ("record.StaffChange", Guard(
        rows.staff_change, "a change of a login is confirmed or declined, never edited",
        "id user_id kind role_before role why asked_by_id asked_at",
        "state decided_by_id decided_at decided_why alone", "a change of a login is never deleted",
        "record_staffchange is never emptied")),
    # knowledge and reviews
    ("interactions.Review", for_ever(
        review, "a review is never edited or deleted", "interactions_review is never emptied")),
    ("interactions.Finding", for_ever(
        finding, "a finding is never edited or deleted", "interactions_finding is never emptied")),
    ("interactions.Answer", for_ever(
        answer, "an answer is never edited or deleted", "interactions_answer is never emptied")),
    ("interactions.Review_releases", Guard(
        review_and_release, "which releases a review used is never changed",
        deleted="which releases a review used is never changed",
        emptied="interactions_review_releases is never emptied")),
    ("interactions.SelftestRun", for_ever(
        selftest, "a selftest is never edited or deleted; run another", "interactions_selftestrun is never emptied")),
    ("interactions.RowVerdict", for_ever(
        row_verdict, "a verdict on a row is never edited or deleted; say another",
        "interactions_rowverdict is never emptied")),
    ("interactions.Release", Guard(
        release, "of a release only its status changes",
        "id source version released_on kind licence url sha256 files counts warnings imported_at",
        "status activated_at activated_by_id", deleted="a release that a review has used is never deleted",
        emptied="interactions_release is never emptied")),
    ("refills.Task", Guard(
        open_task, may_change=" ".join(columns(Task)), deleted="a task is never deleted: cancel it",
        emptied="a task is never deleted: cancel it")),
    ("interactions.ReleaseDrug", held(ReleaseDrug, number=1, name="x")),
    ("interactions.PairRow", held(PairRow, number=1, grades=b"\x01")),
    ("interactions.PairNote", held(PairNote, a=2, b=1)),
    ("interactions.Rule", held(Rule, rule_id="R1", a="a", b="b", severity="major", problem="bleeding")),
    ("interactions.DrugSet", held(DrugSet, name="s", members=[])),
    ("interactions.Synonym", held(Synonym, rxcui=1, name="s", ingredient_rxcui=2, ingredient_name="i")),
    ("interactions.DoseModifier", held(DoseModifier, drug="d", condition="c", attribute="a")),
    ("interactions.SideEffectTerm", held(SideEffectTerm, term_id="t", name="t", plain="t", associations=[])),
    ("interactions.TableRow", held(TableRow, table="food_rules", number=0, cells={})),
    # supply and messages
    ("refills.Dispense", for_ever(dispense, "a dispense is never changed or deleted: record another")),
    ("refills.FillVoided", for_ever(
        lambda: of_a_medicine(FillVoided, "voided_by", dispense=dispense(), why="w"),
        "what voided a fill is never changed or deleted: record the fill again")),
    ("refills.Authorisation", for_ever(
        authorisation, "an authorisation is never changed or deleted: record another")),
    ("refills.Revocation", for_ever(
        hers(Revocation, authorisation=authorisation, on=TODAY, why="w", revoked_by=factories.adler),
        "a revocation is never changed or deleted")),
    ("refills.EarlyFill", for_ever(
        hers(EarlyFill, dispense=dispense, reason="lost", days_early=3), "an early fill is never changed or deleted")),
    ("refills.PartialFill", for_ever(
        hers(PartialFill, dispense=dispense, reason="short_stock", handed_at=NOW),
        "a partial fill is never changed or deleted")),
    ("refills.SupplyLimit", for_ever(supply_limit, "a supply limit is never changed or deleted: lift it")),
    ("refills.LimitLifted", for_ever(
        hers(LimitLifted, limit=supply_limit, why="w", lifted_by=factories.adler),
        "what lifted a limit is never changed or deleted")),
    ("refills.GateRelease", for_ever(
        lambda: of_a_medicine(GateRelease, "released_by", code="anc", missing="overdue", until=TODAY, why="w"),
        "a lab release is never changed or deleted")),
    ("refills.PillCount", for_ever(
        lambda: of_a_medicine(PillCount, "counted_by", counted_on=TODAY, quantity=Decimal(9), unit="{tablet}"),
        "a pill count is never changed or deleted: count again")),
    ("refills.AdherenceReport", for_ever(
        lambda: of_a_medicine(AdherenceReport, "said_by", answer="as_agreed", on=TODAY),
        "what a patient said is never changed or deleted")),
    ("refills.RenewalDecision", for_ever(
        lambda: of_a_medicine(RenewalDecision, "decided_by", answer="denied", reason="call_us"),
        "a renewal decision is never changed or deleted")),
    ("refills.ChannelChoice", for_ever(
        hers(ChannelChoice, channel="sms", opted_in=True, how="portal"),
        "a choice is never changed or deleted: record another")),
    ("refills.CaregiverConsent", for_ever(caregiver, "a consent is never changed or deleted: withdraw it")),
    ("refills.ConsentWithdrawn", for_ever(
        lambda: ConsentWithdrawn.objects.create(consent=caregiver(), how="staff"),
        "a withdrawal is never changed or deleted")),
    ("refills.TaskComment", for_ever(comment, "a comment is never changed or deleted: write another")),
]  # fmt: skip

EDITED_FREELY = {
    "record.User_groups": "Django's own",
    "record.User_user_permissions": "Django's own",
    "record.Token": "its last use is noted, and it is revoked",
    "record.Attempts": "counted, forgiven and forgotten",
    "record.SecondFactor": "its last use is noted, and it ends",
    "record.Device": "its last use is noted, and it is forgotten",
    "record.OpenSession": "its last use is noted, and it ends",
    "record.QuickPin": "set anew and taken away by its owner",
    "record.IdempotencyRecord": "answers are forgotten after a week",
    "interactions.LocalChange": "it is decided, suspended and ended",
    "interactions.Substance": "laid out anew at will",
    "interactions.CurrentDrug": "laid out anew at will",
    "interactions.RescreenRun": "it comes on",
    "interactions.RescreenPatient": "it is ticked off",
    "refills.SupplyState": "computed anew each night",
    "refills.SupplyTouch": "a note that is used up",
    "refills.ClockTick": "a sign of life",
    "refills.HandOvers": "one row that is rewritten",
    "refills.Crossing": "a count that grows",
    "refills.DemoMessage": "the demo's outbox is emptied",
    "refills.Reminder": "planned, leased, settled",
    "refills.ReminderItem": "goes with its reminder",
    "refills.ReminderPlan": "wishes change",
    "refills.Unreachable": "it is mended",
    "refills.CalendarFeed": "it is revoked",
    "refills.ProviderReport": "it is forgotten in time",
    "refills.Absence": "it is withdrawn",
    "refills.NoDigest": "it is taken back",
}
"""Tables of whose old rows the database refuses nothing, and what becomes of them."""


# -- another value for a column ---------------------------------------------------------------------------------------


def another(field: "models.Field[Any, Any]", now: object) -> object:
    """A value of the column's kind that is not the one it has."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return {"another": 1}
    if isinstance(field, models.BinaryField):
        return b"\x09"
    if isinstance(field, models.BooleanField):
        return not now
    if isinstance(field, models.DateTimeField):
        return (now if isinstance(now, datetime) else NOW) + timedelta(hours=1)
    if isinstance(field, models.DateField):
        return (now if isinstance(now, date) else TODAY) + timedelta(days=1)
    if isinstance(field, models.CharField | models.TextField):
        return "y" if now == "x" else "x"
    return (now if isinstance(now, int | Decimal) else 0) + 1
