"""The only door to a patient: who may do what, whose chart opens for whom, and the lock before a write."""

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import audit, door, entered, names, part2
from medmgmt.record.errors import NoSuchPatient, NoSuchThing, NotAllowed, NotInPerson, OutOfScope
from medmgmt.record.models.amendments import AmendmentRequest
from medmgmt.record.models.break_glass import BreakGlass
from medmgmt.record.models.people import CareAssignment, Enrolment, Opening, Patient, Role, User
from medmgmt.record.models.tokens import Scope

log = logging.getLogger(__name__)
Thing = TypeVar("Thing", bound=Model)

PRESCRIBERS = frozenset({Role.PSYCHIATRIST})
CARERS = frozenset({Role.PSYCHIATRIST, Role.NURSE})
STAFF = frozenset({Role.PSYCHIATRIST, Role.NURSE, Role.PHARMACIST})
PATIENTS = frozenset({Role.PATIENT})
EVERYBODY = frozenset(Role)

ACTS: dict[str, frozenset[Role]] = {
    "view_chart": STAFF,
    "view_own": PATIENTS,
    "list_patients": STAFF,
    "propose": PRESCRIBERS,
    "answer_finding": PRESCRIBERS,
    "sign": PRESCRIBERS,
    "withdraw": PRESCRIBERS,
    "cosign": frozenset({Role.PSYCHIATRIST, Role.PHARMACIST}),
    "order_monitoring": PRESCRIBERS,
    "manage_messages": CARERS | PATIENTS,
    "log_side_effect": STAFF | PATIENTS,
    "record_observation": CARERS,
    "record_encounter": CARERS,
    "record_dispense": STAFF,
    "void_fill": STAFF,
    "register_patient": CARERS,
    "merge_charts": CARERS,
    "enrol": CARERS,
    "import_history": frozenset({Role.PSYCHIATRIST, Role.ADMINISTRATOR}),
    "dismiss_remark": STAFF,
    "work_tasks": STAFF,
    "reassign_task": STAFF,
    "comment_task": STAFF,
    "manage_cover": STAFF | {Role.ADMINISTRATOR},
    "view_lateness": STAFF | {Role.ADMINISTRATOR},
    "request_refill": PATIENTS,
    "report_adherence": PATIENTS,
    "authorise_refill": PRESCRIBERS,
    "renew": PRESCRIBERS,
    "release_lab_gate": PRESCRIBERS,
    "limit_supply": PRESCRIBERS,
    "count_pills": STAFF,
    "view_knowledge": STAFF | {Role.ADMINISTRATOR},
    "activate_release": frozenset({Role.PHARMACIST, Role.ADMINISTRATOR}),
    "view_alerts": frozenset({Role.PHARMACIST, Role.PSYCHIATRIST, Role.ADMINISTRATOR}),
    "curate_knowledge": frozenset({Role.PHARMACIST}),
    "approve_knowledge": frozenset({Role.PHARMACIST, Role.PSYCHIATRIST}),
    "view_outbox": frozenset({Role.ADMINISTRATOR}),
    "view_delivery": frozenset({Role.ADMINISTRATOR}),
    "decide_held": STAFF,
    "view_audit": frozenset({Role.ADMINISTRATOR, Role.PRIVACY_OFFICER}),
    "manage_staff": frozenset({Role.ADMINISTRATOR}),
    "confirm_staff": frozenset({Role.ADMINISTRATOR, Role.PHARMACIST, Role.PSYCHIATRIST}),
    "search_drugs": EVERYBODY,
    "check_interactions": STAFF,
    "make_token": STAFF | {Role.ADMINISTRATOR},
    "list_tokens": STAFF | {Role.ADMINISTRATOR},
    "revoke_token": STAFF | {Role.ADMINISTRATOR},
    "break_glass": STAFF,
    "mark_programme": frozenset({Role.ADMINISTRATOR}),
    "give_part2_consent": STAFF,
    "revoke_part2_consent": STAFF | PATIENTS,
    "view_disclosures": PATIENTS | {Role.PRIVACY_OFFICER},
    "judge_break_glass": frozenset({Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}),
    "request_amendment": STAFF | PATIENTS,
    "answer_amendment": STAFF | {Role.PRIVACY_OFFICER},
    "list_amendments": STAFF | PATIENTS | {Role.PRIVACY_OFFICER},
    "close_own_account": PATIENTS,
    "close_account": frozenset({Role.ADMINISTRATOR, Role.PRIVACY_OFFICER}),
    "export_chart": STAFF | PATIENTS | {Role.PRIVACY_OFFICER},
    "export_numbered": frozenset({Role.PRIVACY_OFFICER}),
}
"""Who may do what; whose patients is decided by patients_of."""

SCOPES: dict[str, frozenset[str]] = {
    Scope.READ: frozenset(
        {"view_chart", "view_own", "list_patients", "view_lateness", "view_knowledge", "view_alerts", "view_outbox",
         "view_delivery", "view_audit", "search_drugs", "check_interactions", "list_tokens", "view_disclosures",
         "list_amendments"}
    ),
    Scope.RECORD: frozenset(
        {"manage_messages", "log_side_effect", "record_observation", "record_encounter", "record_dispense", "void_fill",
         "register_patient", "merge_charts", "enrol", "import_history", "dismiss_remark", "work_tasks", "reassign_task",
         "comment_task", "manage_cover", "request_refill", "report_adherence", "count_pills", "decide_held",
         "curate_knowledge", "revoke_token", "request_amendment"}
    ),
    Scope.PRESCRIBE: frozenset(
        {"propose", "answer_finding", "sign", "withdraw", "order_monitoring", "authorise_refill", "renew",
         "release_lab_gate", "limit_supply"}
    ),
}  # fmt: skip
"""Which acts each scope of a token adds. No token does an act that is in none."""
IN_PERSON = frozenset(
    {"cosign", "approve_knowledge", "activate_release", "make_token", "break_glass", "judge_break_glass",
     "manage_staff", "confirm_staff", "mark_programme", "give_part2_consent", "revoke_part2_consent",
     "export_chart", "export_numbered", "answer_amendment", "close_own_account", "close_account"}
)  # fmt: skip
"""What somebody who is signed in does, and no token: a second pair of eyes, a chart opened in an emergency, a whole
chart that leaves, what a patient is told of their rights, what changes every review, and who may do what here or see
what."""
SCOPE_OF = {act: scope for scope, acts in SCOPES.items() for act in acts}

IN_EMERGENCY = frozenset(
    {"view_chart", "log_side_effect", "record_observation", "record_encounter", "record_dispense", "count_pills"}
)
"""What may be done in a chart that was opened in an emergency: read it, and write down what was seen and given."""
SIGNING_IN_EMERGENCY = frozenset(
    {"propose", "answer_finding", "sign", "withdraw", "order_monitoring", "authorise_refill", "limit_supply"}
)
"""What may be done there too where the site says so (settings.BREAK_GLASS_SIGN)."""


def may(by: User | AnonymousUser, act: str) -> bool:
    """Whether this person's role does the act at all; nobody does an act that is not in ACTS. No query."""
    return isinstance(by, User) and by.is_active and by.role in ACTS.get(act, frozenset())


def require(by: User | AnonymousUser, act: str) -> None:
    """Raises NotAllowed unless this person's role does the act, and the token that they come with reaches it.

    For acts without a patient. No query.
    """
    if not may(by, act):
        log.warning("refused act=%s user=%s", act, by.pk)
        raise NotAllowed
    require_scope(act)
    entered.act(act)


def require_scope(act: str) -> None:
    """Raises OutOfScope where the present request came with a token that does not reach the act, NotInPerson where none
    does. What only reads needs no scope beyond that of every token. No query."""
    way = door.present()
    if way is None or way.kind != door.TOKEN or way.scope is None:
        return
    if SCOPE_OF.get(act) not in way.scope:
        log.warning("refused a token act=%s", act)
        raise NotInPerson if act in IN_PERSON else OutOfScope


def patients_of(by: User | AnonymousUser) -> QuerySet[Patient]:
    """The patients whose charts open for this person now: their teams' patients, or the patient themselves.

    Administrators, the privacy officer, the inactive and strangers see nobody. Charts opened in an emergency are not
    among them: no list, search or worklist fills with those. One query, when read.
    """
    if not isinstance(by, User) or not by.is_active:
        return Patient.objects.none()
    if by.role == Role.PATIENT:
        return Patient.objects.filter(user=by, merged_into=None)
    if by.role not in STAFF:
        return Patient.objects.none()
    now = timezone.now()
    in_care = CareAssignment.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now),
        Q(team__members__until__isnull=True) | Q(team__members__until__gt=now),
        patient=OuterRef("pk"),
        since__lte=now,
        team__members__user=by,
        team__members__since__lte=now,
    )
    return Patient.objects.filter(Exists(in_care), merged_into=None)


def stays(patient_id: int) -> int:
    """The number under which a chart is kept: its own, or that of the chart into which it was merged. One query."""
    into = Patient.objects.filter(pk=patient_id).values_list("merged_into_id", flat=True).first()
    return into or patient_id


def once(**told: str) -> Exists:
    """Whether a chart that was merged into this one went by that name or number."""
    return Exists(Patient.objects.filter(merged_into=OuterRef("pk"), **told))


def patient_for(by: User | AnonymousUser, act: str, patient_id: int, *, lock: bool = False, why: str = "") -> Patient:
    """The patient, if this person may do the act and has them in their care; unknown and foreign sound the same.

    The number of a chart that was merged into another leads to that one. A chart that the person has opened in an
    emergency opens too, for what may be done then (NotAllowed for all else), and every audit entry about it says so.
    With `lock` the patient's row is locked until the transaction ends and the action writes its own audit entry
    (one query). Without it this is a read of the chart and is audited here (three queries).
    """
    require(by, act)
    if lock and not connection.in_atomic_block:
        raise RuntimeError("patient_for(lock=True) needs a transaction")
    of_theirs = with_opening(by, for_writing(patients_of(by)) if lock else patients_of(by))
    patient = of_theirs.filter(pk=patient_id).first()
    if patient is None:
        number = stays(patient_id)
        patient = of_theirs.filter(pk=number).first() or in_emergency(by, act, number, lock=lock)
    elif patient.opening_number:
        patient.opening = Opening(patient.opening_number, by.pk or 0, patient.opening_until, is_only=False)
    if patient is None:
        log.warning("refused act=%s user=%s patient=%s", act, by.pk, patient_id)
        raise NoSuchPatient
    entered.chart(patient.pk)
    opening = patient.opening
    audit.opening.set(None if opening is None else (opening.by_id, patient.pk, opening.number))
    if not lock:
        audit.record(by if isinstance(by, User) else None, act, patient_id=patient.pk, obj=patient, why=why)
    return patient


def with_opening(by: User | AnonymousUser, patients: QuerySet[Patient]) -> QuerySet[Any]:
    """Patients in the person's care, each with the opening in an emergency by which they see what a Part 2 programme
    prescribed, where there is one."""
    holding = BreakGlass.holding(timezone.now()).filter(by_id=by.pk, patient=OuterRef("pk")).order_by("-pk")
    return patients.annotate(
        opening_number=Subquery(holding.values("pk")[:1]), opening_until=Subquery(holding.values("until")[:1])
    )


def in_emergency(by: User | AnonymousUser, act: str, patient_id: int, *, lock: bool = False) -> Patient | None:
    """The patient whose chart this person has open in an emergency, with the opening; None where there is none now.

    NotAllowed for what may not be done then. One query, or two.
    """
    now = timezone.now()
    known = Patient.objects.filter(pk=patient_id)  # a number too large for any row finds none, and is no error
    opening = BreakGlass.holding(now).filter(by_id=by.pk, patient__in=known).first()
    if opening is None:
        return None
    patients = Patient.objects.filter(pk=patient_id, merged_into=None)
    patient = (for_writing(patients) if lock else patients).first()
    if patient is not None:
        patient.opening = Opening(opening.pk, opening.by_id, opening.until, is_only=True)
        require_here(by, act, patient)
    return patient


def require_here(by: User | AnonymousUser, act: str, patient: Patient) -> None:
    """NotAllowed for what may not be done in a chart that the person came to in an emergency. No query."""
    if patient.opening is not None and patient.opening.is_only and not may_in_emergency(by, act):
        raise NotAllowed(_("This chart is open to you in an emergency: you can read and record. Its team does this."))


def may_in_emergency(by: User | AnonymousUser, act: str) -> bool:
    """Whether this person may do the act in a chart that is open to them in an emergency only. No query."""
    allowed = IN_EMERGENCY | SIGNING_IN_EMERGENCY if settings.BREAK_GLASS_SIGN else IN_EMERGENCY
    return may(by, act) and act in allowed


def patient_told(by: User, *, mrn: str, given_name: str, family_name: str, birth_date: date | None) -> Patient | None:
    """The one patient with exactly this record number, or this name and birth date, whoever's care they are in, locked.

    For opening a chart in an emergency and nothing else. None where nobody has them, more than one has, or the number
    and the name are of different people. Needs a transaction; two queries at most.
    """
    require(by, "break_glass")
    key = names.compact(mrn)
    wanted = names.whole(given_name, family_name) if names.compact(given_name + family_name) else frozenset()
    found = Patient.objects.filter(merged_into=None)
    if key:
        found = found.filter(mrn_key=key)
    if birth_date:
        found = found.filter(birth_date=birth_date)
    if not (key or (wanted and birth_date)):
        return None
    alike = [
        one.pk
        for one in found.order_by("pk")
        if not wanted or not wanted.isdisjoint(names.whole(one.given_name, one.family_name))
    ]
    return for_writing(Patient.objects.filter(pk=alike[0])).first() if len(alike) == 1 else None


def opening_locked(by: User, opening_id: int) -> BreakGlass:
    """An opening of this person's, or for those who judge them anybody's, its patient locked; NoSuchThing for all else.

    Needs a transaction; three queries.
    """
    found = BreakGlass.objects.filter(pk=opening_id)
    act = "judge_break_glass" if may(by, "judge_break_glass") else "break_glass"
    require(by, act)
    if act == "break_glass":
        found = found.filter(by=by)
    patient_id = found.values_list("patient_id", flat=True).first() or 0
    locked_one = for_writing(Patient.objects.filter(pk=patient_id)).first()
    opening = found.select_related("ended", "judged", "by").first()
    if locked_one is None or opening is None:
        raise NoSuchThing
    opening.patient = locked_one
    return opening


def for_writing(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """The patients' rows, locked against other writers until the transaction ends, but not against rows that name them.

    An audit entry names its patient: under a plain FOR UPDATE a reader would hold the head of the chain and wait for
    the patient, while the writer holds the patient and waits for the head.
    """
    return patients.select_for_update(of=("self",), no_key=True)


def patient_of_number(by: User, mrn: str) -> Patient | None:
    """The patient of exactly this record number, in whoever's care; for giving them a login and nothing else."""
    require(by, "manage_staff")
    return Patient.objects.filter(mrn=mrn.strip(), merged_into=None).first()


def patient_to_export(by: User, patient_id: int) -> Patient:
    """The locked patient whose whole chart leaves: in one's care, oneself, or for the privacy officer anybody's.

    Unknown and foreign sound the same. Needs a transaction.
    """
    if not may(by, "export_numbered"):
        return patient_for(by, "export_chart", patient_id, lock=True)
    require(by, "export_chart")
    found = for_writing(Patient.objects.filter(pk=stays(patient_id), merged_into=None)).first()
    if found is None:
        raise NoSuchPatient
    return found


def amendment_locked(by: User, amendment_id: int) -> AmendmentRequest:
    """A request to amend the record, its patient locked: in one's care, for the privacy officer anybody's.

    NoSuchThing or NoSuchPatient for all else, also for what a programme of others alone may see. Needs a transaction.
    """
    act = "answer_amendment"
    if by.role != Role.PRIVACY_OFFICER:
        return locked(by, act, AmendmentRequest, amendment_id)[1]
    require(by, act)
    owned = AmendmentRequest.objects.filter(pk=amendment_id).values_list("patient_id", flat=True)
    patient = for_writing(Patient.objects.filter(pk=owned.first() or 0)).first()
    request = AmendmentRequest.objects.filter(pk=amendment_id, patient=patient).first()
    if patient is None or request is None:
        raise NoSuchThing
    require_open(by, patient, request)
    request.patient = patient
    return request


def patient_of_account(by: User, mrn: str) -> Patient | None:
    """The locked patient of exactly this record number, in whoever's care, for closing their account and nothing else.

    Needs a transaction.
    """
    require(by, "close_account")
    return for_writing(Patient.objects.filter(mrn_key=names.compact(mrn), merged_into=None)).first()


def patient_numbered(by: User, mrn: str) -> Patient | None:
    """The locked patient of exactly this record number, in whoever's care; for the privacy officer's export alone."""
    require(by, "export_numbered")
    return for_writing(Patient.objects.filter(mrn_key=names.compact(mrn), merged_into=None)).first()


def patient_from_source(by: User, source_id: str) -> Patient | None:
    """The patient taken over under this id of another record, locked, whoever's care they are in; None if nobody was.

    For taking history over and nothing else: it shows nothing, and the action audits what it adds. Needs a transaction.
    """
    require(by, "import_history")
    here = Patient.objects.filter(source_id=source_id).first()
    return None if here is None else for_writing(Patient.objects.filter(pk=here.merged_into_id or here.pk)).first()


def patients_replaced(by: User, source_ids: Iterable[str]) -> list[Patient]:
    """Charts under these ids of another record, which has replaced them by another one; for taking history over."""
    require(by, "import_history")
    return list(Patient.objects.filter(source_id__in=list(source_ids)).order_by("pk"))


def patients_taken_over(by: User, patient_ids: Iterable[int]) -> QuerySet[Patient]:
    """Those of these patients who came from another record, for counting what was taken over. One query, when read."""
    require(by, "import_history")
    return Patient.objects.filter(pk__in=list(patient_ids), source_id__isnull=False)


def patients_like(by: User, act: str, *, birth_date: date, mrn: str) -> QuerySet[Patient]:
    """Charts of one birth date or record number, whoever's care they are in: only to ask whether somebody is new.

    What is shown of one outside the person's care is that it is there. One query, when read.
    """
    require(by, act)
    alike = Q(birth_date=birth_date) | Q(mrn_key=names.compact(mrn))
    return Patient.objects.filter(alike, merged_into=None).order_by("pk")


def chart_by_number(by: User, act: str, number: str) -> int:
    """The number of the chart that has this medical record number, whoever's care it is in; NoSuchPatient if none has.

    For looking into who saw it: nothing of the chart is shown. One query.
    """
    require(by, act)
    known = (
        Patient.objects.filter(mrn_key=names.compact(number)).exclude(mrn_key="").order_by("merged_into", "pk").first()
    )
    if known is None:
        raise NoSuchPatient(_("No chart has this record number."))
    return known.merged_into_id or known.pk


def patients_counted(by: User, patient_ids: Iterable[int]) -> list[Patient]:
    """These patients, whoever's care they are in, for counting what a release would change; it shows nobody's chart.

    The read audits that it was made. One query.
    """
    require(by, "activate_release")
    return list(Patient.objects.filter(pk__in=list(patient_ids)).order_by("pk"))


def patients_for_the_clock(patient_ids: Iterable[int]) -> list[Patient]:
    """These patients, locked in one order, for what the clock does with all of them; it shows nobody anything.

    The action audits what it did. One query; needs a transaction.
    """
    return list(for_writing(Patient.objects.filter(pk__in=list(patient_ids))).order_by("pk"))


def charts_to_keep() -> QuerySet[Patient, tuple[int, date, datetime]]:
    """Number, birth date and beginning of every chart that is in no team's care and no programme now, for asking how
    long it must be kept; it shows nobody anything. One query, when read."""
    now = timezone.now()
    in_care = CareAssignment.objects.filter(Q(until=None) | Q(until__gt=now), patient=OuterRef("pk"))
    enrolled = Enrolment.objects.filter(ends_on=None, patient=OuterRef("pk"))
    found = Patient.objects.filter(~Exists(in_care), ~Exists(enrolled), merged_into=None)
    return found.order_by("pk").values_list("pk", "birth_date", "created_at")


def people_of(patient_id: int, act: str) -> QuerySet[User]:
    """The people for whom this patient's chart opens now and whose role does the act. One query, when read."""
    now = timezone.now()
    current = Q(memberships__until__isnull=True) | Q(memberships__until__gt=now)
    in_care = CareAssignment.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now), patient_id=patient_id, since__lte=now
    )
    found = User.objects.filter(
        current,
        is_active=True,
        role__in=ACTS.get(act, frozenset()),
        memberships__since__lte=now,
        memberships__team__in=in_care.values("team"),
    )
    return found.distinct()


def cares_for(user: User, patient_id: int) -> bool:
    """Whether this patient's chart opens for the person now; for choosing whom a task goes to. One query."""
    return patients_of(user).filter(pk=patient_id).exists()


def is_member(user: User, team_id: int) -> bool:
    """Whether the person works in the team now. One query."""
    now = timezone.now()
    current = Q(until__isnull=True) | Q(until__gt=now)
    return user.memberships.filter(current, team_id=team_id, since__lte=now).exists()


def asked_for(by: User, noted: entered.Noted) -> dict[str, list[Any]]:
    """What somebody must still be let through to before the same answer is given again: the acts that were asked for,
    the charts that were opened, and of those that were only written about the ones that are open to them.

    `restricted` are those in which they saw what a Part 2 programme prescribed. Two queries, more where one did.
    """
    also = patients_of(by).filter(pk__in=noted.touched - noted.opened).values_list("pk", flat=True)
    patients = sorted(noted.opened | set(also))
    whole = [one for one, hides in part2.masks(by, patients).items() if not hides]
    return {"acts": sorted(noted.acts), "patients": patients, **({"restricted": whole} if whole else {})}


def require_again(by: User, asked: Mapping[str, Iterable[Any]]) -> None:
    """Asks once more for what was asked for: NotAllowed for an act that is this person's no longer, NoSuchPatient for a
    chart that does not open for them now, in an emergency neither. Two queries in their own care."""
    for act in asked.get("acts", ()):
        require(by, act)
    wanted = set(asked.get("patients", ()))
    if not wanted:
        return
    now_at = dict(Patient.objects.filter(pk__in=wanted).values_list("pk", "merged_into_id"))
    wanted = {now_at.get(one) or one for one in wanted}
    if any(part2.mask(by, one) for one in asked.get("restricted", ())):
        log.warning("refused a repeat user=%s", by.pk)
        raise NoSuchPatient
    for patient_id in wanted.difference(patients_of(by).filter(pk__in=wanted).values_list("pk", flat=True)):
        patient = in_emergency(by, "view_chart", patient_id)
        if patient is None or patient.opening is None:
            log.warning("refused a repeat user=%s", by.pk)
            raise NoSuchPatient
        audit.opening.set((patient.opening.by_id, patient.pk, patient.opening.number))


def own_or_cared_for(by: User) -> Any:
    """The ids of the patients whose rows this person may list: their teams', or their own."""
    act = "view_own" if may(by, "view_own") else "list_patients"
    require(by, act)
    return patients_of(by).values("pk")


def locked(
    by: User, act: str, model: type[Thing], pk: int, *, through: str = "", **along: Combinable
) -> tuple[Patient, Thing]:
    """The locked patient and one thing of their record, read after the lock; unknown and foreign sound the same.

    `through` names the row that has the patient, where the thing itself has none; it is read along, and so is what
    `along` names. Three queries.
    """
    owner = f"{through}__patient" if through else "patient"
    things = model._default_manager.filter(pk=pk)
    owned = things.values_list(f"{owner}_id", flat=True)
    patient = patient_for(by, act, owned.first() or 0, lock=True)
    thing = things.annotate(**along).select_related(*filter(None, [through])).filter(**{owner: patient}).first()
    if thing is None:
        raise NoSuchThing
    holder: Any = getattr(thing, through) if through else thing
    holder.patient = patient
    require_open(by, patient, holder)
    return patient, thing


def require_open(by: User, patient: Patient, thing: object) -> None:
    """NoSuchThing for what a Part 2 programme made and this person may not see; where nothing is a programme's, no
    query but that of the prescription."""
    of: Any = thing if type(thing) in part2.KINDS else getattr(thing, "prescription", None)
    if getattr(of, "programme_id", None) and part2.mask(by, patient.pk).hides_record(of):
        raise NoSuchThing
