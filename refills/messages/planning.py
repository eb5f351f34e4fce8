"""Writes the messages that follow from what falls due for a patient, in the transaction that changed it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from refills.messages import bundling, delivery, notices
from refills.messages import waking as messages_waking
from refills.messages.bundling import Name, Thing, Today
from refills.messages.items import Item, as_item, columns, items_of, written
from refills.messages.waking import Moment, Waking
from refills.models import AT_ONCE, Reminder, ReminderAnswer, ReminderItem, ReminderKind, ReminderState

ANSWERED = "answered"
"""The outcome of messages that an answer made needless."""
NO_LONGER_DUE = "no longer due"
SETTLED_BY = {
    ReminderAnswer.CONFIRMED: "",
    ReminderAnswer.PICKED_UP: bundling.REFILL,
    ReminderAnswer.REFILL_REQUESTED: bundling.REFILL,
}
"""Answers after which nothing more is said of the things the message was about, until something changes: of all, or of
the supplies among them."""
TOLD = ("kind", "run_out_on", "prescription_id", "due_at", "next_attempt_at")
"""What a planned message says of itself by its items and its hour."""
MAY_COME_BACK = (ReminderState.CANCELLED, ReminderState.WITHHELD)
"""Nobody has had these: the same message may be planned again."""
NOT_TOLD = (ReminderState.PLANNED, *MAY_COME_BACK)


@dataclass(frozen=True)
class Helper:
    """Somebody told as well, by the patient's consent, and of what kinds of things."""

    consent_id: int
    channel: str
    covers: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """Everything that falls due for one patient, and how they and their helpers may be told.

    `channels` are those the patient may be told on now, the first choice first; the others are for when it fails.
    """

    patient_id: int
    time_zone: str
    things: Sequence[Thing]
    channels: Sequence[str]
    waking: Waking | None = None
    helpers: Sequence[Helper] = ()


@dataclass
class _Message:
    """A message to be: when, on which channel, for whom, about what."""

    key: str
    local_date: date
    due_at: datetime
    channel: str
    caregiver_id: int | None
    items: set[Item] = field(default_factory=set)


@dataclass
class _Told:
    """What one reader has been told: by thing on which dates, and on which days anything of supplies."""

    dates: dict[Name, list[date]] = field(default_factory=lambda: defaultdict(list))
    supply_days: set[date] = field(default_factory=set)


@dataclass
class _Changes:
    """What brings the planned messages into line, gathered to be written together."""

    cancelled: list[int] = field(default_factory=list)
    unsaid: list[int] = field(default_factory=list)
    said: list[ReminderItem] = field(default_factory=list)
    changed: list[Reminder] = field(default_factory=list)


def waking() -> Waking:
    """This site's hour for messages, within waking hours."""
    return Waking(at=time(settings.REMINDER_HOUR))


def plan(wanted: Plan, now: datetime) -> None:
    """Make the patient's messages what falls due: items added and taken away, empty messages cancelled.

    Safe to run twice, also at once. What has left stays; what is due but has not left stays due as long as it is about
    something that still holds. A patient without a channel we can deliver on ends with nothing planned. A dozen
    statements at most, however many messages there are; part of the caller's transaction, where there is one.
    """
    with transaction.atomic(savepoint=False):
        standing = locked(wanted.patient_id)
        said = _said(wanted, now)
        settled = {name for name, answer in _answers(said) if settles(answer, name)}
        things = [thing for thing in wanted.things if thing.name not in settled]
        live = {thing.name for thing in things}
        messages = _messages(wanted, things, _told(said, wanted, now), now)
        known = _of_days(wanted.patient_id, messages.values()) | standing
        _avoid_what_has_left(messages, known)
        changes = _Changes()
        for key, row in standing.items():
            has = {as_item(one): one.pk for one in said if one.reminder_id == row.pk}
            _sync(changes, row, has, (messages.pop(key, None), live, now))
        _write(changes)
        _begin(wanted, messages, known, changes.said)


def settles(answer: str, name: Name) -> bool:
    """Does this answer to a message about a thing end what is said of it?"""
    about_type = SETTLED_BY.get(ReminderAnswer(answer))
    return about_type is not None and about_type in ("", name[0])


def settle_answered(patient_id: int, names: Iterable[Name]) -> int:
    """Take things that the patient has answered out of what is planned; how many messages."""
    about = Q(pk__in=[])
    for about_type, about_id, day in names:
        about |= Q(about_type=about_type, about_id=about_id, day=day)
    return _take_out(about & Q(reminder__patient_id=patient_id), ANSWERED)


def tell_again(reminder: Reminder, about: Iterable[Item], moment: Moment, awake: Waking) -> None:
    """Put what a message was about into the reader's message of a later day; what that says already stays as it is."""
    hour = f"{awake.at:%H}"
    key = message_key(
        reminder.patient_id or 0, moment.local_date, hour, reminder.channel, reminder.caregiver_id
    )  # fmt: skip
    again = {Item(ReminderKind.SNOOZE, *item.name, item.prescription_id) for item in about}
    standing = Reminder.objects.select_for_update().filter(
        patient_id=reminder.patient_id or 0,
        channel=reminder.channel,
        caregiver_id=reminder.caregiver_id,
        local_date=moment.local_date,
        state=ReminderState.PLANNED,
        handed_over_at__isnull=True,
    )
    rows = list(standing.order_by("id"))
    said = {item.name for every in items_of(rows).values() for item in every}
    again = {item for item in again if item.name not in said}
    if rows and again:
        _say(rows[0], again)
    elif again:
        message = _Message(key, moment.local_date, moment.due_at, reminder.channel, reminder.caregiver_id, again)
        messages = {key: message}
        known = _of_days(reminder.patient_id or 0, messages.values())
        _avoid_what_has_left(messages, known)
        _begin(Plan(reminder.patient_id or 0, reminder.time_zone, (), ()), messages, known)


def message_key(patient_id: int, on: date, slot: str, channel: str, caregiver_id: int | None = None) -> str:
    """What makes a message the same message: never the instant, which daylight saving may move."""
    helper = f"|c{caregiver_id}" if caregiver_id else ""
    return f"{patient_id}|{on.isoformat()}|{slot}|{channel}{helper}"


def locked(patient_id: int) -> dict[str, Reminder]:
    """The patient's planned messages about what falls due, locked in one order."""
    rows = Reminder.objects.select_for_update().filter(patient_id=patient_id, state=ReminderState.PLANNED)
    rows = rows.exclude(kind__in=AT_ONCE)
    return {row.key: row for row in rows.order_by("id")}


def _of_days(patient_id: int, messages: Iterable[_Message]) -> dict[str, Reminder]:
    """By key the patient's messages of the days of these, whatever became of them; one query, none without a day.

    Not locked: a provider's report holds one that has left and waits for the patient, whom the planner holds.
    """
    days = {message.local_date for message in messages}
    found = Reminder.objects.filter(patient_id=patient_id, local_date__in=days) if days else ()
    return {row.key: row for row in found}


def _said(wanted: Plan, now: datetime) -> list[ReminderItem]:
    """What the patient's planned messages are about, what any of their messages said of these things, and what was
    said of late; one query."""
    mine = ReminderItem.objects.filter(reminder__patient_id=wanted.patient_id)
    concerned = Q(reminder__state=ReminderState.PLANNED) | Q(day__in={thing.day for thing in wanted.things})
    concerned |= Q(reminder__handed_over_at__gte=now - timedelta(days=2))
    return list(mine.filter(concerned).select_related("reminder"))


def supersede(now: datetime) -> int:
    """After a standstill several messages wait for one reader: what is late goes with the latest that is due by today.

    How many were cancelled. Usually one query that finds nothing.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    waiting = Reminder.objects.filter(free, state=ReminderState.PLANNED, handed_over_at__isnull=True)
    waiting = waiting.exclude(kind__in=AT_ONCE)
    late = waiting.filter(next_attempt_at__lte=now)
    soon = waiting.filter(
        patient_id=OuterRef("patient_id"), channel=OuterRef("channel"), local_date__gt=OuterRef("local_date"),
        next_attempt_at__lte=now + timedelta(hours=13),
    )  # fmt: skip
    concerned = set(late.filter(Exists(soon)).values_list("patient_id", flat=True)[:500])
    return sum(_merge(patient_id, waiting, now) for patient_id in sorted(concerned))


def _merge(patient_id: int, waiting: QuerySet[Reminder], now: datetime) -> int:
    """Each reader's late messages into their latest of today or before; how many were cancelled."""
    with transaction.atomic():
        rows = list(waiting.select_for_update().filter(patient_id=patient_id).order_by("local_date", "id"))
        readers: dict[tuple[str, int | None], list[Reminder]] = defaultdict(list)
        for row in rows:
            if row.next_attempt_at <= now or row.local_date <= messages_waking.fill_date(now, row.time_zone):
                readers[row.channel, row.caregiver_id].append(row)
        items, gone = items_of(rows), []
        for late in readers.values():
            last = [row for row in late if row.local_date == late[-1].local_date]
            for row in late[: -len(last)]:
                target = next((one for one in last if one.prescription_id == row.prescription_id), last[-1])
                told = {item.name for item in items[target.pk]}
                fresh = [item for item in items[row.pk] if item.name not in told]
                items[target.pk].update(fresh)
                _say(target, fresh)
                gone.append(row.pk)
        return _cancel(gone, "superseded by a later one")


def _messages(
    wanted: Plan, things: Sequence[Thing], told: Mapping[int | None, _Told], now: datetime
) -> dict[str, _Message]:
    """The messages to be, by key: the patient's own on their first channel, and those of their helpers."""
    found: dict[str, _Message] = {}
    channels = notices.deliverable(wanted.channels)
    readers: list[tuple[str, int | None, Sequence[Thing]]] = [(channels[0], None, things)] if channels else []
    for helper in wanted.helpers:
        if notices.deliverable([helper.channel]):
            readers.append((helper.channel, helper.consent_id, [t for t in things if t.about_type in helper.covers]))
    awake = wanted.waking or waking()
    day = messages_waking.fill_date(now, wanted.time_zone)
    is_to_come, is_awake = awake.on(day, wanted.time_zone) >= now, awake.holds(now, wanted.time_zone)
    for channel, caregiver_id, theirs in readers:
        known = told.get(caregiver_id, _Told())
        today = Today(day, is_to_come, is_awake, day in known.supply_days)
        for telling in bundling.tellings(theirs, known.dates, today):
            key = message_key(wanted.patient_id, telling.on, f"{awake.at:%H}", channel, caregiver_id)
            due_at = max(awake.on(telling.on, wanted.time_zone), now.astimezone(UTC))
            message = found.setdefault(key, _Message(key, telling.on, due_at, channel, caregiver_id))
            thing = telling.thing
            message.items.add(Item(telling.kind, thing.about_type, thing.about_id, thing.day, thing.prescription_id))
    return found


def _answers(said: Iterable[ReminderItem]) -> list[tuple[Name, str]]:
    """Each thing with an answer to a message about it."""
    return [(as_item(one).name, one.reminder.answer) for one in said]


def _told(said: Iterable[ReminderItem], wanted: Plan, now: datetime) -> dict[int | None, _Told]:
    """By reader what they have been told, or what was given to a person because they could not be.

    What somebody put off does not count as a step: it was an extra.
    """
    found: dict[int | None, _Told] = defaultdict(_Told)
    for item in said:
        row = item.reminder
        if not _has_gone(row):
            continue
        if item.kind != ReminderKind.SNOOZE:
            found[row.caregiver_id].dates[as_item(item).name].append(row.local_date)
        if item.about_type == bundling.REFILL:
            left = messages_waking.fill_date(row.handed_over_at or row.settled_at or now, wanted.time_zone)
            found[row.caregiver_id].supply_days.update((row.local_date, left))
    return found


def _has_gone(row: Reminder) -> bool:
    """Has it left the house, or is it leaving?"""
    return row.state not in NOT_TOLD or (row.state == ReminderState.PLANNED and row.handed_over_at is not None)


def _avoid_what_has_left(messages: dict[str, _Message], known: Mapping[str, Reminder]) -> None:
    """What is still to be said on a day whose message has left goes in the next one of that day: the same whenever it
    is planned."""
    for key in [key for key in messages if key in known and _has_gone(known[key])]:
        message = messages.pop(key)
        parts = key.split("|")
        slots = (f"{parts[2]}+{place}" for place in count(1))
        keys = ("|".join([*parts[:2], slot, *parts[3:]]) for slot in slots)
        message.key = next(one for one in keys if one not in known or not _has_gone(known[one]))
        messages[message.key] = message


def _sync(
    changes: _Changes, row: Reminder, has: Mapping[Item, int], plan: tuple[_Message | None, set[Name], datetime]
) -> None:
    """What brings one planned message into line; one that is leaving is left to settle. `has` are its items with their
    numbers, `plan` the message as it should be, the things that still hold, and now."""
    message, live, now = plan
    if row.handed_over_at is not None:
        return
    keeps = {item for item in has if item.name in live and (item.kind == ReminderKind.SNOOZE or _waits(row, now))}
    wanted = (message.items if message else set()) | keeps
    if not wanted:
        changes.cancelled.append(row.pk)
        return
    changes.unsaid += [number for item, number in has.items() if item not in wanted]
    changes.said += [written(row, item) for item in wanted - has.keys()]
    changed = {name: value for name, value in columns(wanted).items() if getattr(row, name) != value}
    if message and not _waits(row, now) and row.attempts == 0 and row.due_at != message.due_at:
        changed |= {"due_at": message.due_at, "next_attempt_at": message.due_at}
    for name, value in changed.items():
        setattr(row, name, value)
    changes.changed += [row] if changed else []


def _write(changes: _Changes) -> None:
    """All of it but what is newly said, in three statements at most."""
    if changes.cancelled:
        _cancel(changes.cancelled, NO_LONGER_DUE)
    if changes.unsaid:
        ReminderItem.objects.filter(pk__in=changes.unsaid).delete()
    if changes.changed:
        Reminder.objects.bulk_update(changes.changed, TOLD)


def _waits(row: Reminder, now: datetime) -> bool:
    """Is it due and only not gone yet, or a second way for one that did not arrive? Then planning leaves it be."""
    return row.due_at <= now or row.fallback_of_id is not None


def _begin(
    wanted: Plan, messages: dict[str, _Message], known: Mapping[str, Reminder], said: Sequence[ReminderItem] = ()
) -> None:
    """Save new messages, revive those that were cancelled and are wanted again, and add what is newly said."""
    gone = [key for key in messages if key in known and known[key].state in MAY_COME_BACK]
    if gone:
        again = Reminder.objects.select_for_update().filter(key__in=gone, state__in=MAY_COME_BACK)
        said = [*said, *_revive(wanted, {row: messages.pop(row.key) for row in again.order_by("id")})]
    rows = [_row(wanted, message) for message in messages.values()]
    items = [*said, *(written(row, item) for row in rows for item in messages[row.key].items)]
    if rows or items:
        notices.add(rows, items)


def _row(wanted: Plan, message: _Message) -> Reminder:
    """The row of a message, not yet saved."""
    return Reminder(
        patient_id=wanted.patient_id,
        caregiver_id=message.caregiver_id,
        channel=message.channel,
        local_date=message.local_date,
        time_zone=wanted.time_zone,
        key=message.key,
        due_at=message.due_at,
        next_attempt_at=message.due_at,
        takes_key=delivery.takes_key(message.channel),
        **columns(message.items),
    )


def _revive(wanted: Plan, again: Mapping[Reminder, _Message]) -> list[ReminderItem]:
    """Cancelled messages, planned again; the items that they are about now, not yet saved."""
    ReminderItem.objects.filter(reminder__in=again).delete()
    for row, message in again.items():
        row.state, row.attempts, row.outcome, row.settled_at = ReminderState.PLANNED, 0, "", None
        row.time_zone, row.due_at, row.next_attempt_at = wanted.time_zone, message.due_at, message.due_at
        for name, value in columns(message.items).items():
            setattr(row, name, value)
    changed = ["state", "attempts", "outcome", "settled_at", "time_zone", *TOLD]
    Reminder.objects.bulk_update(again, changed)
    return [written(row, item) for row, message in again.items() for item in message.items]


def _say(row: Reminder, items: Iterable[Item]) -> None:
    """Add items to a message."""
    ReminderItem.objects.bulk_create([written(row, item) for item in items], ignore_conflicts=True)


def _unsay(row: Reminder, items: Iterable[Item]) -> None:
    """Take items out of a message that has not left."""
    for item in items:
        ReminderItem.objects.filter(
            reminder=row, kind=item.kind, about_type=item.about_type, about_id=item.about_id, day=item.day
        ).delete()


def _take_out(about: Q, why: str) -> int:
    """Take these items out of every planned message that has not left; those about nothing else are cancelled whole,
    and keep their items as what they were about."""
    with transaction.atomic():
        planned = Q(reminder__state=ReminderState.PLANNED, reminder__handed_over_at__isnull=True)
        numbers = set(ReminderItem.objects.filter(about, planned).values_list("reminder_id", flat=True))
        rows = list(Reminder.objects.select_for_update().filter(pk__in=numbers).order_by("id"))
        rows = [row for row in rows if row.state == ReminderState.PLANNED and row.handed_over_at is None]
        items, out, gone = items_of(rows), defaultdict(set), []
        for item in ReminderItem.objects.filter(about, reminder__in=[row.pk for row in rows]):
            out[item.reminder_id].add(as_item(item))
        for row in rows:
            rest = items[row.pk] - out[row.pk]
            if rest:
                _unsay(row, out[row.pk])
                Reminder.objects.filter(pk=row.pk).update(**columns(rest))
            else:
                gone.append(row.pk)
        _cancel(gone, why)
        return len(rows)


def _cancel(ids: Sequence[int], why: str) -> int:
    """Cancel those still planned; a lease on them is taken away, but a message that is leaving is left to settle."""
    return Reminder.objects.filter(pk__in=ids, state=ReminderState.PLANNED, handed_over_at__isnull=True).update(
        state=ReminderState.CANCELLED, outcome=why, settled_at=Now(), lease_token=None, lease_until=None
    )
