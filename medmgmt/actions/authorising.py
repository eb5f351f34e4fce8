"""What a prescriber writes for the pharmacy: a prescription, a series of them, taking one back, and less at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.actions import monitoring
from medmgmt.record import access, audit, door, dosing, written
from medmgmt.record.errors import NoSuchThing, Refused, Unconfirmed
from medmgmt.record.models import Patient, Prescription, User
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import authorisations, limits
from refills import site
from refills.errors import RefillRefused
from refills.models import Authorisation, LimitLifted, Revocation, SupplyLimit
from refills.supply import controlled
from refills.supply.controlled import Part, Refusal

MOST_WORDS, MOST_PARTS = 2000, 13
LONGEST_WAIT = timedelta(days=366)


@dataclass(frozen=True)
class Written:
    """One prescription to be written: quantity of one fill, its days, refills, and the first day it may be filled."""

    quantity: Decimal
    unit: str
    days_supply: int
    refills: int = 0
    may_fill_from: date | None = None


@transaction.atomic
def authorise(
    by: User,
    prescription_id: int,
    *,
    quantity: Decimal,
    unit: str,
    days_supply: int,
    refills: int = 0,
    may_fill_from: date | None = None,
    issued_on: date | None = None,
    quantity_meant: bool = False,
    confirm: bool = False,
) -> Authorisation:
    """Takes down what is written for the pharmacy, today or (history) within two years.

    RefillRefused says which rule forbids it and until when: refills, days or a series that the schedule or the state
    does not allow, limited dispensing, a lab that is missing. Refused where the quantity does not fit the plan and
    nobody said that it is meant. Unconfirmed where the very same was written on that day and nothing of it is filled.
    """
    part = Written(quantity, unit, days_supply, refills, may_fill_from)
    [made] = write(by, prescription_id, [part], issued_on=issued_on, quantity_meant=quantity_meant, confirm=confirm)
    return made


@transaction.atomic
def authorise_series(
    by: User,
    prescription_id: int,
    *,
    parts: Sequence[Written],
    quantity_meant: bool = False,
    confirm: bool = False,
) -> list[Authorisation]:
    """Several prescriptions of one day, as schedule II allows: all are written, or none."""
    return write(by, prescription_id, parts, issued_on=None, quantity_meant=quantity_meant, confirm=confirm)


def series(part: Written, count: int, first_on: date) -> list[Written]:
    """So many prescriptions of the same, each to be filled when the one before ends; the first at once."""
    days = controlled.first_days(part.days_supply, count, part.may_fill_from or first_on)
    first = part.may_fill_from
    return [
        Written(part.quantity, part.unit, part.days_supply, part.refills, day if place else first)
        for place, day in enumerate(days)
    ]


def write(
    by: User,
    prescription_id: int,
    parts: Sequence[Written],
    *,
    issued_on: date | None,
    quantity_meant: bool,
    confirm: bool,
) -> list[Authorisation]:
    """The act behind both: access, lock, read, check each, write, audit."""
    patient, prescription = access.locked(by, "authorise_refill", Prescription, prescription_id)
    made = issue(by, patient, prescription, parts, issued_on=issued_on, quantity_meant=quantity_meant, confirm=confirm)
    for one in made:
        audit.record(by, "authorise_refill", patient_id=patient.pk, obj=("authorisation", one.pk),
                     detail={"refills": one.refills, "days": one.days_supply,
                             "written": {one.pk: one.seal}})  # fmt: skip
    return made


def issue(
    by: User,
    patient: Patient,
    prescription: Prescription,
    parts: Sequence[Written],
    *,
    issued_on: date | None,
    quantity_meant: bool,
    confirm: bool,
) -> list[Authorisation]:
    """Checks and writes, under a lock that the caller holds; nothing is written where one part is refused.

    Unproven where a controlled drug needs a fresh proof of who writes.
    """
    today = patient.today(timezone.now())
    on = issued_on or today
    if not 1 <= len(parts) <= MOST_PARTS:
        raise Refused(_("Write from one to %(most)s prescriptions at once.") % {"most": MOST_PARTS})
    if not today - site.days("backdated_days_max") <= on <= today:
        words = _("A prescription is written down on its day or within %(period)s after it, never before it.")
        raise Refused(words % {"period": site.period("backdated_days_max")})
    course = courses.of_prescription(prescription, courses.AUTHORISATIONS)
    if on == today:
        require_taken(course.steps, today)
    require_allowed(course, parts, on)
    if on == today:
        monitoring.require_clear(prescription, today, by)
    for part in parts:
        require_sane(course, part, on, quantity_meant=quantity_meant)
    if not confirm:
        require_not_again(course, parts, on)
    rows = [
        Authorisation(
            patient=patient,
            prescription=prescription,
            issued_on=on,
            quantity=part.quantity,
            unit=part.unit,
            days_supply=part.days_supply,
            refills=part.refills,
            may_fill_from=part.may_fill_from,
            authorised_by=by,
        )
        for part in parts
    ]
    for row in rows:
        seal = written.seal_of(row)
        row.seal, row.seal_key = seal.hash, seal.key
        row.save(force_insert=True)
    return rows


def require_taken(steps: Sequence[dosing.Step], today: date) -> None:
    """Refused for what is neither taken now nor going to be."""
    coming = any(dosing.dose_on(day, steps).is_taken for day in dosing.days_of_change(steps, today))
    if not coming and dosing.dose_on(today, steps).state not in ("taking", "held"):
        raise Refused(_("This medicine is not taken, so there is nothing to prescribe. Start it first."))


def require_allowed(course: Course, parts: Sequence[Written], on: date) -> None:
    """RefillRefused with every rule that one of these prescriptions breaks; Unproven where who writes it must say anew
    who they are."""
    numbers, scopes = site.supply_rules(), regimen_scopes.scopes_of(course.prescription)
    if authorisations.schedule_of(scopes):
        door.require_fresh()
    before = authorisations.parts(course.authorisations, on)
    refusals: list[Refusal] = []
    clinic_only = controlled.is_for_clinic_only(numbers, scopes)
    limit = limits.limit_of(course.prescription, on)
    for part in parts:
        before.append(Part("", part.days_supply, part.may_fill_from))
        refusals += controlled.authorisable(part.refills, before, numbers, scopes)
        if limit is not None and part.days_supply > limit.most_days:
            refusals.append(limits.refusal(limit))
    refusals += [clinic_only] if clinic_only else []
    if refusals:
        raise RefillRefused(list(dict.fromkeys(refusals)))


def require_not_again(course: Course, parts: Sequence[Written], on: date) -> None:
    """Unconfirmed where one of these was written on that day in the same words, and nothing of it has been filled."""
    standing = authorisations.lines(course, on, regimen_scopes.scopes_of(course.prescription))
    unused = [one.authorisation for one in standing if not one.fills_made and not one.is_revoked]
    same = {same_words(one): one for one in unused if one.issued_on == on}
    twin = next((same[same_words(part)] for part in parts if same_words(part) in same), None)
    if twin is not None:
        raise Unconfirmed(
            _("%(who)s has written the very same on this day, and nothing of it has been filled. Is this another one?")
            % {"who": twin.authorised_by.get_full_name() or twin.authorised_by.get_username()}
        )


def same_words(one: Written | Authorisation) -> tuple[object, ...]:
    """What two prescriptions have in common that tell the pharmacy the same."""
    return one.quantity, one.unit, one.days_supply, one.refills, one.may_fill_from


def require_sane(course: Course, part: Written, on: date, *, quantity_meant: bool) -> None:
    """Refused for nonsense, and for a quantity that does not last as long as stated unless somebody means it."""
    if part.quantity <= 0 or not 1 <= part.days_supply <= 366 or not 0 <= part.refills <= 99:
        raise Refused(_("Give a quantity, 1 to 366 days and 0 to 99 refills."))
    if part.may_fill_from is not None and not on <= part.may_fill_from <= on + LONGEST_WAIT:
        raise Refused(_("The first day it may be filled lies within a year after the day it is written."))
    told = authorisations.quantity_sentence(course, part.quantity, part.unit, part.days_supply, on)
    if told and not quantity_meant:
        raise Refused(_("%(what)s Correct it, or say that you mean it.") % {"what": told})


@transaction.atomic
def revoke(by: User, authorisation_id: int, *, why: str) -> Revocation:
    """Takes an authorisation back: nothing more may be filled on it from today on. Once only, and with a reason."""
    patient, row = access.locked(by, "authorise_refill", Authorisation, authorisation_id)
    if not why.strip() or len(why) > MOST_WORDS:
        raise Refused(_("Say in a sentence or two why it is taken back."))
    if Revocation.objects.filter(authorisation=row).exists():
        raise Refused(_("This prescription has been revoked already."))
    today = patient.today(timezone.now())
    made = Revocation.objects.create(patient=patient, authorisation=row, on=today, why=why.strip(), revoked_by=by)
    audit.record(by, "revoke_authorisation", patient_id=patient.pk, obj=("authorisation", row.pk))
    return made


@transaction.atomic
def limit_supply(
    by: User, patient_id: int, *, most_days: int, until: date, why: str, prescription_id: int | None = None
) -> SupplyLimit:
    """Limited dispensing from today on, of one medicine or of all: how many days at once, until when, and why."""
    patient = access.patient_for(by, "limit_supply", patient_id, lock=True)
    today = patient.today(timezone.now())
    prescription = None
    if prescription_id is not None:
        prescription = Prescription.objects.filter(pk=prescription_id, patient=patient).first()
        if prescription is None:
            raise NoSuchThing()
        access.require_open(by, patient, prescription)
    longest = today + timedelta(days=site.supply_rules().whole("limit_days_max", {"*"}))
    if not today <= until <= longest:
        raise Refused(_("Limited dispensing is decided again by %(day)s at the latest.") % {"day": longest})
    if not 1 <= most_days <= 90:
        raise Refused(_("Between 1 and 90 days may be handed out at once."))
    if not why.strip() or len(why) > MOST_WORDS:
        raise Refused(_("Say in a sentence or two why less is handed out at once."))
    wanted = SupplyLimit.objects.filter(patient=patient, prescription=prescription, most_days=most_days, until=until)
    if wanted.filter(since=today, lifted=None).exists():
        raise Refused(_("This limit is in force already."))
    made = SupplyLimit.objects.create(
        patient=patient, prescription=prescription, most_days=most_days, since=today, until=until, why=why.strip(),
        set_by=by,
    )  # fmt: skip
    audit.record(by, "limit_supply", patient_id=patient.pk, obj=("supply_limit", made.pk), detail={"days": most_days})
    return made


@transaction.atomic
def lift_limit(by: User, limit_id: int, *, why: str) -> LimitLifted:
    """Ends limited dispensing before its day; once only, and with a reason."""
    patient, row = access.locked(by, "limit_supply", SupplyLimit, limit_id)
    if not why.strip() or len(why) > MOST_WORDS:
        raise Refused(_("Say in a sentence or two why it is lifted."))
    if LimitLifted.objects.filter(limit=row).exists():
        raise Refused(_("This limit has been lifted already."))
    made = LimitLifted.objects.create(patient=patient, limit=row, why=why.strip(), lifted_by=by)
    audit.record(by, "lift_limit", patient_id=patient.pk, obj=("supply_limit", row.pk))
    return made
