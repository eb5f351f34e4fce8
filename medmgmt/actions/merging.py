"""Two charts of one person become one: every row of the one goes into the other, and its address leads there."""

from collections.abc import Iterator

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import review
from medmgmt.actions import results
from medmgmt.actions.renewals import keep_review
from medmgmt.messages import planning
from medmgmt.record import access, audit, legible, names
from medmgmt.record.errors import Conflict, Refused, Unconfirmed
from medmgmt.record.models import AuditEntry, CareAssignment, ContactPoint, Patient, User
from medmgmt.regimen import courses

STAYS = (AuditEntry, User)
"""The trail is sealed with the number that a chart had; a login goes its own way."""


@transaction.atomic
def merge_charts(by: User, patient_id: int, *, mrn: str, why: str, confirm: bool = False) -> Patient:
    """Takes everything of this chart into the one with that record number, which stays; nothing is made or lost.

    What both have and only one may have (an address of a channel, a level of care at one time, a calendar link) stays
    with the chart that is merged, on record under its old number. Unconfirmed until somebody has read whose the two
    charts are: nothing undoes it. Both must be in the person's care; a Conflict where one was merged meanwhile.
    """
    found = access.patients_of(by).filter(mrn_key=names.compact(mrn)).exclude(pk=patient_id).order_by("pk").first()
    first, second = sorted((patient_id, found.pk if found else patient_id))
    rows = {one: access.patient_for(by, "merge_charts", one, lock=True) for one in (first, second)}
    if any(row.pk != one for one, row in rows.items()):
        raise Conflict
    gone = rows[patient_id]
    if found is None:
        raise Refused(_("No other chart in your care has this record number."))
    stays = rows[found.pk]
    if not confirm:
        raise Unconfirmed(question(gone, stays))
    return _into_one(by, gone, stays, why)


def question(gone: Patient, stays: Patient) -> str:
    """Whose charts they are, and in what they differ."""
    told = _("This chart goes: %(gone)s. That chart stays: %(stays)s. Nothing undoes it. Is it one person?")
    told %= {"gone": whose(gone), "stays": whose(stays)}
    both = (names.whole(one.given_name, one.family_name) for one in (gone, stays))
    if not next(both).isdisjoint(next(both)) and gone.birth_date == stays.birth_date:
        return told
    return _("%(told)s Name or birth date differ.") % {"told": told}


def whose(patient: Patient) -> str:
    """Whose chart it is, in a line."""
    told = {"name": legible.isolated(patient.name), "born": patient.birth_date.isoformat(), "mrn": patient.mrn}
    return _("%(name)s, born %(born)s, MRN %(mrn)s") % told


def _into_one(by: User, gone: Patient, stays: Patient, why: str) -> Patient:
    now = timezone.now()
    gone.merged_into = stays
    gone.save(update_fields=["merged_into"])
    gone.merged.update(merged_into=stays)
    ended_twice(gone, stays)
    moved: dict[str, int] = {}
    left: dict[str, int] = {}
    for model, column in of_a_patient():
        number, all_of_it = moved_to(model, column, gone, stays)
        moved |= {model.__name__: number} if number else {}
        left |= {model.__name__: all_of_it - number} if all_of_it > number else {}
    login(gone, stays)
    courses.keep_current([gone.pk, stays.pk])
    planning.plan(stays, now)
    loud = [one for one in keep_review(by, stays) if one.is_new and one.severity in review.STOPS]
    results.open_review(stays, loud)
    audit.record(by, "merge_charts", patient_id=gone.pk, obj=("patient", stays.pk), why=why,
                 detail={"moved": moved, "left": left})  # fmt: skip
    return stays


def of_a_patient() -> Iterator[tuple[type[models.Model], str]]:
    """Every table with rows of one patient."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if field.related_model is Patient and model not in (*STAYS, Patient):
                yield model, field.name


def ended_twice(gone: Patient, stays: Patient) -> None:
    """What is open in both charts ends in the one: a team's care, an address of a channel."""
    now = timezone.now()
    teams = stays.assignments.filter(until=None).values("team")
    CareAssignment.objects.filter(patient=gone, until=None, team__in=teams).update(until=now)
    channels = stays.contact_points.filter(ended_at=None).values("channel")
    ContactPoint.objects.filter(patient=gone, ended_at=None, channel__in=channels).update(ended_at=now)


def moved_to(model: type[models.Model], column: str, gone: Patient, stays: Patient) -> tuple[int, int]:
    """How many rows went, and of how many; all at once, or each that may where one may not."""
    rows = model._default_manager.filter(**{column: gone})
    number = rows.count()
    if not number:
        return 0, 0
    try:
        with transaction.atomic():
            return rows.update(**{column: stays}), number
    except IntegrityError:
        return sum(went(model, column, pk, stays) for pk in list(rows.values_list("pk", flat=True))), number


def went(model: type[models.Model], column: str, pk: object, stays: Patient) -> bool:
    """One row; False where the other chart has its own and may have one only."""
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).update(**{column: stays})
    except IntegrityError:
        return False
    return True


def login(gone: Patient, stays: Patient) -> None:
    """One person has one login: that of the chart that stays, else the other's."""
    theirs = User.objects.filter(patient=gone).first()
    if theirs is None:
        return
    if User.objects.filter(patient=stays).exists():
        theirs.is_active = False
        theirs.save(update_fields=["is_active"])
        return
    theirs.patient = stays
    theirs.save(update_fields=["patient"])
