"""What is due to be said to whom, and how that ended."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import once, rule


class ReminderKind(models.TextChoices):
    """What a message is about, and at which step of its cadence; a bundle has the kind of its most pressing item."""

    SEVEN_DAYS = "refill_7", _("seven days before")
    THREE_DAYS = "refill_3", _("three days before")
    ONE_DAY = "refill_1", _("one day before")
    ON_THE_DAY = "refill_0", _("on the day")
    OVERDUE_ONE = "overdue_1", _("one day after")
    OVERDUE_THREE = "overdue_3", _("three days after")
    OVERDUE_SEVEN = "overdue_7", _("seven days after")
    SNOOZE = "snooze", _("put off by the patient")
    INJECTION = "injection", _("an injection is due")
    LAB = "lab", _("a test is due")
    TAPER_STEP = "taper_step", _("the dose changes tomorrow")
    END_OF_TAPER = "end_of_taper", _("the last day of a course")
    DIGEST = "digest", _("tasks wait for somebody on the staff")
    IN_DANGER = "in_danger", _("an answer with the numbers for an emergency")
    HELP = "help", _("an answer that says what these messages are")


AT_ONCE = (ReminderKind.IN_DANGER, ReminderKind.HELP)
"""Answers to what somebody wrote: they go at any hour, whatever was agreed, and are about no task."""


class Channel(models.TextChoices):
    """How a patient is reached; a channel that is not listed here cannot be delivered on."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")
    PUSH = "push", _("app notification")


class ReminderState(models.TextChoices):
    """How far a message has come, to the end: planned is queued, sent is handed over to the channel's server."""

    PLANNED = "planned", _("planned")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    BOUNCED = "bounced", _("came back, a person was told")
    HELD = "held", _("due before a restore, a person decides")
    DEAD = "dead", _("given up, a person was told")
    UNKNOWN = "unknown", _("delivery unknown, a person was told")
    WITHHELD = "withheld", _("not sent, the patient may not be written to")
    CANCELLED = "cancelled", _("cancelled, no longer due")


class ReminderAnswer(models.TextChoices):
    NONE = "none", _("no answer yet")
    SNOOZED = "snoozed", _("put off")
    CONFIRMED = "confirmed", _("confirmed")
    REFILL_REQUESTED = "refill_requested", _("refill asked for")
    PICKED_UP = "picked_up", _("already picked up")
    STOPPED = "stopped", _("wants no more of these")


class Reminder(models.Model):
    """One message to one person: the row is the queue, the lease and the log of it; its items say what it is about.

    To a patient, to whoever cares for them with their consent, or to somebody on the staff (`recipient`).

    Planned rows are due at `next_attempt_at`. Whoever holds the lease may send; `handed_over_at` is written before
    the message leaves, so that a crash after it is told from a crash before it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(
        "record.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    prescription = models.ForeignKey(
        "record.Prescription", null=True, blank=True, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    caregiver = models.ForeignKey(
        "refills.CaregiverConsent", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The consent by which somebody who cares for the patient is told."),
    )  # fmt: skip
    kind = models.CharField(max_length=20, choices=ReminderKind)
    channel = models.CharField(max_length=10, choices=Channel)
    run_out_on = models.DateField(null=True, blank=True, help_text=_("The first day that any of its items is about."))
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
    takes_key = models.BooleanField(default=False, help_text=_("Its channel knows a second copy by its key."))
    provider_id = models.CharField(max_length=200, blank=True, help_text=_("What the channel's server calls it."))
    delivered_at = models.DateTimeField(null=True, blank=True)
    fallback_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="fallbacks", db_index=False,
        help_text=_("The message on another channel that did not arrive."),
    )  # fmt: skip
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
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="reminders_by_provider_id"),
            models.Index(
                fields=["settled_at"], condition=Q(state__in=("dead", "bounced")), name="reminders_that_did_not_arrive"
            ),
            models.Index(fields=["recipient"], condition=Q(recipient__isnull=False), name="reminders_of_the_staff"),
            models.Index(fields=["fallback_of"], condition=Q(fallback_of__isnull=False), name="reminders_fallen_back"),
            models.Index(fields=["due_at"], condition=Q(state="held"), name="reminders_that_are_held"),
        )
        constraints = (
            rule("a_reminder_is_for_somebody", Q(patient__isnull=False) | Q(recipient__isnull=False)),
            rule("only_a_delivered_reminder_says_when", Q(delivered_at__isnull=True) | Q(state="delivered")),
            rule("a_reminder_state_is_known", Q(state__in=ReminderState.values)),
            rule("a_reminder_channel_can_be_delivered", Q(channel__in=Channel.values)),
            rule("a_reminder_kind_is_known", Q(kind__in=ReminderKind.values)),
            rule(
                "a_lease_has_a_holder_and_an_end",
                Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
            ),
            rule(
                "a_settled_reminder_has_a_time_and_no_lease",
                Q(state="planned", settled_at__isnull=True)
                | (~Q(state="planned") & Q(settled_at__isnull=False, lease_token__isnull=True)),
            ),
            rule(
                "an_answered_reminder_has_a_time",
                Q(answer="none", answered_at__isnull=True)
                | (~Q(answer="none") & Q(answer__in=ReminderAnswer.values, answered_at__isnull=False)),
            ),
        )


class ReminderItem(models.Model):
    """One thing that a message is about: a run-out, an injection, a test, a step of a taper."""

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="items")
    prescription = models.ForeignKey(
        "record.Prescription", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=ReminderKind)
    about_type = models.CharField(max_length=30)
    about_id = models.CharField(max_length=60)
    day = models.DateField(help_text=_("The patient's local date on which it falls due."))

    class Meta:
        ordering = ("day", "id")
        indexes = (
            models.Index(fields=["prescription", "day"], name="items_of_a_prescription"),
            models.Index(fields=["day"], condition=Q(kind="refill_0"), name="items_by_run_out"),
        )
        constraints = (
            once("a_message_says_a_thing_once", "reminder", "kind", "about_type", "about_id", "day"),
            rule("an_items_kind_is_known", Q(kind__in=ReminderKind.values)),
        )


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
