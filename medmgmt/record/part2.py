"""Who may see what a Part 2 programme prescribed, and what of it is left for everybody else: one door, for all faces.

A review is always made from the whole record. What is shown of it is asked here: `open_to` for a list, `mask` for one
chart. Whoever sees restricted medicines from outside the programme is written into the accounting by the same call.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions.engine.severity import NAMED
from interactions.models import Finding
from medmgmt.record.models.break_glass import BreakGlass
from medmgmt.record.models.part2 import Disclosure, Part2Consent, Programme, Recipient
from medmgmt.record.models.people import CareAssignment, CareTeamMember, Patient, Role, User
from medmgmt.record.models.prescriptions import DosageChange, Prescription
from refills.models import Dispense

RESTRICTED = "restricted"
"""The card, problem and kind of everything that a masked finding is shown as."""
NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""42 CFR 2.32(a)(2), the short notice that goes with each disclosure made with consent (rule of 16 February 2024)."""
PROGRAMME = "programme"
"""The kind of source of a task that is a programme's alone; its number is the programme's."""
FOLDED = ("ungraded", "minor")
"""Masked, these say nothing at all."""
disclosed: ContextVar[bool] = ContextVar("disclosed", default=False)
"""Whether what is being answered shows somebody what a programme of others prescribed; the faces add the notice."""
Row = TypeVar("Row")


def open_to(by: User, through: str = "") -> Q:
    """The condition that a person may see a prescription: made by no programme, by theirs, their own as a patient,
    under a consent to them, or while they have the chart open in an emergency. `through` leads to the prescription."""
    if by.role == Role.PATIENT:
        return Q()
    now = timezone.now()
    programme, patient = OuterRef(f"{through}programme"), OuterRef(f"{through}patient")
    return (
        Q(**{f"{through}programme": None})
        | Q(Exists(memberships(by, now).filter(team__programme=programme)))
        | Q(Exists(consents_to(by, now).filter(programme=programme, patient=patient)))
        | Q(Exists(BreakGlass.holding(now).filter(by=by, patient=patient)))
    )


def listed(by: User, through: str = "") -> Q:
    """The same for a list of many patients' rows; what it may show of programmes is accounted for beforehand. Two
    queries, and no more where nobody consented and no chart is open in an emergency."""
    if by.role != Role.PATIENT:
        now = timezone.now()
        consents = set(consents_to(by, now).values_list("patient_id", flat=True))
        openings = set(BreakGlass.holding(now).filter(by=by).values_list("patient_id", flat=True))
        account(by, cared_for(by, consents | openings))
    return open_to(by, through)


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
class Mask:
    """What of a chart a person may not see: prescriptions by number, and where to ask about them."""

    phones: Mapping[int, str] = field(default_factory=dict)
    """By hidden prescription, whom to call."""
    is_programmes: bool = False
    """Whether the person works in a programme that prescribed something here."""

    @property
    def hidden(self) -> frozenset[int]:
        """The hidden prescriptions."""
        return frozenset(self.phones)

    def __bool__(self) -> bool:
        return bool(self.phones)

    def hides(self, prescription_id: object) -> bool:
        """Whether it is about a medicine that is hidden; a ref of the engine is a number in letters."""
        return bool(self.phones) and str(prescription_id).isdecimal() and int(str(prescription_id)) in self.phones

    def of_prescriptions(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that name no hidden prescription."""
        return [one for one in rows if not self.hides(getattr(one, "prescription_id", None))]

    def is_masked(self, finding: Finding) -> bool:
        """Whether a hidden medicine has part in it."""
        return any(self.hides(ref) for ref in finding.prescriptions)

    def findings(self, found: Iterable[Finding]) -> list[Finding]:
        """What may be shown: each as it is, and in place of all that are masked one: their number tells nothing."""
        rows = list(found)
        if not self.phones:
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
        phones = ", ".join(sorted({self.phones[ref] for ref in refs}))
        return Finding(
            pk=lead.pk,
            review=lead.review,
            key=RESTRICTED,
            kind=RESTRICTED,
            problem=RESTRICTED,
            severity=max(group, key=lambda one: NAMED[one.severity]).severity,
            drugs=[_("a restricted medicine")],
            prescriptions=[],
            is_new=any(one.is_new for one in group),
            first_day=lead.review.at.date(),
            summary=_("An interaction with a restricted medicine: call the programme, %(phone)s.") % {"phone": phones},
            sources=[],
            card=RESTRICTED,
            is_interruptive=lead.is_interruptive,
        )

    def not_checked(self, entries: Iterable[dict[str, object]]) -> list[dict[str, object]]:
        """What nobody has looked at, without what names a hidden medicine."""
        return [one for one in entries if not any(self.hides(ref) for ref in refs_of(one))]


def told_to_all(patient_id: int, found: Iterable[Finding]) -> list[Finding]:
    """Findings as anybody who looks after the patient may read them: for words that are kept; one query."""
    return whole_mask([patient_id]).findings(found)


def hidden_tasks(by: User, patient_ids: object) -> Q:
    """The condition of tasks about what programmes prescribed and this person may not see, and of those that tell a
    programme of an emergency, for everybody outside it. Two queries, more where anything is hidden."""
    mine = Programme.objects.filter(team__in=memberships(by, timezone.now()).values("team")).values_list(
        "pk", flat=True
    )
    others = Programme.objects.exclude(pk__in=mine).values_list("pk", flat=True)
    found = Q(source_type=PROGRAMME, source_id__in=[str(pk) for pk in others])
    rows = Prescription.objects.filter(patient_id__in=patient_ids, programme__isnull=False)  # type: ignore[misc]  # a list or a subquery
    hidden = list(rows.exclude(open_to(by)).values_list("pk", flat=True)) if others else []
    if not hidden:
        return found
    changes = DosageChange.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
    fills = Dispense.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
    names = {"prescription": hidden, "dosage_change": list(changes), "dispense": list(fills)}
    for kind, numbers in names.items():
        found |= Q(source_type=kind, source_id__in=[str(pk) for pk in numbers])
    return found


def is_anybodys(review_id: int) -> bool:
    """Whether a programme prescribed anything for the patient of a review; one query."""
    return Prescription.objects.filter(patient__reviews=review_id, programme__isnull=False).exists()


def refs_of(entry: dict[str, object]) -> list[object]:
    """The refs that an entry of a review names."""
    named = entry.get("refs", [])
    return [*(named if isinstance(named, list) else []), entry.get("a"), entry.get("b")]


def leading(group: Sequence[Finding]) -> Finding:
    """The finding that stands for several: what waits for an answer first, then the severest."""
    return max(group, key=lambda one: (one.is_interruptive, NAMED[one.severity], -(one.pk or 0)))


def mask(by: User, patient_id: int) -> Mask:
    """What of this chart the person may not see now; what they do see of a programme's is accounted for.

    One query where no programme prescribed anything.
    """
    if by.role == Role.PATIENT:
        return Mask()
    mine = memberships(by, timezone.now()).filter(team__programme=OuterRef("programme"))
    is_open = Exists(Prescription.objects.filter(open_to(by), pk=OuterRef("pk")))
    rows = restricted(patient_id).annotate(is_open=is_open, is_mine=Exists(mine))
    known = list(rows.values_list("pk", "programme__phone", "is_open", "is_mine"))
    if not known:
        return Mask()
    if any(is_open and not is_mine for _pk, _phone, is_open, is_mine in known):
        account(by, [patient_id])
    hidden = {pk: phone for pk, phone, is_open, _is_mine in known if not is_open}
    return Mask(hidden, any(is_mine for *_rest, is_mine in known))


def programmes_of(hides: Mask) -> list[Programme]:
    """The programmes that prescribed what is hidden; one query, none where nothing is."""
    if not hides:
        return []
    return list(Programme.objects.filter(prescriptions__in=hides.hidden).select_related("team").distinct())


def masks(by: User, patient_ids: Iterable[int]) -> dict[int, Mask]:
    """The masks of those of these charts in which a programme prescribed anything; one query more than they need."""
    rows = Prescription.objects.filter(patient_id__in=list(patient_ids), programme__isnull=False)
    return {one: mask(by, one) for one in sorted(set(rows.values_list("patient_id", flat=True)))}


def whole_mask(patient_ids: Iterable[int]) -> Mask:
    """What nobody outside the programmes may see of these charts: for words that anybody may read later."""
    rows = Prescription.objects.filter(patient_id__in=list(patient_ids), programme__isnull=False)
    return Mask(dict(rows.values_list("pk", "programme__phone")))


def restricted(patient_id: int) -> QuerySet[Prescription]:
    """What programmes prescribed for a patient."""
    return Prescription.objects.filter(patient_id=patient_id, programme__isnull=False)


def account(by: User, patient_ids: Iterable[int]) -> None:
    """Writes down that this person is shown what programmes prescribed for these patients, once a day and ground, and
    that this answer needs its notice. Members of the programme are no recipients."""
    now = timezone.now()
    ids, day = list(patient_ids), timezone.localdate(now)
    made = dict.fromkeys(
        Prescription.objects.filter(patient_id__in=ids, programme__isnull=False)
        .exclude(programme__team__in=memberships(by, now).values("team"))
        .values_list("patient_id", "programme_id")
    )
    consents = consents_to(by, now).filter(patient_id__in=ids).order_by("pk")
    grounds: dict[tuple[int, int], dict[str, int]] = {}
    for one in BreakGlass.holding(now).filter(by=by, patient_id__in=ids) if made else ():
        grounds |= {pair: {"opening_id": one.pk} for pair in made if pair[0] == one.patient_id}
    grounds |= {(one.patient_id, one.programme_id): {"consent_id": one.pk} for one in consents} if made else {}
    for patient_id, programme_id in made:
        ground = grounds.get((patient_id, programme_id))
        if ground is not None:
            disclosed.set(True)
            Disclosure.objects.get_or_create(
                patient_id=patient_id, programme_id=programme_id, to=by, on=day, **ground, defaults={"at": now}
            )
