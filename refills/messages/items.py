"""What a message is about, as plain values and as rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from refills.messages.bundling import Name
from refills.models import Reminder, ReminderItem, ReminderKind

PRESSING = [
    ReminderKind.OVERDUE_SEVEN, ReminderKind.OVERDUE_THREE, ReminderKind.OVERDUE_ONE, ReminderKind.ON_THE_DAY,
    ReminderKind.ONE_DAY, ReminderKind.THREE_DAYS, ReminderKind.SEVEN_DAYS, ReminderKind.INJECTION, ReminderKind.LAB,
    ReminderKind.TAPER_STEP, ReminderKind.END_OF_TAPER, ReminderKind.SNOOZE, ReminderKind.DIGEST,
]  # fmt: skip
"""The kind of a message is the first of these that any of its items has."""


@dataclass(frozen=True)
class Item:
    """One thing at one step of its cadence."""

    kind: str
    about_type: str
    about_id: str
    day: date
    prescription_id: int | None = None

    @property
    def name(self) -> Name:
        return (self.about_type, self.about_id, self.day)


def items_of(rows: Iterable[Reminder]) -> dict[int, set[Item]]:
    """What each of these messages is about. One query."""
    found: dict[int, set[Item]] = defaultdict(set)
    for item in ReminderItem.objects.filter(reminder__in=[row.pk for row in rows]):
        found[item.reminder_id].add(as_item(item))
    return found


def as_item(row: ReminderItem) -> Item:
    return Item(row.kind, row.about_type, row.about_id, row.day, row.prescription_id)


def columns(items: Iterable[Item]) -> dict[str, object]:
    """What a message tells of its items in its own columns: the most pressing kind, the first day, the prescription
    if there is only one."""
    every = list(items)
    kinds, prescriptions = {item.kind for item in every}, {item.prescription_id for item in every}
    return {
        "kind": next(kind for kind in PRESSING if kind in kinds),
        "run_out_on": min(item.day for item in every),
        "prescription_id": next(iter(prescriptions)) if len(prescriptions) == 1 else None,
    }


def written(row: Reminder, item: Item) -> ReminderItem:
    """The row of an item, not yet saved."""
    return ReminderItem(
        reminder=row,
        kind=item.kind,
        about_type=item.about_type,
        about_id=item.about_id,
        day=item.day,
        prescription_id=item.prescription_id,
    )
