"""How one patient wants to be told: their plan, and the clinic's numbers where it says nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import count

from django.conf import settings

from medmgmt import supplies
from medmgmt.record.models import Patient
from refills.bundling import Step
from refills.models import Channel, ReminderKind, ReminderPlan
from refills.rules import NoSuchRule
from refills.schedule import CLOSES, OPENS, Waking


@dataclass(frozen=True)
class Wishes:
    """How one patient is told, the clinic's numbers filled in where the patient's plan says nothing."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    channels: tuple[str, ...]
    waking: Waking
    language: str


def wishes_of(patient: Patient, row: ReminderPlan | None = None) -> Wishes:
    """The patient's plan over the clinic's: each blank is the clinic's."""
    row = row or ReminderPlan.objects.filter(patient=patient).first() or ReminderPlan(patient=patient)
    opens = row.quiet_until if row.quiet_until is not None else OPENS
    closes = row.quiet_from if row.quiet_from is not None else CLOSES
    hour = row.hour if row.hour is not None else settings.REMINDER_HOUR
    return Wishes(
        before=days_in(row.cadence) or numbers("remind_before", (7, 3, 1, 0)),
        after=days_in(row.overdue) or numbers("remind_overdue", (1, 3, 7)),
        channels=tuple(name for name in row.channels.split(",") if name) or tuple(Channel.values),
        waking=Waking(at=time(min(max(hour, opens), closes - 1)), opens=opens, closes=closes),
        language=row.language or patient.language,
    )


def cadence(wishes: Wishes) -> tuple[Step, ...]:
    """The steps of a refill, by the days before and after that the patient or the clinic chose."""
    before = [Step(kind_before(days), -days) for days in sorted(wishes.before, reverse=True)]
    return (*before, *(Step(kind_after(days), days) for days in sorted(wishes.after)))


def kind_before(days: int) -> str:
    """What a reminder so many days before is called."""
    known = ((4, ReminderKind.SEVEN_DAYS), (2, ReminderKind.THREE_DAYS), (1, ReminderKind.ONE_DAY))
    return next((kind for least, kind in known if days >= least), ReminderKind.ON_THE_DAY)


def kind_after(days: int) -> str:
    """What a reminder so many days after is called."""
    known = ((5, ReminderKind.OVERDUE_SEVEN), (2, ReminderKind.OVERDUE_THREE))
    return next((kind for least, kind in known if days >= least), ReminderKind.OVERDUE_ONE)


def days_in(written: str) -> tuple[int, ...]:
    """Reads "7,3,1,0"."""
    return tuple(int(part) for part in written.split(",") if part.strip().isdecimal())


def numbers(rule: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
    """The clinic's days of a cadence: rows of refill_rules.csv named rule_1, rule_2 and on; else as given."""
    found: list[int] = []
    for place in count(1):
        row = supplies.supply_rules().find(f"{rule}_{place}", frozenset({"*"}))
        if row is None:
            return tuple(found) or otherwise
        found.append(int(row.value))
    return otherwise


def number(rule: str, scopes: Iterable[str], otherwise: int) -> int:
    """A number of refill_rules.csv; else as given."""
    try:
        return supplies.supply_rules().whole(rule, frozenset(scopes))
    except NoSuchRule:
        return otherwise
