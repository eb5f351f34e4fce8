"""Patients, teams and the trail, gathered for reading; each scoped to what the person may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import access, audit, legible, names, programme_tasks
from medmgmt.record.errors import Unconfirmed
from medmgmt.record.models import AuditEntry, AuditPatient, Enrolment, Patient, Token, User
from refills.models import LIVE, Task


def patients(by: User, *, search: str = "") -> QuerySet[Patient]:
    """The patients in the person's care, with `open_tasks` and `open_enrolments`.

    Found by parts of their names in any order, by birth date, by record number; accents, case and what is between the
    words of a name do not matter.
    """
    access.require(by, "list_patients")
    found = access.patients_of(by).filter(sought(search))
    now_in = Enrolment.objects.filter(ends_on=None)
    hidden = programme_tasks.hidden_tasks(by, access.patients_of(by).values("pk"))
    seen = Task.objects.filter(state__in=LIVE).exclude(hidden)
    waiting = Count("tasks", filter=Q(tasks__in=seen.values("pk")), distinct=True)
    return (
        found.annotate(open_tasks=waiting)
        .prefetch_related(Prefetch("enrolments", queryset=now_in, to_attr="open_enrolments"))
        .order_by("family_name", "given_name", "id")
    )


def sought(search: str) -> Q:
    """The condition that a search is; nothing asked is everybody."""
    words, days = names.asked(search)
    named = Q()
    for word in words:
        named &= Q(names_key__contains=word) | Q(mrn_key=word) | Q(access.once(names_key__contains=word))
    for meant in days:
        named &= Q(birth_date__in=meant)
    whole = names.compact(search)
    return named | Q(mrn_key=whole) | Q(access.once(mrn_key=whole)) if whole else named


@dataclass(frozen=True)
class Double:
    """A chart that may be the same person's; `patient` is None where it is not in one's care."""

    patient: Patient | None
    by_number: bool
    """The record number is the same but for case and spaces; else name and birth date are."""


@dataclass(frozen=True)
class Told:
    """Who somebody new is said to be."""

    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    is_taken_over: bool = False
    """From another record, which tells its own people apart: only charts made here are asked about."""


def require_alone(by: User, act: str, told: Told) -> None:
    """Unconfirmed where a chart that is here may be the same person's."""
    found = doubles(by, act, told)
    if found:
        raise Unconfirmed(question(found))


def doubles(by: User, act: str, told: Told) -> list[Double]:
    """Charts with the same name and birth date, or the same record number in other letters; two queries at most."""
    wanted, key = names.whole(told.given_name, told.family_name), names.compact(told.mrn)
    found = [
        (one, one.mrn_key == key)
        for one in access.patients_like(by, act, birth_date=told.birth_date, mrn=told.mrn)
        if one.mrn != told.mrn
        and not (told.is_taken_over and one.source_id)
        and (one.mrn_key == key or not wanted.isdisjoint(names.whole(one.given_name, one.family_name)))
    ]
    seen = set(access.patients_of(by).filter(pk__in=[one.pk for one, _ in found]).values_list("pk", flat=True))
    return [Double(one if one.pk in seen else None, by_number) for one, by_number in found]


def question(found: Iterable[Double]) -> str:
    """What to ask before a second chart is made, naming whom the person may see."""
    told = []
    for one in found:
        same = _("the same name and birth date")
        if one.by_number:
            same = _("the same record number but for case and spaces")
        if one.patient is None:
            told.append(_("a chart outside your care has %(same)s") % {"same": same})
            continue
        about = {"name": legible.isolated(one.patient.name), "mrn": one.patient.mrn, "same": same}
        told.append(_("%(name)s, MRN %(mrn)s, has %(same)s") % about)
    return _("Is this the same person? %(told)s.") % {"told": "; ".join(told)}


def saw(by: User, patients: list[int], *, on: str) -> None:
    """Tells the trail in one entry whom an answer showed to somebody; `on` is the name of the page or address."""
    audit.record(by, "see", patients=patients, obj=("page", on))


def saw_again(by: User, patient_ids: Iterable[int]) -> None:
    """Tells the audit that an answer about these patients was given once more, for a request that was sent again."""
    for patient_id in sorted(patient_ids):
        audit.record(by, "answer_again", patient_id=patient_id, obj=("patient", patient_id))


def audit_entries(by: User) -> QuerySet[AuditEntry]:
    """The whole audit trail, newest first: numbers of charts and no names."""
    access.require(by, "view_audit")
    return AuditEntry.objects.order_by("-at", "-id")


def about(patient_id: int) -> Q:
    """The entries about one patient and the charts merged into theirs, alone or among others."""
    among = AuditPatient.objects.filter(Q(patient_id=patient_id) | Q(patient__merged_into=patient_id))
    return Q(patient_id=patient_id) | Q(patient__merged_into=patient_id) | Q(pk__in=among.values("entry"))


def tokens(by: User) -> QuerySet[Token]:
    """One's own tokens, the newest first, those that have ended as well. One query, when read."""
    access.require(by, "list_tokens")
    found: QuerySet[Token] = Token.objects.filter(user=by).order_by("-created", "-id")
    return found


def teams(by: User) -> list[tuple[int, str]]:
    """The teams the person works in, for registering a patient."""
    current = Q(until=None) | Q(until__gt=timezone.now())
    return [(member.team_id, member.team.name) for member in by.memberships.filter(current).select_related("team")]
