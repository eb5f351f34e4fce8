"""Writes the messages that follow from what falls due for a patient, in the transaction that changed it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from refills.messages import bell, bundling, delivery
from refills.messages import waking as messages_waking
from refills.messages.bundling import Name, Thing, Today
from refills.messages.items import Item, as_item, columns, items_of, written
from refills.messages.waking import Moment, Waking
from refills.models import Channel, Reminder, ReminderAnswer, ReminderItem, ReminderKind, ReminderState

ANSWERED = "answered"
"""The outcome of messages that an answer made needless."""
NO_LONGER_DUE = "no longer due"
SETTLED_BY = (ReminderAnswer.CONFIRMED, ReminderAnswer.PICKED_UP)
"""Answers after which nothing more is said of the things the message was about."""
NOT_TOLD = (ReminderState.PLANNED, ReminderState.CANCELLED, ReminderState.WITHHELD)


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


def waking() -> Waking:
    """This site's hour for messages, within waking hours."""
    return Waking(at=time(settings.REMINDER_HOUR))


def plan(wanted: Plan, now: datetime) -> None:
    """Make the patient's messages what falls due: items added and taken away, empty messages cancelled.

    Safe to run twice, also at once. What has left stays; what is due but has not left stays due as long as it is about
    something that still holds. A patient without a channel we can deliver on ends with nothing planned.
    """
    with transaction.atomic():
        standing = locked(wanted.patient_id)
        items = items_of(standing.values())
        settled = answered(wanted.patient_id, [thing.name for thing in wanted.things])
        things = [thing for thing in wanted.things if thing.name not in settled]
        live = {thing.name for thing in things}
        messages = _messages(wanted, things, now)
        _avoid_what_has_left(messages, now)
        for key, row in standing.items():
            _sync(row, items[row.pk], messages.pop(key, None), live, now)
        _begin(wanted, messages)


def cancel(prescription_id: int, why: str) -> int:
    """Take a prescription out of every planned message; a message that is about nothing else is cancelled. How many
    messages it was taken out of. `why` is a code without health data."""
    return _take_out(Q(prescription_id=prescription_id), why)


def settle_answered(patient_id: int, names: Iterable[Name], kinds: Iterable[str]) -> int:
    """Take things that the patient has answered out of what is planned of these kinds; how many messages."""
    about = Q(pk__in=[])
    for about_type, about_id, day in names:
        about |= Q(about_type=about_type, about_id=about_id, day=day)
    return _take_out(about & Q(kind__in=list(kinds), reminder__patient_id=patient_id), ANSWERED)


def tell_again(reminder: Reminder, about: Iterable[Item], moment: Moment) -> None:
    """Put what a message was about into the reader's message of a later day; what that says already stays as it is."""
    hour = f"{waking().at:%H}"
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
        _avoid_what_has_left(messages, moment.due_at)
        _begin(Plan(reminder.patient_id or 0, reminder.time_zone, (), ()), messages)


def notify(*, user_id: int, key: str, kind: str, due_at: datetime) -> bool:
    """Plan a notice to somebody on the staff, once for its key; True if it is new. It says no more than that tasks
    wait."""
    zone = settings.TIME_ZONE
    _, is_new = Reminder.objects.get_or_create(
        key=f"user|{key}",
        defaults={
            "recipient_id": user_id,
            "kind": kind,
            "channel": Channel.EMAIL,
            "local_date": messages_waking.fill_date(due_at, zone),
            "time_zone": zone,
            "due_at": due_at,
            "next_attempt_at": due_at,
            "takes_key": delivery.takes_key(Channel.EMAIL),
        },
    )
    return is_new


def add(rows: Sequence[Reminder], items: Sequence[ReminderItem] = ()) -> None:
    """Save messages that nobody else has saved meanwhile, each with its items; those that somebody has stay theirs."""
    Reminder.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["key"])
    if items:
        numbers = dict(Reminder.objects.filter(key__in=[row.key for row in rows]).values_list("key", "pk"))
        for item in items:
            item.reminder_id = numbers[item.reminder.key]
        ReminderItem.objects.bulk_create(items, ignore_conflicts=True)
    if any(row.next_attempt_at <= row.created_at for row in rows):
        bell.ring()


def deliverable(channels: Sequence[str]) -> list[str]:
    """Those of the patient's channels that we can deliver on, each once."""
    known = delivery.deliverable()
    return [channel for channel in dict.fromkeys(channels) if channel in known]


def message_key(patient_id: int, on: date, slot: str, channel: str, caregiver_id: int | None = None) -> str:
    """What makes a message the same message: never the instant, which daylight saving may move."""
    helper = f"|c{caregiver_id}" if caregiver_id else ""
    return f"{patient_id}|{on.isoformat()}|{slot}|{channel}{helper}"


def locked(patient_id: int) -> dict[str, Reminder]:
    """The patient's planned messages, locked in one order."""
    rows = Reminder.objects.select_for_update().filter(patient_id=patient_id, state=ReminderState.PLANNED)
    return {row.key: row for row in rows.order_by("id")}


def answered(patient_id: int, names: Sequence[Name]) -> set[Name]:
    """Those of these things that the patient has answered for good. One query."""
    rows = ReminderItem.objects.filter(
        reminder__patient_id=patient_id, reminder__answer__in=SETTLED_BY, day__in={day for _, _, day in names}
    )
    return set(rows.values_list("about_type", "about_id", "day")) & set(names)


def supersede(now: datetime) -> int:
    """After a standstill several messages for one reader are due at once: only the latest goes, about everything.

    How many were cancelled. Usually one query that finds nothing.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    waiting = Reminder.objects.filter(
        free, state=ReminderState.PLANNED, next_attempt_at__lte=now, handed_over_at__isnull=True
    )
    later = waiting.filter(
        patient_id=OuterRef("patient_id"), channel=OuterRef("channel"), local_date__gt=OuterRef("local_date")
    )
    concerned = set(waiting.filter(Exists(later)).values_list("patient_id", flat=True)[:500])
    return sum(_merge(patient_id, waiting) for patient_id in sorted(concerned))


def _merge(patient_id: int, waiting: QuerySet[Reminder]) -> int:
    """Each reader's late messages into their latest; how many were cancelled."""
    with transaction.atomic():
        rows = list(waiting.select_for_update().filter(patient_id=patient_id).order_by("local_date", "id"))
        readers: dict[tuple[str, int | None], list[Reminder]] = defaultdict(list)
        for row in rows:
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


def _messages(wanted: Plan, things: Sequence[Thing], now: datetime) -> dict[str, _Message]:
    """The messages to be, by key: the patient's own on their first channel, and those of their helpers."""
    found: dict[str, _Message] = {}
    channels = deliverable(wanted.channels)
    readers: list[tuple[str, int | None, Sequence[Thing]]] = [(channels[0], None, things)] if channels else []
    for helper in wanted.helpers:
        if deliverable([helper.channel]):
            readers.append((helper.channel, helper.consent_id, [t for t in things if t.about_type in helper.covers]))
    told = _told(wanted.patient_id, things)
    awake = wanted.waking or waking()
    day = messages_waking.fill_date(now, wanted.time_zone)
    today = Today(day, awake.on(day, wanted.time_zone) >= now, awake.holds(now, wanted.time_zone))
    for channel, caregiver_id, theirs in readers:
        for telling in bundling.tellings(theirs, told[caregiver_id], today):
            key = message_key(wanted.patient_id, telling.on, f"{awake.at:%H}", channel, caregiver_id)
            due_at = max(awake.on(telling.on, wanted.time_zone), now.astimezone(UTC))
            message = found.setdefault(key, _Message(key, telling.on, due_at, channel, caregiver_id))
            thing = telling.thing
            message.items.add(Item(telling.kind, thing.about_type, thing.about_id, thing.day, thing.prescription_id))
    return found


def _told(patient_id: int, things: Sequence[Thing]) -> dict[int | None, dict[Name, list[date]]]:
    """By reader, the dates on which each of these things was said, or given to a person because it could not be.

    What somebody put off does not count: it was an extra.
    """
    rows = (
        ReminderItem.objects.filter(reminder__patient_id=patient_id, day__in={thing.day for thing in things})
        .exclude(kind=ReminderKind.SNOOZE)
        .filter(~Q(reminder__state__in=NOT_TOLD) | Q(reminder__handed_over_at__isnull=False))
        .exclude(reminder__state__in=(ReminderState.CANCELLED, ReminderState.WITHHELD))
    )
    found: dict[int | None, dict[Name, list[date]]] = defaultdict(lambda: defaultdict(list))
    for about_type, about_id, day, on, caregiver_id in rows.values_list(
        "about_type", "about_id", "day", "reminder__local_date", "reminder__caregiver_id"
    ):
        found[caregiver_id][about_type, about_id, day].append(on)
    return found


def _avoid_what_has_left(messages: dict[str, _Message], now: datetime) -> None:
    """What is still to be said on a day whose message has left goes in a message of its own."""
    left = set(
        Reminder.objects.filter(key__in=list(messages))
        .filter(~Q(state__in=(ReminderState.PLANNED, ReminderState.CANCELLED)) | Q(handed_over_at__isnull=False))
        .values_list("key", flat=True)
    )
    for key in left:
        message = messages.pop(key)
        parts = message.key.split("|")
        parts[2] = f"{now:%H%M}"
        message.key = "|".join(parts)
        messages[message.key] = message


def _sync(row: Reminder, has: set[Item], message: _Message | None, live: set[Name], now: datetime) -> None:
    """Bring one planned message into line; one that is leaving is left to settle."""
    if row.handed_over_at is not None:
        return
    keeps = {item for item in has if item.name in live and (item.kind == ReminderKind.SNOOZE or _waits(row, now))}
    wanted = (message.items if message else set()) | keeps
    if not wanted:
        _cancel([row.pk], NO_LONGER_DUE)
        return
    if gone := has - wanted:
        _unsay(row, gone)
    _say(row, wanted - has)
    changed = {name: value for name, value in columns(wanted).items() if getattr(row, name) != value}
    if message and not _waits(row, now) and row.attempts == 0 and row.due_at != message.due_at:
        changed |= {"due_at": message.due_at, "next_attempt_at": message.due_at}
    if changed:
        Reminder.objects.filter(pk=row.pk).update(**changed)


def _waits(row: Reminder, now: datetime) -> bool:
    """Is it due and only not gone yet, or a second way for one that did not arrive? Then planning leaves it be."""
    return row.due_at <= now or row.fallback_of_id is not None


def _begin(wanted: Plan, messages: dict[str, _Message]) -> None:
    """Save new messages, and revive those that were cancelled and are wanted again."""
    if not messages:
        return
    again = Reminder.objects.select_for_update().filter(key__in=list(messages), state=ReminderState.CANCELLED)
    for row in again.order_by("id"):
        _revive(row, messages.pop(row.key), wanted.time_zone)
    rows = [_row(wanted, message) for message in messages.values()]
    items = [written(row, item) for row in rows for item in messages[row.key].items]
    if rows:
        add(rows, items)


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


def _revive(row: Reminder, message: _Message, time_zone: str) -> None:
    """A cancelled message, planned again about what is due now."""
    ReminderItem.objects.filter(reminder=row).delete()
    ReminderItem.objects.bulk_create([written(row, item) for item in message.items], ignore_conflicts=True)
    Reminder.objects.filter(pk=row.pk).update(
        state=ReminderState.PLANNED,
        attempts=0,
        outcome="",
        settled_at=None,
        time_zone=time_zone,
        due_at=message.due_at,
        next_attempt_at=message.due_at,
        **columns(message.items),
    )


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
