"""What 42 CFR Part 2 asks to be done: a team marked as a programme, a consent written down, a consent revoked."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import access, audit, part2
from medmgmt.record.errors import Conflict, NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import CareTeam, Part2Consent, Part2Revoked, Programme, Recipient, Role, User


@transaction.atomic
def mark_programme(by: User, *, team_id: int, phone: str) -> Programme:
    """Marks a team as a Part 2 programme: what its members write down of its patients from now on is restricted.

    Nothing unmarks it, since what it made stays restricted; marked again it gets another phone. Conflict where nothing
    would change.
    """
    access.require(by, "mark_programme")
    team = CareTeam.objects.select_for_update().filter(pk=team_id).first()
    if team is None:
        raise NoSuchThing
    phone = phone.strip()
    if not phone:
        raise Refused(_("Give the phone at which others ask the programme."))
    made, is_new = Programme.objects.get_or_create(team=team, defaults={"phone": phone, "marked_by": by})
    if not is_new:
        if made.phone == phone:
            raise Conflict(_("This team is marked as a programme already, with this phone."))
        made.phone = phone
        made.save(update_fields=["phone"])
    audit.record(by, "mark_programme", obj=("programme", made.pk), detail={"team": team.pk})
    return made


@transaction.atomic
def give_consent(
    by: User,
    patient_id: int,
    *,
    recipient: str,
    purpose: str,
    given_on: date,
    team_id: int | None = None,
    person_id: int | None = None,
    until: date | None = None,
    ends_with: str = "",
    medicines: bool = True,
    diagnoses: bool = True,
    results: bool = True,
    notes: bool = True,
) -> Part2Consent:
    """Writes down that the patient lets others see what the programme made, all of it or some kinds: one person, one
    team, or whoever treats them; until a day or an event. By a member of the programme, from the signed form (42 CFR
    2.31). Conflict where the same form was written down already and still holds."""
    patient = access.patient_for(by, "give_part2_consent", patient_id, lock=True)
    programme = part2.programme_of(by, patient)
    if programme is None:
        raise NotAllowed(_("Only the programme writes down who may see what it made."))
    if not purpose.strip():
        raise Refused(_("Say what for: for instance treatment, payment and health care operations."))
    if given_on > patient.today(timezone.now()):
        raise Refused(_("A consent is not signed in the future."))
    if until is None and not ends_with.strip():
        raise Refused(_("Say on which day or with which event the consent ends."))
    if not (medicines or diagnoses or results or notes):
        raise Refused(_("Say what may be seen: medicines, diagnoses, results or notes."))
    form: dict[str, object] = {
        "patient": patient,
        "programme": programme,
        "recipient": Recipient(recipient),
        "team_id": team_id,
        "person": recipient_person(person_id),
        "purpose": purpose.strip(),
        "given_on": given_on,
        "until": until,
        "ends_with": ends_with.strip(),
        "medicines": medicines,
        "diagnoses": diagnoses,
        "results": results,
        "notes": notes,
    }
    if Part2Consent.objects.filter(**form, revoked=None).exists():
        raise Conflict(_("This consent is on record already."))
    try:
        with transaction.atomic():
            made = Part2Consent.objects.create(**form, recorded_by=by)
    except IntegrityError as wrong:
        raise Refused(
            _("Name one person, or one team, or neither for whoever treats; it ends after it begins.")
        ) from wrong
    audit.record(by, "give_part2_consent", patient_id=patient.pk, obj=("part2_consent", made.pk),
                 detail={"recipient": recipient})  # fmt: skip
    return made


@transaction.atomic
def revoke_consent(by: User, consent_id: int) -> Part2Revoked:
    """Ends a consent from now on, by the patient or by a member of the programme; Conflict if it was ended already."""
    access.require(by, "revoke_part2_consent")
    patient, consent = access.locked(by, "revoke_part2_consent", Part2Consent, consent_id)
    if by.role != Role.PATIENT and not part2.is_member(by, consent.programme_id):
        raise NoSuchThing
    if Part2Revoked.objects.filter(consent=consent).exists():
        raise Conflict(_("This consent was revoked already."))
    made = Part2Revoked.objects.create(consent=consent, patient=patient, by=by)
    audit.record(by, "revoke_part2_consent", patient_id=patient.pk, obj=("part2_consent", consent.pk))
    return made


def recipient_person(person_id: int | None) -> User | None:
    """Somebody who works here."""
    if person_id is None:
        return None
    found = User.objects.filter(pk=person_id, role__in=access.STAFF).first()
    if found is None:
        raise Refused(_("Nobody of this number works here."))
    return found
