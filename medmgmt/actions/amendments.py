"""A patient asks to have the record amended, and what is said to that: 45 CFR 164.526, paragraph by paragraph.

Nothing is edited by it: what amends an entry is a new entry, made by the act that is there for it and named here.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import amendments
from medmgmt.record import access, audit, part2
from medmgmt.record.errors import Conflict, Refused
from medmgmt.record.models import (
    AmendmentAnswer,
    AmendmentExtension,
    AmendmentRequest,
    AmendmentStatement,
    Decision,
    Patient,
    Programme,
    Role,
    Said,
    User,
    Way,
)
from medmgmt.record.models.amendments import DAYS, DAYS_MORE
from medmgmt.regimen import red_flags
from refills.worklist import kinds, tasks

RAISED_BEFORE = timedelta(days=14)
"""So long before the last day a request that still waits is raised."""


@transaction.atomic
def request_amendment(
    by: User,
    patient_id: int,
    *,
    what: str,
    why: str,
    tell: str = "",
    entry_kind: str = "",
    entry_number: int | None = None,
    way: str = Way.OWN,
    received_on: date | None = None,
    programme_id: int | None = None,
) -> AmendmentRequest:
    """Asks that something in the record be amended, and why (164.526(b)(1)): of one entry, or in free words.

    By the patient, or by staff who take it down from paper, by word or for a personal representative, with the day on
    which it was received. Somebody answers within 60 days: a task says so. About what a Part 2 programme made, or may
    have made, only its readers see it; a patient of several says which (`programme_id`). Said twice is said once.
    Words that cannot wait 60 days are a nurse's and a prescriber's task at once.
    """
    patient = access.patient_for(by, "request_amendment", patient_id, lock=True)
    if not what.strip() or not why.strip():
        raise Refused(_("Say what is to be amended, and why."))
    received = came(by, patient, way, received_on)
    about = named(by, patient, entry_kind, entry_number)
    told = {"patient": patient, "what": what.strip(), "why": why.strip(), "tell": tell.strip(),
            "entry_kind": entry_kind, "entry_number": entry_number if about else None}  # fmt: skip
    waiting = AmendmentRequest.objects.filter(**told, answered=None).first()
    if waiting is not None:
        return waiting
    programme = restricted_to(by, patient, about, programme_id)
    made = AmendmentRequest.objects.create(**told, way=way, received_on=received, programme=programme, by=by)
    last = over(patient, made.due_on)
    tasks.open_for(
        kinds.AMENDMENT, made.pk, patient_id=patient.pk, due_at=last, escalate_at=last - RAISED_BEFORE,
        closes_on=f"amendment:{made.pk}", detail=made.what,
    )  # fmt: skip
    raise_what_cannot_wait(made, f"{made.what}\n{made.why}")
    audit.record(by, "request_amendment", patient_id=patient.pk, obj=("amendment", made.pk), detail={"way": way})
    return made


def came(by: User, patient: Patient, way: str, received_on: date | None) -> date:
    """The day on which a request was received. Refused where it lies ahead or before the patient's life, or where a
    patient speaks for staff, or staff for a patient who is signed in."""
    today = patient.today(timezone.now())
    if (by.role == Role.PATIENT) != (way == Way.OWN):
        raise Refused(_("Say how it came: on paper or by word, or from a personal representative."))
    if by.role == Role.PATIENT or received_on is None:
        return today
    if not patient.birth_date <= received_on <= today:
        raise Refused(_("A request is received today or earlier."))
    return received_on


def named(by: User, patient: Patient, kind: str, number: int | None) -> object | None:
    """The entry that is named; None where none is. Refused where it is not this patient's, or not for this person."""
    if not kind:
        return None
    if kind not in amendments.MODELS:
        raise Refused(_("There is no entry of that kind."))
    found = amendments.entry(patient, kind, number)
    if found is None or not part2.seen(by, [found]):
        raise Refused(_("There is no such entry in this record. Choose one, or describe it in words."))
    return found


def restricted_to(by: User, patient: Patient, about: object | None, programme_id: int | None) -> Programme | None:
    """The programme whose readers alone see the request: that of the entry; of words without one that of whoever writes
    them down, and of a patient's own words the one that has written anything, since nobody knows what they are about.

    Refused where several have: then the patient says which.
    """
    if about is not None:
        number = getattr(about, "programme_id", None)
        return Programme.objects.get(pk=number) if number else None
    if by.role != Role.PATIENT:
        return part2.programme_of(by, patient)
    theirs = [number for number, _name in amendments.programmes_of(patient)]
    if programme_id is not None:
        theirs = [number for number in theirs if number == programme_id]
    if len(theirs) > 1 or (programme_id is not None and not theirs):
        raise Refused(_("Choose what it is about, or which programme wrote it, so that only they read it."))
    return Programme.objects.get(pk=theirs[0]) if theirs else None


@transaction.atomic
def extend_amendment(by: User, amendment_id: int, *, until: date, why: str) -> AmendmentExtension:
    """Puts the answer off, once, by 30 days at most, within the first 60, with a reason that the patient reads
    (164.526(b)(2)(ii)). Conflict where it was answered or put off already."""
    request = waiting_one(by, amendment_id)
    if hasattr(request, "extended"):
        raise Conflict(_("This was put off once already. The rule allows it once."))
    if not why.strip():
        raise Refused(_("Say why it takes longer. The patient reads it."))
    first, today = request.received_on + DAYS, request.patient.today(timezone.now())
    if today > first:
        raise Refused(_("The 60 days are over: the rule allows to put it off within them only. Answer it now."))
    if not first < until <= first + DAYS_MORE:
        raise Refused(_("The new day lies after the first 60 days, and within 30 more."))
    made = AmendmentExtension.objects.create(
        patient=request.patient, request=request, until=until, why=why.strip(), by=by
    )
    last = over(request.patient, until)
    tasks.move(kinds.AMENDMENT.key_of(request.pk), due_at=last, escalate_at=last - RAISED_BEFORE)
    send_on_paper(request, "extension")
    told(by, "extend_amendment", request)
    return made


@transaction.atomic
def answer_amendment(
    by: User,
    amendment_id: int,
    *,
    decision: str,
    words: str,
    ground: str = "",
    entry_kind: str = "",
    entry_number: int | None = None,
    told_whom: str = "",
) -> AmendmentAnswer:
    """Decides on a request, once, in plain words that the patient reads: accepted (164.526(c)), with the entry that
    amends the record and who is told; denied (164.526(d)) on a ground of the rule; or both in part. Closes the task."""
    request = waiting_one(by, amendment_id)
    if decision not in Decision.values:
        raise Refused(_("Accept it, accept it in part, or deny it."))
    if not words.strip():
        raise Refused(_("Say in plain words what was decided and why. The patient reads it."))
    is_accepted = decision == Decision.ACCEPTED
    if is_accepted and ground:
        raise Refused(_("A ground is for what is denied."))
    if not is_accepted and not ground:
        raise Refused(_("Say on which ground of the rule it is denied: there are these four and no other."))
    if decision == Decision.DENIED and (entry_kind or told_whom.strip()):
        raise Refused(_("Nothing amends what is denied, and nobody is told. Accept it in part, if that is meant."))
    amended = named(by, request.patient, entry_kind, entry_number)
    if amended is not None and getattr(amended, "programme_id", None) not in (None, request.programme_id):
        raise Refused(_("A programme's restricted entry cannot amend what others read."))
    made = AmendmentAnswer.objects.create(
        patient=request.patient, request=request, decision=decision, ground=ground, words=words.strip(),
        entry_kind=entry_kind, entry_number=entry_number if amended else None, told_whom=told_whom.strip(), by=by,
    )  # fmt: skip
    tasks.settle(by_id=by.pk, outcome=str(made.get_decision_display()), key=kinds.AMENDMENT.key_of(request.pk),
                 evidence=("amendment_answer", made.pk))  # fmt: skip
    send_on_paper(request, "answer")
    told(by, "answer_amendment", request, decision=decision)
    return made


@transaction.atomic
def disagree(by: User, amendment_id: int, *, text: str) -> AmendmentStatement:
    """The patient's statement of disagreement with a denial (164.526(d)(2)), their own or taken down for them. It goes
    wherever the record goes; somebody may write a rebuttal."""
    _patient, request = access.locked(by, "request_amendment", AmendmentRequest, amendment_id)
    made = statement(by, request, Said.DISAGREEMENT, text)
    tasks.open_for(kinds.AMENDMENT_DISPUTED, request.pk, patient_id=request.patient_id)
    raise_what_cannot_wait(request, made.text)
    told(by, "disagree_amendment", request)
    return made


@transaction.atomic
def rebut(by: User, amendment_id: int, *, text: str) -> AmendmentStatement:
    """Why we stay with a denial after the patient disagreed (164.526(d)(3)); the patient reads it."""
    request = access.amendment_locked(by, amendment_id)
    if request.disagreement is None:
        raise Refused(_("A rebuttal answers a statement of disagreement, and there is none."))
    made = statement(by, request, Said.REBUTTAL, text)
    tasks.settle(by_id=by.pk, outcome=str(made.get_kind_display()), key=kinds.AMENDMENT_DISPUTED.key_of(request.pk))
    send_on_paper(request, "rebuttal")
    told(by, "rebut_amendment", request)
    return made


def statement(by: User, request: AmendmentRequest, kind: Said, text: str) -> AmendmentStatement:
    """What is said after a denial, by each side once."""
    if request.is_open or request.answered.decision == Decision.ACCEPTED:
        raise Refused(_("There is no denial to disagree with."))
    if request.said(kind) is not None:
        raise Conflict(_("This was said already, and stays as it was said."))
    if not text.strip():
        raise Refused(_("Say it in a sentence."))
    return AmendmentStatement.objects.create(
        patient=request.patient, request=request, kind=kind, text=text.strip(), by=by
    )


def waiting_one(by: User, amendment_id: int) -> AmendmentRequest:
    """The locked request, for somebody who may answer it; Conflict where it was answered."""
    request = access.amendment_locked(by, amendment_id)
    if not request.is_open:
        raise Conflict(_("This was answered already."))
    return request


def over(patient: Patient, day: date) -> datetime:
    """The instant at which a day is over where the patient lives."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(patient.time_zone))


def send_on_paper(request: AmendmentRequest, what: str) -> None:
    """Whoever has no login to read it by gets it on paper: somebody prints and hands it over."""
    if not User.objects.filter(patient=request.patient, is_active=True).exists():
        key = kinds.AMENDMENT_LETTER.key_of(request.pk, what)
        tasks.open_for(kinds.AMENDMENT_LETTER, request.pk, key=key, patient_id=request.patient_id)


def raise_what_cannot_wait(request: AmendmentRequest, words: str) -> None:
    """What in the words of a patient is a red flag is told at once, to whoever may read the request."""
    flags = red_flags.heard(request.patient, words)
    detail = "\n".join([*(flag.told for flag in flags), words])
    for kind in (kinds.RED_FLAG, kinds.RED_FLAG_PRESCRIBER) if flags else ():
        key = kind.key_of("amendment", request.pk, request.patient_id)
        tasks.open_for(kind, "", key=key, patient_id=request.patient_id, detail=detail,
                       source=("amendment", request.pk))  # fmt: skip


def told(by: User, act: str, request: AmendmentRequest, **detail: object) -> None:
    """Tells the trail."""
    audit.record(by, act, patient_id=request.patient_id, obj=("amendment", request.pk), detail=detail)
