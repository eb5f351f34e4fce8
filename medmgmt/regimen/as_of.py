"""What of a record held on one day: nothing that happened, was written down or was taken back later.

What has a day of its own counts from that day on, whenever it was written down; what has none counts from when it was.
Today and any later day stand by everything that is known now.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from interactions.engine.knowledge import Knowledge
from medmgmt.record.errors import Refused
from medmgmt.record.models import (
    Allergy,
    AllergyReaction,
    CareAssignment,
    Condition,
    DosageChange,
    Encounter,
    Enrolment,
    ImportRemark,
    Observation,
    Patient,
    SideEffectReport,
    Status,
)
from medmgmt.record.models.people import LATEST_DAY
from medmgmt.regimen import facts
from medmgmt.regimen.courses import Course, Person
from refills.models import LIVE, Dispense, Task

LAST_DAY = LATEST_DAY - timedelta(days=1)


@dataclass(frozen=True)
class AsOf:
    """A day on which a patient's record is looked at, seen from today."""

    patient: Patient
    day: date
    today: date

    def __post_init__(self) -> None:
        if not self.patient.birth_date <= self.day <= LAST_DAY:
            raise Refused(_("A chart shows the days from the patient's birth on, up to %(day)s.") % {"day": LAST_DAY})

    @property
    def is_past(self) -> bool:
        """Is there anything later that must not show?"""
        return self.day < self.today

    @property
    def end(self) -> datetime:
        """The moment at which the day is over where the patient lives."""
        return datetime.combine(self.day + timedelta(days=1), time(), ZoneInfo(self.patient.time_zone))

    def course(self, whole: Course) -> Course:
        """A course as far as it had come, with the supply of then; today's is whole, with what is planned."""
        if self.day == self.today:
            return whole
        return replace(
            whole,
            changes=tuple(one for one in whole.changes if one.effective_on <= self.day),
            fills=tuple(one for one in whole.fills if one.dispensed_on <= self.day),
            counts=tuple(one for one in whole.counts if one.counted_on <= self.day),
            reports=tuple(one for one in whole.reports if one.on <= self.day),
            authorisations=tuple(one for one in whole.authorisations if one.issued_on <= self.day),
        )

    def was_by_then(self, at: datetime | None) -> bool:
        """Had it happened when the day was over?"""
        return at is not None and at < self.end

    def allergies(self) -> QuerySet[Allergy]:
        """On record and not refuted, with the reactions known by then."""
        found, told = self.patient.allergies.filter(refuted_on=None), AllergyReaction.objects.all()
        if self.is_past:
            still = Q(refuted_on=None) | Q(refuted_on__gt=self.day)
            found = self.patient.allergies.filter(still, recorded_on__lte=self.day)
            told = told.filter(recorded_on__lte=self.day)
        return found.prefetch_related(Prefetch("reactions", told))

    def conditions(self) -> QuerySet[Condition]:
        """Begun, or written down where nobody knows since when, and not over."""
        if not self.is_past:
            return self.patient.conditions.filter(abated_on=None)
        begun = Q(onset_on__lte=self.day) | Q(onset_on=None, recorded_at__lt=self.end)
        return self.patient.conditions.filter(begun, Q(abated_on=None) | Q(abated_on__gt=self.day))

    def observations(self) -> QuerySet[Observation]:
        """Made until then, newest first, as they stand corrected."""
        found = Observation.current(self.patient.pk)
        return found.filter(observed_at__lt=self.end) if self.is_past else found

    def person(self, knowledge: Knowledge) -> Person:
        """What a review of that day is made from."""
        known = facts.Record(
            self.patient, tuple(self.observations()), tuple(self.conditions()), tuple(self.allergies())
        )
        return Person(known, knowledge)

    def enrolments(self) -> list[Enrolment]:
        """Levels of care until then, newest first; one that ended later had not ended."""
        found = list(self.patient.enrolments.order_by("-starts_on"))
        begun = [one for one in found if not self.is_past or one.starts_on <= self.day]
        for one in begun:
            one.ends_on = None if self.is_past and one.ends_on and one.ends_on > self.day else one.ends_on
        return begun

    def assignments(self) -> QuerySet[CareAssignment]:
        """The teams in charge."""
        found = self.patient.assignments.select_related("team__programme")
        if not self.is_past:
            return found.filter(until=None)
        return found.filter(Q(until=None) | Q(until__gte=self.end), since__lt=self.end)

    def proposals(self) -> QuerySet[DosageChange]:
        """What waited for a signature when the day was over."""
        found = self.patient.dosage_changes.select_related("prescription", "author").order_by("effective_on", "id")
        if not self.is_past:
            return found.filter(status=Status.PROPOSED)
        unsigned = Q(signed_at=None) | Q(signed_at__gte=self.end)
        waiting = Q(withdrawn_at=None) | Q(withdrawn_at__gte=self.end)
        return found.filter(unsigned, waiting, proposed_at__lt=self.end)

    def tasks(self) -> QuerySet[Task]:
        """What was open when the day was over."""
        found = self.patient.tasks.select_related("assignee", "claimed_by")
        if not self.is_past:
            return found.filter(state__in=LIVE)
        return found.filter(Q(closed_at=None) | Q(closed_at__gte=self.end), created_at__lt=self.end)

    def side_effects(self, of: QuerySet[SideEffectReport]) -> list[SideEffectReport]:
        """Those that had begun; what ended later went on."""
        found = [one for one in of if not self.is_past or one.began_on <= self.day]
        for one in found if self.is_past else ():
            if one.ended_on and one.ended_on > self.day:
                one.ended_on, one.outcome = None, "unknown"
        return found

    def dispenses(self) -> QuerySet[Dispense]:
        """Handed out until then."""
        found = self.patient.dispenses.all()
        return found.filter(dispensed_on__lte=self.day) if self.is_past else found

    def encounters(self) -> QuerySet[Encounter]:
        """Visits until then."""
        found = Encounter.objects.filter(patient=self.patient).select_related("by")
        return found.filter(on__lte=self.day) if self.is_past else found

    def remarks(self) -> QuerySet[ImportRemark]:
        """What could not be taken over and nobody had read yet."""
        found = ImportRemark.objects.filter(patient=self.patient)
        if not self.is_past:
            return found.filter(dismissed_at=None)
        return found.filter(Q(dismissed_at=None) | Q(dismissed_at__gte=self.end), recorded_at__lt=self.end)
