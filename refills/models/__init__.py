"""The tables of refills: what was dispensed, what is due to be said, what is due to be done."""

from refills.models.clock import ClockTick
from refills.models.messages import (
    Channel,
    DemoMessage,
    Reminder,
    ReminderAnswer,
    ReminderKind,
    ReminderState,
)
from refills.models.supply import (
    Authorisation,
    Dispense,
    EarlyFill,
    EarlyReason,
)
from refills.models.tasks import (
    HIGHEST_LEVEL,
    LEAST_URGENT,
    LIVE,
    MOST_URGENT,
    Task,
    TaskKind,
    TaskState,
)

__all__ = [
    "HIGHEST_LEVEL",
    "LEAST_URGENT",
    "LIVE",
    "MOST_URGENT",
    "Authorisation",
    "Channel",
    "ClockTick",
    "DemoMessage",
    "Dispense",
    "EarlyFill",
    "EarlyReason",
    "Reminder",
    "ReminderAnswer",
    "ReminderKind",
    "ReminderState",
    "Task",
    "TaskKind",
    "TaskState",
]
