"""How long a chart must be kept, and which are past that. Nothing is deleted here or anywhere: the site decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Max, Model, Q
from django.utils import timezone

from interactions.models import Answer
from medmgmt.record import access
from medmgmt.record.models import (
    Allergy,
    AllergyReaction,
    AmendmentAnswer,
    AmendmentExtension,
    AmendmentRequest,
    AmendmentStatement,
    CareAssignment,
    Condition,
    CoSignature,
    DosageChange,
    Encounter,
    Enrolment,
    MonitoringOrder,
    Observation,
    Prescription,
    SideEffectReport,
)
from refills.models import (
    AdherenceReport,
    Authorisation,
    Dispense,
    FillVoided,
    GateRelease,
    LimitLifted,
    PillCount,
    RenewalDecision,
    Revocation,
    SupplyLimit,
)

ENTRIES: Mapping[type[Model], str] = {
    AdherenceReport: "said_at",
    Allergy: "recorded_on refuted_on",
    AllergyReaction: "recorded_on",
    AmendmentAnswer: "at",
    AmendmentExtension: "at",
    AmendmentRequest: "at",
    AmendmentStatement: "at",
    Answer: "at",
    Authorisation: "authorised_at",
    Condition: "recorded_at",
    CoSignature: "at",
    Dispense: "recorded_at",
    DosageChange: "proposed_at signed_at withdrawn_at effective_on",
    Encounter: "recorded_at",
    Enrolment: "starts_on ends_on",
    CareAssignment: "since until",
    FillVoided: "voided_at",
    GateRelease: "released_at",
    LimitLifted: "lifted_at",
    MonitoringOrder: "ordered_at",
    Observation: "recorded_at",
    PillCount: "recorded_at",
    Prescription: "created_at",
    RenewalDecision: "decided_at",
    Revocation: "revoked_at",
    SideEffectReport: "reported_at",
    SupplyLimit: "set_at",
}
"""What counts as an entry, and when it was made: what people wrote about care, and what was asked and answered of the
record (45 CFR 164.530(j): six years). Messages, tasks, looks and what is
computed keep no chart alive."""
ALL = "all"


@dataclass(frozen=True)
class Past:
    """A chart by its number, the day of its last entry, and the first day on which it need not be kept."""

    patient_id: int
    last_entry_on: date
    since: date


def past(today: date) -> list[Past]:
    """Charts that need not be kept any more, the longest past first: by number and day, of nobody else's and no name.

    Not those in care, in a programme or on hold (RETENTION_HOLD). As many queries however many charts there are.
    """
    if settings.RETENTION_HOLD == [ALL]:
        return []
    last = last_entries()
    found = []
    for patient_id, born, created_at in access.charts_to_keep():
        entered_on = max(last.get(patient_id, day_of(created_at)), day_of(created_at))
        since = kept_until(entered_on, born)
        if since <= today and str(patient_id) not in settings.RETENTION_HOLD:
            found.append(Past(patient_id, entered_on, since))
    return sorted(found, key=lambda one: (one.since, one.patient_id))


def last_entries() -> dict[int, date]:
    """The day of the newest entry of each chart that has one; a day that is planned counts as that day."""
    last: dict[int, date] = {}
    for model, columns in ENTRIES.items():
        owner = "allergy__patient" if model is AllergyReaction else "patient"
        for column in columns.split():
            rows = model._default_manager.filter(~Q(**{column: None})).order_by().values_list(owner)
            for patient_id, newest in rows.annotate(newest=Max(column)):
                last[patient_id] = max(last.get(patient_id, date.min), day_of(newest))
    return last


def kept_until(last_entry_on: date, born: date) -> date:
    """The first day on which a chart need not be kept: RETENTION_YEARS after its last entry, and not before the patient
    is RETENTION_AGE."""
    return max(years_after(last_entry_on, settings.RETENTION_YEARS), years_after(born, settings.RETENTION_AGE))


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 1 March where that year has no 29 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def day_of(moment: date | datetime) -> date:
    """The calendar day here of an instant; a day is itself."""
    return timezone.localdate(moment) if isinstance(moment, datetime) else moment
