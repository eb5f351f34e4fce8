"""Consents to see what Part 2 programmes prescribed, and the accounting of who has, gathered for reading."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from medmgmt.record import access, audit, part2
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import CareTeam, Disclosure, Part2Consent, Patient, Programme, Role, User

KEPT_YEARS = timedelta(days=3 * 366)
"""An accounting reaches back three years (42 CFR 2.25)."""


@dataclass(frozen=True)
class RestrictedPage:
    """One programme's consents of a patient and its accounting."""

    patient: Patient
    programme: Programme
    consents: list[Part2Consent]
    disclosures: list[Disclosure]
    notice: str = part2.NOTICE


def restricted(by: User, patient_id: int) -> RestrictedPage:
    """For members of a programme in whose care the patient is; NotAllowed for everybody outside."""
    patient = access.patient_for(by, "view_chart", patient_id, why="restricted records")
    programme = part2.programme_of(by, patient)
    if programme is None:
        raise NotAllowed
    return RestrictedPage(
        patient,
        programme,
        list(consents_of(patient).filter(programme=programme)),
        list(accounting().filter(patient=patient, programme=programme)),
    )


def consents(by: User, patient_id: int) -> QuerySet[Part2Consent]:
    """The consents of a patient, for members of the programme that they speak of; for the patient all."""
    if by.role == Role.PATIENT:
        return consents_of(access.patient_for(by, "view_own", patient_id))
    patient = access.patient_for(by, "view_chart", patient_id, why="restricted records")
    programme = part2.programme_of(by, patient)
    return consents_of(patient).filter(programme=programme) if programme else Part2Consent.objects.none()


def consents_of(patient: Patient) -> QuerySet[Part2Consent]:
    """The newest first, each with its end."""
    found = Part2Consent.objects.filter(patient=patient).select_related("revoked", "team", "person", "programme__team")
    return found.order_by("-id")


def disclosures(by: User) -> QuerySet[Disclosure]:
    """To whom what programmes prescribed was shown in the last three years: of the patient who asks, or for the privacy
    officer of everybody."""
    access.require(by, "view_disclosures")
    if by.role == Role.PATIENT:
        return accounting().filter(patient=by.patient_id)
    return accounting()


def all_disclosures(by: User) -> list[Disclosure]:
    """The same for the privacy officer's page, the newest first; the look is audited."""
    found = list(disclosures(by)[:500])
    for patient_id in sorted({one.patient_id for one in found}):
        audit.record(by, "list_disclosures", patient_id=patient_id)
    return found


def accounting() -> QuerySet[Disclosure]:
    """What an accounting reaches back to, with who and under what."""
    found = Disclosure.objects.filter(at__gt=timezone.now() - KEPT_YEARS)
    return found.select_related("patient", "to", "consent", "opening", "programme__team").order_by("-at", "-id")


def teams() -> list[CareTeam]:
    """Every team, those that are programmes marked."""
    return list(CareTeam.objects.select_related("programme").order_by("name"))


def recipients(by: User) -> list[tuple[str, str]]:
    """Whom a consent may name, as codes of a form: whoever treats, a team, a person."""
    people = User.objects.filter(Q(role__in=access.STAFF), is_active=True).order_by("last_name", "first_name")
    found = [(f"team:{one.pk}", one.name) for one in CareTeam.objects.filter(programme=None)]
    return [*found, *((f"person:{one.pk}", one.get_full_name() or one.username) for one in people if one.pk != by.pk)]
