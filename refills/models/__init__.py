"""The tables of refills: what was dispensed, what is due to be said, what is due to be done."""

from refills.models.adherence import AdherenceReport, PillCount, Taken
from refills.models.cautions import GateRelease, LimitLifted, SupplyLimit
from refills.models.clock import ClockTick, Crossing, HandOvers
from refills.models.messages import (
    AT_ONCE,
    Channel,
    DemoMessage,
    Reminder,
    ReminderAnswer,
    ReminderItem,
    ReminderKind,
    ReminderState,
)
from refills.models.plans import (
    CalendarFeed,
    CaregiverConsent,
    ChannelChoice,
    ConsentWithdrawn,
    How,
    ProviderReport,
    ReminderPlan,
    Unreachable,
)
from refills.models.renewals import RenewalAnswer, RenewalDecision, RenewalReason
from refills.models.staffing import Absence, NoDigest
from refills.models.supply import (
    Authorisation,
    Dispense,
    EarlyFill,
    EarlyReason,
    FillVoided,
    PartialFill,
    PartialReason,
    Revocation,
)
from refills.models.supply_states import Lasts, SupplyState, SupplyTouch
from refills.models.tasks import (
    HIGHEST_LEVEL,
    LEAST_URGENT,
    LIVE,
    MOST_URGENT,
    Task,
    TaskComment,
    TaskKind,
    TaskOutcome,
    TaskState,
    Waits,
)
