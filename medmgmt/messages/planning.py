"""One patient's messages planned, and the clock's share of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from medmgmt.messages import due
from medmgmt.messages.due import END, INJECTION, LAB, TAPER, Wishes, wishes_of
from medmgmt.record import access, dosing
from medmgmt.record.models import ContactPoint, Patient, Prescription, Status, User
from medmgmt.regimen import courses
from medmgmt.regimen.courses import Known
from medmgmt.supply import gaps, renewals, stock
from medmgmt.supply.gaps import BATCH, EVERY
from refills import clock
from refills.messages import bundling, consents, planning, reminders
from refills.messages.waking import Waking
from refills.models import (
    AT_ONCE,
    CaregiverConsent,
    Channel,
    ChannelChoice,
    Reminder,
    ReminderItem,
    ReminderKind,
    ReminderPlan,
    SupplyState,
    Unreachable,
)

COVERS = {"refills": (bundling.REFILL,), "injections": (INJECTION,), "tests": (LAB,), "plan": (TAPER, END)}
"""What a caregiver's consent may be for, and the things it means."""
DAYS = "supply days"
ANY_HOUR = Waking(opens=0, closes=24)


def replan(patient: Patient, prescription: Prescription, known: Known | None = None) -> None:
    """After anything that moves what falls due of a prescription: messages and gaps; safe to repeat. `known` are the
    patient's courses with their supply as they stand now, where somebody has them at hand."""
    taken = known or Known.measured(patient, *courses.SUPPLY, beside=prescription)
    gaps.replan(patient, taken.course(prescription.pk))
    plan(patient, timezone.now(), taken)


def plan(patient: Patient, now: datetime, known: Known | None = None) -> None:
    """The patient's messages as everything they take now asks for; safe to repeat."""
    points, own, asks = addresses(patient)
    wishes = wishes_of(patient, own)
    asked = renewals.asked_for(patient.pk) if asks else set()
    things = due.things(patient, wishes, patient.today(now), known)
    planning.plan(
        planning.Plan(
            patient_id=patient.pk,
            time_zone=patient.time_zone,
            things=[one for one in things if one.about_type != bundling.REFILL or one.prescription_id not in asked],
            channels=reachable(points, wishes),
            waking=wishes.waking,
            helpers=helpers(patient, patient.today(now)),
        ),
        now,
    )


def plan_all(patient_ids: Iterable[int], now: datetime) -> int:
    """Plans these patients' messages anew, each locked while it is done; how many. Needs a transaction."""
    found = access.patients_for_the_clock(patient_ids)
    for patient in found:
        plan(patient, now)
    return len(found)


def reachable_channels(patient: Patient, wishes: Wishes) -> list[str]:
    """The channels the patient may be told on now, in their order: agreed to, not taken back, not known to fail.

    Without any address at all e-mail stays, so that a person finds out and asks for one.
    """
    return reachable(addresses(patient)[0], wishes)


def reachable(points: Mapping[str, bool], wishes: Wishes) -> list[str]:
    """Of the patient's wishes the channels that are good, as `addresses` tells them."""
    return [name for name in wishes.channels if points.get(name)] if points else [Channel.EMAIL.value]


def addresses(patient: Patient) -> tuple[dict[str, bool], ReminderPlan | None, bool]:
    """By channel of an address on record, whether the patient may be told there now; with the patient's own plan, as
    far as there is any address, and whether they may have asked for a refill. One query."""
    their = {"patient": patient, "channel": OuterRef("channel")}
    fails = Exists(Unreachable.objects.filter(**their, address=OuterRef("address"), mended_at=None))
    said = ChannelChoice.objects.filter(**their).order_by("-at", "-id").values("opted_in")[:1]
    points = ContactPoint.objects.filter(patient=patient, ended_at=None).annotate(
        fails=fails, wanted=Subquery(said), asks=Exists(renewals.requests(patient.pk))
    )  # fmt: skip
    good, own, asks = {}, None, True
    for one in points.select_related("patient__reminder_plan"):
        good[one.channel] = one.reachable and one.wanted is not False and not one.fails
        own, asks = getattr(one.patient, "reminder_plan", ReminderPlan(patient=patient)), one.asks
    return good, own, asks


def helpers(patient: Patient, today: date) -> list[planning.Helper]:
    """Whom the patient wants told as well, by consent that holds today; several consents of one person at one address
    are one reader, told what any of them is for."""
    found: dict[tuple[str, str, str], planning.Helper] = {}
    for one in consents.in_force(patient.pk, today):
        covers = frozenset(about for name in one.covers.split(",") for about in COVERS.get(name, ()))
        reader = (one.channel, one.address, one.name.casefold())
        first = found.setdefault(reader, planning.Helper(one.pk, one.channel, covers))
        found[reader] = replace(first, covers=first.covers | covers)
    return list(found.values())


def reach(reminder: Reminder) -> reminders.Reach:
    """Where a message may go at this very moment: consent, an address, and something it is still about."""
    if reminder.patient_id is None:
        return reach_of_staff(reminder)
    if reminder.kind in AT_ONCE:
        return reach_of_whoever_wrote(reminder)
    patient = reminder.patient
    assert patient is not None
    wishes, today = wishes_of(patient), patient.today(timezone.now())
    if reminder.caregiver_id is not None:
        return reach_of_helper(reminder, patient, wishes, today)
    contact = ContactPoint.objects.filter(patient=patient, channel=reminder.channel, ended_at=None).first()
    why = ""
    if contact is not None and not (contact.reachable and consents.choices(patient.pk).get(reminder.channel, True)):
        why = "no consent"
    elif contact is not None and is_failing(patient, contact.channel, contact.address):
        why = "unreachable"
    elif not is_about_something(reminder, today):
        why = "no longer taken"
    address = contact.address if contact else None
    return reminders.Reach(
        address, wishes.language, patient.time_zone, allowed=not why, why=why, waking=wishes.waking
    )  # fmt: skip


def reach_of_helper(reminder: Reminder, patient: Patient, wishes: Wishes, today: date) -> reminders.Reach:
    """A caregiver is told only while the patient's consent holds: asked again just before."""
    consent = CaregiverConsent.objects.get(pk=reminder.caregiver_id or 0)
    why = ""
    if not consents.holds(consent, today):
        why = "consent withdrawn"
    elif is_failing(patient, consent.channel, consent.address):
        why = "unreachable"
    elif not is_about_something(reminder, today):
        why = "no longer taken"
    return reminders.Reach(
        consent.address, consent.language, patient.time_zone, allowed=not why, why=why, waking=wishes.waking
    )


def reach_of_whoever_wrote(reminder: Reminder) -> reminders.Reach:
    """An answer to what somebody wrote goes back at any hour, also where no other message may go."""
    assert reminder.patient is not None
    if reminder.caregiver_id is not None:
        address = CaregiverConsent.objects.get(pk=reminder.caregiver_id).address
    else:
        point = ContactPoint.objects.filter(patient=reminder.patient, channel=reminder.channel, ended_at=None).first()
        address = point.address if point else ""
    return reminders.Reach(
        address or None, language_of(reminder), reminder.patient.time_zone, allowed=True, waking=ANY_HOUR
    )  # fmt: skip


def reach_of_staff(reminder: Reminder) -> reminders.Reach:
    """A notice to somebody who works here."""
    user = User.objects.filter(pk=reminder.recipient_id or 0, is_active=True).first()
    return reminders.Reach(
        address=user.email or None if user else None,
        language=settings.LANGUAGE_CODE,
        time_zone=settings.TIME_ZONE,
        allowed=user is not None,
        why="" if user else "no longer works here",
    )


def patient_of(reminder: Reminder) -> Patient:
    """The patient a message is for, locked, for what is done by its link. Needs a transaction."""
    return access.patients_for_the_clock([reminder.patient_id or 0])[0]


def is_failing(patient: Patient, channel: str, address: str) -> bool:
    """Did messages come back from this address, and nobody has mended it since?"""
    return Unreachable.objects.filter(patient=patient, channel=channel, address=address, mended_at=None).exists()


def is_about_something(reminder: Reminder, today: date) -> bool:
    """Does any of its items still hold: a medicine still taken, a step still planned, a test still wanted?"""
    items = list(ReminderItem.objects.filter(reminder=reminder))
    numbers = {item.prescription_id for item in items} or {reminder.prescription_id}
    if None in numbers:
        return True
    known = courses.of_prescriptions([number for number in numbers if number])
    taken = {one.prescription.pk: one.steps for one in known}
    if not items:
        return any(stock.is_wanted(steps, today) for steps in taken.values())
    return any(holds(item, taken.get(item.prescription_id or 0, ()), today) for item in items)


def still_wanted(prescription_ids: Iterable[int], today: date) -> list[int]:
    """Those of these prescriptions that are still to be supplied, by the course as it is signed now."""
    known = courses.of_prescriptions(list(prescription_ids))
    return [one.prescription.pk for one in known if stock.is_wanted(one.steps, today)]


def holds(item: ReminderItem, steps: Sequence[dosing.Step], today: date) -> bool:
    """Is one thing of a message still to be told, by the course as it is signed now?"""
    if item.kind in (ReminderKind.TAPER_STEP, ReminderKind.END_OF_TAPER):
        return item.day in dosing.days_of_change(steps, date.min)
    return stock.is_wanted(steps, today)


def language_of(reminder: Reminder) -> str:
    """The language of whoever the message is for."""
    if reminder.caregiver_id is not None:
        return str(CaregiverConsent.objects.values_list("language", flat=True).get(pk=reminder.caregiver_id))
    patient = reminder.patient
    return wishes_of(patient).language if patient is not None else settings.LANGUAGE_CODE


def ask_for(patient_ids: Iterable[int]) -> None:
    """The clock plans these patients' messages anew, whatever they have told so far."""
    SupplyState.objects.filter(prescription__patient_id__in=list(patient_ids)).update(to_plan=True)


def plan_changed() -> int:
    """Plan the messages of patients whose run-outs changed; how many prescriptions. A crash leaves the rest marked."""
    planned, after = 0, 0
    while True:
        rows = list(
            SupplyState.objects.filter(to_plan=True, prescription_id__gt=after)
            .order_by("prescription_id")
            .values_list("prescription_id", "computed_at")[:BATCH]
        )
        if not rows:
            return planned
        after = rows[-1][0]
        _plan(Prescription.objects.filter(pk__in=[pk for pk, _at in rows]))
        for pk, computed_at in rows:
            SupplyState.objects.filter(pk=pk, computed_at=computed_at).update(to_plan=False)
        planned += len(rows)


def follow_the_calendar() -> int:
    """Plan anew every prescription whose course changed yesterday, today or tomorrow by an earlier plan, some times a
    day; how many."""
    age = clock.age_seconds(DAYS)
    if age is not None and age < EVERY.total_seconds():
        return 0
    clock.beat(DAYS)
    day = timezone.now().date()
    near = Prescription.objects.filter(
        changes__status=Status.SIGNED,
        changes__effective_on__gte=day - timedelta(days=2),
        changes__effective_on__lte=day + timedelta(days=1),
    )
    return _plan(near.distinct())


def _plan(prescriptions: QuerySet[Prescription]) -> int:
    """Plan the messages of each patient once; how many prescriptions. Gaps are found by looking for them."""
    patients = dict(prescriptions.values_list("pk", "patient_id"))
    for patient in Patient.objects.filter(pk__in=set(patients.values())).order_by("pk"):
        plan(patient, timezone.now())
    return len(patients)
