"""What is measured, scored or seen of a patient, written down; whatever was promised to be recorded closes with it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.allergens import NONE, UNKNOWN
from interactions.engine.folding import folded
from medmgmt import allergies
from medmgmt.actions import results
from medmgmt.allergies import Line
from medmgmt.monitoring import understanding
from medmgmt.record import access, audit, part2, programme_tasks
from medmgmt.record.errors import Refused, Unconfirmed
from medmgmt.record.models import (
    Allergy,
    Condition,
    Encounter,
    EncounterKind,
    Observation,
    Patient,
    ReactionSeverity,
    User,
)
from medmgmt.regimen import courses
from refills import site
from refills.models import Task
from refills.worklist import evidence, tasks

CLOCKS_DIFFER = timedelta(minutes=5)
COLUMNS = ("code", "loinc", "unit", "comparator", "value", "value_code")
MINUTE = timedelta(seconds=59, microseconds=999_999)


@transaction.atomic
def record_observation(
    by: User,
    patient_id: int,
    *,
    code: str,
    observed_at: datetime,
    value: Decimal | str | None = None,
    value_code: str = "",
    unit: str = "",
    confirm: bool = False,
) -> Observation:
    """A dated measurement, score or state; closes what waited for it since before then, and tells whom it alarms.

    The value may be a text as a laboratory prints it, with its comparator and unit; a blood pressure is "200/120" and
    makes two rows, of which the upper one is returned. Refuses the future and what nobody has; Unconfirmed for what
    looks like another unit or a slip, see `readings.read`.
    """
    patient = access.patient_for(by, "record_observation", patient_id, lock=True)
    known = courses.Known.whole(patient)
    programme = part2.programme_of(by, patient)
    made = [
        keep(by, patient, observed_at=observed_at, programme=programme, **said)
        for said in understanding.rows(known, code=code, value=value, value_code=value_code, unit=unit, confirm=confirm)
    ]
    for one in made:
        audit.record(by, "record_observation", patient_id=patient.pk, obj=("observation", one.pk),
                     detail={"code": one.code, "closed": close_promises(by, patient, one)})  # fmt: skip
    after = known.with_more(observations=made)
    results.look_again(by.pk, known, after)
    results.tell(after, made)
    return made[0]


@transaction.atomic
def correct_observation(
    by: User,
    observation_id: int,
    *,
    observed_at: datetime | None = None,
    value: Decimal | str | None = None,
    value_code: str = "",
    unit: str = "",
    confirm: bool = False,
    entered_in_error: bool = False,
) -> Observation:
    """A new row in the place of a wrong one, or none in its place where it was entered in error; the old one stays.

    A promise that the old one kept waits again, unless the new one or another of its kind keeps it.
    Raises NoSuchPatient for an unknown observation, Refused for one that was corrected already.
    """
    patient, old = access.locked(by, "record_observation", Observation, observation_id)
    if old.entered_in_error or Observation.objects.filter(corrects=old).exists():
        raise Refused(_("This observation has been corrected already; correct its newest version."))
    known = courses.Known.whole(patient)
    said: dict[str, Any] = {name: getattr(old, name) for name in COLUMNS}
    if not entered_in_error and (value is not None or value_code):
        [said] = understanding.rows(
            known, code=old.code, value=value, value_code=value_code, unit=unit, confirm=confirm
        )
    made = keep(by, patient, observed_at=observed_at or old.observed_at, corrects=old,
                programme=old.programme or part2.programme_of(by, patient),
                entered_in_error=entered_in_error, **said)  # fmt: skip
    after = known.without_observation(old).with_more(observations=[] if entered_in_error else [made])
    results.take_back(patient, old)
    results.look_again(by.pk, known, after)
    results.tell_again(after, old, made)
    closed = 0 if entered_in_error else close_promises(by, patient, made)
    audit.record(by, "correct_observation", patient_id=patient.pk, obj=("observation", made.pk),
                 detail={"code": old.code, "corrects": old.pk, "entered_in_error": entered_in_error,
                         "closed": closed, "opened": wait_again(patient, old)})  # fmt: skip
    return made


@transaction.atomic
def record_encounter(by: User, patient_id: int, *, kind: str, on: date, note: str = "") -> Encounter:
    """A visit on the patient's own day; closes what waited for a visit since before that day. Refuses the future."""
    patient = access.patient_for(by, "record_encounter", patient_id, lock=True)
    if kind not in EncounterKind.values:
        raise Refused(_("Say how you met: in the clinic, by video, by phone or at home."))
    if not patient.birth_date <= on <= patient.today(timezone.now()):
        raise Refused(_("A visit is on a day since the patient was born, and not in the future."))
    made = Encounter.objects.create(
        patient=patient, kind=kind, on=on, by=by, note=note.strip(), programme=part2.programme_of(by, patient)
    )
    began = datetime.combine(on, time(), tzinfo=ZoneInfo(patient.time_zone))
    closed = tasks.close_with(
        patient_id=patient.pk,
        closes_on="visit",
        evidence=("encounter", made.pk),
        by_id=by.pk,
        at=began,
        among=programme_tasks.own_tasks(made),
    )
    audit.record(by, "record_encounter", patient_id=patient.pk, obj=("encounter", made.pk),
                 detail={"kind": kind, "closed": closed})  # fmt: skip
    return made


def keep(by: User, patient: Patient, *, observed_at: datetime, **columns: Any) -> Observation:
    """The row, or Refused in a sentence."""
    if observed_at > timezone.now() + CLOCKS_DIFFER:
        raise Refused(_("An observation cannot lie in the future."))
    if observed_at < datetime.combine(patient.birth_date, time.min, UTC) - timedelta(days=1):
        raise Refused(_("An observation cannot lie before the patient was born."))
    try:
        with transaction.atomic():
            return Observation.objects.create(patient=patient, recorded_by=by, observed_at=observed_at, **columns)
    except (IntegrityError, DataError) as wrong:
        raise Refused(_("This is not a value that a person can have; check the number and its unit.")) from wrong


def close_promises(by: User, patient: Patient, made: Observation) -> int:
    """Closes what waited for an observation of this code and was opened before it was made; how many."""
    among = programme_tasks.own_tasks(made)
    return sum(
        tasks.close_with(
            patient_id=patient.pk,
            closes_on=f"{kind}:{made.code}",
            evidence=("observation", made.pk),
            by_id=by.pk,
            at=told_at(made),
            among=among,
        )
        for kind in ("observation", "scale")
    )


def told_at(made: Observation) -> datetime:
    """The latest instant that its time can mean: a time told to the minute stands for the whole of it."""
    at = made.observed_at
    if at.second or at.microsecond:
        return at
    return max(at, min(at + MINUTE, made.recorded_at))


def wait_again(patient: Patient, old: Observation) -> int:
    """Opens again what the wrong observation had closed, where nothing else on record answers it; how many."""
    left = [told_at(one) for one in Observation.current(patient.pk).filter(code=old.code)]
    closed = evidence.closed_with(patient_id=patient.pk, evidence=("observation", old.pk))
    lost: list[Task] = [task for task in closed if not any(at >= task.created_at for at in left)]
    return len(evidence.open_again(lost, earliest_due=timezone.now() + site.days("follow_up_again_days")))


@transaction.atomic
def record_allergy(
    by: User,
    patient_id: int,
    *,
    kind: str,
    substance: str,
    rxcui: int | None = None,
    reaction: str = "",
    severity: str = "unknown",
    confirm: bool = False,
) -> Allergy:
    """An allergy or intolerance as it was said; "no known allergies" becomes a statement of today.

    A substance that is on the list gets what is new as a further reaction; without anything new it is Unconfirmed, and
    confirmed a line of its own. Refuses words and a code that mean different drugs.
    """
    patient = access.patient_for(by, "record_observation", patient_id, lock=True)
    known = library.resolve(name=substance)
    today = patient.today(timezone.now())
    before = courses.Known.whole(patient)
    made = Allergy(
        patient=patient,
        kind=allergies.kind_of(substance, kind),
        substance=known.name if known else substance,
        rxcui=rxcui or (known.rxcui if known else None),
        recorded_on=today,
        programme=part2.programme_of(by, patient),
    )
    if rxcui is not None:
        require_one_meaning(substance, rxcui)
    adds = made.is_allergen and (reaction != "" or severity != ReactionSeverity.UNKNOWN)
    line = None if confirm else same_line(made, by)
    is_new = line is None
    if line is None:
        line = made
        line.save()
    elif not adds or is_told(line, reaction, severity):
        raise Unconfirmed(_("%(what)s is on record already, with the same reaction.") % {"what": line.substance})
    if adds:
        line.reactions.create(text=reaction, severity=severity, recorded_on=today)
    results.look_again(by.pk, before, courses.Known.whole(patient))
    audit.record(by, "record_allergy", patient_id=patient.pk, obj=("allergy", line.pk),
                 detail={"kind": line.kind, "again": not is_new})  # fmt: skip
    return line


def same_line(one: Allergy, by: User) -> Allergy | None:
    """The line of the list that already says this, of those that this person may see; what a programme adds stays its
    own line. A statement that none is known may be made anew each day."""
    here = Allergy.objects.filter(patient=one.patient, kind=one.kind, refuted_on=None).order_by("id")
    if not one.is_allergen:
        here = here.filter(recorded_on=one.recorded_on)
    wanted = Line(one).meaning
    mine = [row for row in part2.seen(by, here) if row.programme_id == one.programme_id]
    return next((row for row in mine if Line(row).meaning == wanted), None)


def is_told(line: Allergy, reaction: str, severity: str) -> bool:
    """Whether this reaction stands under the line already, in whatever letters."""
    return (folded(reaction), severity) in {(folded(one.text), one.severity) for one in line.reactions.all()}


def require_one_meaning(substance: str, rxcui: int) -> None:
    """Refuses words and a code of which each means something else."""
    reader = library.current().allergens
    named, coded = reader.read(substance), reader.read("", rxcui)
    known = [one for one in named if one.name]
    if known and coded and coded[0].name and coded[0].meaning not in {one.meaning for one in known}:
        raise Refused(
            _("The words say %(words)s, the code %(code)s is that of %(coded)s. Choose one.")
            % {"words": known[0].name, "code": rxcui, "coded": coded[0].name}
        )


@transaction.atomic
def code_allergy(by: User, allergy_id: int, *, meant: str) -> Allergy:
    """Says which substance or class a line of the allergy list means; what was said stays beside it.

    Refuses words that the knowledge in use cannot compare either.
    """
    patient, line = access.locked(by, "record_observation", Allergy, allergy_id)
    unread = [one for one in library.current().allergens.read(meant) if one.kind in (UNKNOWN, NONE)]
    if unread or not line.is_allergen:
        raise Refused(
            _("“%(words)s” is no medicine or class that can be compared. Choose another name, or say “not a medicine”.")
            % {"words": meant}
        )
    if line.meant == meant:
        return line
    before = courses.Known.whole(patient)
    line.meant = meant
    line.save(update_fields=["meant"])
    results.look_again(by.pk, before, courses.Known.whole(patient))
    audit.record(by, "code_allergy", patient_id=patient.pk, obj=("allergy", line.pk))
    return line


@transaction.atomic
def record_condition(
    by: User, patient_id: int, *, text: str, icd10cm: str = "", onset_on: date | None = None, confirm: bool = False
) -> Condition:
    """A diagnosis with its ICD-10-CM code, or in words alone. The same again is asked about."""
    patient = access.patient_for(by, "record_observation", patient_id, lock=True)
    same = patient.conditions.filter(abated_on=None, icd10cm=icd10cm.upper(), text__iexact=text, onset_on=onset_on)
    if not confirm and part2.seen(by, same):
        raise Unconfirmed(_("%(what)s is on record already.") % {"what": text})
    before = courses.Known.whole(patient)
    made = Condition.objects.create(
        patient=patient,
        icd10cm=icd10cm.upper(),
        text=text,
        onset_on=onset_on,
        programme=part2.programme_of(by, patient),
    )
    results.look_again(by.pk, before, before.with_more(conditions=[made]))
    audit.record(by, "record_condition", patient_id=patient.pk, obj=("condition", made.pk))
    return made
