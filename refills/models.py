"""The tables of refills: what was dispensed, what is due to be said, what is due to be done."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Dispense(models.Model):
    """Medicine handed to a patient on a day; append-only, in the database too."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="dispenses")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="dispenses")
    dispensed_on = models.DateField(help_text=_("The patient's local date."))
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=20, help_text=_("UCUM, for instance {tablet}."))
    days_supply = models.PositiveIntegerField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    source_id = models.CharField(max_length=200, null=True, blank=True, unique=True)

    class Meta:
        ordering = ("prescription", "dispensed_on", "id")
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_dispense_hands_out_something"),
            models.CheckConstraint(condition=Q(days_supply__lte=366), name="a_dispense_lasts_at_most_a_year"),
        )


class Authorisation(models.Model):
    """What a prescriber wrote for the pharmacy: quantity of one fill, refills and first day; append-only."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="authorisations")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="authorisations")
    issued_on = models.DateField(help_text=_("The patient's local date."))
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=20, help_text=_("UCUM, for instance {tablet}."))
    days_supply = models.PositiveSmallIntegerField()
    refills = models.PositiveSmallIntegerField(default=0)
    may_fill_from = models.DateField(null=True, blank=True)
    authorised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authorised_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("prescription", "issued_on", "id")
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="an_authorisation_allows_something"),
            models.CheckConstraint(
                condition=Q(days_supply__gte=1, days_supply__lte=366), name="an_authorised_fill_lasts_at_most_a_year"
            ),
            models.CheckConstraint(condition=Q(refills__lte=99), name="authorised_refills_are_at_most_99"),
            models.CheckConstraint(
                condition=Q(may_fill_from__isnull=True) | Q(may_fill_from__gte=F("issued_on")),
                name="nothing_may_be_filled_before_it_is_issued",
            ),
        )


class EarlyReason(models.TextChoices):
    """Why a fill came before it was due; the values are those of refills.dispensing."""

    LOST = "lost", _("lost")
    STOLEN = "stolen", _("stolen")
    DAMAGED = "damaged", _("damaged")
    TRAVEL = "travel", _("travel")
    DOSE_CHANGE = "dose_change", _("change of dose")
    OTHER = "other", _("other (see note)")


class EarlyFill(models.Model):
    """A fill before it was due, with its reason; append-only, so that it can be counted."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="early_fills")
    dispense = models.OneToOneField(Dispense, on_delete=models.PROTECT, related_name="early")
    reason = models.CharField(max_length=20, choices=EarlyReason)
    days_early = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(reason__in=EarlyReason.values), name="an_early_fill_has_a_known_reason"),
            models.CheckConstraint(condition=Q(days_early__gte=1), name="an_early_fill_is_early"),
        )


class ReminderKind(models.TextChoices):
    """What a reminder is about: days before the supply runs out, or one that the patient put off."""

    SEVEN_DAYS = "refill_7", _("seven days before")
    THREE_DAYS = "refill_3", _("three days before")
    ONE_DAY = "refill_1", _("one day before")
    ON_THE_DAY = "refill_0", _("on the day")
    SNOOZE = "snooze", _("put off by the patient")


class Channel(models.TextChoices):
    """How a patient is reached; a channel that is not listed here cannot be delivered on."""

    EMAIL = "email", _("e-mail")


class ReminderState(models.TextChoices):
    """How a reminder ended, or that it has not."""

    PLANNED = "planned", _("planned")
    SENT = "sent", _("sent")
    DEAD = "dead", _("given up, a person was told")
    UNKNOWN = "unknown", _("delivery unknown, a person was told")
    WITHHELD = "withheld", _("not sent, the patient may not be written to")
    CANCELLED = "cancelled", _("cancelled, no longer due")


class ReminderAnswer(models.TextChoices):
    """What the patient answered through the link."""

    NONE = "none", _("no answer yet")
    SNOOZED = "snoozed", _("put off")
    CONFIRMED = "confirmed", _("confirmed")
    REFILL_REQUESTED = "refill_requested", _("refill asked for")


class Reminder(models.Model):
    """One message to one patient: the row is the queue, the lease and the log of it.

    Planned rows are due at `next_attempt_at`. Whoever holds the lease may send; `handed_over_at` is written before
    the message leaves, so that a crash after it is told from a crash before it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="reminders")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=20, choices=ReminderKind)
    channel = models.CharField(max_length=10, choices=Channel)
    run_out_on = models.DateField()
    local_date = models.DateField(
        help_text=_("The patient's date that it is meant for; daylight saving never moves it.")
    )
    time_zone = models.CharField(max_length=64)
    key = models.CharField(max_length=120, unique=True)
    due_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReminderState, default=ReminderState.PLANNED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True, help_text=_("A code or a kind of error, never health data."))
    settled_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=20, choices=ReminderAnswer, default=ReminderAnswer.NONE)
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("due_at", "id")
        indexes = (
            models.Index(fields=["next_attempt_at", "id"], condition=Q(state="planned"), name="reminders_that_are_due"),
            models.Index(fields=["prescription", "local_date"], name="reminders_of_a_prescription"),
            models.Index(fields=["patient", "due_at"], name="reminders_of_a_patient"),
            models.Index(fields=["run_out_on"], condition=Q(kind="refill_0"), name="reminders_by_run_out"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=ReminderState.values), name="a_reminder_state_is_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="a_reminder_channel_can_be_delivered"),
            models.CheckConstraint(condition=Q(kind__in=ReminderKind.values), name="a_reminder_kind_is_known"),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="a_lease_has_a_holder_and_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="planned", settled_at__isnull=True)
                | (~Q(state="planned") & Q(settled_at__isnull=False, lease_token__isnull=True)),
                name="a_settled_reminder_has_a_time_and_no_lease",
            ),
            models.CheckConstraint(
                condition=Q(answer="none", answered_at__isnull=True)
                | (~Q(answer="none") & Q(answer__in=ReminderAnswer.values, answered_at__isnull=False)),
                name="an_answered_reminder_has_a_time",
            ),
        )


class TaskKind(models.TextChoices):
    """Work that waits for a person."""

    CONTACT_PATIENT = "contact_patient", _("Contact the patient")
    REFILL_REQUEST = "refill_request", _("Refill asked for")
    SIDE_EFFECT_REVIEW = "side_effect_review", _("Review a side effect")
    FINDING_FOLLOW_UP = "finding_follow_up", _("Follow up an accepted risk")
    NOT_CHECKED = "not_checked", _("Drug that could not be checked")
    REVIEW_PROPOSAL = "review_proposal", _("Proposal waits for a signature")
    MONITORING_DUE = "monitoring_due", _("Monitoring is due")
    OTHER = "other", _("Other")


class TaskState(models.TextChoices):
    """Open, claimed by somebody, or closed in one of two ways."""

    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


LIVE = (TaskState.OPEN, TaskState.CLAIMED)
MOST_URGENT, LEAST_URGENT = 1, 4
HIGHEST_LEVEL = 3


class Task(models.Model):
    """Something a person has to do, by when, and who; opened once for its key, closed once."""

    kind = models.CharField(max_length=30, choices=TaskKind)
    key = models.CharField(max_length=200, unique=True, help_text=_("The same event never opens two tasks."))
    patient = models.ForeignKey("record.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    role = models.CharField(max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(default=3, help_text=_("1 is the most urgent, 4 the least."))
    due_at = models.DateTimeField()
    source_type = models.CharField(max_length=50, blank=True)
    source_id = models.CharField(max_length=50, blank=True)
    title = models.CharField(max_length=200, help_text=_("No health data: it may be shown in a list."))
    detail = models.TextField(blank=True, help_text=_("Shown only to somebody signed in who may see the patient."))
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)
    escalation_level = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("priority", "due_at", "id")
        indexes = (
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(closed_at__isnull=True),  # not by state: SQLite would not use the index then
                name="tasks_that_are_live",
            ),
            models.Index(fields=["due_at"], condition=Q(closed_at__isnull=True), name="tasks_by_due_time"),
            models.Index(fields=["patient", "state"], name="tasks_of_a_patient"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(assignee__isnull=False) | ~Q(role=""), name="a_task_has_an_assignee_or_a_role"
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=MOST_URGENT, priority__lte=LEAST_URGENT), name="a_task_priority_is_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(escalation_level__lte=HIGHEST_LEVEL), name="a_task_escalates_at_most_three_times"
            ),
            models.CheckConstraint(condition=Q(kind__in=TaskKind.values), name="a_task_kind_is_known"),
            models.CheckConstraint(
                condition=Q(state="claimed", claimed_by__isnull=False, claimed_until__isnull=False)
                | (~Q(state="claimed") & Q(claimed_by__isnull=True, claimed_until__isnull=True)),
                name="only_a_claimed_task_has_a_claimer_and_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "claimed"), closed_at__isnull=True, closed_by__isnull=True)
                | Q(state__in=("done", "cancelled"), closed_at__isnull=False),
                name="a_closed_task_and_only_it_has_a_closing_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(closed_by__isnull=False), name="a_done_task_says_who_did_it"
            ),
            models.CheckConstraint(
                condition=Q(escalated_at__isnull=True, escalation_level=0)
                | Q(escalated_at__isnull=False, escalation_level__gte=1),
                name="an_escalated_task_says_when",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="a_task_version_counts_from_one"),
        )

    @property
    def is_live(self) -> bool:
        """Does it still wait for somebody?"""
        return self.state in LIVE


class DemoMessage(models.Model):
    """A message of the demo, kept in the database instead of being sent."""

    sender = models.CharField(max_length=254)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    message_id = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-sent_at", "-id")
        indexes = (models.Index(F("sent_at").desc(), F("id").desc(), name="demo_messages_latest_first"),)


class ClockTick(models.Model):
    """The last sign of life of a part of the clock, by the database's own time."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()
