"""Messages of one patient, and how delivery stands, gathered for reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from interactions import library
from medmgmt.messages import due
from medmgmt.messages.due import Wishes, wishes_of
from medmgmt.record import access, part2
from medmgmt.record.models import ContactPoint, Patient, Prescription, User
from medmgmt.regimen import lexicon
from refills.messages import calendar_feed, restoring
from refills.messages import figures as messages_figures
from refills.messages.figures import Figures, LateRow
from refills.models import (
    CalendarFeed,
    CaregiverConsent,
    Channel,
    ChannelChoice,
    DemoMessage,
    Reminder,
    ReminderItem,
    ReminderPlan,
    ReminderState,
    Unreachable,
)

SHOWN = 200


@dataclass(frozen=True)
class ChannelLine:
    """One channel as its owner sees it."""

    channel: str
    label: str
    address: str
    agreed: bool
    failing: bool
    last: ChannelChoice | None


@dataclass(frozen=True)
class ComingDay:
    """A day on which something falls due, and what, for somebody signed in."""

    day: date
    kind: str
    what: str


@dataclass(frozen=True)
class Page:
    """Everything about one patient's messages."""

    patient: Patient
    plan: ReminderPlan
    wishes: Wishes
    channels: list[ChannelLine]
    helpers: list[CaregiverConsent]
    feed: str
    feed_until: datetime | None
    """When the calendar link ends by itself; it may have ended."""
    coming: list[ComingDay]
    sent: list[Reminder]


@dataclass(frozen=True)
class Sign:
    """The last sign of life of a part of the clock."""

    part: str
    seconds: float
    well: bool


@dataclass(frozen=True)
class Report:
    """One page of numbers: no patient, no drug, no address."""

    figures: Figures
    states: list[tuple[str, int]]
    late: Sequence[LateRow]
    signs: list[Sign]
    held: list[Reminder]


def page(by: User, act: str, patient_id: int) -> Page:
    """The messages of a patient whose chart opens for this person."""
    patient = access.patient_for(by, act, patient_id, why="messages")
    plan_row = ReminderPlan.objects.filter(patient=patient).first() or ReminderPlan(patient=patient)
    wishes, today = wishes_of(patient, plan_row), patient.today(timezone.now())
    feed = CalendarFeed.objects.filter(patient=patient, revoked_at=None).first()
    hides = part2.mask(by, patient.pk)
    sent = seen(Reminder.objects.filter(patient=patient).exclude(state="cancelled"), hides)
    return Page(
        patient=patient,
        plan=plan_row,
        wishes=wishes,
        channels=channel_lines(patient, wishes),
        helpers=list(CaregiverConsent.objects.filter(patient=patient).select_related("withdrawn", "recorded_by")),
        feed=calendar_feed.url(feed) if feed else "",
        feed_until=calendar_feed.works_until(feed) if feed else None,
        coming=coming(patient, wishes, today, hides),
        sent=list(sent.order_by("-due_at", "-id")[:30]),
    )


def seen(messages: QuerySet[Reminder], hides: part2.Mask) -> QuerySet[Reminder]:
    """Those that are not about what is hidden alone, each with what else it is about."""
    items = ReminderItem.objects.exclude(prescription__in=hides.hidden)
    others = Q(Exists(items.filter(reminder=OuterRef("pk")))) | ~Q(prescription__in=hides.hidden)
    return messages.filter(others if hides else Q()).prefetch_related(Prefetch("items", items))


def channel_lines(patient: Patient, wishes: Wishes) -> list[ChannelLine]:
    """The channels of this site, in the patient's order, with how each stands."""
    points = {point.channel: point for point in ContactPoint.objects.filter(patient=patient, ended_at=None)}
    rows = ChannelChoice.objects.filter(patient=patient).order_by("at", "id").select_related("by")
    last = {row.channel: row for row in rows}
    failing = set(Unreachable.objects.filter(patient=patient, mended_at=None).values_list("channel", "address"))
    order = [*wishes.channels, *(name for name in points if name not in wishes.channels)]
    return [
        ChannelLine(
            channel=name,
            label=str(Channel(name).label),
            address=points[name].address,
            agreed=points[name].reachable and (name not in last or last[name].opted_in),
            failing=(name, points[name].address) in failing,
            last=last.get(name),
        )
        for name in order
        if name in points
    ]


def coming(patient: Patient, wishes: Wishes, today: date, hides: part2.Mask) -> list[ComingDay]:
    """What falls due from today on, by day: refills, injections, tests, steps of the plan."""
    names = {str(row.pk): row.drug_name for row in Prescription.objects.filter(patient=patient)}
    names |= {code: lexicon.label(code) for code in library.observed_at_hand().by_code}
    found = [
        ComingDay(thing.day, thing.about_type, names.get(thing.about_id, thing.about_id))
        for thing in due.things(patient, wishes, today)
        if thing.day >= today and not (thing.about_id in names and hides.hides(thing.about_id))
    ]
    return sorted(found, key=lambda one: (one.day, one.kind, one.what))[:40]


def calendar(token: str) -> bytes:
    """The calendar behind a link, in the patient's language; LinkUnknown where it is no link of ours, LinkExpired where
    it does not work any more."""
    feed = calendar_feed.read(token)
    patient = feed.patient
    wishes, today = wishes_of(patient), patient.today(timezone.now())
    found = calendar_feed.entries(due.things(patient, wishes, today), patient.time_zone, wishes.waking, today)
    with translation.override(wishes.language):
        return calendar_feed.written(feed, found)


def reminders(by: User) -> QuerySet[Reminder]:
    """Reminders of the person's patients, the next due first."""
    mine = Reminder.objects.filter(part2.listed(by, "prescription__"), patient_id__in=access.own_or_cared_for(by))
    return mine.order_by("due_at", "id")


def messages(by: User) -> QuerySet[DemoMessage]:
    """Every message of the demo, newest first."""
    access.require(by, "view_outbox")
    return DemoMessage.objects.order_by("-sent_at", "-id")


def delivery_report(by: User) -> Report:
    """The report, in a constant number of queries."""
    access.require(by, "view_delivery")
    now = messages_figures.now()
    names = {"deliver": _("Delivery")}
    signs = [
        Sign(names.get(part, part), seconds, part != "deliver" or seconds <= settings.CLOCK_STALE_SECONDS)
        for part, seconds in sorted(now.ticks.items())
    ]
    bare = restoring.held().only("pk", "kind", "channel", "due_at", "state")
    states = [
        (str(ReminderState(state).label), count)
        for state, count in now.settled.items()
        if count and state != ReminderState.HELD
    ]
    return Report(now, states, messages_figures.late_rows(), signs, list(bare[:SHOWN]))


def held_of(by: User, patient_id: int) -> tuple[Patient, QuerySet[Reminder]]:
    """A patient's held messages, for whoever cares for them."""
    patient = access.patient_for(by, "decide_held", patient_id)
    return patient, seen(restoring.held_of(patient.pk), part2.mask(by, patient.pk))
