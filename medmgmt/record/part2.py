"""Who may see what a Part 2 programme made, and what of it is left for everybody else: one door, for all faces.

A review is always made from the whole record. What is shown of it is asked here: `open_to` for a list, `mask` for one
chart. Whoever sees restricted records from outside the programme is written into the accounting by the same call.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions.engine.severity import NAMED
from interactions.models import Finding, Review
from medmgmt.record.models.amendments import AmendmentRequest
from medmgmt.record.models.break_glass import BreakGlass
from medmgmt.record.models.encounters import Encounter
from medmgmt.record.models.observations import Condition, Observation
from medmgmt.record.models.part2 import Disclosure, Part2Consent, Programme, Recipient, Restricted
from medmgmt.record.models.people import CareAssignment, CareTeamMember, Patient, Role, User
from medmgmt.record.models.prescriptions import DosageChange, Prescription
from medmgmt.record.models.side_effects import SideEffectReport
from refills.models import Dispense

RESTRICTED = "restricted"
"""The card, problem and kind of everything that a masked finding is shown as."""
NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""42 CFR 2.32(a)(2), the short notice that goes with each disclosure made with consent, in the words of the rule of 16
February 2024 as the forms of its readers print them. 2.32(b) asks for a copy of the consent, or a clear explanation of
its scope, beside it: the site gives it to whoever is outside the clinic."""
PROGRAMME = "programme"
"""The kind of source of a task that is a programme's alone; its number is the programme's."""
KINDS: dict[type[Model], Restricted] = {
    Prescription: Restricted.MEDICINES,
    Condition: Restricted.DIAGNOSES,
    Observation: Restricted.RESULTS,
    SideEffectReport: Restricted.NOTES,
    Encounter: Restricted.NOTES,
    AmendmentRequest: Restricted.NOTES,
}
"""What names the programme that made it, and as what a consent knows it."""
TASKS_ABOUT = {
    Observation: "observation",
    SideEffectReport: "side_effect",
    Encounter: "encounter",
    AmendmentRequest: "amendment",
}
"""From what a task comes that is about such a record."""
FOLDED = ("ungraded", "minor")
"""Masked, these say nothing at all."""
disclosed: ContextVar[bool] = ContextVar("disclosed", default=False)
"""Whether what is being answered shows somebody what a programme of others made; the faces add the notice."""
Row = TypeVar("Row")


def open_to(by: User, through: str = "", kind: Restricted = Restricted.MEDICINES) -> Q:
    """The condition that a person may see a record: made by no programme, by theirs, their own as a patient, under a
    consent to them for its kind, or while they have the chart open in an emergency. `through` leads to the record."""
    if by.role == Role.PATIENT:
        return Q()
    now = timezone.now()
    programme, patient = OuterRef(f"{through}programme"), OuterRef(f"{through}patient")
    consents = consents_to(by, now).filter(**{kind: True}, programme=programme, patient=patient)
    return (
        Q(**{f"{through}programme": None})
        | Q(Exists(memberships(by, now).filter(team__programme=programme)))
        | Q(Exists(consents))
        | Q(Exists(BreakGlass.holding(now).filter(by=by, patient=patient)))
    )


def listed(by: User, through: str = "", kind: Restricted = Restricted.MEDICINES) -> Q:
    """The same for a list of many patients' rows; what it may show of programmes is accounted for beforehand. One query
    where nobody consented and no chart is open in an emergency."""
    if by.role != Role.PATIENT:
        now = timezone.now()
        openings = BreakGlass.holding(now).filter(by=by).order_by().values_list("patient_id", flat=True)
        patients = consents_to(by, now).order_by().values_list("patient_id", flat=True).union(openings)
        if found := list(patients):
            account(by, cared_for(by, found))
    return open_to(by, through, kind)


def cared_for(by: User, patient_ids: Iterable[int]) -> list[int]:
    """Those of these patients who are in the care of a team of the person's."""
    now = timezone.now()
    current = Q(team__assignments__until=None) | Q(team__assignments__until__gt=now)
    mine = memberships(by, now).filter(current, team__assignments__patient__in=list(patient_ids))
    return list(mine.values_list("team__assignments__patient_id", flat=True).distinct())


def memberships(by: User, now: datetime) -> QuerySet[CareTeamMember]:
    """The teams in which the person works at the instant `now`."""
    return CareTeamMember.objects.filter(Q(until=None) | Q(until__gt=now), user=by, since__lte=now)


def consents_to(by: User, now: datetime) -> QuerySet[Part2Consent]:
    """The consents in force at the instant `now` that name this person, a team of theirs, or whoever treats: those in
    whose care the patient is."""
    teams = memberships(by, now).values("team")
    current = Q(until=None) | Q(until__gt=now)
    treats = CareAssignment.objects.filter(current, since__lte=now, patient=OuterRef("patient"), team__in=teams)
    named = Q(recipient=Recipient.TREATING) & Q(Exists(treats)) | Q(person=by) | Q(team__in=teams)
    return in_force(now).filter(named)


def in_force(now: datetime) -> QuerySet[Part2Consent]:
    """The consents that hold on the day of `now` and were not revoked."""
    day = timezone.localdate(now)
    return Part2Consent.objects.filter(Q(until=None) | Q(until__gt=day), given_on__lte=day, revoked=None)


def programme_of(by: User, patient: Patient) -> Programme | None:
    """The programme for which this person writes in this chart: theirs, with the patient in its care; one query."""
    now = timezone.now()
    current = Q(team__assignments__until=None) | Q(team__assignments__until__gt=now)
    mine = Programme.objects.filter(team__in=memberships(by, now).values("team"))
    return mine.filter(current, team__assignments__patient=patient).order_by("pk").first()


def is_member(by: User, programme_id: int) -> bool:
    """Whether the person works in the programme now; one query."""
    return memberships(by, timezone.now()).filter(team__programme=programme_id).exists()


@dataclass(frozen=True)
class Made:
    """One record that a programme made, and where to ask about it."""

    model: type[Model]
    pk: int
    patient_id: int
    programme_id: int
    phone: str

    @property
    def kind(self) -> Restricted:
        """As what a consent knows it."""
        return KINDS[self.model]


@dataclass(frozen=True)
class Mask:
    """What of a chart a person may not see, and where to ask about it."""

    made: tuple[Made, ...] = ()
    is_programmes: bool = False
    """Whether the person works in a programme that made something here."""

    @cached_property
    def phones(self) -> Mapping[int, str]:
        """By hidden prescription, whom to call."""
        return {one.pk: one.phone for one in self.made if one.model is Prescription}

    @cached_property
    def facts(self) -> frozenset[str]:
        """Whom to call about what is hidden of diagnoses and results."""
        return frozenset(one.phone for one in self.made if one.model in (Condition, Observation))

    @property
    def hidden(self) -> frozenset[int]:
        """The hidden prescriptions."""
        return frozenset(self.phones)

    def of(self, model: type[Model]) -> frozenset[int]:
        """The hidden records of one table."""
        return frozenset(one.pk for one in self.made if one.model is model)

    def __bool__(self) -> bool:
        return bool(self.made)

    @property
    def call(self) -> str:
        """The phones of the programmes that made what is hidden."""
        return ", ".join(sorted({one.phone for one in self.made}))

    @property
    def sentence(self) -> str:
        """In place of what is hidden, whom to call about all of it."""
        return in_place_of([self.call])

    def hides(self, prescription_id: object) -> bool:
        """Whether it is about a medicine that is hidden; a ref of the engine is a number in letters."""
        return bool(self.phones) and str(prescription_id).isdecimal() and int(str(prescription_id)) in self.phones

    def of_prescriptions(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that name no hidden prescription."""
        return [one for one in rows if not self.hides(getattr(one, "prescription_id", None))]

    def seen(self, rows: Iterable[Row]) -> list[Row]:
        """The records that are not hidden."""
        return [one for one in rows if not self.hides_record(one)]

    def hides_record(self, row: object) -> bool:
        """Whether this record, or the medicine that it is of, is hidden."""
        if getattr(row, "programme_id", None) is not None:
            return any(one.pk == getattr(row, "pk", None) and isinstance(row, one.model) for one in self.made)
        return self.hides(getattr(row, "prescription_id", None))

    def is_masked(self, finding: Finding) -> bool:
        """Whether a hidden medicine has part in it, or it rests on what is hidden of the person."""
        return any(self.hides(ref) for ref in finding.prescriptions) or bool(self.facts and finding.is_restricted)

    def findings(self, found: Iterable[Finding]) -> list[Finding]:
        """What may be shown: each as it is, and in place of all that are masked one: their number tells nothing."""
        rows = list(found)
        if not self:
            return rows
        shown = [one for one in rows if not self.is_masked(one)]
        return [self.finding(group), *shown] if (group := self.masked(rows)) else shown

    def masked(self, found: Iterable[Finding]) -> list[Finding]:
        """Those that one card stands for."""
        return [one for one in found if self.is_masked(one) and one.severity not in FOLDED]

    def finding(self, group: Sequence[Finding], lead: Finding | None = None) -> Finding:
        """One finding in place of several, as severe as the severest, under the number of the one that leads, without a
        word of what it is."""
        lead = lead or leading(group)
        refs = [int(ref) for one in group for ref in one.prescriptions if self.hides(ref)]
        facts = self.facts if any(one.is_restricted for one in group) else frozenset()
        phones = {self.phones[ref] for ref in refs} | facts
        return Finding(
            pk=lead.pk,
            review=lead.review,
            key=RESTRICTED,
            kind=RESTRICTED,
            problem=RESTRICTED,
            severity=max(group, key=lambda one: NAMED[one.severity]).severity,
            drugs=[_("a restricted record")],
            prescriptions=[],
            is_new=any(one.is_new for one in group),
            first_day=lead.review.at.date(),
            summary=in_place_of(phones),
            sources=[],
            card=RESTRICTED,
            is_interruptive=lead.is_interruptive,
        )

    def not_checked(self, entries: Iterable[dict[str, object]]) -> list[dict[str, object]]:
        """What nobody has looked at, without what names a hidden medicine or rests on what is hidden of the person."""
        return [
            {name: value for name, value in one.items() if name != "restricted"}
            for one in entries
            if not (any(self.hides(ref) for ref in refs_of(one)) or (self.facts and one.get("restricted")))
        ]


def in_place_of(phones: Iterable[str]) -> str:
    """What is said in place of an interaction that is hidden."""
    told = ", ".join(sorted(set(phones)))
    return _("An interaction with a restricted record: call the programme, %(phone)s.") % {"phone": told}


def told_to_all(patient_id: int, found: Iterable[Finding]) -> list[Finding]:
    """Findings as anybody who looks after the patient may read them: for words that are kept; one query."""
    return whole_mask([patient_id]).findings(found)


def hidden_tasks(by: User, patient_ids: object) -> Q:
    """The condition of tasks about what programmes made and this person may not see, and of those that tell a
    programme of an emergency, for everybody outside it. Two queries, more where there is a programme of others."""
    mine = Programme.objects.filter(team__in=memberships(by, timezone.now()).values("team")).values_list(
        "pk", flat=True
    )
    others = Programme.objects.exclude(pk__in=mine).values_list("pk", flat=True)
    found = Q(source_type=PROGRAMME, source_id__in=[str(pk) for pk in others])
    names = hidden_sources(by, patient_ids) if others else {}
    for kind, numbers in names.items():
        found |= Q(source_type=kind, source_id__in=[str(pk) for pk in numbers])
    return found


def hidden_sources(by: User, patient_ids: object) -> dict[str, list[int]]:
    """By kind of source the numbers of what this person may not see; one query a table."""
    found: dict[str, list[int]] = {}
    for model, name in {Prescription: "prescription", **TASKS_ABOUT}.items():
        rows = model._default_manager.filter(patient_id__in=patient_ids, programme__isnull=False)
        found[name] = list(rows.exclude(open_to(by, kind=KINDS[model])).values_list("pk", flat=True))
    if hidden := found["prescription"]:
        changes = DosageChange.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
        fills = Dispense.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
        found |= {"dosage_change": list(changes), "dispense": list(fills)}
    return {name: numbers for name, numbers in found.items() if numbers}


def is_anybodys(review_id: int) -> bool:
    """Whether a programme made anything for the patient of a review; two queries."""
    patients = Review.objects.filter(pk=review_id).values_list("patient_id", flat=True)
    return bool(made_by_programmes(patients))


def refs_of(entry: dict[str, object]) -> list[object]:
    """The refs that an entry of a review names."""
    named = entry.get("refs", [])
    return [*(named if isinstance(named, list) else []), entry.get("a"), entry.get("b")]


def leading(group: Sequence[Finding]) -> Finding:
    """The finding that stands for several: what waits for an answer first, then the severest."""
    return max(group, key=lambda one: (one.is_interruptive, NAMED[one.severity], -(one.pk or 0)))


def mask(by: User, patient_id: int) -> Mask:
    """What of this chart the person may not see now; what they do see of a programme's is accounted for.

    One query where no programme made anything.
    """
    if by.role == Role.PATIENT:
        return Mask()
    made = made_by_programmes([patient_id])
    if not made:
        return Mask()
    grounds = Grounds.of(by, [patient_id])
    if any(grounds.opens(one) and not grounds.is_mine(one) for one in made):
        account(by, [patient_id])
    return Mask(tuple(one for one in made if not grounds.opens(one)), any(map(grounds.is_mine, made)))


def seen(by: User, rows: Iterable[Row]) -> list[Row]:
    """The records of one patient that this person may see; no query where no programme made any of them."""
    found = list(rows)
    patient_id = next((one.patient_id for one in found if getattr(one, "programme_id", None)), None)  # type: ignore[attr-defined]  # every record has one
    return found if patient_id is None else mask(by, patient_id).seen(found)


@dataclass(frozen=True)
class Grounds:
    """Why this person may see what programmes made for some patients, now."""

    by: User
    programmes: frozenset[int]
    """Those in which they work."""
    openings: Mapping[int, int]
    """By patient, the opening in an emergency."""
    consents: Mapping[tuple[int, int, str], int]
    """By patient, programme and kind, a consent."""

    @classmethod
    def of(cls, by: User, patient_ids: Iterable[int]) -> "Grounds":
        """Three queries."""
        now, ids = timezone.now(), list(patient_ids)
        mine = Programme.objects.filter(team__in=memberships(by, now).values("team")).values_list("pk", flat=True)
        opened = BreakGlass.holding(now).filter(by=by, patient_id__in=ids).values_list("patient_id", "pk")
        consents = consents_to(by, now).filter(patient_id__in=ids).order_by("pk")
        given = {
            (one.patient_id, one.programme_id, kind): one.pk
            for one in consents
            for kind in Restricted.values
            if getattr(one, kind)
        }
        return cls(by, frozenset(mine), dict(opened), given)

    def is_mine(self, one: Made) -> bool:
        """Whether they work in the programme that made it."""
        return one.programme_id in self.programmes

    def opens(self, one: Made) -> bool:
        """Whether they may see it."""
        return self.is_mine(one) or self.ground(one) is not None

    def ground(self, one: Made) -> tuple[str, int] | None:
        """On what it is disclosed to somebody outside: a consent before an emergency; None where on nothing."""
        consent = self.consents.get((one.patient_id, one.programme_id, one.kind))
        if consent is not None:
            return "consent_id", consent
        opening = self.openings.get(one.patient_id)
        return None if opening is None else ("opening_id", opening)


def made_by_programmes(patient_ids: Iterable[int]) -> list[Made]:
    """All that programmes made for these patients; one query."""
    ids = patient_ids if isinstance(patient_ids, QuerySet) else list(patient_ids)
    columns = ("pk", "patient_id", "programme_id", "programme__phone")
    models = list(KINDS)
    first, *rest = (
        model._default_manager.filter(patient_id__in=ids, programme__isnull=False)
        .order_by()
        .annotate(place=Value(place))
        .values_list("place", *columns)
        for place, model in enumerate(models)
    )
    return [Made(models[place], *one) for place, *one in sorted(first.union(*rest, all=True))]


def programmes_of(hides: Mask) -> list[Programme]:
    """The programmes that made what is hidden; one query, none where nothing is."""
    if not hides:
        return []
    return list(Programme.objects.filter(pk__in={one.programme_id for one in hides.made}).select_related("team"))


def masks(by: User, patient_ids: Iterable[int]) -> dict[int, Mask]:
    """The masks of those of these charts in which a programme made anything; one query more than they need."""
    return {one: mask(by, one) for one in sorted({made.patient_id for made in made_by_programmes(patient_ids)})}


def whole_mask(patient_ids: Iterable[int]) -> Mask:
    """What nobody outside the programmes may see of these charts: for words that anybody may read later."""
    return Mask(tuple(made_by_programmes(patient_ids)))


def prescriptions_of_programmes() -> frozenset[str]:
    """What programmes prescribed, as refs of findings; one query."""
    rows = Prescription.objects.filter(programme__isnull=False).values_list("pk", flat=True)
    return frozenset(map(str, rows))


def account(by: User, patient_ids: Iterable[int]) -> None:
    """Writes down that this person is shown what programmes made for these patients, once a day and ground, and that
    this answer needs its notice. Members of the programme are no recipients."""
    ids = list(patient_ids)
    made = made_by_programmes(ids) if ids else []
    if not made:
        return
    now, grounds = timezone.now(), Grounds.of(by, ids)
    shown = {
        (one.patient_id, one.programme_id, *why)
        for one in made
        if not grounds.is_mine(one) and (why := grounds.ground(one)) is not None
    }
    for patient_id, programme_id, ground, number in sorted(shown):
        disclosed.set(True)
        Disclosure.objects.get_or_create(
            defaults={"at": now},
            patient_id=patient_id,
            programme_id=programme_id,
            to=by,
            on=timezone.localdate(now),
            **{ground: number},
        )
