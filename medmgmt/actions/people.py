"""Patients taken into care, moved between levels of care, and how they may be reached."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import people
from medmgmt.messages import planning
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import (
    CareAssignment,
    CareTeam,
    Channel,
    ContactPoint,
    Enrolment,
    Patient,
    User,
    validate_time_zone,
)
from refills.messages import addresses, consents
from refills.models import How
from refills.worklist import kinds, tasks

EDITABLE = ("given_name", "family_name", "birth_date", "sex", "language", "time_zone")


@transaction.atomic
def register_patient(
    by: User,
    *,
    mrn: str,
    birth_date: date,
    sex: str,
    language: str,
    time_zone: str,
    team_id: int,
    given_name: str = "",
    family_name: str = "",
    confirm: bool = False,
) -> Patient:
    """A new patient in the care of one of the registrar's own teams; one name is enough.

    Refuses a record number that is in use. Unconfirmed where a chart has the same name and birth date, or a record
    number that differs in case and spaces only, until somebody says that this is another person.
    """
    access.require(by, "register_patient")
    team = CareTeam.objects.filter(pk=team_id).first()
    if team is None or not access.is_member(by, team.pk):
        raise NotAllowed(_("You can register patients with your own teams only."))
    require_born(birth_date)
    require_named(given_name, family_name)
    validate_time_zone(time_zone)
    if not confirm:
        people.require_alone(by, "register_patient", people.Told(mrn, given_name, family_name, birth_date))
    patient = Patient(mrn=mrn, given_name=given_name, family_name=family_name, birth_date=birth_date,
                      sex=sex, language=language, time_zone=time_zone)  # fmt: skip
    try:
        with transaction.atomic():
            patient.save(force_insert=True)
    except IntegrityError as clash:
        raise Refused(_("This medical record number is already in use, or a detail is missing.")) from clash
    CareAssignment.objects.create(patient=patient, team=team)
    audit.record(by, "register_patient", patient_id=patient.pk, obj=("patient", patient.pk), detail={"team": team.pk})
    return patient


def require_named(given_name: str, family_name: str) -> None:
    """Refuses somebody without any name; one name is enough, whichever it is."""
    if not (given_name.strip() or family_name.strip()):
        raise Refused(_("Give at least one name: given or family."))


def require_born(birth_date: date) -> None:
    """Refuses a birth date in the future or more than 130 years ago."""
    today = timezone.localdate()
    if not today.year - 130 <= birth_date.year or birth_date > today:
        raise Refused(_("The birth date must lie in the past, and within the last 130 years."))


@transaction.atomic
def update_patient(by: User, patient_id: int, *, version: int, **fields: Any) -> Patient:
    """Corrects demographics; Conflict if somebody did so since `version` was read."""
    patient = access.patient_for(by, "register_patient", patient_id, lock=True)
    if patient.version != version:
        raise Conflict()
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise Refused(_("These details cannot be changed: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    require_born(fields.get("birth_date", patient.birth_date))
    require_named(fields.get("given_name", patient.given_name), fields.get("family_name", patient.family_name))
    validate_time_zone(fields.get("time_zone", patient.time_zone))
    changed = sorted(name for name, value in fields.items() if getattr(patient, name) != value)
    for name, value in fields.items():
        setattr(patient, name, value)
    patient.version += 1
    patient.save(update_fields=[*fields, "names_key", "mrn_key", "version"])
    planning.plan(patient, timezone.now())
    audit.record(by, "update_patient", patient_id=patient.pk, obj=("patient", patient.pk), detail={"fields": changed})
    return patient


@transaction.atomic
def enrol(by: User, patient_id: int, *, level: str, starts_on: date) -> Enrolment:
    """Moves a patient into a level of care from `starts_on`; the open enrolment ends on that day. One record stays."""
    patient = access.patient_for(by, "enrol", patient_id, lock=True)
    now_open = patient.enrolments.filter(ends_on=None).first()
    if now_open and now_open.level == level:
        raise Refused(_("The patient is already in this level of care."))
    if now_open and starts_on < now_open.starts_on:
        raise Refused(_("The move cannot lie before the present level of care began."))
    if now_open:
        now_open.ends_on = starts_on
        now_open.save(update_fields=["ends_on"])
    if patient.enrolments.filter(ends_on__gt=starts_on).exists():
        raise Refused(_("On this day the patient was in another level of care."))
    made = Enrolment.objects.create(patient=patient, level=level, starts_on=starts_on)
    audit.record(by, "enrol", patient_id=patient.pk, obj=("enrolment", made.pk), detail={"level": level})
    return made


@transaction.atomic
def set_contact(by: User, patient_id: int, *, channel: str, address: str, consented: bool) -> ContactPoint:
    """The address of a channel and whether the patient agreed to messages there; what was before stays as history."""
    patient = access.patient_for(by, "enrol", patient_id, lock=True)
    now = timezone.now()
    written = addresses.normal(channel, address)
    if not written:
        raise Refused(
            _("A phone number begins with + and the country, for instance +1 415 555 0100.")
            if channel == Channel.SMS
            else _("This does not look like an address of that kind.")
        )
    for old in patient.contact_points.filter(channel=channel, ended_at=None):
        withdrawn = old.reachable and not consented
        old.ended_at, old.consent_withdrawn_at = now, now if withdrawn else old.consent_withdrawn_at
        old.save(update_fields=["ended_at", "consent_withdrawn_at"])
    made = ContactPoint.objects.create(
        patient=patient, channel=channel, address=written, consented_at=now if consented else None
    )
    consents.choose(patient_id=patient.pk, channel=channel, opted_in=consented, how=How.STAFF, by_id=by.pk, at=now)
    for number in consents.mend(patient.pk, channel):
        tasks.cancel_by_key(kinds.ADDRESS_FAILS.key_of(number), _("The address was seen to."))
    planning.plan(patient, now)
    audit.record(by, "set_contact", patient_id=patient.pk, obj=("contact_point", made.pk),
                 detail={"channel": channel, "consented": consented})  # fmt: skip
    return made
