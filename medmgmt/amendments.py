"""What patients asked to have amended, gathered for reading: beside what it is about, one by one, and as a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext

from medmgmt.record import access, audit, part2
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import (
    Allergy,
    AmendmentRequest,
    Condition,
    Decision,
    Encounter,
    EntryKind,
    Observation,
    Patient,
    Prescription,
    Programme,
    Restricted,
    Role,
    Said,
    SideEffectReport,
    Status,
    User,
)
from medmgmt.regimen import lexicon

MODELS: dict[str, type[Model]] = {
    EntryKind.PRESCRIPTION: Prescription,
    EntryKind.OBSERVATION: Observation,
    EntryKind.SIDE_EFFECT: SideEffectReport,
    EntryKind.ENCOUNTER: Encounter,
    EntryKind.CONDITION: Condition,
    EntryKind.ALLERGY: Allergy,
}
KINDS = {model: kind for kind, model in MODELS.items()}
RECENT = 100
"""How many entries of a kind are offered to choose from, the newest."""
NEWS_LASTS, MOST_NEWS = timedelta(days=60), 3
"""How long the patient's first page tells of an answer, and of how many."""


# -- entries ----------------------------------------------------------------------------------------------------------


def entry(patient: Patient, kind: str, number: int | None) -> Model | None:
    """The entry of this patient that a request names; None where it names none. One query."""
    if not kind:
        return None
    return MODELS[kind]._default_manager.filter(pk=number, patient=patient).first()


def words_of(row: Model | None) -> str:
    """What a person calls an entry; empty for none."""
    if isinstance(row, Prescription):
        return " ".join(filter(None, (row.drug_name, row.strength)))
    if isinstance(row, Observation):
        return f"{lexicon.in_words(row)}, {date_format(timezone.localtime(row.observed_at), 'j M Y')}"
    if isinstance(row, SideEffectReport):
        return f"{row.term}, {date_format(row.began_on, 'j M Y')}"
    if isinstance(row, Encounter):
        return f"{row.get_kind_display()}, {date_format(row.on, 'j M Y')}"
    return str(row.text) if isinstance(row, Condition) else str(row.substance) if isinstance(row, Allergy) else ""


@dataclass(frozen=True)
class Group:
    """Entries of one kind, as a person chooses among them: code and words."""

    label: str
    entries: list[tuple[str, str]]


def choices(by: User, patient: Patient) -> list[Group]:
    """Every entry of a chart that the person may see, the newest first, by kind. Seven queries at most."""
    hides = part2.mask(by, patient.pk)
    signed = patient.dosage_changes.filter(status=Status.SIGNED).values("prescription")
    rows: dict[EntryKind, QuerySet[Model]] = {
        EntryKind.PRESCRIPTION: Prescription.objects.filter(patient=patient, pk__in=signed),
        EntryKind.OBSERVATION: Observation.current(patient.pk),
        EntryKind.SIDE_EFFECT: SideEffectReport.current(patient.pk),
        EntryKind.ENCOUNTER: Encounter.objects.filter(patient=patient),
        EntryKind.CONDITION: Condition.objects.filter(patient=patient),
        EntryKind.ALLERGY: Allergy.objects.filter(patient=patient),
    }
    found = {kind: hides.seen(of.order_by("-pk")[:RECENT]) for kind, of in rows.items()}
    return [
        Group(str(kind.label).capitalize(), [(f"{kind}:{one.pk}", words_of(one)) for one in of])
        for kind, of in found.items()
        if of
    ]


def programmes_of(patient: Patient) -> list[tuple[int, str]]:
    """The Part 2 programmes that made something of this chart, by number and name; for the patient alone. Two queries.

    What such a patient asks without naming an entry may be about any of it.
    """
    made = {one.programme_id for one in part2.made_by_programmes([patient.pk])}
    rows = Programme.objects.filter(pk__in=made).order_by("pk") if made else Programme.objects.none()
    return list(rows.values_list("pk", "team__name"))


# -- requests ---------------------------------------------------------------------------------------------------------


def requests(by: User) -> QuerySet[AmendmentRequest]:
    """The requests of the person's patients, a patient's own, for the privacy officer all; not what a programme of
    others alone may see. The newest first."""
    access.require(by, "list_amendments")
    found = AmendmentRequest.objects.filter(part2.listed(by, kind=Restricted.NOTES))
    if by.role != Role.PRIVACY_OFFICER:
        found = found.filter(patient_id__in=access.own_or_cared_for(by))
    return whole(found)


def whole(found: QuerySet[AmendmentRequest]) -> QuerySet[AmendmentRequest]:
    """With everything that was said to each."""
    joined = found.select_related("patient", "by", "extended__by", "answered__by", "programme__team")
    return joined.prefetch_related("statements__by").order_by("-id")


def news(by: User) -> list[AmendmentRequest]:
    """A patient's own requests to which something was said of late, the newest first. Two queries."""
    since = timezone.now() - NEWS_LASTS
    rebutted = Q(statements__kind=Said.REBUTTAL, statements__at__gt=since)
    said = Q(answered__at__gt=since) | Q(extended__at__gt=since) | rebutted
    return list(requests(by).filter(said & Q(patient=by.patient_id)).distinct()[:MOST_NEWS])


@dataclass(frozen=True)
class ToAnswer:
    """What the privacy officer watches over: all that waits, what was answered of late, and how much of it is a Part 2
    programme's, whose words are not theirs to read."""

    waiting: list[AmendmentRequest]
    answered: list[AmendmentRequest]
    restricted: int


def to_answer(by: User) -> ToAnswer:
    """For the privacy officer: those that wait, the first due first, then the newest answers. Five queries."""
    access.require(by, "list_amendments")
    found = list(requests(by)[:500])
    hidden = AmendmentRequest.objects.filter(answered=None).exclude(part2.open_to(by, kind=Restricted.NOTES)).count()
    waiting = sorted((one for one in found if one.is_open), key=lambda one: (one.due_on, one.pk))
    return ToAnswer(waiting, [one for one in found if not one.is_open][:50], hidden)


@dataclass(frozen=True)
class AmendmentPage:
    """One request, what it is about and what amended it, in words, and whom a patient may complain to."""

    patient: Patient
    request: AmendmentRequest
    about: str
    amended_by: str

    @property
    def is_denied(self) -> bool:
        """Whether all or part of it was."""
        return not self.request.is_open and self.request.answered.decision != Decision.ACCEPTED

    @property
    def contact(self) -> str:
        """Whom a patient complains to here, with the telephone number (164.526(d)(1)(iv))."""
        officer = pgettext("whom to complain to", "our privacy officer")
        return f"{officer}, {settings.CLINIC_PHONE}" if settings.CLINIC_PHONE else officer


def page(by: User, amendment_id: int) -> AmendmentPage:
    """One request, for whoever may see it; the look is audited. Unknown, foreign and a programme's sound the same."""
    request = whole(AmendmentRequest.objects.filter(pk=amendment_id)).first()
    number = request.patient_id if request else 0
    if by.role == Role.PRIVACY_OFFICER:
        access.require(by, "list_amendments")
        if request is None:
            raise NoSuchThing
        patient = request.patient
        audit.record(by, "view_amendment", patient_id=number, obj=("amendment", amendment_id))
    else:
        act = "view_own" if by.role == Role.PATIENT else "view_chart"
        patient = access.patient_for(by, act, number, why="a request to amend the record")
    assert request is not None
    if request.programme_id is not None and part2.mask(by, number).hides_record(request):
        raise NoSuchThing
    amended = request.answered if not request.is_open else None
    return AmendmentPage(
        patient,
        request,
        words_of(entry(patient, request.entry_kind, request.entry_number)),
        words_of(entry(patient, amended.entry_kind, amended.entry_number)) if amended else "",
    )


# -- beside what it is about ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Marks:
    """The requests of a chart, and which of them each entry carries."""

    requests: Sequence[AmendmentRequest] = ()
    newer: dict[tuple[str, int], int] = field(default_factory=dict)
    """By kind and number of a corrected entry, the number of its correction."""

    def of(self, row: Model) -> list[AmendmentRequest]:
        """Those that are about this entry or an earlier version of it, and those that it amended."""
        kind = KINDS.get(type(row), "")
        return [one for one in self.requests if (kind, row.pk) in self.places(one)]

    def places(self, request: AmendmentRequest) -> set[tuple[str, int]]:
        """Kind and number of the entries beside which a request stands, their corrections too."""
        named = {(request.entry_kind, request.entry_number or 0)}
        if not request.is_open:
            named.add((request.answered.entry_kind, request.answered.entry_number or 0))
        found = {one for one in named if one[0]}
        for kind, number in list(found):
            while (later := self.newer.get((kind, number))) is not None:
                number = later
                found.add((kind, number))
        return found


def marks(patient: Patient, hides: part2.Mask, until: datetime) -> Marks:
    """The requests of a chart that the person may see and that were made before that instant. One query where there
    are none; of a corrected entry the corrections as well."""
    found = hides.seen(whole(AmendmentRequest.objects.filter(patient=patient, at__lt=until)))
    return Marks(found, corrections(found, patient)) if found else Marks()


def corrections(found: Iterable[AmendmentRequest], patient: Patient) -> dict[tuple[str, int], int]:
    """By kind and number of a corrected entry the number of what corrected it; one query a kind."""
    kinds = {one.entry_kind for one in found} & {EntryKind.OBSERVATION, EntryKind.SIDE_EFFECT}
    return {
        (kind, old): new
        for kind in kinds
        for old, new in MODELS[kind]
        ._default_manager.filter(patient=patient, corrects__isnull=False)
        .values_list("corrects_id", "pk")
    }
